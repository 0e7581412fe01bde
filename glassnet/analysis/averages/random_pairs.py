"""The overlap of two independent random configurations, the reference of every order parameter.

The kurtosis <q^4> / <q^2>^2 of a pair without any order depends on the statistic and on N. The Binder cumulant is
rescaled by its exact value B0, so that it is 0 without order at every size and 1 for a single sharp overlap.

Networks of walks have no such cumulant: every hidden neuron turns its weights so that the overlap grows, so the matched
overlap of independent pairs has a mean of order N^-1/4 with ever smaller relative fluctuations. B0 goes to 1, and a
cumulant divided by B0 - 1 would only show that N [q^2] grows like N^1/2 without any order.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glassnet import ensembles
from glassnet._wiring import n_network_weights
from glassnet.analysis.nodes import Node, gauged, is_network, order_parameter, widths
from glassnet.chains.schema import MEASUREMENTS
from glassnet.sampling.tempering import ParallelTempering

#: number of random configurations of a network, and of independent draws of them; replicas are compared pairwise
_REPLICAS, _DRAWS = 512, 200


class IndependentPairs(NamedTuple):
    """Moments of an overlap statistic between independent random configurations.

    `mean` is that of the statistic itself (0 where both signs are equally likely), `square` the mean square, `ratio`
    the kurtosis B0 = <q^4> / <q^2>^2, nan for networks of walks, where it is no reference.
    """

    mean: float
    square: float
    ratio: float


def independent_pairs(node: Node) -> IndependentPairs | None:
    """Moments of the order parameter of a node without order; None where the node does not hold what they depend on.

    Plain overlaps: exact, B0 = 3 - 2/N. Layered: exact (:func:`layered_pairs`), the mean over the samples where layers
    were left with different numbers of weights. Walks: from random configurations on the same network
    (:func:`walks_pairs`).
    """
    name = order_parameter(node)
    matched = name is not None and MEASUREMENTS[name].matched
    if not matched and not gauged(node):
        return plain_pairs(node.weights_of_samples)
    if gauged(node) and not is_network(node):
        return _of_samples(node)
    if not widths(node):
        return None
    # chains that do not name their rule have that of release 0.3.0
    return walks_pairs(widths(node), node.dilution, node.chain.attrs.get("rounding", "layers"))


def _of_samples(node: Node) -> IndependentPairs:
    """Moments of layered pairs, averaged over the samples; if these do not say what each layer lost, with weights
    spread over the layers as evenly as possible."""
    before, removed = np.array(node.layer_sizes), node.removed
    if removed is None:
        left = (node.weights_of_samples[:, None] + np.arange(len(before))) // len(before)
    else:
        left = np.sort(np.rint((1 - removed) * before).astype(int), axis=1)
    kinds, counts = np.unique(left, axis=0, return_counts=True)
    each = np.array([layered_pairs(tuple(kind)) for kind in kinds.tolist()])
    fourth = each[:, 1] ** 2 * each[:, 2]
    mean, square, fourth = np.average([each[:, 0], each[:, 1], fourth], axis=1, weights=counts)
    return IndependentPairs(float(mean), float(square), float(fourth / square**2))


def plain_pairs(n_weights) -> IndependentPairs:
    """q = (1/N) sum of N fair signs: <q^2> = 1/N and B0 = 3 - 2/N exactly; for several N the moments are averaged."""
    n = np.asarray(n_weights, dtype=np.float64)
    square = float(np.mean(1 / n))
    return IndependentPairs(0.0, square, float(np.mean((3 - 2 / n) / n**2)) / square**2)


@lru_cache
def layered_pairs(layer_sizes: tuple[int, ...]) -> IndependentPairs:
    """Largest gauge image (1/N) sum_l s_l S_l, prod s = 1, of layers of so many fair signs with sums S_l, exactly.

    All negative signs can be removed where their number is even; where it is odd, probability 1/2 unless an S_l
    vanishes, one layer keeps its sign and costs least if its sum is the smallest. So with S the sum of sizes |S_l| and
    m the smallest one, <(N M)^k> = (<S^k> + <(S - 2 m)^k>) / 2.
    """
    laws = [_law_of_size(number) for number in layer_sizes]
    moments = np.array([_moment_of_sum(laws, order, 0.0) for order in (1, 2, 4)])
    shifted = np.zeros(3)
    for smallest in sorted(set(np.concatenate([size for size, _ in laws]).tolist())):
        above = [(size[size >= smallest], weight[size >= smallest]) for size, weight in laws]
        beyond = [(size[size > smallest], weight[size > smallest]) for size, weight in laws]
        for index, order in enumerate((1, 2, 4)):
            shifted[index] += _moment_of_sum(above, order, 2.0 * smallest)
            shifted[index] -= _moment_of_sum(beyond, order, 2.0 * smallest)
    mean, square, fourth = (moments + shifted) / 2 / float(sum(layer_sizes)) ** np.array([1, 2, 4])
    return IndependentPairs(float(mean), float(square), float(fourth / square**2))


def _law_of_size(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Sizes |S| of a sum of so many fair signs, increasing, and their probabilities."""
    flips = np.arange(number + 1)
    log_weight = [math.lgamma(number + 1) - math.lgamma(k + 1) - math.lgamma(number - k + 1) for k in flips]
    weight = np.exp(np.array(log_weight) - number * math.log(2))
    size, index = np.unique(np.abs(number - 2 * flips), return_inverse=True)
    return size, np.bincount(index, weights=weight)


def _moment_of_sum(laws: list[tuple[np.ndarray, np.ndarray]], order: int, shift: float) -> float:
    """<(sum of sizes - shift)^order> over unnormalised weights, by the product of exponential series."""
    total = np.array([(-shift) ** k / math.factorial(k) for k in range(order + 1)])
    for size, weight in laws:
        series = np.array([(weight @ size.astype(float) ** k) / math.factorial(k) for k in range(order + 1)])
        total = np.convolve(total, series)[: order + 1]
    return float(total[order] * math.factorial(order))


@lru_cache
def walks_pairs(widths: tuple[int, ...], dilution: float, rounding: str = "nearest") -> IndependentPairs:
    """Matched overlap of random configurations of a layered network, from simulation.

    There is no closed form for the best gauge image of a network; the sampler at T = inf draws every configuration
    afresh. The result hardly depends on which connections are removed, so one diluted network represents all.
    """
    alpha = 1 / n_network_weights(widths)
    glass = ensembles.walks(widths=widths, alpha=alpha, dilution=dilution, rounding=rounding, seed=0)
    sampler = ParallelTempering(glass, [math.inf], n_replicas=_REPLICAS, seed=0)
    drawn = sampler.run(_DRAWS, measure=("matched_overlap",))
    overlap = drawn["matched_overlap"].values
    return IndependentPairs(float(overlap.mean()), float((overlap**2).mean()), math.nan)
