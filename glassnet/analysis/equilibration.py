"""Have the chains reached equilibrium? Every sample is asked; those that fail are named and stay in the averages.

Exchange rates and round trips are no evidence and are not used. Asked instead, of every sample:

- drift: the mean over the last half of the recorded draws against the quarter before, for the energy and the weight
  of high overlap on every rung (logarithmic binning), in autocorrelation-aware standard errors;
- starts: in planted scans the weight of the planted phase from replicas started on the planted state against those
  started at random;
- stuck: a chain whose pooled autocorrelation time exceeds a tenth of its length has not visited what its replicas
  visit together. A chain that never moves is stuck.

Probabilities come from Student's t with the effective number of draws as degrees of freedom. The bound is shared by
all comparisons of the scan (Bonferroni): chains in equilibrium get any sample named with probability :data:`FALSE_ALARM`.
Dropping the samples that fail would bias every average, as they are the glassy ones.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from glassnet.analysis import errors
from glassnet.analysis.nodes import Node, read
from glassnet.analysis.overlaps import order_parameter, peak_threshold

#: probability that a whole scan in equilibrium gets one or more samples named
FALSE_ALARM = 0.01
#: fewest autocorrelation times a chain must last not to be called stuck
MIXED_LENGTH = 10.0


class Failure(NamedTuple):
    """A sample that has not proved to be in equilibrium: where, why, and on which rung it is worst."""

    path: str
    sample: int
    reason: str
    temperature: float


class Equilibration(NamedTuple):
    """Result of :func:`assess`.

    `failures` holds every (node, sample, reason); `nodes` maps the path of a node whose samples drift together or
    whose two kinds of starts differ on average to the reason, although none of its samples need fail alone;
    `n_comparisons` and `bound` (probability per comparison) state how much of a deviation counts.
    """

    failures: tuple[Failure, ...]
    nodes: dict[str, str]
    n_comparisons: int
    bound: float

    @property
    def failing(self) -> list[tuple[str, int]]:
        """The samples that fail, as (path of the node, sample number), each once."""
        return sorted({(failure.path, failure.sample) for failure in self.failures})

    def passes(self, path: str) -> bool:
        """Whether a node shows no sign of being out of equilibrium."""
        return path not in self.nodes and all(failure.path != path for failure in self.failures)

    def __str__(self) -> str:
        if not self.failures and not self.nodes:
            return f"all samples pass ({self.n_comparisons} comparisons at {self.bound:.1e} each)"
        lines = [f"{path}: {reason}" for path, reason in self.nodes.items()]
        lines += [f"{f.path} sample {f.sample}: {f.reason} at T = {f.temperature:g}" for f in self.failures]
        return "\n".join(lines)


class _Probabilities(NamedTuple):
    """Of one node: how probable each deviation would be in equilibrium. `samples` (n_samples, n_rungs), `node` ()."""

    reason: str
    temperatures: np.ndarray
    samples: np.ndarray
    node: float


def assess(nodes: list[Node]) -> Equilibration:
    """Ask every sample of every node whether it is in equilibrium.

    Parameters
    ----------
    nodes : list of Node
        The bound on false alarms is shared by all of them.

    Returns
    -------
    Equilibration
    """
    tested = [(node, *_examine(node)) for node in nodes]
    n_comparisons = sum(test.samples.size + 1 for _, tests, _ in tested for test in tests)
    bound = FALSE_ALARM / max(n_comparisons, 1)
    failures, failing_nodes = [], {}
    for node, tests, stuck in tested:
        for test in tests:
            improbable = test.samples < bound
            for place in np.flatnonzero(improbable.any(axis=1)):
                worst = test.temperatures[np.argmin(test.samples[place])]
                failures.append(Failure(node.path, node.sample_numbers[place], test.reason, float(worst)))
            if test.node < bound:
                failing_nodes.setdefault(node.path, f"{test.reason} on the average over samples")
        for place, temperature in stuck:
            failures.append(Failure(node.path, node.sample_numbers[place], "stuck", temperature))
    return Equilibration(tuple(failures), failing_nodes, n_comparisons, bound)


def _examine(node: Node) -> tuple[list[_Probabilities], list[tuple[int, float]]]:
    """Probabilities of all comparisons of a node, and the (sample, temperature) that are stuck."""
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    planted = node.planted_temperature is not None
    rung = int(np.argmin(np.abs(temperatures - node.planted_temperature))) if planted else None
    if planted:
        temperatures = temperatures[[rung]]
    tables: dict[str, list] = {"energy drifts": [], "weight of high overlap drifts": []}
    if planted:
        tables["random and planted starts differ"] = []
    stuck = []
    for sample in range(node.n_samples):
        energy, peak = _series(node, sample, rung)
        tables["energy drifts"].append(_drift(energy.mean(axis=1)))
        tables["weight of high overlap drifts"].append(_drift(peak.mean(axis=1)))
        if planted:
            tables["random and planted starts differ"].append(_starts(peak))
        slow = _is_stuck(energy, peak, free=_is_free(node, sample))
        if slow.any():
            stuck.append((sample, float(temperatures[np.argmax(slow)])))
    tests = []
    for reason, rows in tables.items():
        difference, probability = np.moveaxis(np.array(rows), -1, 0)
        tests.append(_Probabilities(reason, temperatures, probability, _together(difference)))
    return tests, stuck


def _series(node: Node, sample: int, rung: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Energy and high-overlap indicator (n_draws, n_chains, n_rungs) of one sample."""
    if rung is not None:
        energy = read(node.chain, "energy", sample, rung=rung)[..., None]
        overlap = read(node.chain, "planted_overlap", sample, rung=rung)[..., None]
        return energy, (np.abs(overlap) > peak_threshold(node)).astype(np.float64)
    energy = read(node.chain, "energy", sample).swapaxes(1, 2)
    name = order_parameter(node)
    if name not in node.chain:
        return energy, np.zeros((len(energy), 1, energy.shape[2]))
    overlap = read(node.chain, name, sample).swapaxes(1, 2)
    return energy, (np.abs(overlap) > peak_threshold(node)).astype(np.float64)


def _drift(series: np.ndarray) -> np.ndarray:
    """Difference of the last half and the quarter before, and its probability in equilibrium: (n_rungs, 2).

    The variance is taken within the two stretches and the autocorrelation time from the later one, so that a drift
    does not hide itself by widening the bar.
    """
    stretches = [series[part] for part in errors.logarithmic_bins(len(series))[-2:]] if len(series) >= 8 else []
    if not stretches:
        return np.stack([np.zeros(series.shape[1]), np.ones(series.shape[1])], axis=-1)
    before, last = stretches
    difference = last.mean(axis=0) - before.mean(axis=0)
    length = len(before) + len(last)
    variance = (before.var(axis=0) * len(before) + last.var(axis=0) * len(last)) / length
    tau = errors.integrated_time(last).tau
    stderr = np.sqrt(2 * tau * variance * (1 / len(before) + 1 / len(last)))
    return np.stack([difference, _two_sided(difference, stderr, length / (2 * tau) - 2)], axis=-1)


def _starts(peak: np.ndarray) -> np.ndarray:
    """Planted against random starts, first and second half of the chains (n_draws, n_chains, 1): (1, 2)."""
    half = peak.shape[1] // 2
    planted, random = peak[:, :half, 0], peak[:, half:, 0]
    difference = planted.mean() - random.mean()
    stderr = np.hypot(errors.mean_and_error(planted)[1], errors.mean_and_error(random)[1])
    freedom = 1.0
    if half >= 2:
        means = [planted.mean(axis=0), random.mean(axis=0)]
        between = sum(mean.var(ddof=1) / len(mean) for mean in means)
        stderr, freedom = max(stderr, np.sqrt(between)), peak.shape[1] - 2
    return np.array([[difference, _two_sided(difference, stderr, freedom)]])


def _is_stuck(energy: np.ndarray, peak: np.ndarray, free: bool) -> np.ndarray:
    """Whether the chains (n_draws, n_chains, n_rungs) are too short against their pooled autocorrelation time."""
    n_draws = len(energy)
    frozen = energy.var(axis=(0, 1)) == 0
    slow = [MIXED_LENGTH * errors.pooled_time(chains).tau > n_draws for chains in (energy, peak)]
    return (slow[0] | slow[1] | frozen) & (not free)


def _is_free(node: Node, sample: int) -> bool:
    """Whether a sample has no paths: then its energy has nowhere to go."""
    return "n_paths" in node.chain and int(np.atleast_1d(node.chain["n_paths"].values)[sample]) == 0


def _together(differences: np.ndarray) -> float:
    """Smallest probability, over the rungs, that the mean of (n_samples, n_rungs) differences is zero."""
    n_samples = len(differences)
    if n_samples < 4:
        return 1.0
    stderr = differences.std(axis=0, ddof=1) / np.sqrt(n_samples)
    probability = _two_sided(differences.mean(axis=0), stderr, n_samples - 1)
    return float(np.min(probability) * differences.shape[1])


def _two_sided(difference, stderr, freedom):
    """Probability of a difference at least as large; 0 where it has no error, 1 where there is no difference."""
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.abs(difference) / stderr
    deviation = np.where(difference == 0, 0.0, deviation)
    return 2 * stats.t.sf(deviation, np.maximum(freedom, 1.0))
