"""The overlap of two independent random configurations: what every order parameter is measured against.

The kurtosis <q^4> / <q^2>^2 of a pair without any order depends on the statistic and on N. The Binder cumulant is
rescaled by its exact value B0, so that it is 0 without order at every size and 1 for a single sharp overlap.

Networks of walks have no such cumulant: every hidden neuron turns its weights so that the overlap grows, so the
matched overlap of independent pairs has a mean of order N^-1/4 with ever smaller relative fluctuations. B0 goes to 1,
and a cumulant divided by B0 - 1 would say nothing but how N [q^2] grows like N^1/2 without any order.
"""

import json
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glassnet import ensembles
from glassnet._wiring import n_network_weights
from glassnet.analysis.nodes import Node, order_parameter
from glassnet.sampling.tempering import ParallelTempering

#: how many random configurations of a network are drawn, and how often; replicas are compared two by two
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
    """Moments of the order parameter of a node without order, or None where the node does not say what it needs.

    Plain overlaps: exact, B0 = 3 - 2/N. Layered: exact (:func:`layered_pairs`). Walks: from random configurations on
    the same network (:func:`walks_pairs`).
    """
    attributes = node.chain.attrs
    gauged = order_parameter(node) == "matched_overlap" or attributes.get("ensemble") in ("layered", "walks")
    if not gauged:
        return plain_pairs(node.weights_of_samples)
    if attributes.get("ensemble") == "layered" and node.n_weights % int(attributes["p"]) == 0:
        return layered_pairs(node.n_weights // int(attributes["p"]), int(attributes["p"]))
    widths = _widths(attributes)
    return None if widths is None else walks_pairs(widths, node.dilution)


def plain_pairs(n_weights) -> IndependentPairs:
    """q = (1/N) sum of N fair signs: <q^2> = 1/N and B0 = 3 - 2/N exactly; of several N the mean moments count."""
    n = np.asarray(n_weights, dtype=np.float64)
    square = float(np.mean(1 / n))
    return IndependentPairs(0.0, square, float(np.mean((3 - 2 / n) / n**2)) / square**2)


@lru_cache
def layered_pairs(layer_size: int, p: int) -> IndependentPairs:
    """Largest gauge image max_s (1/p) sum_l s_l q_l, prod s = 1, of p layers of `layer_size` fair signs each, exactly.

    All negative signs can be removed where their number is even; where it is odd, probability 1/2 unless a q_l
    vanishes, one layer keeps its sign and costs least if it is the smallest. So with S the sum of sizes and m the
    smallest size, <M^k> = (<S^k> + <(S - 2 m)^k>) / 2.
    """
    flips = np.arange(layer_size + 1)
    log_weight = [math.lgamma(layer_size + 1) - math.lgamma(k + 1) - math.lgamma(layer_size - k + 1) for k in flips]
    weight = np.exp(np.array(log_weight) - layer_size * math.log(2))
    size, place = np.unique(np.abs(layer_size - 2 * flips), return_inverse=True)
    weight = np.bincount(place, weights=weight)
    moments = np.array([_moment_of_sum(size, weight, p, order, 0.0) for order in (1, 2, 4)])
    shifted = np.zeros(3)
    for smallest in range(len(size)):
        above = slice(smallest, None)
        beyond = slice(smallest + 1, None)
        for place, order in enumerate((1, 2, 4)):
            shift = 2.0 * size[smallest]
            shifted[place] += _moment_of_sum(size[above], weight[above], p, order, shift)
            shifted[place] -= _moment_of_sum(size[beyond], weight[beyond], p, order, shift)
    mean, square, fourth = (moments + shifted) / 2 / (layer_size * p) ** np.array([1, 2, 4])
    return IndependentPairs(float(mean), float(square), float(fourth / square**2))


def _moment_of_sum(size: np.ndarray, weight: np.ndarray, p: int, order: int, shift: float) -> float:
    """<(sum of p sizes - shift)^order> over an unnormalised weight, by the product of exponential series."""
    series = np.array([(weight @ size.astype(float) ** k) / math.factorial(k) for k in range(order + 1)])
    total = np.array([(-shift) ** k / math.factorial(k) for k in range(order + 1)])
    for _ in range(p):
        total = np.convolve(total, series)[: order + 1]
    return float(total[order] * math.factorial(order))


def _widths(attributes) -> tuple[int, ...] | None:
    widths = attributes.get("widths")
    if widths is None:
        keywords = attributes.get("glass", "{}")
        widths = (json.loads(keywords) if isinstance(keywords, str) else keywords).get("widths")
    return None if widths is None else tuple(int(width) for width in np.ravel(widths))


@lru_cache
def walks_pairs(widths: tuple[int, ...], dilution: float) -> IndependentPairs:
    """Matched overlap of random configurations of a layered network, from simulation.

    There is no closed form for the best gauge image of a network; the sampler at T = inf draws every configuration
    afresh. Which connections are removed hardly matters, so one diluted network stands for all.
    """
    glass = ensembles.walks(widths=widths, alpha=1 / n_network_weights(widths), dilution=dilution, seed=0)
    sampler = ParallelTempering(glass, [math.inf], n_replicas=_REPLICAS, seed=0)
    drawn = sampler.run(_DRAWS, measure=("matched_overlap",))
    overlap = drawn["matched_overlap"].values
    return IndependentPairs(float(overlap.mean()), float((overlap**2).mean()), math.nan)
