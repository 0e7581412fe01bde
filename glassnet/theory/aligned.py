"""Networks aligned with their data: mean-field theory of data couplings with many paths and one output unit.

Every path from input unit i has the coupling c_i, the mean of y x_i over its examples, so that all paths can be
satisfied at once (a Mattis model). With one output unit the gauge turns the weights of the last layer to +1, and the
L - 1 layers before it interact. Where every weight lies on many paths the free energy per weight is, with the
magnetisations m_l of the layers (of layer 1 for the edges out of each input unit),

    f = -a mean_i(|c_i| m_1i) m_2 ... m_(L-1) - T sum_(l<L) r_l s(m_l),
    s(m) = -sum_(+-) (1 +- m)/2 ln((1 +- m)/2),    r_l = W_l / N_w,    N_w = W_1 + ... + W_L,

W_l = n_(l-1) n_l and a = alpha paths per weight. Dilution delta removes connections: a path keeps its L of them with
probability (1 - delta)^L, so that a = alpha (1 - delta)^L, and r_l = (1 - delta) W_l / N_w; but a hidden unit without
its connection to the output leaves all weights into it free, and r_(L-1) = (1 - delta)^2 W_(L-1) / N_w. N_w and alpha
are those of the undiluted network. How the equations are solved is in :mod:`glassnet.theory.aligned_curve`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar

from glassnet import _checks, _face, _tables, _wiring
from glassnet.theory.aligned_curve import Curve, layer_shares
from glassnet.theory.paramagnet import LN2

#: the curve of stationary states is tabulated at these h, in units of one over the root mean square of c_i
_FIELDS = np.log(10.0) * np.linspace(-5.0, 6.0, 1101)
#: relative error of temperatures and fields
_EXACT = 1e-13


@_face.shown
class AlignedState(NamedTuple):
    """A stationary state of the mean-field theory at one temperature.

    Attributes
    ----------
    magnetisations : (L - 1,) float64
        Of the layers before the last, whose weights are +1 by the gauge; of the first the mean over its edges.
    energy, free_energy : float
        Per weight of the undiluted network; those of the paramagnet are 0 and -T ln 2 (r_1 + ... + r_(L-1)).
    stable : bool
        Whether it is a minimum of the free energy, if only a local one.
    """

    magnetisations: np.ndarray
    energy: float
    free_energy: float
    stable: bool


@dataclass(frozen=True, eq=False)
@_face.shown
class Aligned:
    """Mean-field theory of a network aligned with its data; made by :func:`aligned`.

    Temperatures T may be numbers or arrays, > 0, in units where abs(y x_i) = 1; arrays give arrays. Energies and free
    energies are per weight of the undiluted network. Values are those of the aligned state of lowest free energy,
    whether or not the paramagnet is lower still; where there is no aligned state they are those of the paramagnet.

    Attributes
    ----------
    widths : tuple of int
        Units of each layer, from the inputs to the one output.
    alpha : float
        Paths per weight of the undiluted network.
    strength : float or (n_inputs,) float64
        abs(c_i).
    dilution : float
        Fraction of connections that are removed.

    Raises
    ------
    TypeError, ValueError
        In the methods, if T is no positive number or an array of them.
    """

    widths: tuple[int, ...]
    alpha: float
    strength: float | np.ndarray
    dilution: float = 0.0

    @property
    def mean_strength(self) -> float:
        """Mean of abs(c_i): m0."""
        return float(np.mean(self.strength))

    def order(self) -> str:
        """Return the kind of the transition: "none" for L = 2, "continuous" for L = 3, "first-order" for L >= 4.

        "none" also where all c_i are 0.
        """
        if self._depth == 2 or not np.any(self.strength):
            return "none"
        return "continuous" if self._depth == 3 else "first-order"

    def transition_temperature(self) -> float:
        """Return T_c, below which the aligned state is the stable one.

        0.0 where all c_i are 0; nan for L = 2, where there is no transition and the network aligns gradually.
        """
        if self.order() != "first-order":
            return self._continuous()
        roots = self._crossings(self._curve.excess, self._curve.excess(self._grid))
        return max(math.exp(float(self._curve.log_temperature(log_h))) for log_h, _ in roots)

    def spinodal(self) -> float:
        """Return the highest temperature at which the aligned state exists; T_c for L = 3, else 0.0 or nan as there."""
        if self.order() != "first-order":
            return self._continuous()
        table, grid = self._table, self._grid
        peaks = np.flatnonzero((table[1:-1] >= table[:-2]) & (table[1:-1] > table[2:])) + 1

        def below(log_h: float) -> float:
            return -float(self._curve.log_temperature(log_h))

        # different |c_i| may give several
        found = [minimize_scalar(below, bounds=grid[[i - 1, i + 1]], options={"xatol": 1e-9}).fun for i in peaks]
        return math.exp(-min(found))

    def latent_heat(self) -> float:
        """Return the energy per weight that leaving the aligned state at T_c takes; 0.0 unless it is of first order."""
        return float(-self.energy(self.transition_temperature())) if self.order() == "first-order" else 0.0

    def critical_dilution(self, T: float) -> float:
        """Return the dilution at which the transition is at T; 0.0 where the undiluted network has T_c <= T.

        1.0 where T is so low that it differs from 1 by less than 1e-13.

        nan for L = 2. The dilution of this object does not matter.
        """
        return self._dilution_of(lambda theory: theory.transition_temperature(), T)

    def spinodal_dilution(self, T: float) -> float:
        """Return the largest dilution at which the aligned state exists at T; 0.0 and nan as `critical_dilution`."""
        return self._dilution_of(lambda theory: theory.spinodal(), T)

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight; 0 in the paramagnet."""
        return self._each(T, self._energy)

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy per weight, without the entropy of the last layer and of weights that lead nowhere."""
        return self._each(T, self._free_energy)

    def magnetisations(self, T: ArrayLike) -> np.ndarray:
        """Return the magnetisations of the layers before the last, along a last axis of L - 1 entries.

        That of the first layer is the mean over all of its edges; the weights of the last layer are +1 by the gauge.
        """
        return np.asarray(self._each(T, lambda _, log_h: self._magnetisations(log_h)))

    def states(self, T: float) -> list[AlignedState]:
        """Return every stationary state at one temperature: the paramagnet, then from small to large magnetisation.

        For L = 2 the paramagnet is none, unless all c_i are 0.
        """
        T = _checks.real("T", T, minimum=0.0, exclusive=True)
        places: list[tuple[float | None, bool]] = list(self._roots(T))
        if self._depth > 2 or not places:
            places.insert(0, (None, self.order() != "continuous" or self._continuous() <= T))
        return [
            AlignedState(self._magnetisations(log_h), self._energy(T, log_h), self._free_energy(T, log_h), stable)
            for log_h, stable in places
        ]

    def plot(self, ax: Any = None) -> Any:
        """Draw T_c and the spinodal against the dilution; see :func:`glassnet.plots.aligned`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.aligned(self, ax)

    def __str__(self) -> str:
        unit = self.alpha * self.mean_strength
        head = f"aligned with its data: widths {'-'.join(map(str, self.widths))}, alpha {self.alpha:g}, "
        head += f"mean |c| {self.mean_strength:.4g}"
        head += ", all equal" if np.ndim(self.strength) == 0 else f", {len(np.atleast_1d(self.strength))} inputs"
        lines = [head + (f", dilution {self.dilution:g}" if self.dilution else "")]
        if self.order() == "none":
            return "\n".join([*lines, "no transition" + (": independent weights" if self._depth == 2 else "")])
        critical, spinodal = self.transition_temperature(), self.spinodal()
        lines.append(f"{self.order()} transition at T = {critical:.6g}, T / (alpha mean |c|) = {critical / unit:.4f}")
        if self.order() == "first-order":
            lines.append(f"spinodal at T = {spinodal:.6g}, T / (alpha mean |c|) = {spinodal / unit:.4f}")
            lines.append(f"latent heat {self.latent_heat():.6g} per weight")
        columns = {"T": ".5g", "energy": ".6g", "free energy": ".6g", f"m of layers 1 to {self._depth - 1}": "<"}
        rows = [
            (T, self.energy(T), self.free_energy(T), " ".join(f"{m:.4f}" for m in self.magnetisations(T)))
            for T in critical * np.array([0.5, 0.75, 0.9, 1.0])
        ]
        return "\n".join([*lines, _tables.table(columns, rows)])

    @property
    def _depth(self) -> int:
        return len(self.widths) - 1

    @functools.cached_property
    def _curve(self) -> "Curve":
        kept, shares = 1.0 - self.dilution, layer_shares(self.widths, self.dilution)
        values, numbers = np.unique(np.abs(self.strength), return_counts=True)
        return Curve(self.alpha * kept**self._depth, shares, values, numbers / numbers.sum())

    @functools.cached_property
    def _grid(self) -> np.ndarray:
        return _FIELDS - math.log(self._curve.root_mean_square)

    @functools.cached_property
    def _table(self) -> np.ndarray:
        """Logarithm of the temperature on the grid."""
        return self._curve.log_temperature(self._grid)

    def _continuous(self) -> float:
        """T_c for L = 3; 0.0 without strength, nan for L = 2."""
        if self._depth == 2:
            return math.nan
        if self.order() == "none":
            return 0.0
        return self._curve.scale * self._curve.root_mean_square / math.sqrt(self._curve.shares.prod())

    def _crossings(self, function: Callable[[float], Any], table: np.ndarray) -> list[tuple[float, bool]]:
        """Where a function of ln h, with the values `table` on the grid, crosses 0, and whether it falls there."""
        positive = table > 0
        places = np.flatnonzero(positive[1:] != positive[:-1])
        grid = self._grid
        return [
            (float(brentq(function, grid[i], grid[i + 1], xtol=_EXACT, rtol=_EXACT)), bool(positive[i])) for i in places
        ]

    def _roots(self, T: float) -> list[tuple[float, bool]]:
        """Values of ln h of the aligned states at T, increasing, and which of them are minima."""
        if not np.any(self.strength) or math.isinf(T):
            return []
        level = math.log(T)
        if self._depth == 2 or level < self._table[-1]:  # explicit, or as good as T = 0: all m_l = 1
            return [(math.log(self._curve.scale / self._curve.shares[0]) - level, True)]
        return self._crossings(lambda log_h: self._curve.log_temperature(log_h) - level, self._table - level)

    def _each(self, T: ArrayLike, value: Callable[[float, float | None], Any]) -> Any:
        """Value at T and ln h of the aligned state of lowest free energy, None without one, for each temperature."""
        temperature = _checks.temperatures("T", T)
        found = []
        for t in temperature.ravel().tolist():
            stable = [log_h for log_h, minimum in self._roots(t) if minimum]
            found.append(value(t, min(stable, key=self._curve.excess, default=None)))
        shape = temperature.shape + np.shape(found[0] if found else 0.0)
        return np.array(found, dtype=np.float64).reshape(shape)[()]

    def _energy(self, T: float, log_h: float | None) -> float:
        return 0.0 if log_h is None else -T * float(self._curve.gain(log_h))

    def _free_energy(self, T: float, log_h: float | None) -> float:
        excess = 0.0 if log_h is None else float(self._curve.excess(log_h))
        return T * (excess - LN2 * float(self._curve.shares.sum()))

    def _magnetisations(self, log_h: float | None) -> np.ndarray:
        return np.zeros(self._depth - 1) if log_h is None else self._curve.magnetisations(log_h)

    def _dilution_of(self, temperature: Callable[["Aligned"], float], T: float) -> float:
        """Dilution at which a temperature of the theory is T: it decreases in the dilution, to 0 at dilution 1."""
        T = _checks.real("T", T, minimum=0.0, exclusive=True)

        def excess(dilution: float) -> float:
            return temperature(Aligned(self.widths, self.alpha, self.strength, dilution)) - T

        if self._depth == 2:
            return math.nan
        if excess(0.0) <= 0.0:
            return 0.0
        upper = 0.5
        while excess(upper) > 0.0:
            upper = (1.0 + upper) / 2.0
            if 1.0 - upper < _EXACT:
                return 1.0
        return float(brentq(excess, 0.0, upper, xtol=1e-12))


def aligned(widths: tuple[int, ...] | list[int], alpha: float, strength: ArrayLike, dilution: float = 0.0) -> Aligned:
    """Return the mean-field theory of a network whose couplings are the means c_i = <y x_i> of data.

    Parameters
    ----------
    widths : sequence of int
        Units of each layer, at least 3 entries; the last is 1.
    alpha : float
        Paths per weight of the undiluted network, > 0. With couplings of many paths energies are sums over all alpha
        paths per weight.
    strength : float or (n_inputs,) floats
        m0 = abs(c_i), the same for all input units, or c_i for each of them; signs do not matter, the gauge of the
        first layer takes them away.
    dilution : float
        Fraction of connections that are removed, in [0, 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described. With two outputs and more the weights of the last layer cannot be gauged
        away, and their exact sum is no mean field.
    """
    widths = _wiring.check_widths(widths)
    if widths[-1] != 1:
        raise ValueError(
            f"widths must end with one output unit, got {widths[-1]} in {widths}: weights to several outputs do not "
            "gauge away, and a free field for them gives another answer than their exact sum"
        )
    alpha = _checks.real("alpha", alpha, minimum=0.0, exclusive=True)
    given = np.abs(_checks.real_array("strength", strength))
    if given.ndim and given.shape != (widths[0],):
        raise ValueError(
            f"strength must be one number or one for each of the {widths[0]} input units, got shape {given.shape}"
        )
    own = given if given.ndim else float(given)
    return Aligned(widths, alpha, own, _wiring.dilution("dilution", dilution))
