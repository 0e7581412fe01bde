"""Complexity of one instance from its overlaps with the planted state in a field along it.

From what :mod:`glassnet.sampling.planted_field` recorded follow the complexity at every temperature, and parts of it
whose means over instances are known.
"""

from typing import NamedTuple

import numpy as np

from glassnet.analysis.field_integration import local_fields
from glassnet.sampling import planted_field


class Instance(NamedTuple):
    """The results of one set of paths, by temperature.

    `controls` (temperature, 2) are the two parts of the complexity whose means over instances are known: the annealed
    entropy of its number of paths, and minus what weights in their local fields miss.
    """

    complexity: np.ndarray
    within: np.ndarray
    drift: np.ndarray
    missing: np.ndarray
    law: np.ndarray
    entropy: np.ndarray
    controls: np.ndarray


def beyond_local_fields(overlaps, n_weights, temperatures, fields) -> np.ndarray:
    """1 - m of every lane in either half of its draws, minus what weights in the local fields of its planting miss.

    An array (2, n_lanes); `temperatures` and `fields` are those of the lanes.
    """
    top = overlaps.local_fields.shape[1] // 2
    own, missing = np.arange(-top, top + 1), np.empty(len(temperatures))
    for lane, counts in enumerate(overlaps.local_fields):
        law = counts / n_weights
        missing[lane] = (law @ local_fields.missing(1 / temperatures[lane], own, fields[lane]))[0]
    halves = np.zeros((2, len(temperatures)))
    for half, draws in zip(halves, np.split(overlaps.aligned, 2), strict=True):
        for aligned in draws:
            half += (1 - ((aligned + n_weights) / n_weights - 1)) / len(draws)
    return halves - missing


def of_instance(degrees, n_paths, temperatures, rest) -> Instance:
    """Integrate one instance over the field.

    `degrees` says how many weights have 0, 1, ... paths; `rest` (2, n_temperatures, n_fields, n_plantings) is that of
    :func:`beyond_local_fields`.
    """
    fields, weights = planted_field.quadrature()
    beta, law = 1 / temperatures, local_fields.expected_law(degrees / degrees.sum(), temperatures)
    own = np.arange(law.shape[1]) - law.shape[1] // 2
    alpha = n_paths / degrees.sum()
    entropy = annealed_entropy(alpha, temperatures)
    independent = local_fields.independent(law, temperatures)
    missing = np.array([row @ local_fields.missing(b, own, fields) for row, b in zip(law, beta, strict=True)])
    n = rest.shape[-1]
    mean = rest.mean(axis=(0, -1))
    spread = rest.mean(axis=0).var(axis=-1, ddof=1) / n if n > 1 else np.full(mean.shape, np.nan)
    halves = -rest.mean(axis=-1) @ weights
    return Instance(
        entropy - independent - mean @ weights,
        np.sqrt(spread @ weights**2),
        halves[1] - halves[0],
        missing + mean,
        law,
        entropy,
        np.stack([entropy, -independent], axis=1),
    )


def known_controls(degrees, temperatures) -> np.ndarray:
    """Means of :attr:`Instance.controls` over all instances of an ensemble, from its mean degrees; (temperature, 2)."""
    law = local_fields.expected_law(degrees.shares, temperatures)
    entropy = annealed_entropy(degrees.alpha, temperatures)
    return np.stack([entropy, -local_fields.independent(law, temperatures)], axis=1)


def annealed_entropy(alpha: float, temperatures) -> np.ndarray:
    """Entropy of the paramagnet per weight, (n_temperatures,), with alpha paths per weight."""
    beta = 1 / temperatures
    return np.log(2) + alpha * (np.logaddexp(beta, -beta) - np.log(2) - beta * np.tanh(beta))
