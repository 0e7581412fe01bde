"""What the cavity method predicts for one ensemble of +-J glasses, without Monte Carlo."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.theory import paramagnet
from glassnet.theory.planted import glass_states
from glassnet.theory.trees.degrees import Tree
from glassnet.theory.zero_temperature import xorsat


@dataclass(frozen=True)
@_face.shown
class Cavity:
    """Thermodynamics of an ensemble with symmetric +-J couplings in the limit N -> infinity.

    Made by `glassnet.theory.regular` and `glassnet.theory.poisson`. Units: k_B = 1, abs(J) = 1; energies and entropies
    (nats) per weight. Temperatures may be numbers or arrays of any shape and inf; arrays give arrays. The cavity
    equations are solved when first needed and remembered; temperatures are good to 1e-5 or so.

    Attributes
    ----------
    tree : RegularTree or PoissonTree
        Degrees after dilution.
    dilution : float
        Fraction of the connections removed.

    Raises
    ------
    TypeError, ValueError
        In the methods, if T is no number or array of numbers, or is out of range.
    """

    tree: Tree
    dilution: float = 0.0

    @property
    def p(self) -> int:
        """Weights per path."""
        return self.tree.p

    @property
    def alpha(self) -> float:
        """Paths per weight, after dilution."""
        return self.tree.mean_degree / self.tree.p

    @property
    def kind(self) -> str:
        """What happens at the static temperature: "random first-order", "continuous" or "none"."""
        if self.static_temperature() == 0.0:
            return "none"
        return "continuous" if self.p == 2 else "random first-order"

    def dynamic_temperature(self) -> float:
        """Return T_d, below which glass states carry the equilibrium; 0.0 if there is none.

        For p = 2 it is the continuous transition. It is 0.0 only where the theory of T = 0 (`zero_temperature`) says
        so; within 10^-4 of the density of paths where that begins (T_d < 0.16) it is continued from denser glasses,
        good to 3e-4 (`glassnet.theory.zero_temperature.low_temperature`).
        """
        return glass_states.onset(self.tree).temperature

    def static_temperature(self) -> float:
        """Return T_K, where the complexity vanishes and the paramagnet ends; 0.0 if there is none.

        For p = 2 it is the continuous transition, at (mean excess degree) tanh^2(1/T) = 1. Near T = 0 as for
        `dynamic_temperature`.
        """
        return glass_states.static_temperature(self.tree)

    def zero_entropy_temperature(self) -> float:
        """Return the temperature where the paramagnet's entropy would vanish, a lower bound of T_K; 0.0 if nowhere."""
        return paramagnet.zero_entropy_temperature(self.alpha)

    def zero_temperature(self) -> xorsat.ZeroTemperature:
        """Return thresholds, 2-core and complexity at T = 0.

        Raises
        ------
        ValueError
            If p = 2.
        """
        return xorsat.zero_temperature(self.tree, self.dilution)

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy of the paramagnet, -T (ln 2 + alpha ln cosh 1/T).

        Exact at and above `static_temperature`; below it a lower bound on the true free energy. -inf at T = inf.
        """
        return paramagnet.free_energy(_checks.temperatures("T", T), self.alpha)

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy of the paramagnet, -alpha tanh 1/T; exact at and above `static_temperature`."""
        return paramagnet.energy(_checks.temperatures("T", T), self.alpha)

    def entropy(self, T: ArrayLike) -> Any:
        """Return the entropy of the paramagnet, ln 2 + alpha (ln cosh 1/T - (1/T) tanh 1/T), in nats.

        Exact at and above `static_temperature`; negative below `zero_entropy_temperature`, where it means nothing.
        """
        return paramagnet.entropy(_checks.temperatures("T", T), self.alpha)

    def complexity(self, T: ArrayLike) -> Any:
        """Return Sigma(T), the logarithm of the number of equilibrium glass states per weight, in nats.

        It is the free energy that the planted state lacks, (phi_paramagnet - phi_state) with phi = -f/T: positive
        between T_K and T_d, negative below T_K (there the planted state is no typical one), 0 above T_d.
        """
        return self._each(T, "complexity")

    def overlap(self, T: ArrayLike) -> Any:
        """Return q_EA(T), the overlap of the planted state with its equilibrium at T; 0 above `dynamic_temperature`.

        Between T_K and T_d the overlap within one of the states that make up the equilibrium of the symmetric ensemble.
        """
        return self._each(T, "overlap")

    def _each(self, T: ArrayLike, name: str) -> Any:
        temperature = _checks.temperatures("T", T)
        values = [getattr(glass_states.state(self.tree, t), name) for t in temperature.ravel().tolist()]
        return np.array(values, dtype=np.float64).reshape(temperature.shape)[()]

    def plot(self, ax: Any = None) -> Any:
        """Draw the entropy, and overlap and complexity of the glass states; see :func:`glassnet.plots.cavity`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.cavity(self, ax)

    def __repr__(self) -> str:
        zero = self.zero_entropy_temperature()
        where = f"{self.tree}, dilution {self.dilution:g}, {self.alpha:g} paths per weight"
        vanishes = f"zero entropy at T = {zero:.5f}" if zero else "entropy vanishes nowhere"
        return f"Cavity({where})\n{vanishes}; print() and plot() solve for T_d and T_K"

    def __str__(self) -> str:
        kind = "no static transition" if self.kind == "none" else self.kind
        if self.p == 2:
            rows = [self._row("continuous", self.static_temperature())]
        else:
            rows = [self._row("dynamic", self.dynamic_temperature()), self._row("static", self.static_temperature())]
        rows.append(self._row("zero entropy", self.zero_entropy_temperature(), glass=False))
        columns = {"": "<", "T": ".5f", "overlap": ".4f", "complexity": "z.5f", "energy": ".5f", "entropy": "z.5f"}
        return f"{self.tree}, dilution {self.dilution:g}: {kind}\n{_tables.table(columns, rows)}"

    def _row(self, name: str, temperature: float, glass: bool = True) -> list[Any]:
        if temperature == 0.0:
            return [name, "none"]
        state = [self.overlap(temperature), self.complexity(temperature)] if glass else ["", ""]
        return [name, temperature, *state, self.energy(temperature), self.entropy(temperature)]
