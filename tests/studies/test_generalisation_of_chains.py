"""The study of generalisation as a run file: its averages against enumeration, and on tables of all shapes."""

import itertools
import math

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet._random import Seed
from glassnet.chains import segment
from glassnet.network import learning, tasks
from glassnet.scan.execute import run
from glassnet.scan.report import writing
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks
from glassnet.studies import generalisation_of, learning_averages

TEXT = """
seed = 8
samples = 6
study = "generalisation"
[glass]
ensemble = "walks"
couplings = "data"
[data]
task = "noisy prototype"
strength = 0.4
train = 60
test = 50
[scan]
sizes = [[5, 2, 2, 1]]
dilutions = [0.0, 0.25]
alphas = [3.0]
[sampling]
temperatures = [0.3, 0.8]
unit = "sqrt(alpha)"
replicas = 16
thermalization = 200
sweeps = 2000
measure_every = 20
"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Scan a text into a directory."""

    def make(text):
        directory = tmp_path_factory.mktemp("study")
        (directory / "run.toml").write_text(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
            assert run.scan(directory / "run.toml", directory / "out") == 0
        return directory / "out"

    return make


@pytest.fixture(scope="module")
def out(scanned):
    return scanned(TEXT)


def test_averages_are_those_of_enumeration(out):
    run_file, chains = parse(TEXT, "x"), gn.open_chains(out)
    result = generalisation_of(chains)
    differences = {name: [] for name in ("energy", "test_error", "train_error", "walk_overlap")}
    for task in glass_tasks.all_tasks(run_file):
        glass = glass_tasks.draw_glass(task, run_file)
        known = tasks.noisy_prototype(5, 0.4, 60, 50, Seed(8, task.text))
        states = np.array(list(itertools.product([-1, 1], repeat=glass.n_weights)), dtype=np.int8)
        weights, energies = gn.network.from_glass(glass, states), glass.energy(states)
        measured = {
            "energy": energies / glass.n_paths,
            "test_error": learning.errors(weights, known.test_inputs, known.test_labels),
            "train_error": learning.errors(weights, known.inputs, known.labels),
            "walk_overlap": learning.walk_overlap(weights, gn.network.from_glass(glass, glass.planted)),
        }
        node = chains[f"/{task.folder}"].to_dataset().isel(sample=task.sample)
        for rung, temperature in enumerate((0.3, 0.8)):
            boltzmann = np.exp(-(energies - energies.min()) / (temperature * math.sqrt(3.0)))
            boltzmann /= boltzmann.sum()
            for name, values in measured.items():
                found = node[name].isel(temperature=rung).mean() / (glass.n_paths if name == "energy" else 1)
                differences[name].append(float(found) - float(boltzmann @ values))
    for name, found in differences.items():
        found = np.reshape(found, (2, 6, 2))
        # 6 samples, 4 comparisons of each of 4 names: Student's t with 5 degrees exceeds 11 once in 10^4
        bar = found.std(axis=1, ddof=1) / math.sqrt(6)
        assert (np.abs(found.mean(axis=1)) < 11 * bar + 1e-12).all(), name
    # the mean over samples and starts is that of what was compared
    single = [
        chains[f"/N16/dilution{d}/alpha3.0"]["test_error"].mean(("sample", "draw", "replica")) for d in (0.0, 0.25)
    ]
    found = result.mean["test_error"].sel(size=16, alpha=3.0).mean("start")
    np.testing.assert_allclose(found.transpose("dilution", "temperature"), single)


def test_the_table_of_a_run(out):
    result = generalisation_of(gn.open_chains(out))
    assert dict(result.mean["test_error"].sizes) == {"size": 1, "dilution": 2, "alpha": 1, "temperature": 2, "start": 2}
    assert result.mean["temperature"].values.tolist() == [0.3, 0.8]
    assert result.mean["start"].values.tolist() == ["ordered", "random"]
    assert result.widths == {16: (5, 2, 2, 1)}
    assert (result.n_samples == 6).all()
    assert (result.unit, result.task["strength"]) == ("sqrt(alpha)", 0.4)
    lines = str(result).splitlines()
    assert lines[0] == "noisy prototype, m0 = 0.4, 1 example per path; T in units of sqrt(alpha)"
    assert len(lines) == 6
    # the standard error is that of six samples
    chains = gn.open_chains(out)["/N16/dilution0.0/alpha3.0"]
    ordered = chains["test_error"].isel(replica=slice(8)).mean(("draw", "replica")).values
    found = result.stderr["test_error"].sel(size=16, alpha=3.0, dilution=0.0, start="ordered")
    assert (found > ordered.std(axis=0, ddof=1) / math.sqrt(6) * 0.99).all()
    hebb = chains["planted_energy"].mean() / 48
    np.testing.assert_allclose(result.mean["hebb_energy"].sel(size=16, alpha=3.0, dilution=0.0), hebb)


def test_hidden_layers_are_those_of_the_networks_that_chains_end_in(out):
    run_file = parse(TEXT, "x")
    result = generalisation_of(gn.open_chains(out), hidden_layers=True)
    assert result.mean["dimension"].sizes["layer"] == 2
    tables = []
    for task in glass_tasks.all_tasks(run_file)[6:]:
        piece = segment.read(out / "chains" / task.folder / f"sample{task.sample}.h5")
        known = tasks.noisy_prototype(5, 0.4, 60, 50, Seed(8, task.text))
        state = piece.state["weights"][piece.state["walkers_lane_at"].T]
        tables.append(learning_averages.hidden_layers(state[:, None], piece.glass, known, np.array([0.3, 0.8])))
    expected = xr.concat(tables, "sample").mean("sample")
    found = result.mean.sel(size=16, dilution=0.25, alpha=3.0)
    for name in ("dimension", "covariance_strength", "mean_death"):
        np.testing.assert_allclose(found[name].transpose(*expected[name].dims), expected[name])


def test_what_is_not_finished_is_nan(scanned):
    text = TEXT.replace("samples = 6", "samples = 1").replace("sweeps = 2000", "sweeps = 200")
    text = text.replace("[3.0]", "[3.0, 6.0]").replace("[[5, 2, 2, 1]]", "[[5, 2, 2, 1], [7, 3, 2, 1]]")
    out = scanned(text)
    (out / "chains/N29/dilution0.25/alpha6.0/sample0.h5").unlink()
    result = generalisation_of(gn.open_chains(out))
    assert int(result.n_samples.sum()) == 7
    assert len(result.nodes()) == 7
    missing = {"size": 29, "dilution": 0.25, "alpha": 6.0}
    assert np.isnan(result.mean["test_error"].sel(missing)).all()
    assert int(np.isfinite(result.mean["energy"]).sum()) == 7 * 4
    # of one sample there is no error
    assert np.isnan(result.stderr["test_error"]).all()


def test_other_chains_are_refused(out):
    with pytest.raises(TypeError, match="chains must be an xarray"):
        generalisation_of(3)
    with pytest.raises(ValueError, match="no finished sample of study"):
        generalisation_of(xr.DataTree())
    with pytest.raises(ValueError, match="chains are those of a study"):
        gn.find_transition(gn.open_chains(out))
