"""What speaks for which kind of transition: each item a number, what it was asked, and whether it passed."""

from typing import NamedTuple

import numpy as np

from glassnet.analysis import symmetric
from glassnet.analysis.location import Location
from glassnet.analysis.planted import PlantedNode
from glassnet.analysis.symmetric import Trend

#: two peaks are two phases if the valley between them is lower than this fraction of the lower one
_VALLEY = 0.5
#: latent heats per weight below the first are not called so; the heat capacity cannot tell those below the second
_SMALL_HEAT, _LARGE_HEAT = 0.08, 0.15
#: the susceptibility grows with an exponent near 1 where the overlap stays finite and near 0 where there is no order
_GROWING, _FLAT = 0.5, 0.25


class Evidence(NamedTuple):
    """One item: `passed` is True or False where the data decide, None where they do not reach."""

    name: str
    value: float
    stderr: float
    sizes: tuple[int, ...]
    passed: bool | None
    says: str

    def __str__(self) -> str:
        mark = {True: "yes", False: "no", None: "?"}[self.passed]
        return f"{mark:>3}  {self.name}: {self.says}"


def crossing(location: Location | None) -> Evidence:
    """Do the curves of the planted weight of different sizes cross?"""
    name = "planted weight crosses"
    if location is None:
        says = "needs planted scans in equilibrium at two or more sizes and temperatures"
        return Evidence(name, np.nan, np.nan, (), None, says)
    sizes = location.estimates[0].sizes
    shown = f"T = {number(location.temperature, location.stderr)} for N = {_listed(sizes)}"
    if location.found:
        error = f"statistical {location.statistical:.2g}, spread of extrapolations {location.spread:.2g}"
        return Evidence(name, location.temperature, location.stderr, sizes, True, f"at {shown} ({error})")
    if not np.isfinite(location.temperature):
        return Evidence(name, np.nan, np.nan, sizes, None, f"nowhere, for N = {_listed(sizes)}")
    where = "outside the planting temperatures" if not location.inside else "not significant"
    return Evidence(name, location.temperature, location.stderr, sizes, None, f"{where}: {shown}")


def two_phases(nodes: list[PlantedNode], location: Location | None) -> Evidence:
    """Is the overlap with the planted state near the crossing either high or low, at every size?"""
    name = "planted overlap jumps"
    if location is None or not location.found:
        return Evidence(name, np.nan, np.nan, (), None, "not asked without a crossing")
    rows = {}
    for size in sorted({node.n_weights for node in nodes}):
        own = [node for node in nodes if node.n_weights == size]
        nearest = min(own, key=lambda node: abs(node.temperature - location.temperature))
        centres = 0.5 * (nearest.edges[1:] + nearest.edges[:-1])
        found = symmetric.peaks(centres, nearest.density.mean(axis=0), nearest.threshold)
        rows[size] = symmetric.Peaks(np.nan, np.nan, 1.0) if found is None else found
    largest = rows[max(rows)]
    passed = all(row.valley < _VALLEY for row in rows.values())
    jump = largest.high - largest.low
    says = f"peaks at {largest.low:.2f} and {largest.high:.2f}, valley {largest.valley:.2g} of the lower one"
    return Evidence(name, jump, np.nan, tuple(rows), passed, says)


def planted_heat(nodes: list[PlantedNode], location: Location | None) -> Evidence:
    """Do the energies of the phases at the crossing differ by a latent heat? passed = they do not.

    Where they do not, the gap of the total energies stays finite or grows like the fluctuations, sqrt(N). The gap per
    weight is extrapolated in both forms; their difference is in the error.
    """
    name = "energy is continuous (planted)"
    if location is None or not location.found:
        return Evidence(name, np.nan, np.nan, (), None, "not asked without a crossing")
    rows = []
    for node in nodes:
        known = -node.energy_gap[np.isfinite(node.energy_gap)] / node.n_weights
        if len(known) >= 4 and 0.1 < node.weight.mean() < 0.9:
            rows.append((node.n_weights, node.temperature, known.mean(), known.std(ddof=1) / np.sqrt(len(known))))
    sizes = tuple(sorted({int(row[0]) for row in rows}))
    if len(sizes) < 2:
        return Evidence(name, np.nan, np.nan, sizes, None, "too few samples visit both phases near the crossing")
    size, temperature, gap, stderr = np.array(rows).T
    # with more points than sizes, the change with temperature can be told apart
    away = [temperature - location.temperature] if len(rows) > len(sizes) and np.ptp(temperature) > 0 else []
    forms = [symmetric.fit([np.ones_like(size), size**power, *away], gap, stderr)[0] for power in (-1.0, -0.5)]
    value = (forms[0].value + forms[1].value) / 2
    heat = Trend(value, float(np.hypot(max(form.stderr for form in forms), (forms[0].value - forms[1].value) / 2)))
    passed = None
    if abs(heat.value) < max(_SMALL_HEAT, 2 * heat.stderr) and heat.stderr < _SMALL_HEAT:
        passed = True
    elif heat.above(_SMALL_HEAT):
        passed = False
    says = f"the phases' energies differ by {number(*heat)} per weight as N grows"
    return Evidence(name, heat.value, heat.stderr, sizes, passed, says)


def binder_dips(dips: list[symmetric.Dip]) -> Evidence:
    """Does the negative dip of the Binder cumulant deepen over at least three sizes?"""
    name = "Binder dip deepens"
    sizes = tuple(dip.size for dip in dips)
    trend = symmetric.deepening(dips)
    if trend is None:
        says = "needs symmetric scans in equilibrium at three sizes"
        return Evidence(name, np.nan, np.nan, sizes, None, says)
    shown = ", ".join(f"{number(dip.depth, dip.depth_stderr)} at T = {dip.temperature:.2f}" for dip in dips)
    passed = None
    if all(dip.resolved for dip in dips) and trend.below(0) and symmetric.deepens_at_every_step(dips):
        passed = True
    elif trend.above(0) or all(dip.shallow for dip in dips):
        passed = False
    says = f"{shown} for N = {_listed(sizes)}"
    return Evidence(name, trend.value, trend.stderr, sizes, passed, says)


def overlap_peaks(overlaps: dict) -> Evidence:
    """Has the overlap of two replicas two peaks at every size, on the rung where high overlaps hold about half?"""
    name = "overlap has two peaks"
    rows, temperatures = {}, {}
    for size, data in overlaps.items():
        rung = int(np.argmin(np.abs(data["peak_weight"].values - 0.5)))
        place, density = data["overlap"].values, data["density"].values[rung]
        rows[size] = symmetric.peaks(place, density, data.attrs["threshold"])
        temperatures[size] = float(data.temperature[rung])
    if not rows or any(row is None for row in rows.values()):
        return Evidence(name, np.nan, np.nan, tuple(rows), None, "needs symmetric scans that reach high overlaps")
    largest = rows[max(rows)]
    doubled = [size for size, row in rows.items() if row.valley < _VALLEY]
    passed = {len(rows): True, 0: False}.get(len(doubled))
    says = f"at {largest.low:.2f} and {largest.high:.2f}, valley {largest.valley:.2g} of the lower one"
    says += f" at T = {temperatures[max(rows)]:.3g}, N = {max(rows)}"
    if passed is None:
        says += f"; two peaks only for N = {_listed(doubled)}"
    return Evidence(name, largest.high - largest.low, np.nan, tuple(rows), passed, says)


def heat_capacity(heat: symmetric.LatentHeat | None, sizes: tuple[int, ...]) -> Evidence:
    """Does the maximum of the heat capacity grow like N? passed = there is no latent heat."""
    name = "energy is continuous (symmetric)"
    if heat is None or not np.isfinite(heat.square.stderr):
        return Evidence(name, np.nan, np.nan, sizes, None, "needs symmetric scans in equilibrium at two sizes")
    value = float(np.sqrt(max(heat.square.value, 0)))
    # d L = d(L^2) / (2 L), but never more than the root of the error itself
    stderr = float(min(heat.square.stderr / (2 * value) if value else np.inf, np.sqrt(heat.square.stderr)))
    passed = None
    if heat.square.value - 3 * heat.square.stderr > _LARGE_HEAT**2 and len(sizes) >= 3:
        passed = False
    elif heat.square.below(_LARGE_HEAT**2):
        passed = True
    says = f"latent heat {number(value, stderr)} per weight from the maximum of the heat capacity"
    return Evidence(name, value, stderr, sizes, passed, says)


def growth(found: tuple[float, Trend] | None, sizes: tuple[int, ...]) -> Evidence:
    """Does [q^2], over its value without order, grow with N at low temperature? passed = as in an ordered phase."""
    name = "susceptibility grows"
    if found is None or not np.isfinite(found[1].stderr):
        return Evidence(name, np.nan, np.nan, sizes, None, "needs symmetric scans in equilibrium at two sizes")
    temperature, trend = found
    passed = True if trend.above(_GROWING) else False if trend.below(_FLAT) else None
    says = (
        f"[q^2] over its value without order grows like N^{number(trend.value, trend.stderr)} at T = {temperature:.3g}"
    )
    return Evidence(name, trend.value, trend.stderr, sizes, passed, says)


def crossings(found: dict, sizes: tuple[int, ...]) -> Evidence:
    """Do the Binder cumulants of all successive sizes cross?"""
    name = "Binder cumulants cross"
    if len(sizes) < 2:
        return Evidence(name, np.nan, np.nan, sizes, None, "needs symmetric scans in equilibrium at two sizes")
    if not found:
        return Evidence(name, np.nan, np.nan, sizes, False, "no")
    shown = ", ".join(f"{number(*trend)} ({small}, {large})" for (small, large), trend in found.items())
    last = list(found.values())[-1]
    passed = True if len(found) == len(sizes) - 1 else None
    return Evidence(name, last.value, last.stderr, sizes, passed, f"at T = {shown}")


def not_asked(item: Evidence) -> Evidence:
    """The same item for networks of walks, of which neither Binder cumulants nor susceptibilities can be asked."""
    says = (
        "not asked of networks: their matched overlaps are positive without any order; peaks and planted scans decide"
    )
    return item._replace(value=np.nan, stderr=np.nan, passed=None, says=says)


def number(value: float, stderr: float) -> str:
    """A value with its error in the last digits: 0.655(12)."""
    if not np.isfinite(value):
        return "nan"
    if not np.isfinite(stderr) or stderr < 1e-12:
        return f"{value:.4g}"
    digits = max(0, 1 - int(np.floor(np.log10(stderr))))
    shown = round(stderr * 10**digits)
    return f"{value:.{digits}f}({shown})" if digits else f"{value:.0f}({stderr:.0f})"


def _listed(sizes) -> str:
    return ", ".join(str(size) for size in sizes)
