"""Temperature ladders for replica exchange (k_B = 1)."""

import math

import numpy as np

from glassnet import _checks
from glassnet.sampling.tempering import ParallelTempering


def geometric(t_min, t_max, n) -> np.ndarray:
    """`n` temperatures from t_min to t_max with a constant ratio.

    Parameters
    ----------
    t_min, t_max : float
        0 < t_min < t_max.
    n : int
        >= 2.

    Returns
    -------
    (n,) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    t_min, t_max, n = _bounds(t_min, t_max, n)
    if math.isinf(t_max):
        raise ValueError("t_max must be finite for a geometric ladder, got inf")
    ladder = t_min * (t_max / t_min) ** (np.arange(n) / (n - 1))
    ladder[-1] = t_max
    return ladder


def linear(t_min, t_max, n) -> np.ndarray:
    """`n` equidistant temperatures from t_min to t_max; arguments and errors as in :func:`geometric`."""
    t_min, t_max, n = _bounds(t_min, t_max, n)
    if math.isinf(t_max):
        raise ValueError("t_max must be finite for a linear ladder, got inf")
    return np.linspace(t_min, t_max, n)


def adaptive(glass, t_min, t_max, n, seed, *, n_replicas=16, rounds=4, sweeps=500) -> np.ndarray:
    """`n` temperatures with equal exchange rates between neighbours on this glass.

    A pilot measures the rejection rate of every gap; their running sum, the communication barrier, is interpolated
    in beta and cut into equal parts (Syed et al., JRSS B 84, 321 (2022), section 5). `rounds` pilots of doubling
    length, starting with `sweeps`, each on the ladder the last one gave.

    Parameters
    ----------
    glass : PathGlass
    t_min, t_max : float
        Ends of the ladder, kept exactly; t_max may be inf.
    n : int
        >= 2.
    seed : int or glassnet._random.Seed
    n_replicas : int
        Replicas of the pilot.
    rounds, sweeps : int

    Returns
    -------
    (n,) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    # here, because a thousand ranks import this module and few draw a ladder
    from scipy.interpolate import PchipInterpolator

    t_min, t_max, n = _bounds(t_min, t_max, n)
    rounds = _checks.integer("rounds", rounds, minimum=1, maximum=20)
    sweeps = _checks.integer("sweeps", sweeps, minimum=1)
    beta = np.linspace(1.0 / t_min, 1.0 / t_max, n)
    for number in range(rounds):
        length = sweeps * 2**number
        pilot = ParallelTempering(glass, _temperatures(beta, t_min, t_max), n_replicas, seed)
        record = pilot.run(2 * length, thermalization=length, measure_every=2 * length, measure=["energy"])
        # a gap without a rejection still has a length, or its two rungs would fall together
        rejected = record.swap_attempted.values - record.swap_accepted.values + 1.0
        barrier = np.concatenate([[0.0], np.cumsum(rejected / (record.swap_attempted.values + 1.0))])
        place = PchipInterpolator(barrier, beta)
        beta = place(np.linspace(0.0, barrier[-1], n))
    return _temperatures(beta, t_min, t_max)


def _temperatures(beta, t_min, t_max):
    """1 / beta with the two ends exactly as asked."""
    return np.concatenate([[t_min], 1.0 / beta[1:-1], [t_max]])


def _bounds(t_min, t_max, n):
    t_min = _checks.real("t_min", t_min, minimum=0, exclusive=True)
    t_max = _checks.real("t_max", t_max, minimum=0, exclusive=True, finite=False)
    if t_max <= t_min:
        raise ValueError(f"t_max must be > t_min = {t_min:g}, got {t_max:g}")
    return t_min, t_max, _checks.integer("n", n, minimum=2, maximum=100_000)
