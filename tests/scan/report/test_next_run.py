"""Whatever was run and whatever came out: the scan accepts the run file that is suggested, and goes on with its
chains."""

import tempfile
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tomlkit
import xarray as xr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from glassnet.analysis.equilibrium.assessment import Equilibration, Failure
from glassnet.analysis.questions import Evidence
from glassnet.analysis.transition import Transition, find_transition
from glassnet.chains import segment
from glassnet.chains.store import open_chains
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.report.next_run import suggestion
from glassnet.scan.report.run_file_text import comments
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import status
from glassnet.statistics.estimate import Estimate

RUNS = Path(__file__).parents[3] / "runs"
SETTLED = ("none", "continuous", "first-order", "random first-order")
ASKED = ("planted_crossing", "rigorous_bounds", "susceptibility_growth", "binder_crossing")
MEASURES = ("energy", "overlap", "weight_overlap", "path_overlap", "matched_overlap", "weights")


def ladders(lowest):
    """A list, or a rule, with or without its options."""
    listed = st.integers(2, 5).flatmap(
        lambda n: st.sampled_from([[lowest + 0.3 * k for k in range(n)] + end for end in ([], [np.inf])])
    )
    ruled = st.fixed_dictionaries(
        {"min": st.just(lowest), "max": st.sampled_from([lowest + 0.2, 1.6, 4.0]), "n": st.integers(2, 6)},
        optional={
            "spacing": st.sampled_from(["geometric", "linear", "adaptive"]),
            "infinite": st.booleans(),
        },
    )
    return listed | ruled.filter(lambda table: table["min"] < table["max"])


def lengths():
    """Sweeps and measurements that go together."""
    return st.tuples(st.sampled_from([5, 10]), st.integers(2, 6)).map(
        lambda drawn: {"measure_every": drawn[0], "sweeps": drawn[0] * drawn[1]}
    )


@st.composite
def glasses(draw):
    """[glass], and sizes of it."""
    ensemble = draw(st.sampled_from(["regular", "poisson", "layered", "walks"]))
    if ensemble == "walks":
        shape = draw(st.lists(st.sampled_from([1, 3, 4]), min_size=3, max_size=5))
        sizes = [[max(1, round(n * factor)) for n in shape] for factor in (1, 1.5, 2)[: draw(st.integers(1, 3))]]
        return {"ensemble": ensemble, "alpha": draw(st.sampled_from([0.7, 2]))}, sizes
    p = draw(st.integers(2, 4))
    law = {"degree": draw(st.integers(1, 4))} if ensemble == "regular" else {"alpha": draw(st.sampled_from([0.7, 2.0]))}
    sizes = draw(st.lists(st.integers(3, 12), min_size=1, max_size=4, unique=True))
    return {"ensemble": ensemble, "p": p, **law}, [p * size for size in sizes]


@st.composite
def run_files(draw):
    """Tables of run files of every shape; most of them are right."""
    glass, sizes = draw(glasses())
    planted = draw(st.sampled_from([[], [0.6], [0.6, 0.8], [0.5, 0.65, 0.7]]))
    scan = {"sizes": sizes, "planted": planted} if planted or draw(st.booleans()) else {"sizes": sizes}
    law = draw(st.sampled_from(["binary", "gaussian", "bias"]))
    if law != "binary" or draw(st.booleans()):
        glass |= {"bias": 0.0 if planted else 0.5} if law == "bias" else {"couplings": law}
    if draw(st.booleans()):
        scan["dilutions"] = draw(st.sampled_from([[0.0], [0.3], [0.0, 0.2], [0.3, 0.25, 0.0]]))
    if planted and draw(st.booleans()):
        scan["symmetric"] = draw(st.booleans())
    if planted and draw(st.booleans()):
        scan["planted_samples"] = draw(st.integers(1, 3))
    if law == "binary" and draw(st.booleans()):
        options = {"instances": st.integers(1, 20), "sweeps": st.just(400), "temperatures": st.just([0.6, 0.7])}
        scan["field"] = draw(st.booleans() | st.fixed_dictionaries({}, optional=options))
    sampling = {"temperatures": draw(ladders(0.5)), "thermalization": draw(st.integers(0, 30)), **draw(lengths())}
    if draw(st.booleans()):
        sampling["replicas"] = draw(st.sampled_from([2, 6]) if planted else st.integers(1, 5))
    only_planted = planted and not scan.get("symmetric")
    names = [*MEASURES, "planted_overlap"] if only_planted else MEASURES
    measures = st.lists(st.sampled_from(names), min_size=1, unique=True)
    if draw(st.booleans()):
        sampling["measure"] = draw(measures)
    if planted and draw(st.booleans()):
        own = {"replicas": st.sampled_from([2, 4]), "temperatures": ladders(0.45), "thermalization": st.integers(0, 30)}
        own |= {"measure": st.just(["energy", "planted_overlap"])}
        sampling["planted"] = draw(st.fixed_dictionaries({}, optional=own)) | draw(st.just({}) | lengths())
        if only_planted and draw(st.booleans()):
            # what symmetric tasks could not be run with, and planted ones do not follow
            sampling |= {"measure_every": 7} if "sweeps" in sampling["planted"] else {}
    return {"seed": 7, "samples": draw(st.integers(1, 3)), "glass": glass, "scan": scan, "sampling": sampling}


@st.composite
def results(draw, run):
    """What may have come out of a run, contradictory or not."""
    dilution = draw(st.sampled_from(run["scan"].get("dilutions", [0.0])))
    where = f"/N{len(run['scan']['sizes'])}/dilution{dilution}"
    planted = run["scan"].get("planted")
    there = [where] * bool(run["scan"].get("symmetric", not planted)) + [f"{where}/planted0.6"] * bool(planted)
    outcome = draw(st.sampled_from(["open", "open", "open", "settled", "settled", "missing", "failing", "drifting"]))
    failing = draw(st.lists(st.sampled_from(there), min_size=1, unique=True)) if outcome == "failing" else []
    failures = tuple(Failure(path, 0, "stuck", 0.6) for path in failing)
    temperatures = st.sampled_from([0.3, 0.61, 0.7, 1.2, 9.0])
    parts = st.sampled_from([0.01, 0.049, np.nan])
    key = st.sampled_from(["complexity_zero", "peak_weight"])
    estimate = st.builds(Estimate, temperatures, st.just(0.05), st.just("peak"), st.just((12,)), parts, key)
    passed = st.sampled_from([True, False, None])
    places = st.sampled_from([None, (True, ""), (False, ""), (True, "three widths")])
    place = draw(places)
    weight = draw(st.sampled_from([None, 0.1, 0.9]))
    table = None if weight is None else xr.Dataset({"weight": ("planted_temperature", [weight, weight])})
    if table is not None:
        table = table.assign_coords(planted_temperature=[0.6, 0.8])
    zero = SimpleNamespace(name="peak", complexity=SimpleNamespace(sizes={"instance": draw(st.integers(1, 16))}))
    return Transition(
        kind=draw(st.sampled_from(SETTLED)) if outcome == "settled" else "undecided",
        temperature=draw(st.sampled_from([0.7, np.nan])),
        stderr=0.01,
        evidence=tuple(Evidence(key, key, draw(temperatures), 0.1, (), draw(passed), "") for key in ASKED),
        dilution=dilution,
        sizes=(12,),
        location=None if place is None else SimpleNamespace(inside=place[0], lacks=place[1]),
        equilibration=Equilibration(failures, {there[-1]: "drifts"} if outcome == "drifting" else {}, 10, 1e-3),
        estimates=tuple(draw(st.lists(estimate, max_size=2))),
        provisional=draw(st.none() | estimate),
        missing={where: [1]} if outcome == "missing" else {},
        planted={} if table is None else {12: table},
        overlaps=draw(st.sampled_from([{}, {12: None}])),
        run=run,
        complexity=draw(st.sampled_from([None, zero if not run["glass"].get("bias") else None])),
    )


def begin(text, folder):
    """The directory that a scan of a run file begins, without chains."""
    (folder / "run.toml").write_text(text)
    directory, run_file = RunDirectory(folder / "out"), parse(text, "run.toml")
    directory.path.mkdir()
    directory.describe(run_file)
    return directory


def goes_on(directory, text):
    """Whether a run file makes a directory grow; the scan accepts it, and keeps or continues every task there is."""
    path = directory.path.with_name("suggested.toml")
    path.write_text(text)
    assert "tasks to do" in status.dry_run(path, directory.path)
    begun, wanted = directory.run_file(), directory.check(parse(text, "suggested.toml"), "suggested.toml")
    before, now = ({task.text: task for task in glass_tasks.all_tasks(run_file)} for run_file in (begun, wanted))
    assert before.keys() <= now.keys()
    grown = now.keys() != before.keys()
    for name, task in before.items():
        assert now[name] == task
        assert glass_tasks.node_attributes(task, begun) == glass_tasks.node_attributes(task, wanted)
        if task.field:
            continue
        old, new = (run_file.sampling_of(task.planted is not None) for run_file in (begun, wanted))
        assert old == new.model_copy(update={"sweeps": old.sweeps})
        assert new.sweeps >= old.sweeps
        grown |= new.sweeps > old.sweeps
    return grown


SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow]


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.data())
def test_every_suggestion_is_accepted_by_its_own_directory(data):
    run = data.draw(run_files())
    notes = st.lists(st.sampled_from(["", "# as before", "a = [1]", "it's \"so"]), min_size=1, max_size=5)
    text = with_comments(tomlkit.dumps(run), data.draw(notes))
    assert tomllib.loads(text) == run
    try:
        RunDirectory("of no scan yet").check(parse(text, "run.toml"), "run.toml")
    except UserError:
        assume(False)
    found = replace(data.draw(results(run)), run_file=text)
    with tempfile.TemporaryDirectory() as folder:
        directory = begin(text, Path(folder))
        suggested = suggestion(found)
        assert goes_on(directory, suggested.text) == (suggested.settles and not found.missing)
    assert not Counter(comments(text)) - Counter(comments(suggested.text))


def paths_of_runs():
    found = sorted([*RUNS.glob("*.toml"), *RUNS.glob("controls/*.toml")])
    assert len(found) >= 8
    return found


@pytest.mark.parametrize("path", paths_of_runs(), ids=lambda path: path.stem)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(data=st.data())
def test_suggestions_for_the_runs_of_the_house(path, data):
    text = path.read_text()
    found = replace(data.draw(results(tomllib.loads(text))), run_file=text)
    with tempfile.TemporaryDirectory() as folder:
        directory = begin(text, Path(folder))
        suggested = suggestion(found)
        assert goes_on(directory, suggested.text) == (suggested.settles and not found.missing)
    assert not Counter(comments(text)) - Counter(comments(suggested.text))


#: run files of few sweeps; what each gets beside its larger size
SHAPES = {
    "planted, measured as [sampling] says": (
        'ensemble = "poisson"\np = 3\nalpha = 1.5',
        "sizes = [12, 18]\nplanted = [0.6, 0.8]\ndilutions = [0.0, 0.2]",
        'temperatures = {min = 0.6, max = 1.5, n = 3}\nmeasure = ["energy", "planted_overlap"]',
        "symmetric = true",
    ),
    "planted, all of its own": (
        'ensemble = "layered"\np = 3\nalpha = 1.5\ncouplings = "gaussian"',
        "sizes = [12]\nplanted = [0.6, 0.8]\nplanted_samples = 1",
        "temperatures = [1.0]\nreplicas = 1\nmeasure_every = 40\n"
        "[sampling.planted]\ntemperatures = [0.7, 1.0, inf]\nreplicas = 2\nmeasure_every = 10",
        "replicas = 2\n",
    ),
    "as drawn, odd replicas, adaptive": (
        'ensemble = "regular"\np = 3\ndegree = 4',
        "sizes = [12, 24]",
        'temperatures = {min = 0.6, max = 1.2, n = 3, spacing = "adaptive"}\nreplicas = 3',
        "[sampling.planted]\nreplicas = 4",
    ),
    "networks": (
        'ensemble = "walks"\nalpha = 2',
        "sizes = [[2, 2, 2, 1]]",
        "temperatures = [0.6, 1.1]",
        "[3, 3, 3, 1]",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_run_that_follows_keeps_what_there_is(tmp_path, scan, digests, shape):
    glass, wanted, sampling, added = SHAPES[shape]
    first = f"seed = 7\nsamples = 1\n[glass]\n{glass}\n[scan]\n{wanted}\n[sampling]\nthermalization = 20\nsweeps = 60\n"
    path, out = tmp_path / "run.toml", tmp_path / "out"
    path.write_text(first + sampling)
    assert scan(path, out)[0] == 0
    found = find_transition(open_chains(out), 0.0)
    proved = {"equilibration": Equilibration((), {}, 1, 1.0), "provisional": Estimate(0.7, 0.1, "peak")}
    # as if the chains proved equilibrium: everything but sweeps grows, and nothing of what there is changes
    before, files = digests(out), {file: file.stat().st_mtime_ns for file in out.rglob("*.h5")}
    path.write_text(suggestion(replace(found, **proved)).text)
    assert added in path.read_text()
    assert scan(path, out)[0] == 0
    now = digests(out)
    assert len(now) > len(before)
    assert all(now[name] == digest for name, digest in before.items())
    assert {file: file.stat().st_mtime_ns for file in files} == files
    # six draws prove nothing: everybody runs longer, and goes on where it was
    energies = {file: segment.read(file).dataset["energy"].values for file in out.rglob("*.h5")}
    failed = replace(found, run=tomllib.loads(path.read_text()), run_file=path.read_text())
    assert failed.equilibration.failures
    path.write_text(suggestion(failed).text)
    assert scan(path, out)[0] == 0
    assert digests(out).keys() == now.keys()
    for file, energy in energies.items():
        longer = segment.read(file).dataset["energy"].values
        assert len(longer) == 4 * len(energy)
        np.testing.assert_array_equal(longer[: len(energy)], energy)
    assert not list(out.rglob("*.damaged"))


COMMENTED = """\
# what these runs are for
seed = 7   # of everything
samples = 2
[glass]
ensemble = "poisson"
p = 3
alpha = 1.50   # paths per weight
[scan]
sizes = [12,
         18]   # weights
[sampling]   # three rungs
temperatures = {min = 0.60, max = 1.5, n = 3}
sweeps = 60   # of every sample
"""


def with_comments(text, notes):
    """A run file with a comment above and behind every line that can have one, and in every array."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        note = notes[number % len(notes)]
        if note and line and not line.startswith("["):
            line = line.replace(" = [", f" = [ # {note} within {number}\n", 1) if "[[" not in line else line
        lines += [f"# {note} above {number}", f"{line}  # {note} behind {number}"] if note else [line]
    return "\n".join(lines) + "\n"


def grown_of(text):
    """A result whose chains are too short, of a run file."""
    failure = Failure("/N12/dilution0.0/symmetric", 0, "energy drifts", 1.0)
    equilibration = Equilibration((failure,), {}, 10, 1e-3)
    return Transition(
        *("undecided", np.nan, np.nan, (), 0.0, (12, 18), None), equilibration, run=tomllib.loads(text), run_file=text
    )


def test_comments_of_the_run_file_stay():
    """Lines that did not change are those of the user; only numbers of others change."""
    suggested = suggestion(grown_of(COMMENTED))
    reasons, own = suggested.text.split("\n\n", 1)
    assert all(line.startswith("# ") for line in reasons.splitlines())
    changed = [pair for pair in zip(COMMENTED.splitlines(), own.splitlines(), strict=True) if pair[0] != pair[1]]
    assert changed == [("sweeps = 60   # of every sample", "sweeps = 240   # of every sample")]


def test_reasons_of_the_suggestion_before_go():
    first = suggestion(grown_of(COMMENTED)).text
    second = suggestion(grown_of(first)).text
    assert "what these runs are for" in second
    assert second.count("goes on where it ended") == second.count("Sweeps grow") == 1
    assert tomllib.loads(second)["sampling"]["sweeps"] == 960


def test_a_run_file_that_comments_cannot_be_kept_of_is_written_anew(monkeypatch):
    """Whatever the library makes of the text, the tables are right."""
    expected = tomllib.loads(suggestion(grown_of(COMMENTED)).text)
    for broken in ("seed = ", "seed = 8\n[glass.more]\n"):
        found = replace(grown_of(COMMENTED), run_file=broken)
        text = suggestion(found).text
        assert tomllib.loads(text) == expected
        assert "of every sample" not in text
