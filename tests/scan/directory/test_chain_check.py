"""Chains of another run among ours: whatever differs is found and named, and once they are gone all is as it was."""

import json
import shutil

import numpy as np
import pytest

from glassnet.chains import segment
from glassnet.cli import main
from glassnet.scan.directory import chain_check, ladder_file, survey
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.stop import Stop

SMALL = ("[12, 24]", "[12]", "planted = [0.6, 0.8]", "planted = [0.8]")
ADAPTIVE = ("n = 4}", 'n = 4, spacing = "adaptive"}')
CHAIN = "chains/N12/dilution0.25/sample1.h5"
PLANTED = "chains/N12/dilution0.25/planted0.8/sample0.h5"


@pytest.fixture
def finished(run_file, scan, tmp_path):
    """Directory of a scan of four tasks: (what to replace in the run file, name=) -> its path."""

    def make(*pairs, name="out"):
        path = run_file(*SMALL, *pairs)
        assert scan(path, tmp_path / name)[0] == 0
        return tmp_path / name

    return make


_ONCE = []


@pytest.fixture
def finished_once(run_text, scan, tmp_path_factory):
    """The same for tests that write nothing there."""
    if not _ONCE:
        folder = tmp_path_factory.mktemp("once")
        (folder / "run.toml").write_text(run_text("[0.0, 0.25]", "[0.25]", *SMALL))
        assert scan(folder / "run.toml", folder / "out")[0] == 0
        _ONCE.append(folder / "out")
    return _ONCE[0]


def without_checksums(directory):
    """As an earlier release left it."""
    for name in ("nodes.json", "ladders.json"):
        table = json.loads((directory / name).read_text())
        for key in ("sha256", "run_file"):
            table.pop(key, None)
        (directory / name).write_text(json.dumps(table, indent=1))


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def ladder_text(directory):
    """The third rung as it is written, and another one."""
    (rungs,) = RunDirectory(directory).ladders().values()
    return repr(rungs[2]), "0.836"


@pytest.mark.parametrize("spacing", [(), ADAPTIVE], ids=["geometric", "adaptive"])
@pytest.mark.parametrize("old", [False, True], ids=["checksums", "without"])
def test_an_edited_ladder_changes_nothing(finished, scan, digests, run_file, capsys, spacing, old):
    """The missing tasks run at the temperatures of the others; what was edited is kept under another name."""
    out = finished(*spacing)
    whole = digests(out)
    if old:
        without_checksums(out)
    (out / CHAIN).unlink()
    (out / PLANTED).unlink()
    edit(out / "ladders.json", *ladder_text(out))
    edited = (out / "ladders.json").read_text()
    assert run.scan(run_file(*SMALL, *spacing), out) == 0
    assert digests(out) == whole
    warned = "ladders.json: damaged: it does not match its checksum; kept as ladders.json.damaged and written again"
    if not old:
        assert warned in capsys.readouterr().err
        assert (out / "ladders.json.damaged").read_text() == edited
    assert json.loads((out / "ladders.json").read_text())["sha256"]


@pytest.mark.parametrize("spacing", [(), ADAPTIVE], ids=["geometric", "adaptive"])
def test_lost_ladders_are_those_of_the_chains(finished, scan, digests, run_file, spacing):
    out = finished(*spacing)
    whole, kept = digests(out), RunDirectory(out).ladders()
    (out / "ladders.json").unlink()
    (out / CHAIN).unlink()
    assert scan(run_file(*SMALL, *spacing), out)[0] == 0
    assert digests(out) == whole and RunDirectory(out).ladders() == kept


def test_the_chains_of_an_edited_ladder_are_named(finished, scan, digests, run_file, tmp_path, monkeypatch):
    """A run of 0.3.0 whose tasks ran at two sets of temperatures: the file decides once it is what it was."""
    out = finished(*ADAPTIVE)
    whole = digests(out)
    without_checksums(out)
    right = (out / "ladders.json").read_text()
    (out / CHAIN).unlink()
    with monkeypatch.context() as patched:
        # what that release did: it believed the file
        patched.setattr(ladder_file, "chosen", lambda rungs, *_: rungs)
        patched.setattr(survey.Comparison, "refuse", lambda self: None)
        edit(out / "ladders.json", *ladder_text(out))
        assert scan(run_file(*SMALL, *ADAPTIVE), out)[0] == 0
    assert digests(out) != whole
    (out / "ladders.json").write_text(right)
    with pytest.raises(UserError) as refused:
        run.scan(run_file(*SMALL, *ADAPTIVE), out)
    first, advice = str(refused.value).splitlines()
    (rungs,) = ladder_file.sealed_json.unseal(right.encode())[0].values()
    assert first == f"{out / CHAIN}: belongs to another run or task (temperatures 0.836, not {rungs[2]})"
    assert advice.startswith("move them away or delete them to have them computed again")
    (out / CHAIN).unlink()
    assert scan(run_file(*SMALL, *ADAPTIVE), out)[0] == 0
    assert digests(out) == whole


OTHERS = [
    (("degree = 4", "degree = 2"), "glass.degree 2, not 4"),
    (('p = 3\ndegree = 4', 'p = 2\ndegree = 4'), "p 2, not 3; glass.p 2, not 3"),
    (('"regular"\np = 3\ndegree = 4', '"poisson"\np = 3\nalpha = 1.5'), "ensemble poisson, not regular; glass.alpha"),
    (("thermalization = 20", "thermalization = 30"), "thermalization 30, not 20"),
    (("replicas = 4", "replicas = 6"), "n_replicas 6, not 4"),
    (("measure_every = 10", "measure_every = 20"), "measure_every 20, not 10"),
    (("max = 1.5", "max = 1.6"), r"temperatures [\d.]+, not [\d.]+"),
    (("n = 4", "n = 5"), r"temperatures \[\d of them\], not \[\d of them\]"),
    (("replicas = 4", 'replicas = 4\nmeasure = ["energy"]'), r"measure \['energy'"),
    (("seed = 7", "seed = 8"), "task N=12,dilution=0.25,.*sample=[01], seed 8"),
    (('dilutions = [0.25]', 'dilutions = [0.25]\nrounding = "random"'), "rounding random, not nearest"),
]  # fmt: skip


@pytest.mark.parametrize("place", [CHAIN, PLANTED])
@pytest.mark.parametrize(("pairs", "what"), OTHERS)
def test_chains_of_other_settings_are_named(finished_once, run_text, tmp_path, place, pairs, what):
    """In a survey, where a file says what it is: every setting is compared."""
    out = shutil.copytree(finished_once, tmp_path / "out")
    text = run_text("[0.0, 0.25]", "[0.25]", *SMALL)
    assert text.count(pairs[0]) == 1
    other = parse(text.replace(*pairs), "other")
    task = next(
        task for task in glass_tasks.all_tasks(other) if f"chains/{task.folder}/sample{task.sample}.h5" == place
    )
    outcome = glass_tasks.run(task, other, ladders.ladder_of(task, other, ladders.complete([task], other, {})))
    segment.write(out / place, outcome.dataset, outcome.glass, outcome.state, {})
    mine = parse(text, "mine")
    with pytest.raises(UserError, match=rf"{place}: belongs to another run or task \(.*{what}"):
        survey.survey(RunDirectory(out), glass_tasks.all_tasks(mine), mine)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("degree = 4", "degree = 2", "glass.degree: 2 here, but {out} was begun with 4"),
        ("thermalization = 20", "thermalization = 30", "sampling.thermalization: 30 here, but {out} was begun with 20"),
        ("replicas = 4", "replicas = 6", "sampling.replicas: 6 here, but {out} was begun with 4"),
    ],
)
def test_an_edited_run_file_is_refused_and_changes_nothing(finished, digests, capsys, old, new, says):
    out = finished()
    whole, edited = digests(out), out / "run.toml"
    right = edited.read_text()
    edit(edited, old, new)
    assert main(["scan", str(edited), "--out", str(out)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert says.format(out=out) in first
    assert second.endswith(
        "run.toml: was edited or damaged since the last scan wrote it; delete it to go on as nodes.json has it"
    )
    assert main(["status", str(out)]) == 0 and main(["verify", str(out), "-k", "1"]) == 0
    edited.unlink()
    assert main(["scan", str(edited), "--out", str(out)]) == 0
    assert digests(out) == whole and edited.read_text() == right


@pytest.mark.parametrize("what", ["degree", "thermalization", "replicas"])
def test_an_edited_run_file_of_an_earlier_release_is_refused(finished, what):
    """Nothing but the chains contradicts it."""
    out = finished()
    without_checksums(out)
    values = {"degree": "degree = 2", "thermalization": "thermalization = 30", "replicas": "replicas = 6"}
    before = {"degree": "degree = 4", "thermalization": "thermalization = 20", "replicas": "replicas = 4"}
    edit(out / "run.toml", before[what], values[what])
    with pytest.raises(
        UserError, match=r"(?s)sample0\.h5: belongs to another run or task \(.*(4, not 2|20, not 30|4, not 6)"
    ):
        run.scan(out / "run.toml", out)


def test_a_run_file_may_be_edited_to_grow(finished, scan, digests, capsys, run_file, tmp_path):
    out = finished()
    edit(out / "run.toml", "samples = 2", "samples = 3")
    assert run.scan(out / "run.toml", out) == 0
    assert "run.toml: changed since the last scan wrote it: samples: 3, before 2\n" in capsys.readouterr().err
    assert scan(run_file(*SMALL, "samples = 2", "samples = 3"), tmp_path / "whole")[0] == 0
    assert digests(out) == digests(tmp_path / "whole")
    assert run.scan(out / "run.toml", out) == 0
    assert capsys.readouterr().err == ""


def test_segments_of_other_settings_are_named(finished, run_file, run_text, tmp_path):
    out = finished()
    mine = parse(run_text("[0.0, 0.25]", "[0.25]", *SMALL), "mine")
    (task, *_) = glass_tasks.all_tasks(mine)
    other = parse(run_text("[0.0, 0.25]", "[0.25]", *SMALL, "thermalization = 20", "thermalization = 30"), "other")
    chain = RunDirectory(out).chain(task)
    chain.unlink()
    saving = run.Saving(chain, Stop(0.0), 1e9, dict)
    glass_tasks.run(task, other, ladders.ladder_of(task, other, ladders.complete([task], other, {})), saving=saving)
    with pytest.raises(
        UserError, match=r"sample0\.segments/000001\.h5: belongs to another run or task \(thermalization 30"
    ):
        run.scan(run_file(*SMALL), out)


def test_last_bits_of_an_earlier_ladder_stay(finished, scan, run_file, tmp_path):
    """A ladder that agrees with its rule to 1e-12 is that ladder, in ladders.json and in the chains alone."""
    asked = parse(run_file(*SMALL).read_text(), "a").sampling.temperatures
    ruled = ladders.by_rule(asked)
    bits = [ruled[0], float(np.nextafter(ruled[1], 2.0)), ruled[2], ruled[3]]
    assert ladders.follows(bits, asked) and not ladders.follows([ruled[0], ruled[1] * (1 + 2e-12), *ruled[2:]], asked)
    out = tmp_path / "old"
    out.mkdir()
    (out / "ladders.json").write_text(json.dumps({"geometric,min=0.5,max=1.5,n=4": bits}))
    assert scan(run_file(*SMALL), out)[0] == 0
    assert list(segment.read(out / CHAIN).dataset.temperature.values[:4]) == bits
    (out / "ladders.json").unlink()
    (out / CHAIN).unlink()
    assert scan(run_file(*SMALL, "sweeps = 40", "sweeps = 60"), out)[0] == 0
    assert list(segment.read(out / CHAIN).dataset.temperature.values[:4]) == bits
    assert next(iter(RunDirectory(out).ladders().values())) == bits


def test_what_every_chain_has_is_compared(finished):
    """Attributes that no rule names are those that the glass decides, or that are outside the digest."""
    out = finished()
    run_file = RunDirectory(out).run_file()
    for task in glass_tasks.all_tasks(run_file):
        attrs = segment.verify(RunDirectory(out).chain(task))
        free = {"digest", "format", "run_file", "glassnet_version", "sweeps"}
        decided = {"glass_digest", "n_weights", "n_paths", "planted_energy", "seed_key", "sampler"}
        decided |= {"field", "precision"}
        expected = chain_check.expected(task, run_file).attrs
        assert attrs.keys() - free - decided == expected.keys() | {"task", "sample"}


def test_ladders_of_field_integration_that_were_lost_or_edited_are_found_again(finished, digests):
    """The temperatures of a field are the scan's own: nothing else in the directory asks for them by name."""
    field = "[scan]\nfield = {n_weights = 120, instances = 2, sweeps = 72}\n"
    out = finished("dilutions = [0.25]", "dilutions = [0.0]", "[scan]\n", field)
    before, kept = digests(out), json.loads((out / "ladders.json").read_text())
    for damage in (lambda path: path.unlink(), lambda path: edit(path, "0.", "1.")):
        damage(out / "ladders.json")
        assert main(["scan", str(out / "run.toml"), "--out", str(out), "--dry-run"]) == 0
        assert run.scan(out / "run.toml", out) == 0
        assert digests(out) == before
        assert json.loads((out / "ladders.json").read_text()) == kept


def test_verify_finds_lost_ladders_in_the_chains(finished, capsys):
    out = finished(*ADAPTIVE)
    (out / "ladders.json").unlink()
    assert main(["verify", str(out), "-k", "4"]) == 0
    assert "DIFFERS" not in capsys.readouterr().out
