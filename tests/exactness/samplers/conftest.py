"""What the statistical tests share: how a difference is judged, and samplers that are broken on purpose."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtri, stdtr
from scipy.stats import chi2

import glassnet as gn

#: bound on every z-score; with fixed seeds a correct sampler passes for good
Z_MAX = 4.5


def z_scores(series, mean, sd):
    """How far the average of `series` lies from its exact mean, in standard errors.

    series : (n_draws, n_temperatures, n_units), the units independent of each other, draws correlated as they like.
    mean, sd : (n_temperatures,) exact mean and standard deviation of one draw.

    The error bar comes from the spread of the units, so it knows the autocorrelation; it is never taken below the one
    that independent draws would have, which guards against rare events that happened to be missed. What it estimates
    from few units follows Student's law: returned is the normal deviate of equal probability.
    """
    n_draws, _, n_units = series.shape
    units = series.mean(axis=0)
    error = np.maximum(units.std(axis=1, ddof=1), sd / np.sqrt(n_draws)) / np.sqrt(n_units)
    difference = units.mean(axis=1) - mean
    exact = np.abs(difference) < 1e-10
    student = difference / np.where(error > 1e-12, error, 1e-12)
    return np.where(exact, 0.0, -np.sign(student) * ndtri(stdtr(n_units - 1, -np.abs(student))))


def chi_square(index, probability):
    """p-value of configurations `index` against `probability`; cells that expect fewer than 5 are pooled."""
    observed = np.bincount(np.ravel(index), minlength=len(probability))
    if observed[probability == 0].any():
        return 0.0
    observed, probability = observed[probability > 0], probability[probability > 0]
    expected = probability * observed.sum()
    order = np.argsort(expected)
    n_pooled = int(np.searchsorted(expected[order], 5.0))
    while 0 < n_pooled < len(order) and expected[order[:n_pooled]].sum() < 5.0:
        n_pooled += 1
    edges = [0, *range(max(1, n_pooled), len(order))]
    observed, expected = (np.add.reduceat(values[order], edges) for values in (observed, expected))
    return float(chi2.sf(((observed - expected) ** 2 / expected).sum(), len(expected) - 1))


def numbers(weights, n_weights):
    """Number in the order of `glassnet.exact.states` of configurations (..., n_weights) of +-1."""
    return ((np.asarray(weights) < 0) << np.arange(n_weights)).sum(axis=-1)


def recorded(dataset):
    """The weights of a dataset, (draw, temperature, replica, n_weights) of +-1."""
    bits = np.unpackbits(dataset.weights.values, axis=-1, bitorder="little", count=dataset.attrs["n_weights"])
    return 2 * bits.astype(np.int8) - 1


class StepByStep(gn.ParallelTempering):
    """Records through `_advance`, draw by draw, so that a twin has one place to be broken in."""

    def _record(self, recorder, n_draws, measure_every, stretch=None):
        for _ in range(n_draws):
            self._advance(measure_every)
            recorder.take()


class Frozen(StepByStep):
    """Never moves."""

    def _advance(self, n_sweeps):
        self.n_sweeps += n_sweeps


class NeverExchanging(StepByStep):
    """Sweeps, but every configuration keeps its temperature for ever."""

    def _advance(self, n_sweeps):
        self.kernel.sweep_only(n_sweeps)
        self.kernel.set_weights(self._bits()[: self.walkers.n_lanes])
        self.n_sweeps += n_sweeps


class HalfBeta(gn.ParallelTempering):
    """Runs at beta / 2 and calls it beta: dE without its factor 2."""

    def __init__(self, glass, temperatures, *args, **keywords):
        super().__init__(glass, 2 * np.asarray(temperatures), *args, **keywords)
        self.temperatures = np.asarray(temperatures, dtype=np.float64)


class StaleThresholds(StepByStep):
    """Exchanges temperatures, but every lane goes on sweeping with the thresholds it was born with."""

    def _advance(self, n_sweeps):
        home = np.tile(np.arange(len(self.temperatures), dtype=np.int32), self.n_replicas)
        for _ in range(n_sweeps):
            self.kernel.sweep_only(1)
            self.kernel.exchange_only(1)
            now = self.walkers.rung_of.copy()
            self.walkers.rung_of[...] = home
            self.kernel.refresh()
            self.walkers.rung_of[...] = now
        self.n_sweeps += n_sweeps


class InvertedSwaps(gn.ParallelTempering):
    """Sweeps well (+-J), but accepts exchanges with the inverse of the right ratio."""

    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        self.walkers.beta *= -1


class LostPaths(gn.ParallelTempering):
    """Every eighth path is missing from every dE and every energy."""

    def __init__(self, glass, *args, **keywords):
        kept = np.arange(glass.n_paths) % 8 > 0
        super().__init__(gn.PathGlass(glass.paths[kept], glass.couplings[kept], glass.n_weights), *args, **keywords)
        self.glass = glass


class MixedColumns(StepByStep):
    """Right chains, but what is called rung t is the walker born there."""

    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        self._born = self.walkers.lane_at.copy()

    def _advance(self, n_sweeps):
        self.walkers.lane_at[...] = getattr(self, "_now", self._born)
        super()._advance(n_sweeps)
        self._now = self.walkers.lane_at.copy()
        self.walkers.lane_at[...] = self._born


@pytest.fixture(scope="session")
def judge():
    return SimpleNamespace(z_scores=z_scores, z_max=Z_MAX, chi_square=chi_square, numbers=numbers, recorded=recorded)


@pytest.fixture(scope="session")
def twins():
    return {
        twin.__name__: twin
        for twin in (Frozen, NeverExchanging, HalfBeta, StaleThresholds, InvertedSwaps, LostPaths, MixedColumns)
    }
