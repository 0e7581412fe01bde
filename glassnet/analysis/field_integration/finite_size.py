"""Finite-size shifts of T_K, and the extrapolation of networks in one over their width."""

import numpy as np

from glassnet import _catalogue
from glassnet.analysis.field_integration.instance_averages import Averages, centred

#: shift of T_K, over T_K: times 1 / N; times 1 / N and the variance of the number of paths that dilution leaves, over
#: its Poisson value; in networks of walks times 1 / sqrt(N), with the next term in 1 / N
_TREE, _DILUTED, _NETWORK, _NEXT = 0.4, 4.0, 0.45, 5.0
_SUMS = ("complexity", "controls", "drift", "known", "missing", "law", "entropy")
_OF_INSTANCES = ("complexity", "within", "controls", "drift")


def finite_size(ensemble: str, sizes: list[int], p: int, dilution: float = 0.0) -> float:
    """Size of the remaining shift of T_K with N, over T_K.

    Measured against the cavity equations (docs/dynamics.md): about 0.4 / N where loops are rare, with about 4 / N more
    times (p - 1)^2 dilution / (1 - dilution), which is N times the relative variance of the paths per weight that
    dilution leaves; 0.45 / sqrt(N) and 5 / N in networks of walks, of which :func:`extrapolated` leaves the second.

    Parameters
    ----------
    ensemble : str
    sizes : list of int
        Numbers of weights; several are extrapolated.
    p : int
    dilution : float
    """
    rare = _DILUTED * (p - 1) ** 2 * dilution / (1 - dilution)
    if not _catalogue.ensemble(ensemble).is_network:
        return float((_TREE + rare) / sizes[0])
    if len(sizes) > 1:
        return float((_NEXT + rare) * abs(intercept(sizes) @ (1 / np.array(sizes))))
    return float(_NETWORK / np.sqrt(sizes[0]) + rare / sizes[0])


def of_complexity(ensemble: str, sizes: list[int], shift: float) -> tuple[float, float]:
    """By how much the complexity of glasses of these sizes may be too low, and too high.

    1 / N where loops are rare; networks have it too low, by the `shift` of T_K times the slope T dSigma/dT, which is
    below 1/2 at the zero.
    """
    rare = 1 / sizes[0]
    return (shift / 2 if _catalogue.ensemble(ensemble).is_network else rare), rare


def intercept(sizes: list[int]) -> np.ndarray:
    """Value at N = infinity of a straight line in 1 / sqrt(N) through values at `sizes`, as a sum over these.

    Values are weighted by N, as the noise of instances requires.
    """
    inverse_width = np.array(sizes, dtype=np.float64) ** -0.5
    design = np.stack([np.ones_like(inverse_width), inverse_width], axis=1) / inverse_width[:, None]
    return np.linalg.pinv(design)[0] / inverse_width


def extrapolated(sizes: list[int], averages: list[Averages]) -> Averages:
    """Networks of several sizes and one shape, extrapolated in 1 / sqrt(N): one over their width.

    A straight line through each quantity (:func:`intercept`), at three numbers of weights or more. The first instances
    of all sizes make one, the second ones another.
    """
    n, share = min(one.complexity.shape[1] for one in averages), intercept(sizes)
    averages = [one._replace(**{name: getattr(one, name)[:, :n] for name in _OF_INSTANCES}) for one in averages]
    wide = max(one.law.shape[1] for one in averages)
    rows = [one._replace(law=centred(one.law, wide)) for one in averages]
    sums = {name: _sum(share, [getattr(row, name) for row in rows]) for name in _SUMS}
    return Averages(**sums, within=np.sqrt(_sum(share**2, [row.within**2 for row in rows])), sweeps=rows[0].sweeps)


def _sum(share, arrays):
    return None if arrays[0] is None else sum(c * array for c, array in zip(share, arrays, strict=True))
