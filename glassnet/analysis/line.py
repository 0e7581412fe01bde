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

        Parameters
        ----------
        temperature : float

        Returns
        -------
        Estimate
            Linear between the two neighbouring dilutions, the errors of both carried over; where there is a third one,
            the distance to the parabola through the three is in the bar. Where the line does not pass there, value and
            error are nan and the name says why. :func:`glassnet.analysis.dilution_axis.critical_dilution` asks the
            chains themselves instead.
        """
        temperature = real("temperature", temperature, minimum=0)
        known = np.flatnonzero(np.isfinite(self.temperatures) & np.isfinite(self.stderrs))
        x, y, sigma = self.dilutions[known], self.temperatures[known], self.stderrs[known]
        falls = np.flatnonzero((y[:-1] >= temperature) & (y[1:] < temperature))
        sizes = tuple(sorted({size for found in self for size in found.sizes}))
        name = f"critical dilution at T = {temperature:g}"
        if not falls.size:
            return Estimate(f"{name}: {self._why(x, y, temperature)}", np.nan, np.nan, sizes)
        i = int(falls[0])
        slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
        place = x[i] + (temperature - y[i]) / slope
        share = (place - x[i]) / (x[i + 1] - x[i])
        stderr = np.hypot((1 - share) * sigma[i], share * sigma[i + 1]) / abs(slope)
        third = i - 1 if i > 0 else i + 2
        bend = 0.0
        if third < len(x):
            # Newton's form: the parabola minus the chord, at the crossing
            second = ((y[third] - y[i]) / (x[third] - x[i]) - slope) / (x[third] - x[i + 1])
            bend = second * (place - x[i]) * (place - x[i + 1]) / slope
        return Estimate(f"{name}, from the line", float(place), float(np.hypot(stderr, bend)), sizes)

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
        lines = ["dilution      T_c  kind"]
        for found in self:
            shown = number(found.temperature, found.stderr) if np.isfinite(found.temperature) else "-"
            lines.append(f"{found.dilution:8g}  {shown:>9}  {found.headline.partition(', T =')[0]}")
        return "\n".join(lines)
