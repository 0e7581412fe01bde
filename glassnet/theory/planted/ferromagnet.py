"""Ordered phases of +-J couplings with a mean: replica-symmetric ferromagnet and Nishimori line.

`bias` is the mean of a coupling, as in `glassnet.ensembles`; bias = 1 is the pure ferromagnet. With p >= 3 the
magnetised state appears discontinuously, at the spinodal, and takes over from the paramagnet at a first-order
transition with latent heat. On the Nishimori line tanh(1/T_N) = bias the ensemble is a gauge image of the planted one
(H. Nishimori, Prog. Theor. Phys. 66, 1169 (1981)): magnetisation and overlap are equal, the energy is -alpha bias.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from glassnet import _checks, _face, _tables
from glassnet.theory import paramagnet
from glassnet.theory.planted import glass_states, signed_evolution
from glassnet.theory.trees.branching import COLDEST, tree_of
from glassnet.theory.trees.degrees import HasTree, Tree

__all__ = ["Ferromagnet", "ferromagnet"]
_face.public(__name__)


@dataclass(frozen=True)
@_face.shown
class Ferromagnet:
    """The magnetised state of biased +-J couplings, for N -> infinity; made by `ferromagnet`.

    Temperatures T may be numbers or arrays, >= 0.05; arrays give arrays. Energies and free energies are per weight;
    k_B = 1, abs(J) = 1. Where there is no magnetised state all values are those of the paramagnet.

    Attributes
    ----------
    tree : RegularTree or PoissonTree
        Degrees after dilution.
    bias : float
        Mean of the couplings +-1, in (0, 1].

    Raises
    ------
    TypeError, ValueError
        In the methods, if T is no number or array of numbers, or is out of range.
    """

    tree: Tree
    bias: float

    @property
    def alpha(self) -> float:
        """Paths per weight."""
        return self.tree.mean_degree / self.tree.p

    def nishimori_temperature(self) -> float:
        """Return 1/atanh(bias); 0.0 for bias = 1."""
        return 0.0 if self.bias == 1.0 else 1.0 / math.atanh(self.bias)

    def spinodal_temperature(self) -> float:
        """Return the highest temperature of the magnetised state; 0.0 if there is none (above T = 0.05).

        For p = 2 it is the continuous transition, at (mean excess degree) bias tanh(1/T) = 1.
        """
        return signed_evolution.melting_temperature(self.tree, self.bias)

    def transition_temperature(self) -> float:
        """Return T_c, where the paramagnet turns into the ferromagnet; 0.0 if it does not.

        It does not if the bias is below tanh(1/T_K), with T_K of the unbiased glass: there the paramagnet ends in the
        glass. For p = 2 it is the continuous transition, T_K that of the unbiased glass.
        """
        spinodal, low = self.spinodal_temperature(), self.nishimori_temperature()
        if spinodal == 0.0:
            return spinodal
        if self.tree.p == 2:
            return spinodal if low <= spinodal * (1.0 + 1e-9) else 0.0
        if self.bias < 1.0:
            if low >= glass_states.static_temperature(self.tree):
                return 0.0
            if self._excess(low) <= 0.0:  # rounding, at the bias of the glass transition itself
                return low
        else:
            low = 0.7 * spinodal
            while self._excess(low) <= 0.0:
                low *= 0.7
                if low < COLDEST:
                    return 0.0
        return brentq(self._excess, low, spinodal * (1.0 - 1e-3), xtol=1e-7)

    def latent_heat(self) -> float:
        """Return the energy per weight that melting at T_c takes; 0.0 without a first-order transition."""
        temperature = self.transition_temperature()
        if temperature == 0.0 or self.tree.p == 2:
            return 0.0
        return float(paramagnet.energy(temperature, self.alpha) - self.energy(temperature))

    def magnetization(self, T: ArrayLike) -> Any:
        """Return the mean of a weight."""
        return self._each(T, "magnetization", 0.0)

    def cavity_magnetization(self, T: ArrayLike) -> Any:
        """Return the mean of a weight seen along one of its paths, without that path."""
        return self._each(T, "cavity", 0.0)

    def overlap(self, T: ArrayLike) -> Any:
        """Return the mean square of a weight's average: the overlap of two configurations."""
        return self._each(T, "overlap", 0.0)

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight."""
        return self._each(T, "energy", lambda t: paramagnet.energy(t, self.alpha))

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy of the magnetised state, whether or not it is the stable one."""
        return self._each(T, "excess", 0.0, lambda t, x: paramagnet.free_energy(t, self.alpha) - t * x)

    def __repr__(self) -> str:
        return f"Ferromagnet({self.tree}, bias {self.bias:g})\nprint() solves for its transition"

    def __str__(self) -> str:
        places = {"spinodal": self.spinodal_temperature(), "transition": self.transition_temperature()}
        if self.bias < 1.0:
            places["Nishimori"] = self.nishimori_temperature()
        columns, rows = {"": "<", "T": ".5f", "magnetisation": ".5f", "overlap": ".5f", "energy": ".5f"}, []
        for name, T in places.items():
            # at the spinodal itself the state is about to vanish
            here = T * (1.0 - 1e-3) if name == "spinodal" else T
            known = T >= COLDEST
            state = (T, self.magnetization(here), self.overlap(here), self.energy(here)) if known else ("none",)
            rows.append((name, *state))
        lines = [f"{self.tree}, bias {self.bias:g}: ferromagnet", _tables.table(columns, rows)]
        glass = 0.0 if places["transition"] else glass_states.static_temperature(self.tree)
        if glass:
            lines.append(f"the paramagnet ends in the glass, as without bias, at T = {glass:.5f}")
        if heat := self.latent_heat():
            lines.append(f"latent heat {heat:.5f} per weight")
        return "\n".join(lines)

    def _excess(self, temperature: float) -> float:
        state = signed_evolution.state(self.tree, self.bias, temperature)
        return -math.inf if state is None else state.excess

    def _each(
        self, T: ArrayLike, name: str, melted: Any, convert: Callable[[Any, Any], Any] = lambda _, value: value
    ) -> Any:
        temperature = _checks.temperatures("T", T)
        if temperature.size and temperature.min() < COLDEST:
            raise ValueError(f"T must be >= {COLDEST}, got {temperature.min():g}: fields leave the grid")

        def value(t: float) -> Any:
            state = signed_evolution.state(self.tree, self.bias, t) if t < math.inf else None
            if state is None:
                return convert(t, melted(t) if callable(melted) else melted)
            return convert(t, getattr(state, name))

        return np.array([value(t) for t in temperature.ravel().tolist()]).reshape(temperature.shape)[()]


def ferromagnet(theory: Tree | HasTree, bias: float = 1.0) -> Ferromagnet:
    """Return the magnetised state of an ensemble with biased +-J couplings.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`.
    bias : float
        Mean of a coupling, in (0, 1]. Odd p: a negative bias is the same after flipping all weights.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    return Ferromagnet(tree_of(theory), _checks.real("bias", bias, minimum=0.0, maximum=1.0, exclusive=True))
