"""The line T_c(dilution), and the critical dilution at a temperature: read off it, and asked along the dilution."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glassnet import _dilution
from glassnet._checks import real
from glassnet.analysis.along_dilution import Along, along
from glassnet.analysis.evidence import DISAGREE
from glassnet.statistics.estimate import Estimate, with_error
from glassnet.statistics.fits import polynomial_through

#: dilutions that are closer are one
_SAME = 1e-9


class CriticalDilution(NamedTuple):
    """The critical dilution at a temperature.

    `dilution` and `stderr` are nan where none is claimed, and `why` says why; `estimates` holds all that there are, the
    one that is claimed first. `provisional` is what the line says with provisional temperatures where none is claimed,
    None without.
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
        head = f"critical dilution at T = {self.temperature:g}: {self.says}"
        return "\n".join([head, *(f"{one!s:>12}  {one.name}" for one in self.estimates)])


class TransitionLine(list):
    """Transitions by increasing dilution: a list that knows its arrays and its inverse.

    Parameters
    ----------
    results : iterable of Transition
    surveys : glassnet.analysis.surveys.Surveys, optional
        What the chains hold, where the critical dilution is to be asked along the dilution as well.

    Attributes
    ----------
    dilutions, temperatures, stderrs : (n,) float64
        Effective dilutions (`effective_dilution` of each transition); temperatures are nan where none is known.
    asked : (n,) float64
        The dilutions that were asked for, as in the run file: `dilution` of each transition, the one to look it up by.
        They increase; `dilutions` need not.
    kinds : list of str
    """

    def __init__(self, results=(), surveys=None):
        super().__init__(results)
        self._surveys = surveys

    @property
    def dilutions(self) -> np.ndarray:
        return np.array([effective(found) for found in self])

    @property
    def asked(self) -> np.ndarray:
        return np.array([found.dilution for found in self])

    @property
    def temperatures(self) -> np.ndarray:
        return np.array([found.temperature for found in self], dtype=np.float64)

    @property
    def stderrs(self) -> np.ndarray:
        return np.array([found.stderr for found in self], dtype=np.float64)

    @property
    def kinds(self) -> list[str]:
        return [found.kind for found in self]

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest temperature known of the line, provisional ones among them; (inf, -inf) without any."""
        known = [value for value, *_ in map(place, self) if np.isfinite(value)]
        return min(known, default=np.inf), max(known, default=-np.inf)

    def critical_dilution(self, temperature: float) -> Estimate:
        """Dilution at which the glass gives way to the paramagnet, at one temperature; the value of :meth:`critical`.

        Where none is claimed, the line read off with provisional temperatures stands for it, if it passes there; the
        name of the estimate says so. Otherwise value and error are nan and the name says why.

        Parameters
        ----------
        temperature : float

        Returns
        -------
        Estimate
        """
        found = self.critical(temperature)
        if found.claimed:
            first = found.estimates[0]
            return replace(first, name=f"critical dilution at T = {found.temperature:g}, from {first.name}")
        if found.provisional is not None:
            return found.provisional
        sizes = tuple(sorted({size for one in self for size in one.sizes}))
        return Estimate(np.nan, np.nan, f"critical dilution at T = {found.temperature:g}: {found.why}", sizes)

    def critical(self, temperature: float) -> CriticalDilution:
        """The critical dilution at one temperature, and all that is known of it.

        It is asked twice. Read off the line: the paths that are left, (1 - dilution)^(p - 1), are a parabola in T
        through the two neighbouring dilutions and the nearest third one, the errors of all carried over; the distance
        to a parabola of the dilution itself is in the bar (half the distance to the chord where p is not known). With
        two dilutions a straight line; none is claimed past a dilution without a transition temperature. And along the
        dilution axis, where the line was made from chains that reach this temperature
        (:func:`glassnet.analysis.along_dilution.along`). The one with the smaller bar is claimed, unless the other one
        contradicts: where they, or a transition of the line and the dilution found along the axis, are three combined
        bars apart; where the overlap does not jump along the axis; or where, at a dilution next to what was found, a
        sample has not proved its equilibrium or curves cross and the transition is undecided all the same.

        Parameters
        ----------
        temperature : float

        Returns
        -------
        CriticalDilution
        """
        temperature = real("temperature", temperature, minimum=0)
        read, interim = self._read(temperature, False), self._read(temperature, True)
        axis = None if self._surveys is None else along(self._surveys, temperature)
        listed = () if axis is None else axis.estimates
        known = np.isfinite(read.value)
        answers = ([read] if known else []) + ([axis.found[0]] if axis is not None and axis.found else [])
        against = self._against(temperature, read, axis)
        if answers and not against:
            first = min(answers, key=lambda one: one.stderr)
            rest = [one for one in ([read] if known else []) + list(listed) if one != first]
            return CriticalDilution(temperature, first.value, first.stderr, (first, *rest))
        reasons = against or [axis.why if axis is not None and axis.why else read.name]
        if not known and np.isfinite(interim.value):
            named = f"critical dilution at T = {temperature:g}, from the line, provisional"
            interim = replace(interim, name=named)
        else:
            interim = None
        everything = ([read] if known else []) + list(listed)
        return CriticalDilution(temperature, np.nan, np.nan, tuple(everything), "; ".join(reasons), interim)

    def _against(self, temperature: float, read: Estimate, axis: Along | None) -> list[str]:
        """What speaks against a critical dilution at a temperature."""
        if axis is None:
            return []
        if np.isfinite(read.value) and axis.jumps is False:
            return [f"the line passes at {read}, but {axis.why}"]
        if not axis.found:
            return []
        found = axis.found[0]
        shown = f"{found} along the dilution axis"
        if np.isfinite(read.value):
            if abs(read.value - found.value) > DISAGREE * np.hypot(read.stderr, found.stderr):
                return [f"{shown} and {read} from the line disagree"]
            return []
        below = [one for one in self if effective(one) <= found.value][-1:]
        beside = [*below, *[one for one in self if effective(one) > found.value][:1]]
        unproved = [one for one in beside if one.equilibration.failing or one.equilibration.nodes]
        if unproved:
            where = " and ".join(f"{one.dilution:g}" for one in unproved)
            return [f"{shown}, but chains at dilution {where} have not proved equilibrium"]
        open_ones = [one for one in beside if one.kind == "undecided" and _crosses(one)]
        if open_ones:
            where = " and ".join(f"{one.dilution:g}" for one in open_ones)
            return [f"{shown}, but the transition at dilution {where}, where curves cross as well, is undecided"]
        wrong = [one for one in self if _on_the_wrong_side(one, temperature, found)]
        return [f"{shown}, but the chains say {one.kind} at dilution {one.dilution:g}" for one in wrong[:1]]

    def _read(self, temperature: float, provisional: bool) -> Estimate:
        """The dilution at which the line passes a temperature; its name says from what, or why it does not."""
        x, y, sigma = self._points(provisional)
        falls = np.flatnonzero((y[:-1] >= temperature) & (y[1:] < temperature))
        sizes = tuple(sorted({size for found in self for size in found.sizes}))
        if not falls.size:
            return Estimate(np.nan, np.nan, self._why(x, y, temperature), sizes)
        i = int(falls[0])
        gaps = [f"{one.kind} at {one.dilution:g}" for one in self if x[i] + _SAME < effective(one) < x[i + 1] - _SAME]
        if gaps and not provisional:
            why = f"the line passes between dilutions {x[i]:.4g} and {x[i + 1]:.4g}, but is {' and '.join(gaps)}"
            return Estimate(np.nan, np.nan, why, sizes)
        thirds = sorted((j for j in (i - 1, i + 2) if 0 <= j < len(x)), key=lambda j: abs(y[j] - temperature))
        near = [i, i + 1, *thirds[:1]]
        power = max(1, _paths(self[0]) - 1)
        dilution, bar = _inverse(x[near], y[near], sigma[near], temperature, power)
        other, _ = _inverse(x[near], y[near], sigma[near], temperature, 1)
        # a third dilution tells how the line bends, whatever the variable
        chord, _ = _inverse(x[near[:2]], y[near[:2]], sigma[near[:2]], temperature, 1)
        bend = other - dilution if power > 1 else (chord - dilution) / 2
        return Estimate(float(dilution), float(np.hypot(bar, bend)), "the line", sizes)

    def _points(self, provisional: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Dilutions, temperatures and errors that are known, by increasing dilution; those at one dilution weighed."""
        places = [(effective(found), *place(found)) for found in self]
        rows = sorted(row[:3] for row in places if np.isfinite(row[:3]).all() and (provisional or row[3]))
        points: list[tuple] = []
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
        unknown = [f"{found.kind} at {found.dilution:g}" for found in self if not np.isfinite(found.temperature)]
        also = f" ({', '.join(unknown)})" if unknown else ""
        if len(x) < 2:
            return f"transition temperatures are known at {len(x)} of {len(self)} dilutions, two are needed{also}"
        if temperature > y.max():
            return f"the line lies below, at T = {y.max():.4g} and less{also}"
        if temperature <= y.min():
            return f"the line lies above down to T = {y[-1]:.4g} at dilution {x[-1]:g}{also}"
        return f"the line rises with dilution there{also}"

    def __str__(self) -> str:
        lines = ["dilution  effective      T_c  kind"]
        for found in self:
            shown = with_error(found.temperature, found.stderr) if np.isfinite(found.temperature) else "-"
            kind = found.headline.partition(", T =")[0]
            lines.append(f"{found.dilution:8g}  {effective(found):9.4f}  {shown:>9}  {kind}")
        return "\n".join(lines)


def effective(found) -> float:
    """Effective dilution of a transition; of objects that know none, the one that was asked for."""
    return float(getattr(found, "effective_dilution", found.dilution))


def differs(found) -> bool:
    """Whether the effective dilution of a transition is shown beside the one that was asked for."""
    return _dilution.differ(found.dilution, effective(found))


def described(found) -> str:
    """The dilution that was asked for, and the effective one where it differs: "0.1 (effective 0.125)"."""
    return f"{found.dilution:g} (effective {effective(found):.4g})" if differs(found) else f"{found.dilution:g}"


def place(found) -> tuple[float, float, bool]:
    """Transition temperature and error, and whether it is one: else they are provisional, nan without either."""
    if np.isfinite(found.temperature) or found.provisional is None:
        return found.temperature, found.stderr, True
    return found.provisional.value, found.provisional.stderr, False


def _crosses(one) -> bool:
    """Whether curves of different sizes cross at the dilution of a transition."""
    named = ("planted weight crosses", "Binder cumulants cross", "scaled moment crosses")
    return any(item.passed and item.name in named for item in getattr(one, "evidence", ()))


def _on_the_wrong_side(one, temperature: float, critical: Estimate) -> bool:
    """Whether a transition lies at a dilution clearly below a critical one and is clearly colder than the temperature,
    or above and hotter; or whether there is none down to this temperature, below it."""
    apart = (effective(one) - critical.value) / critical.stderr
    if one.kind == "none" and one.lowest:
        return bool(apart < -DISAGREE and max(one.lowest.values()) <= temperature)
    if not np.isfinite([one.temperature, one.stderr]).all():
        return False
    above = (one.temperature - temperature) / max(one.stderr, 1e-12)
    return bool(min(abs(apart), abs(above)) > DISAGREE and apart * above > 0)


def _paths(found) -> int:
    """Weights of a path; 2 where the chains do not tell."""
    glass = getattr(found, "glass", {})
    return int(glass.get("p") or len(glass.get("widths", (0, 0, 0))) - 1)


def _inverse(x, y, sigma, temperature: float, power: int) -> tuple[float, float]:
    """Dilution at a temperature and its error, where (1 - x)^power is a polynomial in y through all points."""
    paths = (1 - x) ** power
    lagrange = polynomial_through(y - temperature)
    value = lagrange[0] @ paths
    # an error of y moves its point along the curve
    slopes = [np.polynomial.Polynomial(lagrange @ paths).deriv()(t - temperature) for t in y]
    error = np.sqrt(((lagrange[0] * slopes * sigma) ** 2).sum())
    place = 1 - value ** (1 / power)
    return float(place), float(error * (1 - place) ** (1 - power) / power)
