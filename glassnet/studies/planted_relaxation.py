"""The dynamical temperature T_d by relaxation from planted states.

T_d is where the states of equilibrium begin to trap the dynamics. At every temperature a *new* instance is planted, at
that temperature: then w* is a configuration of equilibrium, and the overlap C(t) = (1/N) sum_i w*_i w_i(t) is the
equilibrium correlation. It stays at q_EA below T_d and decays to 0 above (A. Montanari and G. Semerjian, J. Stat. Phys.
125, 23 (2006)). Heating one instance asks something else: see :mod:`glassnet.studies.melting`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.analysis.questions import several
from glassnet.sampling import independent_lanes
from glassnet.statistics.estimate import with_error

#: verdicts on a planted state, see :class:`PlantedRelaxation`
HELD, LOST, DECAYING, UNDECIDED, TOO_SHORT = "held", "lost", "decaying", "undecided", "too short"
#: an overlap below this is no memory of the planted state (q_EA at T_d is larger for p >= 3)
LOST_BELOW = 0.5
#: recorded times per factor of 2
_PER_OCTAVE = 8
#: a state is held where the overlap falls by less than SLOW (1 - C) t^-0.4 per factor e of time, over the last factor
#: of 4. At T_d it falls like t^-a with a < 0.4 (W. Goetze, Complex dynamics of glass-forming liquids, 2009, section
#: 4.3): by 0.52 (1 - C) t^-0.4 and more from 64 sweeps on, measured at T_d of the cavity theory in ensembles with p = 3
#: to 10 and T_d from 0.29 to 4.2, as far as the noise let it be seen; by least at p = 3 and large degrees
SLOW, EXPONENT = 0.4, 0.4
#: relaxation of a state begins after so many sweeps, and after so many times exp(2/T), the time in which a weight turns
#: against one path
SHORTEST, ACTIVATED = 64, 2.0
#: sets of paths with uneven degrees differ by at most this share of the variance between plantings (0.02 in Poisson
#: glasses, 0.05 in diluted regular ones; nothing in regular ones)
UNEVEN = 0.06
#: standard errors by which a decay must speed up
_SIGNIFICANT = 4.0
#: standard errors by which a fall must be slower than that bound
_SURELY = 2.5


@dataclass(frozen=True)
@_face.shown
class PlantedRelaxation:
    """Answer of :func:`planted_relaxation`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    name : str
        "planted relaxation".
    curves : xarray.Dataset
        `overlap` (temperature, time, instance), C(t) averaged over the plantings of an instance; `mean` and `stderr`
        (temperature, time).
    temperatures : (n_temperatures,) float64
    verdict : list of {"held", "lost", "decaying", "undecided", "too short"}
        At each temperature: the overlap stays (falls more slowly than a decay at T_d would), falls below 1/2, falls
        faster and faster (significantly), or none of these; or the run is shorter than twice exp(2/T) sweeps, the time
        in which weights turn against a path, and does not decide.
    relaxation_time : (n_temperatures,) float64
        Sweeps until C = 1/2; inf where that takes longer than the run.
    plateau, plateau_stderr : (n_temperatures,) float64
        q_EA where the state is held: C over the last factor of 2 in time, less half of what it still falls by per
        factor e of time; that half is in the error. nan elsewhere: while C still falls it is no q_EA.
    bracket : tuple (T_lower, T_upper)
        T_d lies between: the highest temperature up to which all are held, and the lowest from which on all decay or
        are lost; those that are too short to tell are passed over. 0 and inf where an end is not known.
    """

    curves: xr.Dataset
    temperatures: np.ndarray
    verdict: list[str]
    relaxation_time: np.ndarray
    plateau: np.ndarray
    plateau_stderr: np.ndarray
    bracket: tuple[float, float]
    name: str = "planted relaxation"

    @property
    def temperature(self) -> float:
        """Middle of the bracket of T_d; nan where it is open."""
        return float(np.mean(self.bracket)) if 0 < self.bracket[0] < self.bracket[1] < np.inf else np.nan

    @property
    def stderr(self) -> float:
        """Half of the width of the bracket: T_d lies within that of the middle; nan where it is open."""
        return (self.bracket[1] - self.bracket[0]) / 2 if np.isfinite(self.temperature) else np.nan

    @property
    def glass(self) -> dict[str, Any]:
        """Keywords of the ensemble, and the dilution."""
        return json.loads(self.curves.attrs["glass"])

    def __str__(self) -> str:
        lines = [
            f"planted relaxation: {_range(*self.bracket)}",
            *(self.curves.attrs[name] for name in ("system", "effort")),
            "",
        ]
        columns, rows = {"T": ".4g", "plateau": "", "relaxation time": "", "planted state": "<"}, []
        longest = int(self.curves.time[-1])
        for t, temperature in enumerate(self.temperatures):
            known = np.isfinite(self.plateau[t])
            plateau = with_error(self.plateau[t], self.plateau_stderr[t]) if known else self._unsettled(t)
            tau = self.relaxation_time[t]
            time = f"{tau:.0f}" if np.isfinite(tau) else f"> {longest}"
            rows.append([temperature, plateau, time, self.verdict[t]])
        return "\n".join([*lines, _tables.table(columns, rows)])

    def _unsettled(self, t: int) -> str:
        """Why there is no plateau at a temperature."""
        if self.verdict[t] in (LOST, TOO_SHORT):
            return "-"
        last, early = (
            self.curves.isel(temperature=t).sel(time=self.curves.time[-1] / f, method="nearest") for f in (1, 4)
        )
        significant = early["mean"] - last["mean"] > _SURELY * np.hypot(early["stderr"], last["stderr"])
        return "still falls" if significant else "noise"

    def plot(self, ax: Any = None) -> Any:
        """Draw C(t) at all temperatures; see :func:`glassnet.plots.relaxation`."""
        from glassnet import plots

        return plots.relaxation(self, ax)


def planted_relaxation(
    n_weights: int | Sequence[int],
    temperatures: ArrayLike,
    sweeps: int = 1000,
    instances: int = 1,
    seed: int | None = None,
    *,
    ensemble: str = "regular",
    **keywords: Any,
) -> PlantedRelaxation:
    """Overlap C(t) with the planted state, of new instances at every temperature, and the bracket of T_d it gives.

    Every lane of a block has its own planting, with a fixed number of violated paths, so that one run of 512 lanes
    holds all temperatures and many plantings on the same paths.

    Parameters
    ----------
    n_weights : int
        Before dilution; widths for ``ensemble="walks"``. 10^5 and more near T_d, where instances differ most.
    temperatures : list of floats
        Strictly increasing, > 0; the last may be inf (k_B = 1, |J| = 1).
    sweeps : int
        Length of the run, >= 64. The longer, the narrower the bracket. Temperatures at which it is shorter than
        2 exp(2/T) are either lost or too short to tell.
    instances : int
        Independent sets of paths, each with its own block of lanes.
    seed : int
    ensemble : str
        Name of a function of `glassnet.ensembles`.
    **keywords
        Those of the ensemble: p, degree, alpha, dilution, rounding.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Once weights had the time to turn against a path, a decay in ln t slows down below T_d towards the plateau; only
    above T_d does it speed up, so the upper end is a statistical statement. The lower end rests on the decay at T_d:
    at least 0.4 (1 - C) t^-0.4 per factor e of time. Both close in as the run grows longer: with 500 sweeps some 10 %
    on either side of T_d, with 4000 some 3 %. At low T_d, where all is activated, the lower end stays open longer.
    """
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    instances = _checks.integer("instances", instances, minimum=1)
    times = log_times(_checks.integer("sweeps", sweeps, minimum=SHORTEST, most=2**40))
    n_plantings = independent_lanes.per_block(len(temperatures))
    needed = 8 * len(temperatures) * len(times) * instances * n_plantings
    _checks.memory(f"instances: overlaps of {_checks.shown(instances)} instances", needed)
    temperature = np.repeat(temperatures, n_plantings)
    planting = np.tile(np.arange(n_plantings), len(temperatures))
    overlap, uneven = np.empty((len(temperatures), len(times), instances, n_plantings)), False
    for instance in range(instances):
        own = independent_lanes.instance_seed(seed, instance)
        glass = independent_lanes.draw(ensemble, n_weights, own, **keywords)
        if glass.p < 3:
            raise ValueError(f"p must be >= 3: with p = {glass.p} the transition is continuous and has no T_d")
        uneven |= bool(np.ptp(glass.degrees) > 0)
        violated = independent_lanes.plantings(glass.n_paths, temperature, planting, own)
        chains = independent_lanes.Lanes(glass, temperature, own, violated=violated)
        overlap[:, :, instance] = followed(chains, times).reshape(len(times), len(temperatures), -1).swapaxes(0, 1)
    what = independent_lanes.describe(ensemble, n_weights, keywords)
    effort = f"{several(instances, 'instance')} x {n_plantings} plantings, {sweeps} sweeps"
    attrs = {"system": what, "effort": effort, "glass": independent_lanes.keywords_text(ensemble, n_weights, keywords)}
    return _relaxation(temperatures, times, overlap, attrs, uneven)


def log_times(longest: int, per_octave: int = _PER_OCTAVE) -> np.ndarray:
    """Whole numbers from 1 to `longest`, evenly spaced in their logarithm as far as whole numbers can be."""
    exponents = np.arange(0, np.log2(longest) + 1e-9, 1 / per_octave)
    return np.unique(np.append(np.round(2**exponents), longest)).astype(np.int64)


def followed(chains: independent_lanes.Lanes, times: np.ndarray) -> np.ndarray:
    """Overlaps (time, lane) with the planted state after so many sweeps."""
    overlap, now = np.empty((len(times), chains.n_lanes)), 0
    for row, time in zip(overlap, times, strict=True):
        chains.sweep(int(time - now))
        row[:] = chains.overlap()
        now = time
    return overlap


def _relaxation(
    temperatures: np.ndarray, times: np.ndarray, overlap: np.ndarray, attrs: dict[str, str], uneven: bool = False
) -> PlantedRelaxation:
    """What the overlaps (temperature, time, instance, planting) say; `uneven`: degrees differ from weight to weight."""
    mean = overlap.mean(axis=(2, 3))
    curves = xr.Dataset(
        {
            "overlap": (("temperature", "time", "instance"), overlap.mean(axis=3)),
            "mean": (("temperature", "time"), mean),
            "stderr": (("temperature", "time"), _stderr(overlap, uneven)),
        },
        coords={"temperature": temperatures, "time": times},
        attrs=attrs,
    )
    verdict, silent = verdicts(temperatures, times, overlap)
    is_held = np.array([word == HELD for word in verdict])
    half = overlap[:, times >= times[-1] // 2].mean(axis=1)
    left = _fall(times, overlap, 4, 1) / 2
    plateau = half - left
    stderr = np.hypot(_stderr(plateau, uneven), left.mean(axis=(1, 2)))
    return PlantedRelaxation(
        curves,
        temperatures,
        verdict,
        np.array([crossing(times, row) for row in mean]),
        np.where(is_held, plateau.mean(axis=(1, 2)), np.nan),
        np.where(is_held, stderr, np.nan),
        bracket(temperatures, verdict, silent),
    )


def _stderr(values: np.ndarray, uneven: bool = False) -> np.ndarray:
    """Standard error of the mean over (..., instance, planting): from instances or plantings, the larger.

    Plantings on one set of paths do not see that other sets differ; where their degrees do, that is added.
    """
    n_instances, n_plantings = values.shape[-2:]
    every = values.reshape(*values.shape[:-2], -1)
    errors = [np.zeros(values.shape[:-2])]
    if every.shape[-1] > 1:
        share = 1 / (n_instances * n_plantings) + (UNEVEN / n_instances if uneven else 0.0)
        errors.append(every.std(axis=-1, ddof=1) * np.sqrt(share))
    if n_instances > 1:
        errors.append(values.mean(axis=-1).std(axis=-1, ddof=1) / np.sqrt(n_instances))
    return np.max(errors, axis=0)


def _fall(times: np.ndarray, overlap: np.ndarray, start: int, stop: int) -> np.ndarray:
    """By how much C falls per factor e of time between end/start and end/stop: (temperature, instance, planting).

    Slope of a line through all of the recorded times, which has half of the noise of the two ends.
    """
    chosen = (times * start >= times[-1]) & (times * stop <= times[-1])
    x = np.log(times[chosen]) - np.log(times[chosen]).mean()
    return -np.tensordot(x / (x @ x), overlap[:, chosen], axes=(0, 1))


def verdicts(temperatures: np.ndarray, times: np.ndarray, overlap: np.ndarray) -> tuple[list[str], np.ndarray]:
    """What the overlaps say at each temperature, and where that says nothing about T_d.

    Parameters
    ----------
    temperatures : (n_temperatures,) float64
    times : (n_times,) int64
        Sweeps, increasing.
    overlap : (n_temperatures, n_times, n_instances, n_plantings) float64

    Returns
    -------
    words : list of {"held", "lost", "decaying", "undecided", "too short"}
    silent : (n_temperatures,) bool
        Too short, or undecided only because of the noise.
    """
    speeding, whole = _fall(times, overlap, 2, 1) - _fall(times, overlap, 4, 2), _fall(times, overlap, 4, 1)
    faster = speeding.mean(axis=(1, 2)) > _SIGNIFICANT * np.maximum(_stderr(speeding), 1e-12)
    end, fall, noise = overlap[:, -1].mean(axis=(1, 2)), whole.mean(axis=(1, 2)), _stderr(whole)
    bound = SLOW * (1 - end) * times[-1] ** -EXPONENT
    slow, fast = fall + _SURELY * noise < bound, fall - _SURELY * noise > bound
    short = times[-1] < ACTIVATED * np.exp(2 / np.asarray(temperatures))
    words = np.select([end < LOST_BELOW, short, faster, slow], [LOST, TOO_SHORT, DECAYING, HELD], UNDECIDED)
    return [str(word) for word in words], (words == TOO_SHORT) | ((words == UNDECIDED) & ~fast)


def bracket(
    temperatures: np.ndarray, verdict: list[str], silent: Sequence[bool] | np.ndarray = ()
) -> tuple[float, float]:
    """Bounds (lower, upper) of T_d from the `verdict` at each of increasing temperatures; 0 and inf where an end is not
    known. Temperatures that are `silent` are passed over."""
    lower, upper = 0.0, np.inf
    passed = np.zeros(len(verdict), dtype=bool)
    passed[: len(silent)] = silent
    answers = [pair for pair, out in zip(zip(temperatures, verdict, strict=True), passed, strict=True) if not out]
    for temperature, word in answers:
        if word != HELD:
            break
        lower = float(temperature)
    for temperature, word in answers[::-1]:
        if word not in (LOST, DECAYING):
            break
        upper = float(temperature)
    return lower, upper


def _range(lower: float, upper: float) -> str:
    """The bracket in words; an end that is not known is left out."""
    if lower > 0 or upper < np.inf:
        return (f"{lower:.4g} < " if lower > 0 else "") + "T_d" + (f" < {upper:.4g}" if upper < np.inf else "")
    return "T_d is not bracketed"


def crossing(times: np.ndarray, curve: np.ndarray) -> float:
    """First time at which a curve (n_times,) falls below 1/2, interpolated in ln t; inf if it does not."""
    below = np.flatnonzero(curve < LOST_BELOW)
    if not below.size:
        return np.inf
    after = below[0]
    if after == 0:
        return float(times[0])
    share = (curve[after - 1] - LOST_BELOW) / (curve[after - 1] - curve[after])
    return float(np.exp(np.log(times[after - 1]) + share * np.log(times[after] / times[after - 1])))
