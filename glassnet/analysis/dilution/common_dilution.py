"""Sizes with different effective dilutions, moved to one dilution before they are compared.

Small glasses lose whole numbers of connections, so that every size has another effective dilution. Where T falls with
dilution, a curve at dilution delta is that of the common dilution delta_c at temperatures that are lower by (dT/d
delta)(delta - delta_c). The temperatures are moved accordingly; what compares sizes afterwards works as without
dilution. The slope is that of the paramagnet's isentrope (:mod:`glassnet.analysis.dilution.isentropes`) times a factor
near 1, which is fitted to the curves of one size at different dilutions where the scan has several.
"""

import functools
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import _face
from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.dilution.isentropes import Isentropes
from glassnet.analysis.nodes import Node, bias
from glassnet.analysis.questions import Answer
from glassnet.statistics import bootstrap
from glassnet.statistics.estimate import with_error
from glassnet.statistics.fits import logistic_regression

#: factor by which a transition falls faster with dilution than the isentrope through it, and its error, where nothing
#: was fitted: for glasses (:mod:`glassnet.analysis.dilution.isentropes`), and for a bias, which includes ferromagnets
#: with 2.0 to 2.3 for p = 2 and 2.8 for p = 3
FACTOR, FACTOR_BIASED = (1.05, 0.10), (2.0, 1.0)
#: systematic error of a fitted slope, relative: the curves of one size are only nearly logistic, and only nearly move
#: along the isentropes of infinite glasses. It is half of the error of the factor where nothing was fitted
_FINITE = 0.05
#: steps of the fit to curves, and rungs that a curve must have
_STEPS, _FEWEST_RUNGS = 8, 4
#: dilutions that are closer differ by rounding errors alone
_SAME = 1e-9
#: variables that are energies or errors of them
_ENERGIES = ("energy", "energy_stderr", "energy_resampled", "energy_thermal_stderr")
#: why there is no slope, though the paramagnet is known
_TOO_DILUTE = "so few paths are left that no isentrope of the paramagnet passes the dilutions of all sizes"


class Slope(NamedTuple):
    """How temperatures move with dilution: by `value` times what `isentropes` say, by `value` times the difference of
    the dilutions where they are None; `source` says in words where it comes from."""

    value: float
    stderr: float
    source: str
    isentropes: Isentropes | None

    def shift(self, temperature, dilution: float, other: float, off: float = 0.0) -> np.ndarray:
        """By how much temperatures move between two dilutions; `off` is in standard errors of the slope."""
        return (self.value + off * self.stderr) * _unit_shift(self.isentropes, temperature, dilution, other)


@_face.shown
class Common(NamedTuple):
    """The dilution at which sizes are compared, and how temperatures are moved to it.

    `dilution` is effective, as are `sizes`, the dilutions by size. `slope` is None where all sizes have the common
    dilution, or where it is not known: then `why` says why. `off` is a shift of the slope in standard errors.
    """

    dilution: float
    sizes: dict[int, float]
    slope: Slope | None = None
    why: str = ""
    off: float = 0.0

    @property
    def differs(self) -> bool:
        """Whether any size has another dilution than the common one."""
        return any(abs(dilution - self.dilution) > _SAME for dilution in self.sizes.values())

    def holds(self, size: int) -> bool:
        """Whether a size can be compared with the others."""
        return self.slope is not None or abs(self.sizes[size] - self.dilution) <= _SAME

    def shift(self, temperature, dilution: float) -> np.ndarray:
        """By how much temperatures at a dilution move."""
        temperature = np.asarray(temperature, dtype=np.float64)
        if self.slope is None or abs(dilution - self.dilution) <= _SAME:
            return np.zeros_like(temperature)
        return self.slope.shift(temperature, dilution, self.dilution, self.off)

    def temperature(self, temperature, size: int) -> np.ndarray:
        """Temperatures of a size as those at the common dilution."""
        return np.asarray(temperature, dtype=np.float64) + self.shift(temperature, self.sizes.get(size, self.dilution))

    def ends(self) -> tuple["Common", ...]:
        """The same with a slope that is one standard error lower and higher; empty where no size is moved."""
        return tuple(self._replace(off=off) for off in (-1.0, 1.0)) if self.slope is not None else ()

    def planted(self, nodes: list[PlantedNode], by_path: dict[str, Node]) -> list[PlantedNode]:
        """Planted nodes at temperatures of the common dilution, without those of sizes that cannot be compared."""
        kept = [(node, by_path[node.path]) for node in nodes if self.holds(by_path[node.path].size)]
        moved = [node.temperature + float(self.shift(node.temperature, own.effective_dilution)) for node, own in kept]
        return [node._replace(temperature=t) for (node, _), t in zip(kept, moved, strict=True) if t > 0]

    def averages(self, by_size: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
        """Averages by size at the common dilution: on the rungs of the largest size, as far as they reach, with
        energies in proportion to those of the paramagnet."""
        comparable = {size: data for size, data in by_size.items() if self.holds(size)}
        if self.slope is None or not comparable or not self.differs:
            return comparable
        rungs = comparable[max(comparable)].temperature.values
        rungs = self.temperature(rungs, max(comparable))
        # a steep slope may move the coldest rungs below T = 0
        rungs = rungs[rungs > 0]
        return {size: self._interpolated(data, size, rungs) for size, data in comparable.items()}

    def phases(self, by_size: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
        """The same for the phases of each sample at equal weight; sizes with a sample that would move below T = 0 are
        left out."""
        comparable = {size: data for size, data in by_size.items() if self.holds(size)}
        above_zero = lambda size, data: bool(np.all(self.temperature(data["temperature"].values, size) > 0))  # noqa: E731
        comparable = {size: data for size, data in comparable.items() if above_zero(size, data)}
        return {size: self._of_samples(data, size, "temperature", {"gap": 1}) for size, data in comparable.items()}

    def _interpolated(self, data: xr.Dataset, size: int, rungs: np.ndarray) -> xr.Dataset:
        temperatures = self.temperature(data.temperature.values, size)
        data, temperatures = data.isel(temperature=temperatures > 0), temperatures[temperatures > 0]
        if not np.array_equal(temperatures, rungs):
            lowest, highest = temperatures.min(initial=np.inf), temperatures[np.isfinite(temperatures)].max(initial=0.0)
            rungs = rungs[((rungs >= lowest) & (rungs <= highest)) | np.isin(rungs, temperatures)]
            data = on_rungs(data, temperatures, rungs)
        energies = [name for name in _ENERGIES if name in data]
        if energies:
            ratio = xr.DataArray(self._energies(rungs, size), dims="temperature")
            data = data.assign({name: data[name] * ratio for name in energies})
        if "peak_temperature" in data:
            data = self._of_samples(data, size, "peak_temperature", {"peak_height": 2})
        return data

    def _of_samples(self, data: xr.Dataset, size: int, variable: str, powers: dict[str, int]) -> xr.Dataset:
        """Temperatures of the samples moved, and quantities in a power of the energy."""
        if self.slope is None or abs(self.sizes[size] - self.dilution) <= _SAME:
            return data
        moved = self.temperature(data[variable].values, size)
        ratio = self._energies(moved, size)
        changed = {name: (data[name].dims, data[name].values * ratio**power) for name, power in powers.items()}
        return data.assign({variable: (data[variable].dims, moved), **changed})

    def _energies(self, temperature, size: int) -> np.ndarray:
        """Ratio of the energies of the paramagnet at the common dilution and at that of a size, on the same
        isentrope."""
        if self.slope is None or self.slope.isentropes is None:
            return np.ones_like(temperature)
        energy, own = self.slope.isentropes.energy, self.sizes[size]
        back = temperature - self.shift(temperature, own)
        with np.errstate(invalid="ignore"):
            return np.where(np.isfinite(temperature), energy(temperature, self.dilution) / energy(back, own), 1.0)


class Measured(NamedTuple):
    """Nodes of one dilution that was asked for; its planted nodes and the overlaps of its symmetric nodes by size, in
    equilibrium."""

    nodes: list[Node]
    planted: list[PlantedNode]
    overlaps: dict[int, xr.Dataset]


def common_dilution(own: Measured, neighbours: list[Measured], **options) -> Common:
    """The common dilution of the sizes of some nodes: that of the largest glasses.

    Parameters
    ----------
    own : Measured
    neighbours : list of Measured
        At other dilutions, to which the slope is fitted.
    **options
        `unit`: size of the couplings. `at`: dilution of still larger glasses, for which a zero of the complexity is
        known, and `rounds`: its change by half a connection. `at` becomes the common dilution only if it differs by
        more than that from the dilution of the largest glasses of `own`. `seed`: that of the run.
    """
    unit, at, seed = options.get("unit", 1.0), options.get("at"), options.get("seed", 0)
    sizes: dict[int, list[float]] = {}
    for node in own.nodes:
        sizes.setdefault(node.size, []).append(node.effective_dilution)
    dilutions = {size: float(np.mean(own)) for size, own in sorted(sizes.items())}
    if at is not None and abs(at - dilutions[max(dilutions)]) <= options.get("rounds", 0.0) + _SAME:
        at = None
    common = Common(dilutions[max(dilutions)] if at is None else at, dilutions)
    if not common.differs:
        return common
    try:
        isentropes = Isentropes(own.nodes[-1], unit)
    except ValueError:
        isentropes = None
    if at is not None and isentropes is None:
        # a result at still another dilution cannot be moved to that of the chains
        common = common._replace(dilution=dilutions[max(dilutions)])
    if isentropes is not None:
        if not isentropes.reach(common.dilution, *dilutions.values()):
            return common._replace(why=_TOO_DILUTE)
        near = functools.partial(isentropes.reach, common.dilution, *dilutions.values())
        neighbours = [one for one in neighbours if near(*(node.effective_dilution for node in one.nodes))]
    slope = slope_of_planted_weights(own, neighbours, isentropes, common.dilution, seed) or slope_of_curves(
        own, neighbours, isentropes
    )
    if isentropes is not None:
        slope = _weighed(slope, FACTOR if bias(own.nodes[-1]) == 0 else FACTOR_BIASED, isentropes)
    why = "nothing tells how the transition moves with dilution: paths per weight and the law of the couplings are not "
    why += "known, and no size was simulated at several dilutions"
    return common._replace(slope=slope, why="" if slope is not None else why)


def evidence(common: Common) -> Answer | None:
    """Are the sizes compared at one dilution? None where they have one."""
    if not common.differs:
        return None
    each = ", ".join(f"{dilution:.4f}" for dilution in common.sizes.values())
    says = f"effective dilutions {each} for N = {', '.join(map(str, common.sizes))}"
    if common.slope is None:
        apart = "sizes of another dilution than the largest one are not compared"
        return Answer(np.nan, np.nan, tuple(common.sizes), None, f"{says}; {apart}: {common.why}")
    slope = common.slope
    unit = "" if slope.isentropes is None else " times that of the paramagnet's isentrope"
    says += f"; moved to {common.dilution:.4f} by a slope dT/d delta of {with_error(slope.value, slope.stderr)}{unit}"
    return Answer(slope.value, slope.stderr, tuple(common.sizes), True, f"{says} ({slope.source})")


def _unit_shift(isentropes: Isentropes | None, temperature, dilution: float, other: float) -> np.ndarray:
    if isentropes is None:
        return np.full(np.shape(temperature), other - dilution)
    return isentropes.shift(temperature, dilution, other)


def _weighed(slope: Slope | None, known: tuple[float, float], isentropes: Isentropes) -> Slope:
    """Mean of the factor that is known beforehand and the fitted one, weighted by their errors."""
    if slope is None:
        return Slope(*known, "the paramagnet's bound", isentropes)
    weights = np.array([known[1], slope.stderr]) ** -2.0
    value = weights @ [known[0], slope.value] / weights.sum()
    source = f"{with_error(slope.value, slope.stderr)} {slope.source}, weighed with {with_error(*known)}"
    return Slope(float(value), float(weights.sum() ** -0.5), source, isentropes)


def slope_of_planted_weights(
    own: Measured, neighbours: list[Measured], isentropes, common: float, seed: int
) -> Slope | None:
    """The slope with which planted weights of every size depend on one variable, temperature moved with dilution.

    ln(w / (1 - w)) = c_N - N (a u + b u^2 + d v), u the moved temperature and v by how much it moved: the factor lacks
    d / a. The free constants c_N make d depend only on how one size changes between dilutions. None where no size has
    several.
    """
    facts = {node.path: node for one in (own, *neighbours) for node in one.nodes}
    rows = [row for one in (own, *neighbours) for row in one.planted]
    size = np.array([facts[row.path].size for row in rows])
    dilution = np.array([facts[row.path].effective_dilution for row in rows])
    several = [n for n in np.unique(size) if np.ptp(dilution[size == n]) > _SAME]
    chosen = np.isin(size, several)
    rows = [row for row, use in zip(rows, chosen, strict=True) if use]
    temperature = np.array([row.temperature for row in rows])
    if len(rows) < len(several) + 3 or np.unique(temperature).size < 2:
        return None
    moves = [_unit_shift(isentropes, t, d, common) for t, d in zip(temperature, dilution[chosen], strict=True)]
    return _regressed(rows, size[chosen], temperature, np.array(moves, dtype=float), isentropes, seed)


def _regressed(rows, size, temperature, move, isentropes, seed: int) -> Slope | None:
    weights = []
    for row in rows:
        counts = bootstrap.resampling_counts(row.n_samples, key=row.path, seed=seed)
        weights.append(bootstrap.resampled_means(row.weight, counts))
    weight = np.array(weights).T
    n_samples = np.array([row.n_samples for row in rows], dtype=float)
    u = temperature + (move if isentropes is not None else 0.0)
    mixed = n_samples * (weight[0] * (1 - weight[0]) + 1e-3)
    u = u - u @ mixed / mixed.sum()
    n = np.array([row.n_weights for row in rows], dtype=float)
    n /= n.mean()
    scale, span = np.ptp(u) / 2 or 1.0, np.ptp(move) or 1.0
    columns = [-n * u / scale, -n * (u / scale) ** 2, -n * move / span]
    columns += [(size == one).astype(float) for one in np.unique(size)]
    theta = logistic_regression(np.stack(columns, axis=1), n_samples, weight)
    steep = theta[:, 0] / scale
    if steep[0] < 3 * bootstrap.bootstrap_error(steep, int(n_samples.min())):
        return None
    missing = theta[:, 2] / span / steep
    stderr = float(bootstrap.bootstrap_error(missing, int(n_samples.min())))
    base = 1.0 if isentropes is not None else 0.0
    return _fitted(base + float(missing[0]), stderr, "planted weights", isentropes)


def slope_of_curves(own: Measured, neighbours: list[Measured], isentropes) -> Slope | None:
    """The slope from curves of symmetric scans: the Binder cumulant of two-body glasses, else the weight of high
    overlaps.

    A curve at another dilution is the curve at this one with moved temperatures. The remaining difference, over the
    slope of the curve and the shift, is the correction of the factor, by least squares over all common rungs
    (Gauss-Newton method).
    """
    pairs = [pair for other in neighbours for size in own.overlaps for pair in _pairs(own, other, size, isentropes)]
    value = 1.0 if isentropes is not None else 0.0
    for _ in range(_STEPS):
        total, squares = np.zeros(1), np.zeros(1)
        for mine, theirs, move in pairs:
            (rungs, curve), (others, curves) = mine, theirs
            moved = others + value * move
            reach = (moved >= rungs[0]) & (moved <= rungs[-1])
            steep = _linear(rungs, np.gradient(curve, rungs, axis=1), moved[reach]) * move[reach]
            lacks = curves[:, reach] - _linear(rungs, curve, moved[reach])
            total, squares = total + (steep * lacks).sum(axis=1), squares + (steep**2).sum(axis=1)
        if not pairs or not np.isfinite(total).all() or not np.all(squares > 0):
            return None
        missing = total / squares
        value += float(missing[0])
    fewest = min(data.attrs["n_samples"] for one in (own, *neighbours) for data in one.overlaps.values())
    stderr = float(bootstrap.bootstrap_error(missing, fewest))
    return _fitted(value, stderr, "curves", isentropes)


def _fitted(value: float, stderr: float, to: str, isentropes: Isentropes | None) -> Slope | None:
    """A fitted slope with the additional error of finite sizes."""
    if not np.isfinite(stderr):
        return None
    finite = _FINITE * (1.0 if isentropes is not None else abs(value))
    return Slope(value, float(np.hypot(stderr, finite)), f"fitted to {to} at the dilutions of the scan", isentropes)


def _pairs(own: Measured, other: Measured, size: int, isentropes) -> list[tuple]:
    """Temperatures and curve of a size at either dilution, and the shift of the temperatures of the other one; empty
    where the rungs are too few or the dilutions are the same."""
    if size not in other.overlaps:
        return []
    nodes = [[node for node in one.nodes if node.size == size] for one in (own, other)]
    here, there = (next(n.effective_dilution for n in one if n.planted_temperature is None) for one in nodes)
    curves = [one.overlaps[size] for one in (own, other)]
    curves = [data.isel(temperature=np.isfinite(data.temperature.values)) for data in curves]
    if abs(here - there) <= _SAME or min(data.sizes["temperature"] for data in curves) < _FEWEST_RUNGS:
        return []
    name = "binder_resampled" if curves[0].attrs.get("p") == 2 else "peak_weight_resampled"
    mine, theirs = ((data.temperature.values, data[name].values) for data in curves)
    return [(mine, theirs, _unit_shift(isentropes, theirs[0], there, here))]


def _linear(x: np.ndarray, curves: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Each of curves (n_curves, n_points) at some places, interpolated linearly."""
    right = np.clip(np.searchsorted(x, at), 1, len(x) - 1)
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    return curves[:, right - 1] * (1 - share) + curves[:, right] * share


def on_rungs(data: xr.Dataset, temperatures: np.ndarray, rungs: np.ndarray) -> xr.Dataset:
    """Averages interpolated in the logarithm of the temperature; a rung at infinite temperature stays there."""
    finite, wanted = np.isfinite(temperatures), np.isfinite(rungs)
    columns = {}
    for name, variable in data.variables.items():
        if "temperature" not in variable.dims or name == "temperature":
            continue
        axis = variable.dims.index("temperature")
        values = np.moveaxis(np.asarray(variable.values, dtype=np.float64), axis, -1)
        between = _interpolate(np.log(temperatures[finite]), values[..., finite], np.log(rungs[wanted]))
        result = np.concatenate([between, values[..., ~finite][..., : (~wanted).sum()]], axis=-1)
        result = np.abs(result) if str(name).endswith("_stderr") else result
        columns[name] = (variable.dims, np.moveaxis(result, -1, axis), variable.attrs)
    kept = data.drop_dims("temperature")
    return kept.assign_coords(temperature=rungs).assign(columns).assign_attrs(data.attrs)


def _interpolate(x: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubic through the four nearest of values (..., n_points), by Lagrange; of fewer points through all."""
    order = min(4, len(x))
    first = np.clip(np.searchsorted(x, at) - order // 2, 0, len(x) - order)
    result = np.zeros((*values.shape[:-1], len(at)))
    for k in range(order):
        others = [first + j for j in range(order) if j != k]
        share = np.ones(len(at))
        for other in others:
            share *= (at - x[other]) / (x[first + k] - x[other])
        result += values[..., first + k] * share
    return result
