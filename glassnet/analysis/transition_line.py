"""The line T_c(dilution), and the critical dilution at a temperature: read off the line, and measured along the
dilution."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet import _face, _tables
from glassnet._checks import real
from glassnet.analysis.along_dilution import Along, along
from glassnet.analysis.effective_dilution import effective
from glassnet.analysis.questions import DISAGREE
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.analysis.verdict import evidence_table
from glassnet.statistics.estimate import Estimate, with_error
from glassnet.statistics.fits import polynomial_through

if TYPE_CHECKING:
    from glassnet.analysis.transition import Transition

__all__ = ["CriticalDilution", "TransitionLine", "known_temperature"]
_face.public(__name__)

#: key of a critical dilution that is read off the line with provisional temperatures
PROVISIONAL = "transition_line_provisional"
#: dilutions that are closer are one
_SAME = 1e-9


@_face.shown
class CriticalDilution(NamedTuple):
    """The critical dilution at a temperature.

    `dilution` and `stderr` are nan where none is claimed, and `why` says why; `estimates` holds all that there are, the
    claimed one first. `provisional` is read off the line with provisional temperatures where none is claimed, None
    otherwise.
    """

    temperature: float
    dilution: float
    stderr: float
    estimates: tuple[Estimate, ...]
    why: str = ""
    provisional: Estimate | None = None

    @property
    def claimed(self) -> bool:
        """Whether there is one."""
        return bool(np.isfinite(self.dilution))

    @property
    def says(self) -> str:
        """Value with its error and where it is from, or why there is none."""
        if self.claimed:
            return f"{with_error(self.dilution, self.stderr)}, {self.estimates[0].name}"
        interim = self.provisional
        also = f"; provisionally {interim}" if interim is not None else ""
        return f"undecided, {self.why}{also}"

    def __str__(self) -> str:
        estimates = _tables.table(["", "<"], [(one, one.name) for one in self.estimates])
        return f"critical dilution at T = {self.temperature:g}: {self.says}\n{estimates}".rstrip()


@_face.shown
class TransitionLine(list["Transition"]):
    """Transitions by increasing dilution: a list with arrays of its values and with its inverse, the critical dilution.

    Parameters
    ----------
    results : iterable of Transition
    reader : glassnet.analysis.surveys.all_dilutions.ChainReader, optional
        The chains, if the critical dilution is to be measured along the dilution as well.

    Attributes
    ----------
    dilutions, temperatures, stderrs : (n,) float64
        Effective dilutions (`effective_dilution` of each transition); temperatures are nan where none is known.
    asked : (n,) float64
        The dilutions that were asked for, as in the run file: `dilution` of each transition, the one to look it up by.
        They increase; `dilutions` need not.
    kinds : list of str
    """

    def __init__(self, results: Iterable["Transition"] = (), reader: ChainReader | None = None) -> None:
        super().__init__(results)
        self._reader = reader

    @property
    def dilutions(self) -> np.ndarray:
        """Effective dilutions, (n,) float64."""
        return np.array([effective(transition) for transition in self])

    @property
    def asked(self) -> np.ndarray:
        """Dilutions as in the run file, (n,) float64."""
        return np.array([transition.dilution for transition in self])

    @property
    def temperatures(self) -> np.ndarray:
        """Transition temperatures, (n,) float64; nan where none is known."""
        return np.array([transition.temperature for transition in self], dtype=np.float64)

    @property
    def stderrs(self) -> np.ndarray:
        """Their standard errors, (n,) float64."""
        return np.array([transition.stderr for transition in self], dtype=np.float64)

    @property
    def kinds(self) -> list[str]:
        """Kinds of the transitions."""
        return [transition.kind for transition in self]

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest temperature known of the line, provisional ones among them; (inf, -inf) without any."""
        known = [value for value, *_ in map(known_temperature, self) if np.isfinite(value)]
        return min(known, default=np.inf), max(known, default=-np.inf)

    def critical_dilution(self, temperature: float) -> Estimate:
        """Dilution at which the glass becomes a paramagnet, at one temperature; the value of :meth:`critical`.

        Where none is claimed, it is read off the line with provisional temperatures, if that passes the temperature;
        the name of the estimate says so. Otherwise value and error are nan and the name says why. TypeError or
        ValueError if `temperature` is no number >= 0, in units of |J|.
        """
        critical = self.critical(temperature)
        if critical.claimed:
            first = critical.estimates[0]
            return replace(first, name=f"critical dilution at T = {critical.temperature:g}, from {first.name}")
        if critical.provisional is not None:
            return critical.provisional
        sizes = tuple(sorted({size for one in self for size in one.sizes}))
        why = f"critical dilution at T = {critical.temperature:g}: {critical.why}"
        return Estimate(np.nan, np.nan, why, sizes, key="unknown")

    def critical(self, temperature: float) -> CriticalDilution:
        """The critical dilution at one temperature, with all estimates of it.

        There are two ways. Read off the line: the paths that are left, (1 - dilution)^(p - 1), are a parabola in T
        through the two neighbouring dilutions and the nearest third one, the errors of all carried over; the distance
        to a parabola of the dilution itself is in the bar (half the distance to the chord where p is not known). With
        two dilutions a straight line; none is claimed past a dilution without a transition temperature. Measured along
        the dilution axis, where the line was made from chains that reach this temperature
        (:func:`glassnet.analysis.along_dilution.along`). The value with the smaller bar is claimed, unless something
        contradicts it: the two values, or a transition of the line and the value along the axis, are three combined
        bars apart; the overlap does not jump along the axis; or at a neighbouring dilution a sample has not proved its
        equilibrium, or curves cross although the transition is undecided. `temperature` is in units of |J|;
        TypeError or ValueError if it is no number >= 0.
        """
        temperature = real("temperature", temperature, minimum=0)
        read, interim = self._read(temperature, False), self._read(temperature, True)
        axis = None if self._reader is None else along(self._reader, temperature)
        listed = () if axis is None else axis.estimates
        known = np.isfinite(read.value)
        answers = ([read] if known else []) + ([axis.answers[0]] if axis is not None and axis.answers else [])
        against = self._against(temperature, read, axis)
        if answers and not against:
            first = min(answers, key=lambda one: one.stderr)
            rest = [one for one in ([read] if known else []) + list(listed) if one != first]
            return CriticalDilution(temperature, first.value, first.stderr, (first, *rest))
        reasons = against or [axis.why if axis is not None and axis.why else read.name]
        provisional = None
        if not known and np.isfinite(interim.value):
            named = f"critical dilution at T = {temperature:g}, from the line, provisional"
            provisional = replace(interim, key=PROVISIONAL, name=named)
        everything = ([read] if known else []) + list(listed)
        return CriticalDilution(temperature, np.nan, np.nan, tuple(everything), "; ".join(reasons), provisional)

    def _against(self, temperature: float, read: Estimate, axis: Along | None) -> list[str]:
        """What speaks against a critical dilution at a temperature."""
        if axis is None:
            return []
        if np.isfinite(read.value) and axis.jumps is False:
            return [f"the line passes at {read}, but {axis.why}"]
        if not axis.answers:
            return []
        crossing = axis.answers[0]
        shown = f"{crossing} along the dilution axis"
        if np.isfinite(read.value):
            if abs(read.value - crossing.value) > DISAGREE * np.hypot(read.stderr, crossing.stderr):
                return [f"{shown} and {read} from the line disagree"]
            return []
        below = [one for one in self if effective(one) <= crossing.value][-1:]
        beside = [*below, *[one for one in self if effective(one) > crossing.value][:1]]
        unproved = [one for one in beside if one.equilibration.failing or one.equilibration.nodes]
        if unproved:
            where = " and ".join(f"{one.dilution:g}" for one in unproved)
            return [f"{shown}, but chains at dilution {where} have not proved equilibrium"]
        open_ones = [one for one in beside if one.kind == "undecided" and _crosses(one)]
        if open_ones:
            where = " and ".join(f"{one.dilution:g}" for one in open_ones)
            return [f"{shown}, but the transition at dilution {where}, where curves cross as well, is undecided"]
        wrong = [one for one in self if _on_the_wrong_side(one, temperature, crossing)]
        return [f"{shown}, but the chains say {one.kind} at dilution {one.dilution:g}" for one in wrong[:1]]

    def _read(self, temperature: float, provisional: bool) -> Estimate:
        """The dilution at which the line passes a temperature; its name says from what, or why it does not."""
        x, y, sigma = self._points(provisional)
        falls = np.flatnonzero((y[:-1] >= temperature) & (y[1:] < temperature))
        sizes = tuple(sorted({size for transition in self for size in transition.sizes}))
        if not falls.size:
            return Estimate(np.nan, np.nan, self._why(x, y, temperature), sizes, key="unknown")
        i = int(falls[0])
        gaps = [f"{one.kind} at {one.dilution:g}" for one in self if x[i] + _SAME < effective(one) < x[i + 1] - _SAME]
        if gaps and not provisional:
            why = f"the line passes between dilutions {x[i]:.4g} and {x[i + 1]:.4g}, but is {' and '.join(gaps)}"
            return Estimate(np.nan, np.nan, why, sizes, key="unknown")
        thirds = sorted((j for j in (i - 1, i + 2) if 0 <= j < len(x)), key=lambda j: abs(y[j] - temperature))
        near = [i, i + 1, *thirds[:1]]
        power = max(1, _paths(self[0]) - 1)
        dilution, bar = _inverse(x[near], y[near], sigma[near], temperature, power)
        other, _ = _inverse(x[near], y[near], sigma[near], temperature, 1)
        # a third dilution shows how the line bends, whatever the variable is
        chord, _ = _inverse(x[near[:2]], y[near[:2]], sigma[near[:2]], temperature, 1)
        bend = other - dilution if power > 1 else (chord - dilution) / 2
        return Estimate(float(dilution), float(np.hypot(bar, bend)), "the line", sizes, key="transition_line")

    def _points(self, provisional: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Known dilutions, temperatures and errors, by increasing dilution; several at one dilution are averaged."""
        every = [(effective(transition), *known_temperature(transition)) for transition in self]
        rows = sorted(row[:3] for row in every if np.isfinite(row[:3]).all() and (provisional or row[3]))
        points: list[tuple[Any, ...]] = []
        for row in rows:
            if points and row[0] - points[-1][0] < _SAME:
                weights = np.array([points[-1][2], row[2]]) ** -2.0
                row = row[0], float(weights @ [points[-1][1], row[1]] / weights.sum()), float(weights.sum() ** -0.5)
                points.pop()
            points.append(row)
        x, y, sigma = np.array(points, dtype=np.float64).reshape(-1, 3).T
        return x, y, sigma

    def _why(self, x: np.ndarray, y: np.ndarray, temperature: float) -> str:
        """Why the line of known temperatures y at dilutions x does not fall through a temperature."""
        unknown = [f"{one.kind} at {one.dilution:g}" for one in self if not np.isfinite(one.temperature)]
        also = f" ({', '.join(unknown)})" if unknown else ""
        if len(x) < 2:
            return f"transition temperatures are known at {len(x)} of {len(self)} dilutions, two are needed{also}"
        if temperature > y.max():
            return f"the line lies below, at T = {y.max():.4g} and less{also}"
        if temperature <= y.min():
            return f"the line lies above down to T = {y[-1]:.4g} at dilution {x[-1]:g}{also}"
        return f"the line rises with dilution there{also}"

    def plot(self) -> Any:
        """Draw the lines in the plane of dilution and temperature; see :func:`glassnet.plots.phase_diagram`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.phase_diagram(self)

    def __str__(self) -> str:
        columns, rows = {"dilution": "g", "effective": ".4f", "T_c": "", "kind": "<"}, []
        for transition in self:
            known = np.isfinite(transition.temperature)
            shown = with_error(transition.temperature, transition.stderr) if known else "-"
            # the temperature has a column of its own
            kind = transition.kind if known else transition.headline
            rows.append([transition.dilution, effective(transition), shown, kind])
        return _tables.table(columns, rows)


def known_temperature(transition: Any) -> tuple[float, float, bool]:
    """Transition temperature and error, and True; provisional ones and False where there is none; nan without
    either."""
    if np.isfinite(transition.temperature) or transition.provisional is None:
        return transition.temperature, transition.stderr, True
    return transition.provisional.value, transition.provisional.stderr, False


def _crosses(one: Any) -> bool:
    """Whether curves of different sizes cross at the dilution of a transition."""
    crossings = {row.key for row in evidence_table.EVIDENCE if row.crossing}
    return any(item.passed and item.key in crossings for item in getattr(one, "evidence", ()))


def _on_the_wrong_side(one: Any, temperature: float, critical: Estimate) -> bool:
    """Whether a transition contradicts a critical dilution: it lies clearly below that dilution and is clearly colder
    than the temperature, or above and hotter; or there is none down to this temperature, below that dilution."""
    apart = (effective(one) - critical.value) / critical.stderr
    if one.kind == "none" and one.lowest:
        return bool(apart < -DISAGREE and max(one.lowest.values()) <= temperature)
    if not np.isfinite([one.temperature, one.stderr]).all():
        return False
    above = (one.temperature - temperature) / max(one.stderr, 1e-12)
    return bool(min(abs(apart), abs(above)) > DISAGREE and apart * above > 0)


def _paths(transition: Any) -> int:
    """Weights of a path; 2 where the chains do not tell."""
    glass = getattr(transition, "glass", {})
    return int(glass.get("p") or len(glass.get("widths", (0, 0, 0))) - 1)


def _inverse(x: np.ndarray, y: np.ndarray, sigma: np.ndarray, temperature: float, power: int) -> tuple[float, float]:
    """Dilution at a temperature and its error, where (1 - x)^power is a polynomial in y through all points."""
    paths = (1 - x) ** power
    lagrange = polynomial_through(y - temperature)
    value = lagrange[0] @ paths
    # an error of y moves its point along the curve
    slopes = [np.polynomial.Polynomial(lagrange @ paths).deriv()(t - temperature) for t in y]
    error = np.sqrt(((lagrange[0] * slopes * sigma) ** 2).sum())
    dilution = 1 - value ** (1 / power)
    return float(dilution), float(error * (1 - dilution) ** (1 - power) / power)
