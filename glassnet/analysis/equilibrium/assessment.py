"""Have the chains reached equilibrium? Every sample is tested; those that fail are named and stay in the averages.

Exchange rates and round trips are no evidence and are not used. The tests of every sample are:

- drift: the mean over the last half of the recorded draws against the quarter before, for the energy and the weight
  of high overlap on every rung (logarithmic binning);
- starts: in planted scans the weight of the planted phase from replicas started on the planted state against those
  started at random;
- both for all samples of a node together, whose differences are zero on the average;
- stuck: replicas whose means scatter more than the draws within them explain, or more than those of chains that last
  ten times their slowest mode (:mod:`glassnet.analysis.equilibrium.stuck_replicas`). A chain that never moves is stuck,
  unless all replicas are in the lowest energy of the whole ladder and move on hotter rungs: that is a ground state,
  found by every replica; or unless all replicas of a planted scan, from both kinds of start, stay in the planted state;
- identities of the ensemble, where there are some (:mod:`glassnet.analysis.equilibrium.identities`).

Standard errors come from blocks of draws that are longer than the memory of the whole ladder, in energy or weight of
high overlap (:mod:`glassnet.statistics.ladder_autocorrelation`), probabilities from Student's t with the degrees of
freedom of these blocks. The bound is shared by all comparisons of the scan (Bonferroni): a scan in equilibrium gets any
sample named with probability :data:`FALSE_ALARM`. Dropping the samples that fail would bias every average, as they are
the glassy ones.
"""

from typing import NamedTuple

import numpy as np

from glassnet import _face
from glassnet.analysis.averages.overlaps import peak_threshold
from glassnet.analysis.equilibrium import comparisons, stuck_replicas
from glassnet.analysis.equilibrium.identities import Identities, Identity
from glassnet.analysis.nodes import Node, Reading, readings, rungs
from glassnet.statistics.ladder_autocorrelation import coarse_grained
from glassnet.statistics.ladder_averages import thinned

#: probability that a whole scan in equilibrium gets one or more samples named. Chains must last ten times their slowest
#: mode: shorter ones may be called stuck although they are in equilibrium. Starts are compared as if chains lasted
#: twenty times that mode: those of much shorter chains may be said to differ
FALSE_ALARM = 0.01

#: number of pairs of replicas from which the autocorrelation time is taken
_PAIRS = 8
#: fewest draws of a chain in which a drift can be seen
_SHORTEST = 8

#: what may fail, in words, by the key of the comparison
_REASONS = {
    "energy_drift": "energy drifts",
    "overlap_drift": "weight of high overlap drifts",
    "starts": "random and planted starts differ",
    "stuck": "stuck",
}


class Failure(NamedTuple):
    """A sample that has not proved to be in equilibrium: where, why, and the hottest rung on which it fails."""

    path: str
    sample: int
    reason: str
    temperature: float


@_face.shown
class Equilibration(NamedTuple):
    """Result of :func:`assess`.

    `failures` holds every (node, sample, reason); `nodes` maps the path of a node whose samples drift together or whose
    two kinds of starts differ on average to the reason, although none of its samples need fail alone; `n_comparisons`
    and `bound` (probability per comparison) state which deviations count; `identities` are the exact identities that
    could be tested, whether they hold or not; `one_start` are the planted nodes of one replica, where there are no two
    kinds of starts to compare.
    """

    failures: tuple[Failure, ...]
    nodes: dict[str, str]
    n_comparisons: int
    bound: float
    identities: tuple[Identity, ...] = ()
    one_start: tuple[str, ...] = ()

    @property
    def failing(self) -> list[tuple[str, int]]:
        """The samples that fail, as (path of the node, sample number), each once."""
        return sorted({(failure.path, failure.sample) for failure in self.failures})

    def passes(self, path: str) -> bool:
        """Whether a node shows no sign of being out of equilibrium."""
        return path not in self.nodes and all(failure.path != path for failure in self.failures)

    def __str__(self) -> str:
        if not self.failures and not self.nodes:
            alone = f"; starts are not compared in {', '.join(self.one_start)}" if self.one_start else ""
            return f"all samples pass ({self.n_comparisons} comparisons at {self.bound:.1e} each){alone}"
        lines = [f"{path}: {reason}" for path, reason in self.nodes.items()]
        lines += [f"{f.path} sample {f.sample}: {f.reason} at T = {f.temperature:g}" for f in self.failures]
        return "\n".join(lines)


class _Probabilities(NamedTuple):
    """The probability of each deviation of one node in equilibrium. `samples` (n_samples, n_rungs), `node` ()."""

    reason: str
    temperatures: np.ndarray
    samples: np.ndarray
    node: float


def assess(nodes: list[Node]) -> Equilibration:
    """Test every sample of every node for equilibrium; all nodes share one bound on false alarms."""
    examinations = []
    for node in nodes:
        examinations.append(Examination(node))
        for reading in readings(node):
            examinations[-1].add(reading)
    return conclude(examinations)


class Examination:
    """Collects the probabilities of all comparisons in one node, one sample after the other."""

    def __init__(self, node: Node):
        self.node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)[rungs(node)]
        self._threshold = peak_threshold(node)
        self._tables: dict[str, list[comparisons.Difference]] = {"energy_drift": [], "overlap_drift": []}
        if node.planted_temperature is not None:
            self._tables["starts"] = []
        self._stuck: list[np.ndarray] = []
        self._identities = Identities(node)

    @property
    def has_one_start(self) -> bool:
        """Whether it is a planted node of one replica, so that nothing shows that its start is forgotten."""
        return self.node.planted_temperature is not None and self.node.chain.sizes["replica"] < 2

    def add(self, reading: Reading) -> float:
        """Take in the next sample; returns the time, in draws, of the slowest mode of its ladders."""
        self._identities.add(reading)
        counted = reading.counted
        energy, high = coarse_grained(reading.ladder_energy), coarse_grained(_high(reading, self._threshold))
        full, empty = (high == 1).all(axis=(0, 1)), (high == 0).all(axis=(0, 1))
        # far above a transition no pair is alike, and there is nothing to compare
        varies = ~(full | empty)
        planted = self.node.planted_temperature is not None
        peak = high[:, :, varies]
        # pairs share replicas and are not independent: their mean is one chain
        series = [energy, *([peak if planted else peak.mean(axis=1, keepdims=True)] if varies.any() else [])]
        half = energy.shape[1] // 2 if planted else 0
        drifts = [comparisons.none(energy.shape[2]), comparisons.none(int(varies.sum()))]
        slowest = 0.5
        if len(energy) >= _SHORTEST:
            cut = [comparisons.stretches(chains) for chains in series]
            # a slow mode that one series shows may affect both
            slowest = max(stretches.time for stretches in cut)
            if varies.any() and not planted:
                # the time of a single chain is not well known
                slowest = max(slowest, comparisons.stretches(peak[:, :: -(-peak.shape[1] // _PAIRS)]).time)
            drifts[: len(cut)] = [comparisons.drift(stretches, slowest) for stretches in cut]
        self._tables["energy_drift"].append(drifts[0].at(counted))
        self._tables["overlap_drift"].append(drifts[1].spread(varies).at(counted))
        if planted:
            both = comparisons.starts(peak, half, slowest) if half and varies.any() else comparisons.none(varies.sum())
            self._tables["starts"].append(both.spread(varies).at(counted))
        self._stuck.append(self._scatter(energy, high, counted, full & planted, slowest))
        return slowest

    def _scatter(self, energy, high, counted, all_planted, slowest) -> np.ndarray:
        """Probability of the scatter between replicas on the rungs that count."""
        chain = self.node.chain
        if "n_paths" in chain and int(np.atleast_1d(chain["n_paths"].values)[len(self._stuck)]) == 0:
            # without paths the energy is always zero
            return np.ones(len(counted))
        n_replicas, alike = energy.shape[1], high
        if self.node.planted_temperature is None:
            alike = thinned(alike)
        asked = energy[:, :, counted], alike[:, :, counted]
        probability = np.minimum.reduce([stuck_replicas.scatter(chains, n_replicas, slowest) for chains in asked])
        never = stuck_replicas.never_moves(energy, all_planted)[counted]
        # where replicas from random starts have reached the planted state too, no other state is missing
        return np.where(never, 0.0, np.minimum(1.0, 2 * probability))

    def tests(self) -> list[_Probabilities]:
        """One table of probabilities for each kind of comparison."""
        tests = []
        for key, rows in self._tables.items():
            samples = comparisons.Difference(*(np.array(values) for values in zip(*rows, strict=True)))
            together = comparisons.together(samples)
            tests.append(_Probabilities(_REASONS[key], self._temperatures, samples.probability(), together))
        draws, fewest = self.node.chain.sizes["draw"], stuck_replicas.FEWEST
        stuck = _REASONS["stuck"] if draws >= fewest else f"too short ({draws} draws, {fewest} are needed)"
        return [*tests, _Probabilities(stuck, self._temperatures, np.array(self._stuck), 1.0)]

    def identities(self) -> list[Identity]:
        """The exact identities that the node must obey on the average over its samples."""
        return self._identities.result()


def conclude(examinations: list[Examination]) -> Equilibration:
    """Hold all comparisons against one bound and name the samples that fail."""
    tested = [(examination, examination.tests()) for examination in examinations]
    identities = [identity for examination in examinations for identity in examination.identities()]
    n_comparisons = sum(test.samples.size + 1 for _, tests in tested for test in tests) + len(identities)
    bound = FALSE_ALARM / max(n_comparisons, 1)
    failures: list[Failure] = []
    failing_nodes: dict[str, str] = {}
    for examination, tests in tested:
        path, numbers = examination.node.path, examination.node.sample_numbers
        for test in tests:
            improbable = test.samples < bound
            for index in np.flatnonzero(improbable.any(axis=1)):
                hottest = test.temperatures[np.flatnonzero(improbable[index])[-1]]
                failures.append(Failure(path, numbers[index], test.reason, float(hottest)))
            if test.node < bound:
                failing_nodes.setdefault(path, f"{test.reason} on the average over samples")
    for identity in identities:
        if identity.probability < bound:
            failing_nodes.setdefault(identity.path, f"{identity.name} is violated at T = {identity.temperature:g}")
    one_start = tuple(each.node.path for each in examinations if each.has_one_start)
    return Equilibration(tuple(failures), failing_nodes, n_comparisons, bound, tuple(identities), one_start)


def _high(reading: Reading, threshold: float) -> np.ndarray:
    """Which pairs are in the same state, on the rungs of the ladder that were read, (n_draws, n_rungs, n_pairs) bool;
    False where overlaps were not measured."""
    if reading.ladder_overlap is None:
        n_draws, n_rungs, _ = reading.ladder_energy.shape
        return np.zeros((n_draws, n_rungs, 1), dtype=bool)
    return np.abs(reading.ladder_overlap) > threshold
