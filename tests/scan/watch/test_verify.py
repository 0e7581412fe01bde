"""Finished tasks computed again: honest ones are equal, changed ones are found whatever their digest says."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from glassnet.chains import segment, shards
from glassnet.cli import main
from glassnet.kernels import bitsliced
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.watch import verify

GAUSSIAN = ("degree = 4", 'degree = 4\ncouplings = "gaussian"', "[12, 24]", "[24]")


@pytest.fixture
def finished(run_file, scan, tmp_path):
    """Directory of a scan: (what to replace in the run file) -> its path."""

    def make(*pairs):
        assert scan(run_file(*pairs), tmp_path / "out")[0] == 0
        return tmp_path / "out"

    return make


@pytest.fixture
def command(capsys):
    """Run a command: (exit code, lines it printed, what it complained of)."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        output, errors = capsys.readouterr()
        return code, output.splitlines(), errors

    return run


def contents(directory):
    return {path: path.stat().st_mtime_ns for path in directory.rglob("*")}


def tamper(directory, task_text, change):
    """Write the chain of a task again after `change` had its way with it, with a digest that fits."""
    run = RunDirectory(directory)
    (task,) = (task for task in verify.glass_tasks.all_tasks(run.run_file()) if task.text == task_text)
    found = segment.read(run.find(task))
    dataset, state = change(found.dataset.copy(deep=True), dict(found.state))
    segment.write(run.chain(task), dataset, found.glass, state, found.runtime)


@pytest.mark.parametrize("pairs", [(), GAUSSIAN], ids=["binary", "gaussian"])
def test_honest_chains_are_equal(finished, command, pairs):
    out = finished(*pairs)
    before = contents(out)
    code, lines, errors = command("verify", out, "-k", 12, "--seed", 3)
    assert (code, errors) == (0, "")
    n_tasks = 12 if not pairs else 6
    assert lines[0] == f"{n_tasks} of {n_tasks} finished tasks (--seed 3 chooses the same again)"
    assert len(lines) == 1 + n_tasks
    assert all(": equal (" in line for line in lines[1:])
    assert contents(out) == before


def test_the_seed_chooses(finished, command):
    out = finished()
    chosen = [
        [line.partition(":")[0] for line in command("verify", out, "-k", 2, "--seed", seed)[1][1:]]
        for seed in (1, 1, 2)
    ]
    assert chosen[0] == chosen[1] != chosen[2]
    code, lines, _ = command("verify", out)
    assert (code, len(lines)) == (0, 4)
    assert lines[0].startswith("3 of 12 finished tasks (--seed ")


def test_lengthened_chains_and_shards(run_file, scan, finished, command, monkeypatch):
    """Chains run in two pieces, some of them in shards by then; and those that are to be lengthened do not count."""
    monkeypatch.setattr(shards, "BLOCK", 2)
    out = finished("[12, 24]", "[24]")
    assert len(list(out.rglob("*.zip"))) == 3
    assert scan(run_file("[12, 24]", "[24]", "sweeps = 40", "sweeps = 70"), out)[0] == 0
    code, lines, _ = command("verify", out, "-k", 6)
    assert (code, len(lines)) == (0, 7)
    longer = run_file("[12, 24]", "[24]", "sweeps = 40", "sweeps = 100").read_text()
    RunDirectory(out).describe(parse(longer, "a"))
    with pytest.raises(UserError, match="no finished tasks to verify"):
        verify.select(out)


TASK = "N=24,dilution=0.25,planted=0.8,sample=1"


def test_a_changed_draw_is_found(finished, command):
    out = finished()

    def change(dataset, state):
        dataset["energy"].values[2, 1, 3] += 2
        dataset["energy"].values[3, 0, 0] -= 2
        return dataset, state

    tamper(out, TASK, change)
    code, lines, _ = command("verify", out, "-k", 12)
    assert code == 1
    start = next(number for number, line in enumerate(lines) if "DIFFERS" in line)
    assert lines[start].startswith(f"{TASK}: DIFFERS (")
    assert sum("equal" in line for line in lines) == 11
    said = [line.strip() for line in lines[start + 1 :] if line.startswith("  ")]
    assert said[0] == f"file: {out}/chains/N24/dilution0.25/planted0.8/sample1.h5"
    assert said[1].startswith("energy: 2 of 48 values, the first at [2, 1, 3], draw 2, after 50 sweeps: ")
    assert said[2].startswith("on disk: glassnet ")
    assert said[3].startswith("computed: glassnet ")
    assert f"GLASSNET_ISA={bitsliced.instruction_sets()[-1]} " in said[4]
    assert len(said) == 5


def test_a_changed_state_attribute_or_release_is_found(finished, command):
    out = finished()

    def change(dataset, state):
        state["n_sweeps"] = state["n_sweeps"] + 1
        del state["walkers_lane_at"]
        dataset.attrs |= {"n_replicas": 5, "glassnet_version": "0.0.1"}
        return dataset.isel(draw=slice(0, 3)), state

    tamper(out, TASK, change)
    code, lines, _ = command("verify", out, "-k", 12)
    assert code == 1
    text = "\n".join(lines)
    for expected in (
        "attribute n_replicas: 5 on disk, 4 computed",
        "energy: int32 (3, 3, 4) on disk, int32 (4, 3, 4) computed",
        "state/n_sweeps: 1 of ",
        "state/walkers_lane_at: only computed",
        "see CHANGELOG.md for what changed in chains between 0.0.1 and ",
    ):
        assert expected in text


def test_a_damaged_chain_is_reported(finished, command):
    out = finished()
    path = out / "chains/N24/dilution0.25/planted0.8/sample1.h5"
    path.write_bytes(path.read_bytes()[:-100])
    selection = verify.select(out, 12)
    assert selection.n_finished == 11
    with open(path, "wb") as file:
        file.write((path.parent / "sample0.h5").read_bytes())
    code, lines, _ = command("verify", out, "-k", 12)
    assert code == 1
    assert any("attribute sample: 0 on disk, 1 computed" in line for line in lines)


def test_mistakes(finished, command, tmp_path, capsys):
    assert command("verify", "nowhere")[::2] == (2, "glassnet: nowhere: no such directory\n")
    (tmp_path / "empty").mkdir()
    assert "not a run directory of glassnet: no run.toml" in command("verify", tmp_path / "empty")[2]
    for wrong in ("0", "-1", "x", "1.5"):
        with pytest.raises(SystemExit, match="2"):
            main(["verify", "x", f"-k={wrong}"])
        assert f"-k: must be a positive whole number, got {wrong}" in capsys.readouterr().err


FROZEN = Path(__file__).parents[1] / "frozen" / "0.3.0-gaussian"
SAMPLE = Path("chains/N30/dilution0.1/planted0.8/sample1.h5")


@pytest.fixture
def earlier(tmp_path):
    """A finished run of Gaussian couplings that release 0.3.0 left, whose chain of SAMPLE is changed:
    change(attributes, couplings) -> its path."""

    def make(change):
        out = Path(shutil.copytree(FROZEN, tmp_path / "out"))
        found = segment.read(out / SAMPLE)
        couplings, attributes = found.glass.couplings.copy(), found.dataset.attrs
        change(attributes, couplings)
        directory = RunDirectory(out)
        run_file = directory.run_file()
        (task,) = (task for task in verify.glass_tasks.all_tasks(run_file) if directory.find(task) == out / SAMPLE)
        ladder = verify.ladders.ladder_of(task, run_file, directory.ladders())
        changed = verify.glass_tasks.run(task, run_file, ladder, glass=found.glass._replace(couplings=couplings))
        kept = {name: attributes[name] for name in ("planted_energy", "glassnet_version")}
        segment.write(out / SAMPLE, changed.dataset.assign_attrs(kept), changed.glass, changed.state, found.runtime)
        return out

    return make


def added(part):
    def change(attributes, couplings):
        attributes["planted_energy"] *= 1 + part

    return change


def last_digit(attributes, couplings):
    couplings[3] = np.nextafter(couplings[3], 9.0)


def one_coupling(attributes, couplings):
    couplings[3] *= 1 + 1e-10


def another_release(attributes, couplings):
    added(1e-14)(attributes, couplings)
    attributes["glassnet_version"] = "0.4.0"


@pytest.mark.parametrize("change", [added(0.0), added(3e-14), last_digit])
def test_last_digits_of_earlier_releases_may_be_those_of_their_machine(earlier, command, change):
    """Energies that BLAS summed and Gaussian tails of libm: equal to 1e-12, and said so."""
    code, lines, _ = command("verify", earlier(change), "-k", 4)
    assert code == 0
    assert sum(": equal (" in line for line in lines) == 4
    said = [line.strip() for line in lines if line.startswith("  ")]
    ending = "to 1e-12: up to 0.3.0 the last digits depended on the machine"
    assert {line.removesuffix(ending).strip() for line in said} <= {
        "attribute planted_energy agrees",
        "glass/couplings agree",
    }
    assert any("couplings" in line for line in said) == (change is last_digit)


@pytest.mark.parametrize("change", [added(1e-11), one_coupling, another_release])
def test_larger_differences_and_those_of_this_release_are_found(earlier, command, change):
    code, lines, _ = command("verify", earlier(change), "-k", 4)
    assert code == 1
    assert sum(": DIFFERS (" in line for line in lines) == 1
    wrong = "glass/couplings" if change is one_coupling else "attribute planted_energy"
    assert any(line.startswith(f"  {wrong}: ") for line in lines)
