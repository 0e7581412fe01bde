"""The evidence for each kind of transition: every item asks one question and holds a number and the answer."""

import numpy as np
import xarray as xr

from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.location.continuous import Continuous
from glassnet.analysis.location.discontinuous import DISTANCE
from glassnet.analysis.location.overlap_peaks import jump
from glassnet.analysis.location.planted_crossing import Location
from glassnet.analysis.location.scaling import Scaled
from glassnet.analysis.questions import DISAGREE, Answer
from glassnet.statistics import bootstrap, two_peaks
from glassnet.statistics.estimate import Estimate, with_error
from glassnet.statistics.fits import weighted_least_squares
from glassnet.statistics.two_peaks import peaks_with_errors

#: two peaks are two phases if the valley between them is lower than this fraction of the lower one
_VALLEY = 0.5
#: high overlaps of at least this weight are more than the tail of a distribution
_SEEN = 0.01
#: a latent heat below the first bound counts as none; the heat capacity cannot see one below the second. Both are in
#: units of T, and are jumps of the entropy per weight, which is at most ln 2 = 0.69
_SMALL_HEAT, _LARGE_HEAT = 0.13, 0.25
#: the susceptibility grows with an exponent near 1 where the overlap stays finite and near 0 where there is no order
_GROWING, _FLAT = 0.5, 0.25
#: chi^2 per degree of freedom above which curves have no scaling function in common
_MISFIT = 5.0
#: precision to which valleys are shown; a valley that is closer to 1 than this is none
_FLOOR = 0.005


def crossing(location: Location | None) -> Answer:
    """Do the curves of the planted weight of different sizes cross?"""
    if location is None:
        says = "needs planted scans in equilibrium at two or more sizes and temperatures"
        return _open(says)
    sizes = location.estimates[0].sizes
    shown = f"T = {with_error(location.temperature, location.stderr)} for N = {_listed(sizes)}"
    if location.crosses:
        error = f"statistical {location.statistical:.2g}, spread of extrapolations {location.spread:.2g}"
        error += f", slope between dilutions {location.shift:.2g}" if location.shift else ""
        return Answer(location.temperature, location.stderr, sizes, True, f"at {shown} ({error})")
    if not np.isfinite(location.temperature):
        return _open(f"nowhere, for N = {_listed(sizes)}", sizes)
    if not np.isfinite(location.stderr):
        shown = f"T = {location.temperature:.2g}, with an error that is not known, for N = {_listed(sizes)}"
    where = "outside the planting temperatures" if not location.inside else location.lacks or "not significant"
    return Answer(location.temperature, location.stderr, sizes, None, f"{where}: {shown}")


def two_phases(nodes: list[PlantedNode], location: Location | None) -> Answer:
    """Is the overlap with the planted state near the crossing either high or low, at every size?

    The jump is the distance of the two, extrapolated like that of the peaks of P(q).
    """
    if location is None or not location.crosses:
        return _open("not asked without a crossing")
    rows, parts, left = {}, [], []
    for size in sorted({node.size for node in nodes}):
        own = [node for node in nodes if node.size == size]
        nearest = min(own, key=lambda node: abs(node.temperature - location.temperature))
        centres = 0.5 * (nearest.edges[1:] + nearest.edges[:-1])
        double = two_peaks.find_peaks(centres, nearest.density.mean(axis=0), nearest.threshold)
        rows[size] = two_peaks.Peaks(np.nan, np.nan, 1.0) if double is None else double
        counts = bootstrap.resampling_counts(nearest.n_samples, key=nearest.path)
        resampled = bootstrap.resampled_means(nearest.density, counts)
        row = peaks_with_errors(np.abs(centres), resampled, nearest.threshold, nearest.n_samples)
        left.append(nearest.n_weights)
        # the mean |q| of independent configurations
        parts.append(row | {"scatter": float(np.sqrt(2 / (np.pi * left[-1])))})
    largest = rows[max(rows)]
    passed = all(row.valley < _VALLEY for row in rows.values())
    last = parts[-1]
    apart = with_error(last["high"] - last["low"], float(np.hypot(last["high_stderr"], last["low_stderr"])))
    says = f"by {apart} at N = {max(rows)}, valley {largest.valley:.2g} of the lower peak"
    columns = {key: ("size", [part[key] for part in parts]) for key in last}
    grown = jump(xr.Dataset(columns, {"size": left}))
    if grown is None:
        return Answer(np.nan, np.nan, tuple(rows), passed, says)
    says += f"; by {grown} as N grows"
    return Answer(grown.value, grown.stderr, tuple(rows), passed, says)


def planted_heat(nodes: list[PlantedNode], location: Location | None, temperature: float | None = None) -> Answer:
    """Do the energies of the phases at the crossing differ by a latent heat? It is passed if they do not.

    `temperature` is given where the crossing is one along the dilution.

    Without a latent heat the gap of the total energies stays finite or grows like the fluctuations, sqrt(N). The gap
    per weight is extrapolated in both forms; their difference is part of the error.
    """
    if location is None or not location.crosses:
        return _open("not asked without a crossing")
    rows, named = [], set()
    for node in nodes:
        known = -node.energy_gap[np.isfinite(node.energy_gap)] / node.n_weights
        if len(known) >= 4 and 0.1 < node.weight.mean() < 0.9:
            rows.append((node.n_weights, node.temperature, known.mean(), known.std(ddof=1) / np.sqrt(len(known))))
            named.add(node.size)
    sizes = tuple(sorted(named))
    if len(sizes) < 2:
        return _open("too few samples visit both phases near the crossing", sizes)
    size, temperatures, gap, stderr = np.array(rows).T
    # with more points than sizes, the change with temperature can be told apart
    away = [temperatures - location.temperature] if len(rows) > len(sizes) and np.ptp(temperatures) > 0 else []
    forms = [
        weighted_least_squares([np.ones_like(size), size**power, *away], gap, stderr).estimates[0]
        for power in (-1.0, -0.5)
    ]
    value = (forms[0].value + forms[1].value) / 2
    heat = Estimate(value, float(np.hypot(max(form.stderr for form in forms), (forms[0].value - forms[1].value) / 2)))
    at = location.temperature if temperature is None else temperature
    passed, small, large = None, *(bound * at for bound in (_SMALL_HEAT, _LARGE_HEAT))
    # a gap within its noise counts as none, unless the noise is so large that it could hide a latent heat
    if abs(heat.value) < max(small, min(3 * heat.stderr, large)) and heat.stderr < small:
        passed = True
    elif heat.above(small):
        passed = False
    says = f"the phases' energies differ by {heat} per weight as N grows"
    return Answer(heat.value, heat.stderr, sizes, passed, says)


def binder_dips(dips: list[symmetric_scan.Dip]) -> Answer:
    """Does the negative dip of the Binder cumulant deepen over at least three sizes?"""
    sizes = tuple(dip.size for dip in dips)
    trend = symmetric_scan.deepening(dips)
    if trend is None:
        says = "needs symmetric scans in equilibrium at three sizes"
        return _open(says, sizes)
    shown = ", ".join(f"{with_error(dip.depth, dip.depth_stderr)} at T = {dip.temperature:.2f}" for dip in dips)
    passed = None
    if all(dip.resolved for dip in dips) and trend.below(0) and symmetric_scan.deepens_at_every_step(dips):
        passed = True
    elif trend.above(0) or all(dip.shallow for dip in dips):
        passed = False
    says = f"{shown} for N = {_listed(sizes)}"
    return Answer(trend.value, trend.stderr, sizes, passed, says)


def overlap_peaks(overlaps: dict, order: xr.Dataset | None, apart: Estimate | None) -> Answer:
    """Has the overlap of two replicas two peaks at every size, on the rung where high overlaps hold about half?"""
    rows = {}
    for size, data in overlaps.items():
        rung = int(np.argmin(np.abs(data["peak_weight"].values - 0.5)))
        overlap, density = data["overlap"].values, data["density"].values[rung]
        # a few overlaps in the tail are no peak
        seen = data["peak_weight"].values[rung] > _SEEN
        rows[size] = two_peaks.find_peaks(overlap, density, data.attrs["threshold"]) if seen else None
    known = {size: row for size, row in rows.items() if row is not None}
    if len(known) < len(rows) or not rows:
        says = "needs symmetric scans that reach high overlaps"
        double = [size for size, row in known.items() if row.valley < _VALLEY]
        value = known[max(double)].high - known[max(double)].low if double else np.nan
        return Answer(value, np.nan, tuple(rows), None, f"{says} at every size" if double else says)
    largest = known[max(known)]
    doubled = [size for size, row in known.items() if row.valley < _VALLEY]
    passed = {len(rows): True, 0: False}.get(len(doubled))
    says = f"at {largest.low:.2f} and {largest.high:.2f}, valley {largest.valley:.2g} of the lower one"
    if order is not None:
        row = order.sel(size=max(rows))
        weights = [with_error(float(row[name]), float(row[f"{name}_stderr"])) for name in ("weight", "mixture_weight")]
        says += f" at T = {float(row['temperature']):.3g}, N = {max(rows)}; the high one weighs {weights[0]}"
        says += f" (mixture {weights[1]}, self-averaging ratio {float(row['self_averaging']):.2g})"
    value, stderr = largest.high - largest.low, np.nan
    if apart is not None and passed:
        value, stderr = apart.value, apart.stderr
        says += f"; as N grows they are {with_error(value, stderr)} apart"
    if passed is None:
        says += f"; two peaks only for N = {_listed(doubled)}"
    return Answer(value, stderr, tuple(rows), passed, says)


def energy_peaks(phases: dict, ordered: list[Estimate]) -> Answer:
    """Has the energy two peaks where its halves weigh the same, with a valley that deepens with the size?"""
    sizes = tuple(phases)
    if len(sizes) < 2 or not all(np.isfinite(data["valley_stderr"]) for data in phases.values()):
        return _open("needs symmetric scans in equilibrium at two sizes", sizes)
    valleys = [Estimate(float(data["valley"]), float(data["valley_stderr"])) for data in phases.values()]
    passed = None
    if valleys[-1].below(_VALLEY) and valleys[-2].below(1.0) and valleys[-1].value < valleys[-2].value:
        passed = True
    elif valleys[-1].above(_VALLEY) or valleys[-1].value >= 1:
        passed = False
    shown = ", ".join(_valley(*valley) for valley in valleys)
    step = phases[max(sizes)].attrs["step"]
    bins = f", energies {step:g} apart" if step >= 1 else ""
    says = f"valley over the lower peak {shown} for N = {_listed(sizes)}{bins}"
    if passed:
        says += "".join(f"; {one.name} of the ordered phase {one}" for one in ordered)
    return Answer(valleys[-1].value, valleys[-1].stderr, sizes, passed, says)


def heat_capacity(heat: symmetric_scan.LatentHeat | None, latent: list[Estimate], sizes: tuple[int, ...]) -> Answer:
    """Does the maximum of the heat capacity grow like N? It is passed if there is no latent heat."""
    if heat is None or not np.isfinite(heat.square.stderr):
        return _open("needs symmetric scans in equilibrium at two sizes", sizes)
    value = float(np.sqrt(max(heat.square.value, 0)))
    # d L = d(L^2) / (2 L), but never more than the root of the error itself
    stderr = float(min(heat.square.stderr / (2 * value) if value else np.inf, np.sqrt(heat.square.stderr)))
    passed, large = None, _LARGE_HEAT * heat.temperature.value
    if heat.square.value - 3 * heat.square.stderr > large**2 and len(sizes) >= 3:
        passed = False
    elif heat.square.below(large**2):
        passed = True
    says = f"latent heat {with_error(value, stderr)} per weight from the maximum of the heat capacity"
    if passed is False and latent:
        apart = next((one for one in latent if one.key.startswith(DISTANCE)), latent[0])
        value, stderr = latent[0].value, latent[0].stderr
        says = f"latent heat {with_error(value, stderr)} per weight from the maximum of the heat capacity; "
        says += f"from the distance of the phases' energies {apart}"
    return Answer(value, stderr, sizes, passed, says)


def little_heat(heat: symmetric_scan.LatentHeat | None) -> bool:
    """Whether the maximum of the heat capacity leaves no more latent heat than planted phases may differ by."""
    return heat is not None and heat.square.below((_SMALL_HEAT * heat.temperature.value) ** 2)


def growth(measured: tuple[float, Estimate] | None, sizes: tuple[int, ...]) -> Answer:
    """Does [q^2], over its value without order, grow with N at low temperature? It is passed if it grows as in an
    ordered phase."""
    if measured is None or not np.isfinite(measured[1].stderr):
        return _open("needs symmetric scans in equilibrium at two sizes", sizes)
    temperature, trend = measured
    passed = True if trend.above(_GROWING) else False if trend.below(_FLAT) else None
    says = f"[q^2] over its value without order grows like N^{trend} at T = {temperature:.3g}"
    return Answer(trend.value, trend.stderr, sizes, passed, says)


def crossings(scaled: Scaled | None, by_pair: dict, sizes: tuple[int, ...]) -> Answer:
    """Do the Binder cumulants of all sizes cross, as a function of one scaling variable?"""
    if scaled is None:
        says = "needs symmetric scans in equilibrium at two sizes and four common temperatures"
        return _open(says, sizes)
    pairs = ", ".join(f"{trend} ({small}, {large})" for (small, large), trend in by_pair.items())
    if not scaled.crosses:
        says = f"not all sizes together; pairs at T = {pairs}" if pairs else "no"
        return Answer(np.nan, np.nan, sizes, None if pairs else False, says)
    return _crossed("", scaled, sizes, f"; pairs at {pairs}" if pairs else "")


def moment(fit: Continuous, sizes: tuple[int, ...]) -> Answer:
    """Does N^r times the moment that orders cross, with the exponents of mean-field theory?"""
    if len(sizes) < 2:
        return _open("needs symmetric scans in equilibrium at two sizes", sizes)
    if fit.exponents is None:
        says = (
            "no exponents are known: no two-body glass on a random graph, or neither a glass's nor a ferromagnet's fit"
        )
        return _open(says, sizes)
    what = f"{fit.exponents.quantity} of a {fit.exponents.name}"
    if fit.order is None:
        says = f"{what} needs symmetric scans in equilibrium at two sizes and four common temperatures"
        return _open(says, sizes)
    if not fit.order.crosses:
        return Answer(np.nan, np.nan, sizes, False, f"{what} does not")
    return _crossed(f"{what} ", fit.order, sizes)


def _crossed(what: str, scaled: Scaled, sizes: tuple[int, ...], pairs: str = "") -> Answer:
    at = with_error(scaled.temperature, scaled.stderr)
    says = f"{what}at T = {at}, chi^2 {scaled.misfit:.1f} per degree of freedom{pairs}"
    # sizes that share no scaling function do not cross as at a continuous transition
    passed = True if scaled.misfit < _MISFIT else None
    return Answer(scaled.temperature, scaled.stderr, sizes, passed, says)


def complexity(field) -> Answer:
    """At which temperature does the complexity vanish, as integrated along the planted state in a field?"""
    if field is None:
        return _open("not measured (field integration along the planted state)")
    temperature, stderr = float(field.temperature), float(field.stderr)
    if not np.isfinite(temperature):
        return _open(f"nowhere among its temperatures ({field.name})")
    passed = bool(temperature - 2 * stderr > 0) or None
    says = f"at T = {with_error(temperature, stderr)} ({field.name})"
    return Answer(temperature, stderr, (), passed, says)


def agreement(located: Location | None, field) -> Answer:
    """Do the crossing of the planted weights and the zero of the complexity lie at one temperature?"""
    if located is None or not located.crosses or field is None or not np.isfinite(field.temperature):
        return _open("needs a crossing and a zero of the complexity")
    apart, bar = abs(field.temperature - located.temperature), float(np.hypot(field.stderr, located.stderr))
    says = f"they are {apart:.2g} apart, {apart / bar:.1f} of their combined bars"
    return Answer(float(apart), bar, located.estimates[0].sizes, bool(apart <= DISAGREE * bar), says)


def bracket(temperature: float, stderr: float, annealed, arrest, unbounded: str = "") -> Answer:
    """Does the transition lie between the zero of the annealed entropy and the dynamical arrest, as far as known?

    `unbounded` says what keeps the annealed entropy from being known.
    """
    lowest = np.nan if annealed is None else annealed.zero_of_entropy()
    highest = np.nan if arrest is None else arrest.temperature
    ends = {f"T(s=0) = {lowest:.4g}": lowest, f"T_d = {with_error(highest, getattr(arrest, 'stderr', 0.0))}": highest}
    known = [text for text, end in ends.items() if np.isfinite(end)]
    if not known:
        return Answer(np.nan, np.nan, (), None, f"the annealed entropy is not known: {unbounded}")
    says = " and ".join(known)
    if not np.isfinite(temperature):
        return Answer(lowest, np.nan, (), None, f"{says}; no temperature to compare")
    margin = 2 * stderr
    below = temperature + margin < lowest
    above = temperature - margin > highest + 2 * getattr(arrest, "stderr", 0.0)
    says += f", the transition at {with_error(temperature, stderr)}"
    return Answer(lowest, np.nan, (), not (below or above), says)


def entropy_crisis(annealed, thermodynamics: dict[int, xr.Dataset]) -> Answer | None:
    """The chains show no order although they reach temperatures at which a paramagnet would have a negative entropy:
    the order exists, and the chains missed it. None where this is not so, or not known."""
    lowest = 0.0 if annealed is None else annealed.zero_of_entropy()
    coldest = max(float(data.temperature.values.min()) for data in thermodynamics.values())
    if coldest >= lowest:
        return None
    says = f"T(s=0) = {lowest:.4g}: no paramagnet exists below, yet no order is seen down to T = {coldest:.3g}; "
    says += "random starts may never find the glass"
    return Answer(lowest, np.nan, (), False, says)


def _open(says: str, sizes: tuple[int, ...] = ()) -> Answer:
    """The data do not reach: no number, and no answer."""
    return Answer(np.nan, np.nan, sizes, None, says)


def _valley(value: float, stderr: float) -> str:
    """A valley over the lower peak; 1 means that there is only one peak."""
    return "1" if value > 1 - _FLOOR else with_error(value, max(stderr, _FLOOR))


def _listed(sizes) -> str:
    return ", ".join(str(size) for size in sizes)
