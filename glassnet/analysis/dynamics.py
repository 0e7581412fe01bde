"""The dynamical temperature T_d by relaxation from planted states.

T_d is where the states of equilibrium begin to trap the dynamics. At every temperature a *new* instance is planted, at
that temperature: then w* is a configuration of equilibrium, and the overlap C(t) = (1/N) sum_i w*_i w_i(t) is the
equilibrium correlation. It stays at q_EA below T_d and decays to 0 above (A. Montanari and G. Semerjian, J. Stat. Phys.
125, 23 (2006)). Heating one instance asks something else: see :mod:`glassnet.analysis.heating`.
"""

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr

from glassnet import _checks
from glassnet.analysis.evidence import number
from glassnet.analysis.shown import Shown
from glassnet.sampling import lanes

#: an overlap below this is no memory of the planted state (q_EA at T_d is larger for p >= 3)
LOST = 0.5
#: recorded times per factor of 2
_PER_OCTAVE = 4
#: a state is held where the overlap falls by less than _SLOW t^(-1/3) per factor e of time; a decay at T_d is faster
_SLOW = 0.03
#: standard errors by which a decay must speed up
_SIGNIFICANT = 4.0


@dataclass(frozen=True)
class PlantedRelaxation(Shown):
    """Answer of :func:`planted_relaxation`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    curves : xarray.Dataset
        `overlap` (temperature, time, instance), C(t) averaged over the plantings of an instance; `mean` and `stderr`
        (temperature, time).
    temperatures : (n_temperatures,) float64
    verdict : list of {"held", "lost", "decaying", "undecided"}
        At each temperature: the overlap stays (slower than a decay at T_d would be), falls below 1/2, falls faster and
        faster (significantly), or none of these.
    relaxation_time : (n_temperatures,) float64
        Sweeps until C = 1/2; inf where that takes longer than the run.
    plateau, plateau_stderr : (n_temperatures,) float64
        C over the last factor of 2 in time where the state is held, nan elsewhere.
    bracket : tuple (T_lower, T_upper)
        T_d lies between: the highest temperature up to which all are held, and the lowest from which on all decay or
        are lost; 0 and inf where the temperatures do not reach so far.
    """

    curves: xr.Dataset
    temperatures: np.ndarray
    verdict: list
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
    def glass(self) -> dict:
        """Keywords of the ensemble, and the dilution."""
        return json.loads(self.curves.attrs["glass"])

    def __str__(self) -> str:
        lower, upper = self.bracket
        lines = [
            f"planted relaxation: {lower:.4g} < T_d < {upper:.4g}",
            *(self.curves.attrs[name] for name in ("system", "effort")),
            "",
        ]
        lines.append(f"{'T':>7}  {'plateau':>11}  {'relaxation time':>16}  planted state")
        longest = int(self.curves.time[-1])
        for t, temperature in enumerate(self.temperatures):
            held = self.verdict[t] == "held"
            plateau = number(self.plateau[t], self.plateau_stderr[t]) if held else "-"
            tau = self.relaxation_time[t]
            time = f"{tau:.0f}" if np.isfinite(tau) else f"> {longest}"
            lines.append(f"{temperature:7.4g}  {plateau:>11}  {time:>16}  {self.verdict[t]}")
        return "\n".join(lines)

    def plot(self, ax=None):
        """Draw C(t) at all temperatures; see :func:`glassnet.plots.relaxation`."""
        from glassnet import plots

        return plots.relaxation(self, ax)


def planted_relaxation(
    n_weights, temperatures, sweeps=1000, instances=1, seed=None, *, ensemble="regular", **keywords
) -> PlantedRelaxation:
    """Overlap C(t) with the planted state, of new instances at every temperature, and the bracket of T_d it gives.

    Every lane of a block is planted for itself, with a fixed number of violated paths, so that one run of 512 lanes
    holds all temperatures and many plantings on the same paths.

    Parameters
    ----------
    n_weights : int
        Before dilution; widths for ``ensemble="walks"``. 10^5 and more near T_d, where instances differ most.
    temperatures : list of floats
        Strictly increasing, > 0; the last may be inf (k_B = 1, |J| = 1).
    sweeps : int
        Length of the run, >= 16. The longer, the narrower the bracket.
    instances : int
        Independent sets of paths, each with its own block of lanes.
    seed : int
    ensemble : {"regular", "poisson", "layered", "walks"}
    **keywords
        Those of the ensemble: p, degree, alpha, dilution.

    Returns
    -------
    PlantedRelaxation

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Below T_d a decay in ln t slows down towards the plateau; only above T_d does it speed up, so the upper end is a
    statistical statement. The lower end rests on the decay at T_d being at least 0.03 t^(-1/3) per factor e of time.
    Both close in as the run grows longer: with 500 sweeps some 5 % on either side of T_d, with 4000 some 2 %.
    """
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    instances = _checks.integer("instances", instances, minimum=1)
    times = log_times(_checks.integer("sweeps", sweeps, minimum=16))
    n_plantings = lanes.per_block(len(temperatures))
    temperature = np.repeat(temperatures, n_plantings)
    planting = np.tile(np.arange(n_plantings), len(temperatures))
    overlap = np.empty((len(temperatures), len(times), instances, n_plantings))
    for instance in range(instances):
        own = lanes.instance_seed(seed, instance)
        glass = lanes.draw(ensemble, n_weights, own, **keywords)
        if glass.p < 3:
            raise ValueError(f"p must be >= 3: with p = {glass.p} the transition is continuous and has no T_d")
        violated = lanes.plantings(glass.n_paths, temperature, planting, own)
        chains = lanes.Lanes(glass, temperature, own, violated=violated)
        overlap[:, :, instance] = followed(chains, times).reshape(len(times), len(temperatures), -1).swapaxes(0, 1)
    what = lanes.describe(ensemble, n_weights, keywords)
    effort = f"{instances} instances x {n_plantings} plantings, {sweeps} sweeps"
    attrs = {"system": what, "effort": effort, "glass": lanes.keywords_text(ensemble, keywords)}
    return _relaxation(temperatures, times, overlap, attrs)


def log_times(longest: int, per_octave: int = _PER_OCTAVE) -> np.ndarray:
    """Whole numbers from 1 to `longest`, evenly spaced in their logarithm as far as whole numbers can be."""
    exponents = np.arange(0, np.log2(longest) + 1e-9, 1 / per_octave)
    return np.unique(np.append(np.round(2**exponents), longest)).astype(np.int64)


def followed(chains, times):
    """Overlaps (time, lane) with the planted state after so many sweeps."""
    overlap, now = np.empty((len(times), chains.n_lanes)), 0
    for row, time in zip(overlap, times, strict=True):
        chains.sweep(int(time - now))
        row[:] = chains.overlap()
        now = time
    return overlap


def _relaxation(temperatures, times, overlap, attrs):
    """What the overlaps (temperature, time, instance, planting) say."""
    mean = overlap.mean(axis=(2, 3))
    curves = xr.Dataset(
        {
            "overlap": (("temperature", "time", "instance"), overlap.mean(axis=3)),
            "mean": (("temperature", "time"), mean),
            "stderr": (("temperature", "time"), _stderr(overlap)),
        },
        coords={"temperature": temperatures, "time": times},
        attrs=attrs,
    )
    verdict = _verdicts(times, overlap)
    late = times >= times[-1] // 2
    plateau = overlap[:, late].mean(axis=1)
    held = np.array([word == "held" for word in verdict])
    stays = np.where(held, plateau.mean(axis=(1, 2)), np.nan)
    return PlantedRelaxation(
        curves,
        temperatures,
        verdict,
        np.array([_crossing(times, row) for row in mean]),
        stays,
        np.where(held, _stderr(plateau), np.nan),
        _bracket(temperatures, verdict),
    )


def _stderr(values):
    """Standard error of the mean over (..., instance, planting): from instances or plantings, the larger."""
    n_instances = values.shape[-2]
    every = values.reshape(*values.shape[:-2], -1)
    errors = [np.zeros(values.shape[:-2])]
    if every.shape[-1] > 1:
        errors.append(every.std(axis=-1, ddof=1) / np.sqrt(every.shape[-1]))
    if n_instances > 1:
        errors.append(values.mean(axis=-1).std(axis=-1, ddof=1) / np.sqrt(n_instances))
    return np.max(errors, axis=0)


def _verdicts(times, overlap):
    """Held, lost, decaying or undecided, for overlaps (temperature, time, instance, planting)."""
    end = len(times) - 1
    half, quarter = (int(np.searchsorted(times, times[end] / factor)) for factor in (2, 4))
    first = (overlap[:, quarter] - overlap[:, half]) / np.log(times[half] / times[quarter])
    second = (overlap[:, half] - overlap[:, end]) / np.log(times[end] / times[half])
    whole = (overlap[:, quarter] - overlap[:, end]) / np.log(times[end] / times[quarter])
    faster = (second - first).mean(axis=(1, 2)) > _SIGNIFICANT * np.maximum(_stderr(second - first), 1e-12)
    slow = whole.mean(axis=(1, 2)) + 2 * _stderr(whole) < _SLOW * times[end] ** (-1 / 3)
    lost = overlap[:, end].mean(axis=(1, 2)) < LOST
    words = np.select([lost, faster, slow], ["lost", "decaying", "held"], "undecided")
    return [str(word) for word in words]


def _bracket(temperatures, verdict):
    lower, upper = 0.0, np.inf
    for temperature, word in zip(temperatures, verdict, strict=True):
        if word != "held":
            break
        lower = float(temperature)
    for temperature, word in zip(temperatures[::-1], verdict[::-1], strict=True):
        if word not in ("lost", "decaying"):
            break
        upper = float(temperature)
    return lower, upper


def _crossing(times, curve):
    """First time at which a curve falls below 1/2, interpolated in ln t; inf if it does not."""
    below = np.flatnonzero(curve < LOST)
    if not below.size:
        return np.inf
    after = below[0]
    if after == 0:
        return float(times[0])
    share = (curve[after - 1] - LOST) / (curve[after - 1] - curve[after])
    return float(np.exp(np.log(times[after - 1]) + share * np.log(times[after] / times[after - 1])))
