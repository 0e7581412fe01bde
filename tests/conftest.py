"""What tests of several rooms share."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter


@pytest.fixture(scope="session")
def synthetic():
    """The module of chains sampled exactly from solvable models."""
    spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def worked_example():
    """Function of the title of a section of CONTRIBUTING.md: its blocks of code, as they stand there."""
    page = Path(__file__).parents[1] / "CONTRIBUTING.md"

    def blocks(title):
        section = page.read_text().partition(f"### {title}\n")[2].partition("\n### ")[0]
        found = re.findall(r"```\w+\n(.*?)```", section, flags=re.DOTALL)
        assert found, title
        return found

    return blocks


@pytest.fixture(scope="session")
def autoregressive():
    """Function (tau, shape, seed) that draws unit normal chains x_t = a x_{t-1} + noise along the first axis.

    They start in equilibrium; their integrated autocorrelation time is tau = (1 + a) / (2 (1 - a)).
    """

    def draw(tau, shape, seed):
        a = (2 * tau - 1) / (2 * tau + 1)
        noise = np.random.default_rng(seed).normal(size=shape)
        noise[1:] *= np.sqrt(1 - a**2)
        return lfilter([1], [1, -a], noise, axis=0)

    return draw


@pytest.fixture
def added_averages(monkeypatch):
    """Two more rows in the table of averages: the share of satisfied paths of symmetric nodes, from the energies of
    +-J, and the overlap with the planted state of planted ones."""
    from glassnet.analysis.averages import table
    from glassnet.analysis.averages.disorder_mean import disorder_mean

    class Mean:
        def __init__(self, node):
            self.node, self.means = node, []

        def dataset(self, *, seed=0):
            return disorder_mean(self.node, self.name, np.array(self.means), seed=seed)

    class SatisfiedPaths(Mean):
        name = "satisfied_share"

        def add(self, reading):
            n_paths = float(self.node.chain["n_paths"][len(self.means)])
            self.means.append((1 - reading.energy.mean(axis=(0, 2)) / n_paths) / 2)

    class PlantedOverlap(Mean):
        name = "mean_planted_overlap"

        def add(self, reading):
            self.means.append(reading.overlap.mean(axis=(0, 2)))

    rows = (
        table.Average("satisfied_share", SatisfiedPaths, label="share of satisfied paths"),
        table.Average("mean_planted_overlap", PlantedOverlap, planted=True, label="overlap with the planted state"),
    )
    monkeypatch.setattr(table, "AVERAGES", (*table.AVERAGES, *rows))
    return rows
