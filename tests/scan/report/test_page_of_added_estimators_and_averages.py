"""An estimator and two averages that are added as rows of their tables are taken through to the terminal and the
page."""

import re
from html import unescape

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import estimators
from glassnet.analysis.verdict.estimators import ESTIMATORS, Estimator
from glassnet.chains.store import open_chains
from glassnet.scan.directory.readable_chains import Readable
from glassnet.scan.report import writing
from glassnet.scan.runfile.schema import load
from glassnet.scan.tasks.glass_tasks import all_tasks, draw_glass
from glassnet.statistics.estimate import Estimate, with_error


def words(path):
    """What a reader sees of a page."""
    text = re.sub(r"<(style|svg).*?</\1>", " ", path.read_text(), flags=re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", text).split()))


def exact_mean(row, size, temperature, run_file):
    """Mean over the glasses of a node, enumerated: the overlap with the planted state, or the satisfied paths."""
    values = []
    for task in all_tasks(run_file):
        if (task.size, task.planted) != (size, temperature if row.planted else None):
            continue
        glass = draw_glass(task, run_file)
        if row.planted:
            overlap = gn.exact.states(size) @ glass.planted.astype(float) / size
            values.append(gn.exact.probabilities(glass, temperature) @ overlap)
        else:
            values.append((1 - gn.exact.thermodynamics(glass, [temperature]).energy[0] / glass.n_paths) / 2)
    return np.mean(values)


def thermal_error(row, node, temperature):
    """Error of the mean over samples, from 20 blocks of draws."""
    rung = node.to_dataset().sel(temperature=temperature)
    series = rung["planted_overlap"] if row.planted else rung["energy"] / (2 * rung["n_paths"])
    blocks = series.mean(("sample", "replica")).values.reshape(20, -1).mean(axis=1)
    return blocks.std(ddof=1) / np.sqrt(20)


def test_added_averages_have_exact_values_and_are_shown(finished_run, tmp_path, added_averages):
    """In one place: a row of the table for each."""
    longer = ("sweeps = 40", "sweeps = 4000", "thermalization = 20", "thermalization = 400")
    out = finished_run(tmp_path, "[12, 24]", "[12, 15]", *longer)
    text, page = str(writing.write(out)), words(out / "report.html")
    chains, run_file = open_chains(out), load(out / "run.toml")
    found = find_transition(chains)
    for row in added_averages:
        assert f"  {row.label}  " in text
        assert page.count(f"{row.label[0].upper()}{row.label[1:]}, mean over samples.") == 1
        assert (out / "figures" / f"{row.key}.svg").exists()
        assert list(found.averages[row.key]) == [12, 15]
        for size, data in found.averages[row.key].items():
            for temperature, *value in zip(
                data.temperature.values.tolist(),
                data[row.key].values,
                data[f"{row.key}_stderr"].values,
                strict=True,
            ):
                assert with_error(*value) in text
                assert with_error(*value) in page
                kind = f"planted{temperature}" if row.planted else "symmetric"
                noise = thermal_error(row, chains[f"N{size}/dilution0.0/{kind}"], temperature)
                assert abs(value[0] - exact_mean(row, size, temperature, run_file)) < 4.5 * noise
                assert noise < 0.02


@pytest.mark.parametrize("kinds", [{"random first-order": 1}, {"first-order": 1}])
def test_an_added_estimator_heads_the_page_of_its_kind_alone(
    kinds, finished_run, synthetic, monkeypatch, tmp_path, no_figures
):
    out = finished_run(tmp_path)
    chains = synthetic.tree(synthetic.two_level((48, 72, 96), (0.55, 0.6, 0.65, 0.7, 0.75), seed=0, n_samples=12))
    monkeypatch.setattr(writing, "open_readable", lambda directory: Readable(chains, []))
    row = Estimator("sure", kinds, lambda found: [Estimate(0.651, 0.001, "sure of it", (48, 72, 96), key="sure")])
    monkeypatch.setattr(estimators, "ESTIMATORS", (*ESTIMATORS, row))
    text = str(writing.write(out))
    page = words(out / "report.html")
    heads = "random first-order" in kinds
    for shown in (text, page):
        assert ("at T = 0.6510(10)" in shown) == heads
        assert ("sure of it" in shown) == heads
        assert "a random first-order transition" in shown
    assert ("0.6510(10)  sure of it (headline), N = 48, 72, 96" in text) == heads
    assert ("0.6510(10) sure of it" in page) == heads
