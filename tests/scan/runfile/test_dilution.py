"""What the dilutions of a run file remove: the rule, and what is refused or warned of."""

import pickle

import pytest

from glassnet.scan.execute import run
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.watch import status

FIELD = "symmetric = true\nfield = {n_weights = 90, temperatures = [0.6, 0.7], instances = 2, sweeps = 80}"
RANDOM = "symmetric = true", 'symmetric = true\nrounding = "random"'


def test_the_rule_is_a_key_of_the_run_file(layered):
    assert parse(layered(), "a").rounding == "nearest"
    assert parse(layered(*RANDOM), "a").rounding == "random"
    # the rule of release 0.3.0 cannot be asked for
    with pytest.raises(UserError, match=r"^a: scan\.rounding: must be 'nearest' or 'random', got 'layers'$"):
        parse(layered(RANDOM[0], RANDOM[1].replace("random", "layers")), "a")


def test_every_rank_is_told_the_rule(layered):
    run_file = parse(layered(), "a").keeping("layers")
    again = pickle.loads(pickle.dumps(run_file))
    assert again.rounding == "layers" and again.text == layered() and again.scan == run_file.scan


@pytest.mark.parametrize(
    ("pairs", "lines"),
    [
        (
            ("[18]", "[18, 24]", "[0.0, 0.2]", "[0.0, 0.02]"),
            [
                "scan.dilutions[1]: must be 0 or remove connections, 0.02 of the 18 connections of sizes[0] is half a "
                "connection or less",
                "scan.dilutions[1]: must be 0 or remove connections, 0.02 of the 24 connections of sizes[1] is half a "
                "connection or less",
            ],
        ),
        # .54 of a connection: rounded, it is one; drawn, one in every second glass
        (("[0.0, 0.2]", "[0.0, 0.03]"), []),
        (("[0.0, 0.2]", "[0.0, 0.03]", *RANDOM), []),
        (
            ("[0.0, 0.2]", "[0.0, 0.025]", *RANDOM),
            [
                "scan.dilutions[1]: must be 0 or remove connections, 0.025 of the 18 connections of sizes[0] is half a "
                "connection or less",
            ],
        ),
        (
            ("[18]", "[6]", "[0.0, 0.2]", "[0.6]"),
            ["scan.dilutions[0]: must leave connections, 0.6 empties sizes[0] or a layer"],
        ),
        (
            ("[18]", "[24]", "[0.0, 0.2]", "[0.03]", "symmetric = true", FIELD.replace("90", "12")),
            [
                "scan.dilutions[0]: must be 0 or remove connections, 0.03 of the 12 connections of field.n_weights is "
                "half a connection or less"
            ],
        ),
    ],
)
def test_a_dilution_that_removes_nothing_or_all_is_refused(layered, tmp_path, pairs, lines):
    path, out = tmp_path / "run.toml", tmp_path / "out"
    path.write_text(layered(*pairs))
    if not lines:
        dilutions = dilution.mistakes(parse(path.read_text(), "a"))
        assert dilutions == []
        return
    for start in (run.scan, status.dry_run):
        with pytest.raises(UserError) as refused:
            start(path, out)
        assert str(refused.value).splitlines() == [f"{path}: {line}" for line in lines]
        assert not out.exists()


def test_a_dilution_that_is_another_one_is_told(layered, scanned, tmp_path):
    """Layered p = 4, the case that rounding in layers left undiluted: 2 of 32 weights are .0653."""
    text = layered("p = 3", "p = 4", "[18]", "[32]", "[0.0, 0.2]", "[0.0, 0.05, 0.25]", "samples = 2", "samples = 1")
    line = (
        "warning: N = 32, dilution 0.05: effectively 0.0653, as the number of connections that go is whole, "
        'nearer with rounding = "random" in [scan]'
    )
    assert scanned(text)[1] == [line]
    path = tmp_path / "run.toml"
    assert [found for found in status.dry_run(path, tmp_path / "other").splitlines() if "warn" in found] == [line]
    # on average .0525
    path.write_text(text.replace(*RANDOM))
    assert "warning" not in status.dry_run(path, tmp_path / "other")
