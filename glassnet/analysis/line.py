"""The line T_c(dilution), and the critical dilution at a temperature read off it."""

import numpy as np

from glassnet._checks import real
from glassnet.analysis.evidence import number
from glassnet.analysis.location import Estimate


class TransitionLine(list):
    """Transitions by increasing dilution: a list that knows its arrays and its inverse.

    Attributes
    ----------
    dilutions, temperatures, stderrs : (n,) float64
        nan where no temperature is known.
    kinds : list of str
    """

    @property
    def dilutions(self) -> np.ndarray:
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

    def critical_dilution(self, temperature: float) -> Estimate:
        """Dilution at which the line falls through a temperature.

        Where no transition temperature was found the provisional one stands for it, if there is one; the name of the
        estimate says so.

        Parameters
        ----------
        temperature : float

        Returns
        -------
        Estimate
            From the paths that are left, (1 - dilution)^(p - 1), as a parabola in T through the two neighbouring
            dilutions and the nearest third one, the errors of all carried over; the distance to a parabola of the
            dilution itself is in the bar (half the distance to the chord where p is not known). With two dilutions a
            straight line. Where the line does not pass there, value and error are nan and the name says why.
            :func:`glassnet.analysis.dilution_axis.critical_dilution` asks the chains themselves instead.
        """
        temperature = real("temperature", temperature, minimum=0)
        places = [place(found) for found in self]
        known = [number for number, (value, stderr, _) in enumerate(places) if np.isfinite([value, stderr]).all()]
        x, (y, sigma) = self.dilutions[known], np.array([places[number][:2] for number in known]).reshape(-1, 2).T
        falls = np.flatnonzero((y[:-1] >= temperature) & (y[1:] < temperature))
        sizes = tuple(sorted({size for found in self for size in found.sizes}))
        name = f"critical dilution at T = {temperature:g}"
        if not falls.size:
            return Estimate(f"{name}: {self._why(x, y, temperature)}", np.nan, np.nan, sizes)
        i = int(falls[0])
        thirds = sorted((j for j in (i - 1, i + 2) if 0 <= j < len(x)), key=lambda j: abs(y[j] - temperature))
        near = [i, i + 1, *thirds[:1]]
        power = max(1, _paths(self[0]) - 1)
        dilution, bar = _inverse(x[near], y[near], sigma[near], temperature, power)
        other, _ = _inverse(x[near], y[near], sigma[near], temperature, 1)
        # a third dilution tells how the line bends, whatever the variable
        chord, _ = _inverse(x[near[:2]], y[near[:2]], sigma[near[:2]], temperature, 1)
        bend = other - dilution if power > 1 else (chord - dilution) / 2
        source = "the line" if all(places[known[j]][2] for j in near) else "the line, with provisional temperatures"
        return Estimate(f"{name}, from {source}", float(dilution), float(np.hypot(bar, bend)), sizes)

    def _why(self, x: np.ndarray, y: np.ndarray, temperature: float) -> str:
        """Why the line of known temperatures y at dilutions x does not fall through a temperature."""
        unknown = [f"{found.kind} at {found.dilution:g}" for found in self if not np.isfinite(place(found)[0])]
        also = f" ({', '.join(unknown)})" if unknown else ""
        if len(x) < 2:
            return f"transition temperatures are known at {len(x)} of {len(self)} dilutions, two are needed{also}"
        if temperature > y.max():
            return f"the line lies below, at T = {y.max():.4g} and less{also}"
        if temperature <= y.min():
            return f"the line lies above down to T = {y[-1]:.4g} at dilution {x[-1]:g}{also}"
        return f"the line rises with dilution there{also}"

    def __str__(self) -> str:
        lines = ["dilution      T_c  kind"]
        for found in self:
            shown = number(found.temperature, found.stderr) if np.isfinite(found.temperature) else "-"
            lines.append(f"{found.dilution:8g}  {shown:>9}  {found.headline.partition(', T =')[0]}")
        return "\n".join(lines)


def place(found) -> tuple[float, float, bool]:
    """Transition temperature and error, and whether it is one: else they are provisional, nan without either."""
    if np.isfinite(found.temperature) or found.provisional is None:
        return found.temperature, found.stderr, True
    return found.provisional.value, found.provisional.stderr, False


def _paths(found) -> int:
    """Weights of a path; 2 where the chains do not tell."""
    glass = getattr(found, "glass", {})
    return int(glass.get("p") or len(glass.get("widths", (0, 0, 0))) - 1)


def _inverse(x, y, sigma, temperature: float, power: int) -> tuple[float, float]:
    """Dilution at a temperature and its error, where (1 - x)^power is a polynomial in y through all points."""
    paths = (1 - x) ** power
    order = len(x) - 1
    lagrange = np.linalg.inv(np.vander(y - temperature, order + 1, increasing=True))
    value = lagrange[0] @ paths
    # an error of y moves its point along the curve
    slopes = [np.polynomial.Polynomial(lagrange @ paths).deriv()(t - temperature) for t in y]
    error = np.sqrt(((lagrange[0] * slopes * sigma) ** 2).sum())
    place = 1 - value ** (1 / power)
    return float(place), float(error * (1 - place) ** (1 - power) / power)
