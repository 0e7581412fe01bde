"""The exact mean number of paths and the mean law of the degrees of an ensemble at every N."""

from typing import NamedTuple

import numpy as np
from scipy.special import bdtrc

from glassnet import _catalogue, _dilution

#: degrees that are rarer are left out
_RAREST = 1e-15


class Degrees(NamedTuple):
    """Mean over instances of the paths per weight that is left, and of the share of weights with 0, 1, ... paths."""

    alpha: float
    shares: np.ndarray


def expected(ensemble: str, size, dilution: float, keywords: dict) -> Degrees:
    """Degrees of the glasses of an ensemble after dilution.

    The numbers of paths are exact for every N (of networks with more than six layers of unequal sizes up to relative
    order 1 / size^2: :func:`glassnet._dilution.outcomes`). So are the shares, but for correlations between the paths of
    one weight in regular glasses and networks that are diluted, which are of order 1 / N and 1 / width.

    Parameters
    ----------
    ensemble : str
        Name of a function of `glassnet.ensembles`.
    size : int or tuple of int
        Number of weights before dilution, or widths.
    dilution : float
    keywords : dict
        p, degree, alpha: those of the ensemble; `rounding` of the dilution, "nearest" by default.

    Raises
    ------
    ValueError
        If nothing is left of the glass or a layer, or the ensemble is none whose glasses look like trees.
    """
    record = _catalogue.ensemble(ensemble)
    if record.limit is None:
        raise ValueError(f"ensemble must look like a tree ({_catalogue.tree_like()}), got {ensemble!r}")
    sizes = record.layer_sizes(size, keywords.get("p"))
    alpha, laws = 0.0, []
    for probability, removed in _dilution.outcomes(dilution, sizes, keywords.get("rounding", "nearest")):
        left = [members - gone for members, gone in zip(sizes, removed, strict=True)]
        if min(left) <= 0:
            raise ValueError(f"dilution must leave a weight of {sizes[left.index(min(left))]}, got {dilution!r}")
        on_all = len(sizes) == 1
        degrees = _on_all(record, size, left[0], keywords) if on_all else _in_layers(record, sizes, left, keywords)
        alpha += probability * degrees.alpha
        laws.append(probability * degrees.shares)
    shares = np.zeros(max(map(len, laws)))
    for law in laws:
        shares[: len(law)] += law
    return Degrees(alpha, shares)


def _on_all(record: _catalogue.Ensemble, size: int, left: float, keywords: dict) -> Degrees:
    """Degrees where paths are drawn on all weights alike, of which some are left."""
    p = keywords["p"]
    # probability that all other weights of a path are left if one of them is
    others = float(np.prod([(left - i) / (size - i) for i in range(1, p)]))
    n_paths = round(record.n_paths(size, p, keywords))
    if record.limit == "regular":
        law = _binomial(round(record.mean_degree(p, keywords)), others)
    else:
        law = _binomial(n_paths, p / size * others)
    return Degrees(n_paths * (left / size * others) / left, law)


def _in_layers(record: _catalogue.Ensemble, sizes: list[int], left: list, keywords: dict) -> Degrees:
    """Degrees where every path has one weight of each layer, of which some are left."""
    n_paths = round(record.n_paths(sum(sizes), len(sizes), keywords))
    alive = np.prod([kept / n for kept, n in zip(left, sizes, strict=True)])
    if record.limit == "regular":
        degree = round(record.mean_degree(len(sizes), keywords))
        laws = [_binomial(degree, alive * n / kept) for kept, n in zip(left, sizes, strict=True)]
    else:
        laws = [_binomial(n_paths, alive / kept) for kept in left]
    shares = np.zeros(max(map(len, laws)))
    for law, kept in zip(laws, left, strict=True):
        shares[: len(law)] += law * kept / sum(left)
    return Degrees(float(n_paths * alive / sum(left)), shares)


def _binomial(n: int, probability: float) -> np.ndarray:
    """Law of a binomial number up to where it is negligible."""
    if probability >= 1:
        return np.append(np.zeros(n), 1.0)
    mean = n * probability
    numbers = np.arange(min(n, int(mean + 40 * np.sqrt(mean) + 100)) + 1)
    kept = numbers[: 1 + np.argmax(bdtrc(numbers, n, probability) <= _RAREST)]
    with np.errstate(divide="ignore"):
        ratios = np.log((n + 1 - kept[1:]) / kept[1:] * probability / (1 - probability))
    return np.exp(n * np.log1p(-probability) + np.append(0.0, np.cumsum(ratios)))
