"""Temperature ladders for replica exchange, and how well a ladder exchanges (k_B = 1)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from glassnet import _checks, _face
from glassnet._random import Seed
from glassnet.glass import PathGlass
from glassnet.kernels import arithmetic
from glassnet.sampling.interpolation import erfc_inverse, interpolate
from glassnet.sampling.tempering import ParallelTempering

__all__ = ["Exchanges", "Interrupted", "Ladder", "adaptive", "exchanges", "geometric", "linear"]
_face.public(__name__)

#: an adaptive ladder starts with this many short pilots, each with 1/8 of the sweeps; the last one has the rest
_SHORT_PILOTS = 4
#: most draws per replica that a pilot records, and most levels of its energies that are compared
_DRAWS, _LEVELS = 200, 400
#: smaller acceptances are not counted but inferred from the mean energies
_COUNTABLE = 1e-3


@_face.shown
class Ladder(np.ndarray):
    """Temperatures, (n,) float64, with what the pilots of :func:`adaptive` found about them.

    Copies, slices and results of arithmetic have None in place of these attributes.

    Attributes
    ----------
    rejection : (n - 1,) float64
        Expected rejection rate of each gap of this ladder: energies of the last pilot, reweighted from its rungs to
        these.
    barrier : float
        Communication barrier: the sum of `rejection`.
    round_trip_bound : float
        1 / (2 + 2 barrier); see :class:`Exchanges`.
    round_trip_rate : float
        Round trips per sweep and replica that the last pilot completed; see :class:`Exchanges`. It ran on the ladder
        before the last correction. A pilot not much longer than a trip counts too few.
    pilot_sweeps, pilot_updates : int
        What all pilots together cost: sweeps, and Metropolis decisions.
    """

    rejection: np.ndarray | None = None
    barrier: float | None = None
    round_trip_bound: float | None = None
    round_trip_rate: float | None = None
    pilot_sweeps: int | None = None
    pilot_updates: int | None = None

    def plot(self, ax: Any = None) -> Any:
        """Draw the expected rejection rate of each gap; see :func:`glassnet.plots.rejection`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.rejection(self, ax)

    def __str__(self) -> str:
        if self.barrier is None:
            return super().__str__()
        trips = f"{self.round_trip_rate:.3g} round trips per sweep of at most {self.round_trip_bound:.3g}"
        return f"{super().__str__()}\nbarrier {self.barrier:.3g}, {trips}, pilots of {self.pilot_sweeps} sweeps"


@dataclass(frozen=True)
@_face.shown
class Exchanges:
    """How well the rungs of a ladder communicate.

    Attributes
    ----------
    rejection : (n_temperatures - 1,) float64
        Rejected fraction of the exchanges tried across each gap; nan where none was tried.
    barrier : float
        Communication barrier: the sum of `rejection`. It hardly depends on the number of rungs once there are many.
    round_trip_rate : float
        Trips coldest - hottest - coldest per sweep and replica: those of all walkers of one ladder together.
    round_trip_bound : float
        1 / (2 + 2 barrier): what non-reversible exchange reaches with many rungs whose walkers forget their energy
        from one exchange to the next (Syed et al., JRSS B 84, 321 (2022)). A finite number of rungs with such walkers
        reaches 1 / (2 + 2 sum_t r_t / (1 - r_t)) with the rejection rates r, which is less.
    """

    rejection: np.ndarray
    barrier: float
    round_trip_rate: float
    round_trip_bound: float

    def plot(self, ax: Any = None) -> Any:
        """Draw the rejection rate of each gap; see :func:`glassnet.plots.rejection`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.rejection(self, ax)


def exchanges(record: xr.Dataset) -> Exchanges:
    """Rejection rates, communication barrier and round trips of a recorded chain.

    Parameters
    ----------
    record : xarray.Dataset
        What :meth:`ParallelTempering.run` returned, or a node of :func:`glassnet.open_chains`, over all its samples.

    Raises
    ------
    TypeError, ValueError
        If it is no record, has no gap between temperatures, or not one recorded sweep.
    """
    if not hasattr(record, "data_vars"):
        raise TypeError(f"record must be a dataset of run or a node of open_chains, got {_checks.shown(record)}")
    if missing := [name for name in ("swap_attempted", "swap_accepted", "round_trips") if name not in record]:
        raise ValueError(f"record must hold {missing[0]}, got {', '.join(map(str, record.data_vars)) or 'nothing'}")
    attempted, accepted = (
        record[name].sum([dimension for dimension in record[name].dims if dimension != "gap"]).values
        for name in ("swap_attempted", "swap_accepted")
    )
    if not attempted.any():
        raise ValueError(f"record must hold exchanges between temperatures, got {len(attempted)} gaps and no attempt")
    rejection = np.divide(attempted - accepted, attempted, out=np.full(len(attempted), np.nan), where=attempted > 0)
    barrier = arithmetic.total(rejection)
    return Exchanges(rejection, barrier, _trip_rate(attempted, record["round_trips"].values), _bound(barrier))


def has_exchanged(record: xr.Dataset) -> bool:
    """Whether a recorded chain tried any exchange between its rungs."""
    return bool(record.sizes.get("gap")) and bool(np.asarray(record["swap_attempted"].values).any())


def geometric(t_min: float, t_max: float, n: int) -> np.ndarray:
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
    t_min, t_max, n = _bounds(t_min, t_max, n, "geometric")
    ladder = t_min * arithmetic.power(t_max / t_min, np.arange(n) / (n - 1))
    ladder[-1] = t_max
    return ladder


def linear(t_min: float, t_max: float, n: int) -> np.ndarray:
    """`n` equidistant temperatures from t_min to t_max; arguments and errors as in :func:`geometric`."""
    t_min, t_max, n = _bounds(t_min, t_max, n, "linear")
    return np.linspace(t_min, t_max, n)


class Interrupted(Exception):
    """A pilot run was asked to stop."""


def adaptive(
    glass: PathGlass,
    t_min: float,
    t_max: float,
    n: int,
    seed: int | Seed,
    *,
    n_replicas: int = 16,
    sweeps: int = 4000,
    pause: Callable[[], bool] | None = None,
) -> Ladder:
    """`n` temperatures with equal exchange rates between neighbours on this glass.

    Short pilot runs, each on the ladder the last one gave and from the configurations it ended in. A pilot records
    energies: those of any two draws on neighbouring rungs say how often an exchange would be accepted, which is far
    more precise than counting exchanges. Gaussian energies would give the acceptance erfc(l / 2) to a gap of
    thermodynamic length l (standard deviation of the energy integrated over beta); the lengths that the acceptances
    amount to are added up, interpolated in beta and cut into equal parts (with the communication barrier in place of
    the length this is Syed et al., JRSS B 84, 321 (2022), section 5; lengths also serve where gaps are wide).

    Rates are as equal as the pilots are in equilibrium: deep in a glassy phase give them more sweeps.

    Parameters
    ----------
    glass : PathGlass
    t_min, t_max : float
        Ends of the ladder, kept exactly; t_max may be inf.
    n : int
        >= 2.
    seed : int or Seed
        The pilots draw from streams of their own: a chain with the same seed has nothing in common with them.
    n_replicas : int
        Replicas of the pilots.
    sweeps : int
        Of all pilots together, >= 1; the default is a tenth of 20000 sweeps of thermalization and 20000 recorded (and
        a tenth to a seventh of their time).
    pause : callable() -> bool, optional
        Called every fraction of a second; once it returns True, the search ends with :class:`Interrupted`.

    Returns
    -------
    Ladder
        (n,) float64 with the rejection rates, their sum (the communication barrier), and the round-trip rate.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    t_min, t_max, n = _bounds(t_min, t_max, n)
    _checks.temperature_ladder("t_min and t_max", [t_min, t_max])
    sweeps = _checks.integer("sweeps", sweeps, minimum=1, most=2**40)
    seed = seed if isinstance(seed, Seed) else Seed(_checks.integer("seed", seed, minimum=0))
    short = sweeps // (2 * _SHORT_PILOTS)
    lengths = [length for length in [short] * _SHORT_PILOTS + [sweeps - short * _SHORT_PILOTS] if length]
    beta, updates = np.linspace(1.0 / t_min, 1.0 / t_max, n), 0
    pilot: ParallelTempering | None = None
    nearest = np.arange(n)
    for number, length in enumerate(lengths):
        own_seed = Seed(seed.value, f"{seed.key},ladder,pilot={number}")
        following = ParallelTempering(glass, _temperatures(beta, t_min, t_max), n_replicas, own_seed)
        if pilot is not None:
            _continue(pilot, following, nearest)
        pilot = following
        energy, used = _energies(pilot, length, pause), beta
        updates += pilot.n_updates
        beta = _equal_parts(used, energy)
        nearest = np.abs(np.subtract.outer(beta, used)).argmin(axis=1)
    laws = [_law(energy[:, rung], beta[t] - used[rung]) for t, rung in enumerate(nearest)]
    ladder = _temperatures(beta, t_min, t_max).view(Ladder)
    ladder.rejection = 1.0 - _acceptances(beta, laws)
    ladder.barrier = arithmetic.total(ladder.rejection)
    ladder.round_trip_bound = _bound(ladder.barrier)
    walkers = following.walkers
    ladder.round_trip_rate = _trip_rate(walkers.attempted, walkers.round_trips)
    ladder.pilot_sweeps, ladder.pilot_updates = sweeps, updates
    return ladder


def _continue(previous: ParallelTempering, pilot: ParallelTempering, nearest: np.ndarray) -> None:
    """Start every rung of `pilot` on the configurations that ended `previous` on its rung `nearest`, replica by
    replica."""
    ended, state = previous.state(), pilot.state()
    state["weights"][state["walkers_lane_at"]] = ended["weights"][ended["walkers_lane_at"][:, nearest]]
    pilot.restore(state)


def _energies(pilot: ParallelTempering, length: int, pause: Callable[[], bool] | None) -> np.ndarray:
    """`length` sweeps; the energies (draw, rung, replica) of the last 60 % of them."""
    recorded = max(1, 3 * length // 5)
    every = max(1, recorded // _DRAWS)
    n_draws = recorded // every
    arrays, draw = pilot.measured_arrays(["energy"], length - n_draws * every, n_draws, every, pause=pause)
    if len(draw) < n_draws:
        raise Interrupted
    return arrays["energy"]


def _equal_parts(beta: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Inverse temperatures with gaps of equal length, from the energies (draw, rung, replica) on the rungs `beta`."""
    laws = [_law(energy[:, rung]) for rung in range(len(beta))]
    means = np.array([arithmetic.total(levels * weights) for levels, weights in laws])
    accepted = _acceptances(beta, laws)
    # Gaussian energies: dbeta times the difference of the means is the square of the length
    inferred = np.sqrt(np.maximum(0.0, (beta[:-1] - beta[1:]) * np.diff(means)))
    lengths = np.where(accepted > _COUNTABLE, 2.0 * erfc_inverse(np.maximum(accepted, _COUNTABLE)), inferred)
    # a gap without a rejection still has a length, or its two rungs would fall together
    lengths = np.maximum(lengths, max(1.0 / energy[:, 0].size, 1e-6 * arithmetic.total(lengths)))
    position = np.concatenate([[0.0], np.cumsum(lengths)])
    return interpolate(position, beta, np.linspace(0.0, position[-1], len(beta)))


def _law(energies: np.ndarray, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Levels and probabilities of recorded energies, reweighted to an inverse temperature higher by `shift`."""
    levels: np.ndarray
    counts: np.ndarray
    whole = energies.astype(np.int64)
    if (whole == energies).all():
        # +-J: three times faster than sorting
        low = whole.min()
        counts = np.bincount((whole - low).ravel())
        levels = np.flatnonzero(counts)
        counts, levels = counts[levels], (levels + low).astype(np.float64)
    else:
        levels, counts = np.unique(energies, return_counts=True)
    if len(levels) > _LEVELS:
        levels = _quantiles(energies)
        counts = np.ones(_LEVELS)
    exponent = -shift * levels
    weights = counts * arithmetic.exp(exponent - exponent.max())
    return levels, weights / arithmetic.total(weights)


def _quantiles(energies: np.ndarray) -> np.ndarray:
    """As many levels as are compared, each with an equal share of the energies; linear between two of them."""
    ordered = np.sort(energies, axis=None)
    position = (np.arange(_LEVELS) + 0.5) / _LEVELS * (len(ordered) - 1)
    before = np.minimum(position.astype(np.int64), len(ordered) - 2)
    return ordered[before] + (ordered[before + 1] - ordered[before]) * (position - before)


def _acceptances(beta: np.ndarray, laws: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """<min(1, exp(dbeta dE))> of every gap between independent configurations on its two rungs."""
    accepted = np.empty(len(beta) - 1)
    for gap in range(len(accepted)):
        accepted[gap] = arithmetic.acceptance(beta[gap] - beta[gap + 1], *laws[gap], *laws[gap + 1])
    # rounding of the sums
    return np.minimum(accepted, 1.0)


def _trip_rate(attempted: np.ndarray, round_trips: np.ndarray) -> float:
    """Round trips per sweep and replica; 0 if no exchange was tried."""
    # every sweep tries the even or the odd gaps of every replica
    sweeps = attempted[:2].sum() * (2 if len(attempted) == 1 else 1)
    return float(round_trips.sum() / sweeps) if sweeps else 0.0


def _bound(barrier: float) -> float:
    """Round-trip rate of non-reversible exchange on many rungs; see :class:`Exchanges`."""
    return 1.0 / (2.0 + 2.0 * barrier)


def _temperatures(beta: np.ndarray, t_min: float, t_max: float) -> np.ndarray:
    """1 / beta with the two ends exactly as asked."""
    return np.concatenate([[t_min], 1.0 / beta[1:-1], [t_max]])


def _bounds(t_min: float, t_max: float, n: int, finite: str | None = None) -> tuple[float, float, int]:
    """The parameters of a ladder, checked; `finite` is the kind of one that cannot end at T = inf."""
    t_min = _checks.real("t_min", t_min, minimum=0, exclusive=True)
    t_max = _checks.real("t_max", t_max, minimum=0, exclusive=True, finite=False)
    if t_max <= t_min:
        raise ValueError(f"t_max must be > t_min = {t_min:g}, got {t_max:g}")
    n = _checks.integer("n", n, minimum=2, maximum=100_000)
    if finite and math.isinf(t_max):
        raise ValueError(f"t_max must be finite for a {finite} ladder, got inf")
    return t_min, t_max, n
