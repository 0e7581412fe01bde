"""A planted state at other temperatures than the one it was planted at.

The couplings are drawn at T_p and stay; the temperature alone changes. Gauged so that the planted state is +1
everywhere they are +1 with probability (1 + tanh 1/T_p)/2, whatever the temperature: the planted state is the
ferromagnet of biased couplings (`glassnet.theory.planted.ferromagnet`), replica-symmetric within the state (F.
Krzakala, L. Zdeborova, EPL 90, 66002 (2010)). Heated, it melts at the spinodal, above T_d if it was planted below: the
limit of superheating that `glassnet.studies.melting` measures.
"""

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.theory.planted.ferromagnet import Ferromagnet, ferromagnet
from glassnet.theory.trees.branching import COLDEST
from glassnet.theory.trees.degrees import HasTree, Tree

__all__ = ["Followed", "follow"]
_face.public(__name__)


@dataclass(frozen=True)
@_face.shown
class Followed:
    """A state planted at one temperature, at others; made by `follow`.

    Attributes
    ----------
    planted_temperature : float
    ordered : Ferromagnet
        Its gauge image.

    Temperatures T of the methods are numbers or arrays, >= 0.05 (k_B = 1, abs(J) = 1); arrays give arrays.
    Energies are per weight.

    Raises
    ------
    TypeError, ValueError
        In the methods, if T is no number or array of numbers, or is out of range.
    """

    planted_temperature: float
    ordered: Ferromagnet

    def __repr__(self) -> str:
        planted = f"planted at T = {self.planted_temperature:g}"
        return f"Followed({self.ordered.tree}, {planted})\nprint() solves for its melting"

    def __str__(self) -> str:
        melting = self.melting_temperature()
        ends = f"melts at T = {melting:.5f}" if melting else "melted at any temperature"
        # at T_melt itself the state is about to vanish
        places = {"as planted": self.planted_temperature, "melting": melting * (1.0 - 1e-3)}
        rows = [
            (name, T, self.overlap(T), self.energy(T), self.free_energy(T))
            for name, T in places.items()
            if T >= COLDEST
        ]
        columns = {"": "<", "T": ".5f", "overlap": ".5f", "energy": ".5f", "free energy": ".5f"}
        title = f"{self.ordered.tree}, planted at T = {self.planted_temperature:g}: {ends}"
        return f"{title}\n{_tables.table(columns, rows)}"

    def melting_temperature(self) -> float:
        """Return the highest temperature at which the state exists; 0.0 if it does not exist even at T_p."""
        return self.ordered.spinodal_temperature()

    def overlap(self, T: ArrayLike) -> Any:
        """Return the overlap with the planted configuration at a temperature or an array of them; 0 once melted."""
        return self.ordered.magnetization(T)

    def internal_overlap(self, T: ArrayLike) -> Any:
        """Return the overlap of two configurations within the state."""
        return self.ordered.overlap(T)

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight; that of the paramagnet once melted."""
        return self.ordered.energy(T)

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy per weight within the state."""
        return self.ordered.free_energy(T)


def follow(theory: Tree | HasTree, planted_temperature: float) -> Followed:
    """Return the state planted at `planted_temperature`, +-J couplings, ready to be heated or cooled.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`.
    planted_temperature : float
        >= 0.05, units of |J|.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    planted_temperature = _checks.real("planted_temperature", planted_temperature, minimum=COLDEST)
    return Followed(planted_temperature, ferromagnet(theory, math.tanh(1.0 / planted_temperature)))
