"""Finite glasses: by how much T_K shifts with their size, and networks extrapolated in one over their width."""

import numpy as np

from glassnet.analysis.instances import Averages, centred

#: shift of T_K, over T_K: times 1 / N, and in networks of walks times 1 / sqrt(N), with the next term in 1 / N
_TREE, _NETWORK, _NEXT = 0.5, 0.45, 5.0
_OF_INSTANCES = ("complexity", "within", "controls")


def finite_size(ensemble: str, sizes: list[int]) -> float:
    """Size of the shift of T_K with N that is left, over T_K.

    Measured against the cavity equations: at most 0.5 / N where loops are rare, 0.45 / sqrt(N) + 5 / N in networks of
    walks, of which :func:`extrapolated` leaves the second term (docs/dynamics.md).
    """
    if len(sizes) > 1:
        return float(_NEXT * abs(intercept(sizes) @ (1 / np.array(sizes))))
    return float(_NETWORK / np.sqrt(sizes[0]) if ensemble == "walks" else _TREE / sizes[0])


def of_complexity(ensemble: str, sizes: list[int]) -> float:
    """Size of the shift of the complexity itself with N that is left: 1 / N where loops are rare.

    In networks that of T_K times the slope T dSigma/dT, which is below 1/2 at the zero.
    """
    return finite_size(ensemble, sizes) / 2 if ensemble == "walks" else 1 / sizes[0]


def intercept(sizes: list[int]) -> np.ndarray:
    """Value at N = infinity of a straight line in 1 / sqrt(N) through values at `sizes`, as a sum over these.

    They weigh like N, as the noise of instances has it.
    """
    place = np.array(sizes, dtype=np.float64) ** -0.5
    design = np.stack([np.ones_like(place), place], axis=1) / place[:, None]
    return np.linalg.pinv(design)[0] / place


def extrapolated(sizes: list[int], found: list[Averages]) -> Averages:
    """Networks of several sizes and one shape, extrapolated in 1 / sqrt(N): one over their width.

    A straight line through each quantity (:func:`intercept`). The first instances of all sizes make one, the second
    ones another.

    Parameters
    ----------
    sizes : list of int
        Numbers of weights, three or more.
    found : list of Averages
    """
    n, share = min(one.complexity.shape[1] for one in found), intercept(sizes)
    found = [one._replace(**{name: getattr(one, name)[:, :n] for name in _OF_INSTANCES}) for one in found]
    wide = max(one.law.shape[1] for one in found)
    rows = [one._replace(law=centred(one.law, wide)) for one in found]
    sums = {name: _sum(share, [getattr(row, name) for row in rows]) for name in Averages._fields if name != "within"}
    return Averages(**sums, within=np.sqrt(_sum(share**2, [row.within**2 for row in rows])))


def _sum(share, arrays):
    return None if arrays[0] is None else sum(c * array for c, array in zip(share, arrays, strict=True))
