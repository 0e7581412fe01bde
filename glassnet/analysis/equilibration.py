"""Have the chains reached equilibrium? Every sample is asked; those that fail are named and stay in the averages.

Exchange rates and round trips are no evidence and are not used. Asked instead, of every sample:

- drift: the mean over the last half of the recorded draws against the quarter before, for the energy and the weight
  of high overlap on every rung (logarithmic binning), in autocorrelation-aware standard errors;
- starts: in planted scans the weight of the planted phase from replicas started on the planted state against those
  started at random;
- stuck: a chain whose pooled autocorrelation time exceeds a tenth of its length has not visited what its replicas
  visit together, unless the scatter of the replicas' means that makes it so long may be chance. A chain that never
  moves is stuck, unless all replicas sit at the lowest energy of the whole ladder and move on hotter rungs: that is a
  ground state, found as often as there are replicas; or unless all replicas of a planted scan, from both kinds of
  start, stay in the planted state;
- identities of the ensemble, where there are some (:mod:`glassnet.analysis.identities`).

Probabilities come from Student's t with the effective number of draws as degrees of freedom. The bound is shared by
all comparisons of the scan (Bonferroni): a scan in equilibrium gets any sample named with probability
:data:`FALSE_ALARM`. Dropping the samples that fail would bias every average, as they are the glassy ones.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from glassnet.analysis import errors
from glassnet.analysis.identities import Identities, Identity
from glassnet.analysis.nodes import Node, Reading, readings, rungs
from glassnet.analysis.overlaps import peak_threshold, thinned

#: probability that a whole scan in equilibrium gets one or more samples named
FALSE_ALARM = 0.01
#: fewest autocorrelation times a chain must last not to be called stuck
MIXED_LENGTH = 10.0
#: chains shorter than this prove nothing at all
_FEWEST = 20
#: probability of a scatter of the chains' means that is no chance: far below one in all samples and rungs of a scan
_SCATTER = 1e-6

_ENERGY = "energy drifts"
_PEAK = "weight of high overlap drifts"
_STARTS = "random and planted starts differ"


class Failure(NamedTuple):
    """A sample that has not proved to be in equilibrium: where, why, and the hottest rung on which it fails."""

    path: str
    sample: int
    reason: str
    temperature: float


class Equilibration(NamedTuple):
    """Result of :func:`assess`.

    `failures` holds every (node, sample, reason); `nodes` maps the path of a node whose samples drift together or
    whose two kinds of starts differ on average to the reason, although none of its samples need fail alone;
    `n_comparisons` and `bound` (probability per comparison) state how much of a deviation counts; `identities` are the
    exact identities that could be asked, whether they hold or not.
    """

    failures: tuple[Failure, ...]
    nodes: dict[str, str]
    n_comparisons: int
    bound: float
    identities: tuple[Identity, ...] = ()

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
    examinations = []
    for node in nodes:
        examinations.append(Examination(node))
        for reading in readings(node):
            examinations[-1].add(reading)
    return conclude(examinations)


class Examination:
    """Collects the probabilities of all comparisons in one node, one sample after the other.

    Parameters
    ----------
    node : Node
    """

    def __init__(self, node: Node):
        self.node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)[rungs(node)]
        self._threshold = peak_threshold(node)
        self._tables: dict[str, list[np.ndarray]] = {_ENERGY: [], _PEAK: []}
        if node.planted_temperature is not None:
            self._tables[_STARTS] = []
        self._stuck: list[tuple[int, float]] = []
        self._identities = Identities(node)

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        self._identities.add(reading)
        sample = len(self._tables[_ENERGY])
        energy = reading.energy.swapaxes(1, 2)
        high = _high(reading, self._threshold)
        full, empty = high.all(axis=(0, 2)), ~high.any(axis=(0, 2))
        # far above a transition no pair is alike, and there is nothing to compare
        varies = ~(full | empty)
        peak = high[:, varies].astype(np.float64).swapaxes(1, 2)
        self._tables[_ENERGY].append(_drift(energy))
        drift, slow = np.array([[0.0, 1.0]] * len(varies)), _unmixed(thinned(energy))
        if varies.any():
            drift[varies] = _drift(peak)
            slow[varies] |= _unmixed(thinned(peak))
        self._tables[_PEAK].append(drift)
        if _STARTS in self._tables:
            self._tables[_STARTS].append(_starts(high.astype(np.float64).swapaxes(1, 2)))
        # where replicas that started at random have found the planted state too, nothing is left to be found
        slow = _is_stuck(energy, slow, full & (self.node.planted_temperature is not None))
        if slow.any() and not _is_free(self.node, sample):
            self._stuck.append((sample, float(self._temperatures[np.flatnonzero(slow)[-1]])))

    def tests(self) -> list[_Probabilities]:
        """One table of probabilities for each kind of comparison."""
        tests = []
        for reason, rows in self._tables.items():
            difference, probability = np.moveaxis(np.array(rows), -1, 0)
            tests.append(_Probabilities(reason, self._temperatures, probability, _together(difference)))
        return tests

    def identities(self) -> list[Identity]:
        """The exact identities that the node must obey on the average over its samples."""
        return self._identities.result()

    def stuck(self) -> list[tuple[int, float]]:
        """Position of the samples that are stuck, and the hottest rung where they are."""
        return self._stuck


def conclude(examinations: list[Examination]) -> Equilibration:
    """Hold all comparisons against one bound and name the samples that fail."""
    tested = [(examination, examination.tests()) for examination in examinations]
    identities = [identity for examination in examinations for identity in examination.identities()]
    n_comparisons = sum(test.samples.size + 1 for _, tests in tested for test in tests) + len(identities)
    bound = FALSE_ALARM / max(n_comparisons, 1)
    failures, failing_nodes = [], {}
    for examination, tests in tested:
        path, numbers = examination.node.path, examination.node.sample_numbers
        for test in tests:
            improbable = test.samples < bound
            for place in np.flatnonzero(improbable.any(axis=1)):
                hottest = test.temperatures[np.flatnonzero(improbable[place])[-1]]
                failures.append(Failure(path, numbers[place], test.reason, float(hottest)))
            if test.node < bound:
                failing_nodes.setdefault(path, f"{test.reason} on the average over samples")
        failures += [Failure(path, numbers[place], "stuck", hottest) for place, hottest in examination.stuck()]
    for identity in identities:
        if identity.probability < bound:
            failing_nodes.setdefault(identity.path, f"{identity.name} is violated at T = {identity.temperature:g}")
    return Equilibration(tuple(failures), failing_nodes, n_comparisons, bound, tuple(identities))


def _drift(chains: np.ndarray) -> np.ndarray:
    """Difference of the last half and the quarter before of (n_draws, n_chains, n_rungs), and its probability in
    equilibrium: (n_rungs, 2).

    Variance and autocorrelation time are taken within the two stretches and within each chain, so that a drift does
    not hide itself by widening the bar. Pairs of replicas are not independent of each other: the variance of their mean
    over chains is measured as well, and the larger one taken.
    """
    stretches = [chains[part] for part in errors.logarithmic_bins(len(chains))[-2:]] if len(chains) >= 8 else []
    if not stretches:
        return np.stack([np.zeros(chains.shape[2]), np.ones(chains.shape[2])], axis=-1)
    before, last = stretches
    length = len(before) + len(last)
    difference = last.mean(axis=(0, 1)) - before.mean(axis=(0, 1))
    of_mean = sum(part.mean(axis=1).var(axis=0) * len(part) for part in stretches) / length
    of_chains = sum(part.var(axis=0).mean(axis=0) * len(part) for part in stretches) / length
    variance = np.maximum(of_mean, of_chains / chains.shape[1])
    tau = np.maximum(errors.pooled_time(thinned(last - last.mean(axis=0))).tau, 0.5)
    # the mean that was subtracted is that of one chain's stretch
    tau *= 1 + (2 * errors.WINDOW * tau + 1) / len(last)
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


def _high(reading: Reading, threshold: float) -> np.ndarray:
    """Which pairs (n_draws, n_rungs, n_pairs) are in the same state; none where overlaps were not measured."""
    if reading.overlap is None:
        return np.zeros((*reading.energy.shape[:2], 1), dtype=bool)
    return np.abs(reading.overlap) > threshold


def _is_stuck(energy: np.ndarray, slow: np.ndarray, found: np.ndarray) -> np.ndarray:
    """On which rungs the chains (n_draws, n_chains, n_rungs) are too short: those that are slow, and those that never
    move, unless at the ground state or where the planted state was `found` from everywhere."""
    # not by the variance, which rounding leaves above zero
    frozen = np.ptp(energy, axis=(0, 1)) == 0
    moves_above = ~np.logical_and.accumulate(frozen[::-1])[::-1]
    ground_state = (energy[0, 0] == energy.min()) & moves_above
    return np.where(frozen, ~(ground_state | found) | (len(energy) < _FEWEST), slow)


def _unmixed(chains: np.ndarray) -> np.ndarray:
    """Where chains (n_draws, n_chains, n_rungs) last less than ten pooled correlation times, and not by chance.

    The pooled time grows with any scatter of the chains' means, that of chains in equilibrium included. So either the
    time within the chains must be as long by itself, or the means must scatter more than that time allows (analysis of
    variance).
    """
    n_draws, n_chains = chains.shape[:2]
    long = MIXED_LENGTH * errors.pooled_time(chains).tau > n_draws
    if n_chains < 2 or n_draws < _FEWEST or not long.any():
        return long
    long[long] = _scattered(chains[:, :, long])
    return long


def _scattered(chains: np.ndarray) -> np.ndarray:
    """Whether the means of chains (n_draws, n_chains, n_rungs) scatter more than chance, or each is long by itself."""
    n_draws, n_chains = chains.shape[:2]
    means = chains.mean(axis=0)
    within = np.maximum(errors.pooled_time(chains - means).tau, 0.5)
    within *= 1 + (2 * errors.WINDOW * within + 1) / n_draws
    variance = ((chains - means) ** 2).mean(axis=(0, 1))
    worth = n_draws / (2 * within)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(variance > 0, means.var(axis=0, ddof=1) * worth / variance, np.inf)
    freedom = np.maximum(n_chains * (worth - 1), 1.0)
    return (MIXED_LENGTH * within > n_draws) | (stats.f.sf(ratio, n_chains - 1, freedom) < _SCATTER)


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
