"""The phase diagram: transition temperatures along the dilution, down to where they end at T = 0.

Near its end at the dilution delta a line comes down steeply: the density of paths above the threshold falls like (1 +
2/T) exp(-2/T) for T_K and (1 + 1/T)^2 exp(-2/T) for T_d (`glassnet.theory.zero_temperature.low_temperature`). Their
ratios to that density vary slowly from dilution 0 to the end, and so lines are interpolated between a few solutions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.special import lambertw

from glassnet import _catalogue, _checks, _face, _tables, _wiring
from glassnet.theory.cavity import Cavity
from glassnet.theory.ensembles import cavity_of
from glassnet.theory.zero_temperature import xorsat

#: where lines are solved for besides the dilutions asked for, in units of the density of paths above the end
_NODES = (1.0, 0.72, 0.44, 0.2, 0.06, 0.015)


@_face.shown
class Line(NamedTuple):
    """One line of a phase diagram to its end at T = 0.

    `name` is "T_d", "T_K" or "T_c"; `dilution` and `temperature` are (n,) float64.
    """

    name: str
    dilution: np.ndarray
    temperature: np.ndarray


@dataclass(frozen=True, eq=False)
@_face.shown
class PhaseDiagram:
    """Transition temperatures of one ensemble along the dilution; ``str()`` is a table.

    `glassnet.plots.phase_diagram` draws it.

    Attributes
    ----------
    glass : dict
        Keywords of the ensemble.
    dilution, dynamic_temperature, static_temperature : (n,) float64
        The dilutions asked for, T_d and T_K there, 0.0 where there is none; for p = 2 both are the continuous one.
    dynamic_end, static_end : float
        Dilutions at which the two lines end at T = 0; 0.0 for a line that is nowhere.
    lines : tuple of Line
        The lines through these points to their ends, those that exist, with 200 points each: good to 2e-4, in the last
        percent of dilution before an end to 5e-3.
    """

    glass: dict[str, Any]
    dilution: np.ndarray
    dynamic_temperature: np.ndarray
    static_temperature: np.ndarray
    dynamic_end: float
    static_end: float
    lines: tuple[Line, ...]

    def to_dataset(self) -> xr.Dataset:
        """Return the points as a Dataset over `dilution`, the ends and the glass as its attributes."""
        names = ("dynamic_temperature", "static_temperature")
        ends = {"dynamic_end": self.dynamic_end, "static_end": self.static_end}
        variables = {name: ("dilution", getattr(self, name)) for name in names}
        return xr.Dataset(variables, coords={"dilution": self.dilution}, attrs=self.glass | ends)

    def plot(self) -> Any:
        """Draw the lines in the plane of dilution and temperature; see :func:`glassnet.plots.phase_diagram`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.phase_diagram(self)

    def __str__(self) -> str:
        glass = ", ".join(f"{key} = {value}" for key, value in self.glass.items() if key != "ensemble")
        names = [line.name for line in self.lines]
        columns = {"dilution": ".4g", "T_d": ".5f", "T_K": ".5f", "": "<"}
        temperatures = (map(_shown, line) for line in (self.dynamic_temperature, self.static_temperature))
        rows: list[Sequence[Any]] = [*zip(self.dilution, *temperatures, strict=True)]
        if names:
            rows.append((f"{self.dynamic_end:.6f}", "none", "none", f"{'T_c' if 'T_c' in names else 'T_d'} ends"))
        if "T_K" in names:
            rows.append((f"{self.static_end:.6f}", "", "none", "T_K ends"))
        ends = [] if names else ["no transition at any dilution"]
        return "\n".join([f"{self.glass['ensemble']}, {glass}", _tables.table(columns, rows), *ends])


def phase_diagram(
    ensemble: str,
    *,
    dilutions: ArrayLike | None = None,
    couplings: str | ArrayLike = "binary",
    bias: float = 0.0,
    widths: Sequence[int] | None = None,
    **keywords: float | None,
) -> PhaseDiagram:
    """Return T_d and T_K along the dilution, and the dilutions at which they end at T = 0.

    Parameters
    ----------
    ensemble : str
        Name of a function of `glassnet.ensembles`, one whose glasses look like trees: "regular", "poisson", "layered",
        "walks".
    dilutions : sequence of floats, optional
        Where to solve for them, in [0, 1), increasing; by default about eight from 0 to the end of T_d.
    couplings, bias, widths, **keywords
        As for :func:`glassnet.theory.cavity_of`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or there is no theory of T_d and T_K for these couplings or widths.
    """
    own: dict[str, Any] = {"couplings": couplings, "bias": bias, "widths": widths, **keywords}
    clean = cavity_of(ensemble, **own)
    if clean is None:
        raise ValueError(
            f"phase_diagram needs symmetric +-J couplings and an ensemble that looks like a tree "
            f"({_catalogue.tree_like()}; {_catalogue.networks()}: equal widths), "
            f"got ensemble {ensemble!r} with couplings {couplings!r}, bias {bias:g}, widths {widths}"
        )
    names = (*_catalogue.KEYWORDS, "widths")
    glass = {"ensemble": ensemble} | {name: own[name] for name in names if own.get(name) is not None}
    ends = _ends(clean)
    dilutions = _round_dilutions(ends[0]) if dilutions is None else _checked(dilutions)
    at = [cavity_of(ensemble, **own, dilution=dilution) for dilution in dilutions.tolist()]
    methods = ("dynamic_temperature", "static_temperature")
    points = [np.array([getattr(c, name)() for c in at]) for name in methods]
    if clean.p == 2:
        lines = [_continuous(clean)]
    else:
        rows = zip(("T_d", "T_K"), methods, ends, points, strict=True)
        lines = [_solved(clean, dilutions, *row) for row in rows]
    dynamic, static = points
    return PhaseDiagram(glass, dilutions, dynamic, static, *ends, tuple(line for line in lines if len(line.dilution)))


def _ends(clean: Cavity) -> tuple[float, float]:
    """Dilutions at which T_d and T_K of an undiluted glass come down to 0."""
    if clean.p > 2:
        return xorsat.dilution_thresholds(clean.tree)
    end = max(0.0, 1.0 - 1.0 / clean.tree.mean_excess) if clean.tree.mean_excess else 0.0
    return end, end


def _round_dilutions(end: float) -> np.ndarray:
    """Some dilutions from 0 to below `end`, in steps that are easy to read."""
    steps = [power * step for power in (1e-4, 1e-3, 1e-2, 0.1) for step in (1, 2, 5)]
    step = next(step for step in steps if end < 12 * step)
    return np.round(step * np.arange(math.ceil(end / step)), 4) if end > 0 else np.zeros(1)


def _checked(dilutions: ArrayLike) -> np.ndarray:
    values = _checks.real_array("dilutions", dilutions, ndim=1)
    values = np.array([_wiring.dilution("dilutions", value) for value in values.tolist()])
    if (np.diff(values) <= 0).any():
        raise ValueError(f"dilutions must increase strictly, got {values.tolist()}")
    return values


def _solved(clean: Cavity, dilutions: np.ndarray, name: str, method: str, end: float, known: np.ndarray) -> Line:
    """A line through the points that are known and some others, to its end."""
    if end == 0.0:
        return Line(name, np.empty(0), np.empty(0))
    rest, power = 1.0 - end, clean.p - 1
    threshold = rest**power

    def density(dilution: Any) -> Any:
        return ((1.0 - dilution) ** power - threshold) / (1.0 - threshold)

    points = {density(d): t for d, t in zip(dilutions, known, strict=True) if t > 0 and density(d) > 0.5 * _NODES[-1]}
    for node in _NODES:
        if all(abs(node - other) > 0.3 * node for other in points):
            dilution = 1.0 - (threshold + node * (1.0 - threshold)) ** (1.0 / power)
            points[node] = getattr(Cavity(clean.tree.thinned((1.0 - dilution) ** power), dilution), method)()
    form, inverse = _FORMS[name]
    nodes = np.array(sorted(points))
    log_ratio = CubicSpline(np.log(nodes), [math.log(form(points[node]) / node) for node in nodes.tolist()])
    dilution = _denser_to_the_end(end)
    inside, lowest = density(dilution[:-1]), math.log(nodes[0])
    # beyond the last node, the logarithm of the ratio is taken as linear in T, for which 1 / (1 - ln density) stands
    beyond = 1.0 / (1.0 - np.minimum(np.log(inside), lowest)) - 1.0 / (1.0 - lowest)
    slope = log_ratio(lowest, 1) * (1.0 - lowest) ** 2
    y = inside * np.exp(log_ratio(np.maximum(np.log(inside), lowest)) + slope * beyond)
    return Line(name, dilution, np.append(inverse(y), 0.0))


def _continuous(clean: Cavity) -> Line:
    """T_c of p = 2 in closed form, up to where the tree no longer percolates."""
    end = _ends(clean)[0]
    if end == 0.0:
        return Line("T_c", np.empty(0), np.empty(0))
    dilution = _denser_to_the_end(end)
    excess = clean.tree.mean_excess * (1.0 - dilution[:-1])
    return Line("T_c", dilution, np.append(1.0 / np.arctanh(excess**-0.5), 0.0))


def _denser_to_the_end(end: float) -> np.ndarray:
    """Dilutions from 0 to the end of a line, closer together where it falls steeply."""
    return end * (1.0 - np.linspace(1.0, 0.0, 200) ** 3)


def _branch(y: np.ndarray) -> np.ndarray:
    """x >= 1 with x exp(1 - x) = y, for 0 < y <= 1."""
    return -lambertw(-np.asarray(y) / math.e, -1).real


#: functions of T in which T_d and T_K are smooth in the density of paths down to T = 0, and their inverses
_FORMS = {
    "T_d": (lambda t: (1.0 + 1.0 / t) ** 2 * math.exp(-2.0 / t), lambda y: 1.0 / (_branch(np.sqrt(y)) - 1.0)),
    "T_K": (lambda t: (1.0 + 2.0 / t) * math.exp(-2.0 / t), lambda y: 2.0 / (_branch(y) - 1.0)),
}


def _shown(temperature: float) -> float | str:
    return "" if math.isnan(temperature) else temperature or "none"
