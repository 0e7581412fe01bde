"""Field integration in a run file: what is filled in, refused, and may grow."""

import pytest

from glassnet._random import Seed
from glassnet.sampling import independent_lanes
from glassnet.scan.runfile import field_settings, growth, memory
from glassnet.scan.runfile.schema import UserError, parse

WALKS = """
seed = 1
samples = 1
[glass]
ensemble = "walks"
alpha = 2.0
[scan]
sizes = [[4, 4, 4, 4], [3, 3, 3, 3]]
field = true
[sampling]
temperatures = [0.5, 1.0]
thermalization = 10
sweeps = 20
"""


def test_what_is_left_out_is_filled_in(with_field):
    run_file = with_field("field = true\n")
    assert run_file.field == with_field("field = {}\n").field
    assert field_settings.sizes(run_file) == [9999]
    # regular glasses without dilution are all alike
    assert [field_settings.instances(run_file, dilution) for dilution in (0.0, 0.25)] == [4, 16]
    # sweeps to pass a barrier of one path
    assert field_settings.sweeps(run_file, 0.0, [0.6, 0.65, 0.7]) == 400
    assert field_settings.sweeps(run_file, 0.0, [0.40, 0.42]) == 2200
    assert field_settings.sweeps(run_file, 0.0, [0.01]) == 40_000
    walks = parse(WALKS, "walks.toml")
    assert field_settings.sizes(walks) == [(30,) * 4, (45,) * 4, (90,) * 4]
    assert field_settings.instances(walks, 0.0) == 16
    other = parse(WALKS.replace("[4, 4, 4, 4], [3, 3, 3, 3]", "[6, 3, 3, 1], [4, 2, 2, 1]"), "walks.toml")
    assert [size[-1] for size in field_settings.sizes(other)] == [1, 1, 1]
    assert all(abs(size[0] / size[1] - 2) < 0.05 for size in field_settings.sizes(other))


def test_there_is_room_for_every_degree(with_field):
    assert field_settings.largest_degree(with_field(), 60) == 4
    for text, size in ((WALKS, (30, 30, 30, 30)), (WALKS.replace('"walks"', '"poisson"\np = 3'), 9999)):
        text = text if "walks" in text else text.replace("[[4, 4, 4, 4], [3, 3, 3, 3]]", "[12]")
        top = field_settings.largest_degree(parse(text, "x"), size)
        # mean 6: far above any degree, and not much more
        assert 25 < top < 60
        ensemble, keywords = ("walks", {}) if isinstance(size, tuple) else ("poisson", {"p": 3})
        glass = independent_lanes.draw(ensemble, size, Seed(1), alpha=2.0, **keywords)
        assert glass.degrees.max() < top


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("3", ": must be true, false or a table {n_weights, temperatures, instances, sweeps}, got 3"),
        ("{n_weight = 60}", ".n_weight: unknown key, did you mean n_weights?"),
        ("{n_weights = 100}", ".n_weights: size * degree must be divisible by p, got 100 * 4 and p = 3"),
        ("{n_weights = [9, 9]}", ".n_weights: must be a number of weights for ensemble 'regular', got [9, 9]"),
        ("{n_weights = 'a'}", ".n_weights: must be a number of weights or a list of widths, got 'a'"),
        ("{temperatures = [0.6, 0.5]}", ".temperatures[1]: must be above 0.6, got 0.5"),
        ("{temperatures = [0.6]}", ".temperatures: must have at least 2 entries"),
        ("{sweeps = 10}", ".sweeps: must be greater than or equal to 72, got 10"),
        ("{instances = 0}", ".instances: must be greater than or equal to 1, got 0"),
    ],
)
def test_mistakes_are_named(with_field, what, line):
    with pytest.raises(UserError) as caught:
        with_field(f"field = {what}\n")
    assert str(caught.value) == f"run.toml: scan.field{line}"


@pytest.mark.parametrize(
    ("glass", "line"),
    [
        (
            'couplings = "gaussian"',
            "couplings of planted states in a field are +-1, glass.couplings must be 'binary'",
        ),
        ("bias = 0.5", "signs of planted couplings are drawn anew, glass.bias must be 0, got 0.5"),
    ],
)
def test_only_glasses_of_signs_without_bias(with_field, glass, line):
    with pytest.raises(UserError) as caught:
        with_field("field = true\n", "degree = 4", f"degree = 4\n{glass}")
    assert str(caught.value) == f"run.toml: scan.field: {line}"


@pytest.mark.parametrize(
    ("n_weights", "wrong"),
    [
        ("99", "must be widths of a network, or a list of three or more for ensemble 'walks', got 99"),
        ("[9, 9, 9]", "must have 4 widths as sizes[0] has, got [9, 9, 9]"),
        ("[[9, 9, 9, 9], [8, 8, 8, 8]]", "must be one network or three that differ, got [[9, 9, 9, 9], [8, 8, 8, 8]]"),
    ],
)
def test_networks_of_field_integration(n_weights, wrong):
    with pytest.raises(UserError) as caught:
        parse(WALKS.replace("field = true", f"field = {{n_weights = {n_weights}}}"), "walks.toml")
    assert str(caught.value) == f"walks.toml: scan.field.n_weights: {wrong}"


def test_too_large_for_the_machine_is_refused(with_field):
    assert memory.too_large(with_field("field = true\n")) == []
    (line,) = memory.too_large(with_field("field = {n_weights = 1_500_000_000}\n"))
    assert line.startswith("scan.field.n_weights: ")


ONLY = "of scan.field only instances may grow (--out starts another directory)"


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (
            ("field = {n_weights = 60, temperatures = [0.4, 0.45, 0.5], instances = 3, sweeps = 80}", "field = false"),
            f"scan.field: false here, but results/x was begun with true; {ONLY}",
        ),
        (("60", "63"), f"scan.field.n_weights: [63] here, but results/x was begun with [60]; {ONLY}"),
        (("80", "90"), f"scan.field.sweeps: 90 here, but results/x was begun with 80; {ONLY}"),
        ((", sweeps = 80", ""), f"scan.field.sweeps: nothing here, but results/x was begun with 80; {ONLY}"),
        (
            ("0.45, ", ""),
            f"scan.field.temperatures: [0.4, 0.5] here, but results/x was begun with [0.4, 0.45, 0.5]; {ONLY}",
        ),
        (
            ("instances = 3", "instances = 2"),
            "scan.field.instances: 2 here, but results/x was begun with 3; it may only grow",
        ),
        (("instances = 3", "instances = 5"), None),
    ],
)
def test_what_may_not_change(with_field, field_key, now, line):
    found = growth.objections(with_field(), with_field(field_key.replace(*now)), "results/x")
    assert found == ([] if line is None else [line])
