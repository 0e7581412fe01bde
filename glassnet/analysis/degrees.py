"""What is known of the degrees of an ensemble for every N: the mean number of paths, and the mean law of degrees."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import bdtrc

#: degrees that are rarer are left out
_RAREST = 1e-15


class Degrees(NamedTuple):
    """Mean over instances of the paths per weight that is left, and of the share of weights with 0, 1, ... paths."""

    alpha: float
    shares: np.ndarray


def expected(ensemble: str, size, dilution: float, keywords: dict) -> Degrees:
    """Degrees of the glasses of an ensemble after dilution.

    The numbers of paths are exact for every N. So are the shares, but for correlations between the paths of one weight
    in regular glasses and networks that are diluted, which are of order 1 / N and 1 / width.

    Parameters
    ----------
    ensemble : {"regular", "poisson", "layered", "walks"}
    size : int or tuple of int
        Number of weights before dilution, or widths.
    dilution : float
    keywords : dict
        p, degree, alpha: those of the ensemble.
    """
    if ensemble == "regular":
        p, degree = keywords["p"], keywords["degree"]
        alive, others = _survival(size, p, dilution)
        n_paths, law = size * degree // p, _binomial(degree, others)
        return Degrees(n_paths * alive / _left(size, dilution), law)
    if ensemble == "poisson":
        p, n_paths = keywords["p"], round(keywords["alpha"] * size)
        alive, others = _survival(size, p, dilution)
        return Degrees(n_paths * alive / _left(size, dilution), _binomial(n_paths, p / size * others))
    if ensemble == "layered":
        members = [size // keywords["p"]] * keywords["p"]
    else:
        members = [before * after for before, after in pairwise(size)]
    n_paths, left = round(keywords["alpha"] * sum(members)), [_left(n, dilution) for n in members]
    alive = np.prod([kept / n for kept, n in zip(left, members, strict=True)])
    laws = [_binomial(n_paths, alive / kept) for kept in left]
    shares = np.zeros(max(map(len, laws)))
    for law, kept in zip(laws, left, strict=True):
        shares[: len(law)] += law * kept / sum(left)
    return Degrees(float(n_paths * alive / sum(left)), shares)


def _left(members: int, dilution: float) -> int:
    """Weights that are left of so many; raises ValueError if that is none."""
    if (left := members - round(dilution * members)) == 0:
        raise ValueError(f"dilution must leave a weight of {members}, got {dilution!r}")
    return left


def _survival(size: int, p: int, dilution: float) -> tuple[float, float]:
    """Probability that all weights of a path are left, and that all others are if one of them is."""
    left = _left(size, dilution)
    others = float(np.prod([(left - i) / (size - i) for i in range(1, p)]))
    return left / size * others, others


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
