"""Ladders of release 0.3.0, whose last bits were those of a machine: what was begun at them goes on at them."""

import contextlib
import json

import numpy as np
import pytest

from glassnet.chains import segment
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks import field_ladders, ladders
from glassnet.scan.watch import verify

FIELD = "planted = [0.6, 0.8]", "planted = [0.8]\nfield = true"
ADAPTIVE = "n = 4}", 'n = 4, spacing = "adaptive"}'
GROWN = "samples = 2", "samples = 3", "sweeps = 40", "sweeps = 60"


@pytest.fixture
def run_file(tmp_path, run_text):
    """Symmetric, planted and field tasks of one size without dilution."""

    def write(*pairs):
        path = tmp_path / "run.toml"
        path.write_text(run_text("[12, 24]", "[24]", "[0.0, 0.25]", "[0.0]", *FIELD, *pairs))
        return path

    return write


@pytest.fixture
def machine(monkeypatch):
    """Inside, ladders are made by the libm of another machine; outside, those of field integration are not made."""
    made = ladders.by_rule, ladders.ladders.adaptive

    def moved(rungs):
        """Every second rung by one unit in the last place, but the ends."""
        rungs = np.array(rungs)
        rungs[1:-1:2] = np.nextafter(rungs[1:-1:2], np.inf)
        return rungs

    def by_rule(asked):
        rungs = made[0](asked)
        return None if rungs is None else moved(rungs).tolist()

    def none(*arguments):
        raise AssertionError("the ladder is in the directory")

    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(field_settings, "ALIKE", 2)
    monkeypatch.setattr(field_ladders, "temperatures", none)

    @contextlib.contextmanager
    def inside():
        with monkeypatch.context() as patch:
            patch.setattr(ladders, "by_rule", by_rule)
            patch.setattr(ladders.ladders, "adaptive", lambda *asked, **how: moved(made[1](*asked, **how)))
            patch.setattr(field_ladders, "temperatures", lambda *asked: [0.42, 0.45, 0.52])
            yield

    return inside


def as_0_3_0_left_it(out):
    """Without checksums, run file in the list of nodes, rule of rounding, and record of field integration."""
    for name in ("nodes.json", "ladders.json"):
        table = json.loads((out / name).read_text())
        kept = {key: value for key, value in table.items() if key not in ("sha256", "run_file", "rounding")}
        (out / name).write_text(json.dumps(kept, indent=1))
    (out / "field.json").unlink()


@pytest.mark.parametrize(
    ("spacing", "lost"),
    [((), None), (ADAPTIVE, None), ((), "nodes.json"), (ADAPTIVE, "ladders.json"), ((), "a bit"), (ADAPTIVE, "a bit")],
)
def test_what_was_begun_goes_on_at_its_own_temperatures(run_file, scan, digests, tmp_path, machine, spacing, lost):
    """More samples and sweeps, from a directory of 0.3.0: as if that machine had computed all of it."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    with machine():
        assert scan(run_file(*spacing, *GROWN), whole)[0] == 0
        assert scan(run_file(*spacing), out)[0] == 0
    kept = json.loads((out / "ladders.json").read_text())
    as_0_3_0_left_it(out)
    if lost == "a bit":
        # nobody notices that in the file, but every chain says otherwise
        other = {name: [rungs[0], rungs[1] * (1 + 4e-16), *rungs[2:]] for name, rungs in list(kept.items())[:-1]}
        assert "sha256" not in other and other.keys() < kept.keys()
        (out / "ladders.json").write_text(json.dumps(other))
    elif lost is not None:
        (out / lost).unlink()
    del kept["sha256"]
    begun = RunDirectory(out).run_file()
    assert begun.decided.sweeps == {0.0: RunDirectory(whole).run_file().decided.sweeps[0.0]} == {0.0: 1600}
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
    assert scan(run_file(*spacing, *GROWN), out)[0] == 0
    assert digests(out) == digests(whole)
    now = json.loads((out / "ladders.json").read_text())
    assert {name: now[name] for name in kept} == kept
    (rule,) = (name for name in now if "min" in name)
    ruled = ladders.by_rule(begun.sampling.temperatures)
    assert ruled is None or now[rule] != ruled
    assert (out / "field.json").read_text() == (whole / "field.json").read_text()


@pytest.mark.parametrize("spacing", [(), ADAPTIVE], ids=["geometric", "adaptive"])
def test_the_ladder_of_most_chains_counts(run_file, scan, tmp_path, machine, spacing):
    """Where no checksum protects the file: one chain at another ladder is named, as that of another run."""
    path, out = run_file(*spacing), tmp_path / "out"
    with machine():
        assert scan(path, out)[0] == 0
    as_0_3_0_left_it(out)
    odd = out / "chains/N24/dilution0.0/sample0.h5"
    found = segment.read(odd)
    rungs = found.dataset["temperature"].values.copy()
    # above the planting temperature: planted chains show it, too
    there = rungs[2]
    rungs[2] *= 1 + 4e-16
    segment.write(odd, found.dataset.assign_coords(temperature=rungs), found.glass, found.state, found.runtime)
    line = rf"{odd}: belongs to another run or task \(temperatures {rungs[2]}, not {there}\)"
    for lost in (False, True):
        if lost:
            (out / "ladders.json").unlink()
        for look in (lambda: list(verify.verify(verify.select(out, 9))), lambda: scan(path, out)):
            with pytest.raises(UserError, match=line):
                look()
    odd.unlink()
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
