"""Networks aligned with data that disagree: replica-symmetric theory of couplings from few examples, one output unit.

A path from input unit i has the coupling J = y x_i of one random example, or the mean of K of them: a glass with a bias
towards the aligned state. By the gauge the last layer is +1; the L - 1 layers before it interact. Where every weight
lies on many paths (alpha large, T of the order of sqrt(alpha)), with magnetisations m_l and overlaps q_l of the layers,

    -f/T = a [ln cosh(J/T)] + a [t m_1i] m_2 ... m_(L-1) - (a/2) [t^2 q_1i] q_2 ... q_(L-1)
           + sum_(l<L) r_l { E ln 2 cosh(u_l + v_l^(1/2) z) - u_l m_l - v_l (1 - q_l) / 2 },    t = tanh(J/T),

[..] the mean over couplings and input units, z normal, u_l and v_l the fields, stationary in all of them; a and r_l as
in :mod:`glassnet.theory.aligned`, whose theory this is for J = c_i and alpha to infinity. It is the p-spin model with a
ferromagnetic bias (B. Derrida, 1981, and H. Nishimori, 1981, for its line) on layers of different sizes, with
tanh(J/T) for J/T: so the paramagnet, a [ln cosh(J/T)] + ln 2, is that of finite alpha.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import binom

from glassnet import _checks, _face
from glassnet.theory.aligned import Aligned, aligned
from glassnet.theory.aligned_curve import layer_shares
from glassnet.theory.paramagnet import LN2, log_cosh

#: Gaussian averages by the trapezoidal rule, exact to 1e-13 for fields of up to some tens
_NODES = np.linspace(-9.0, 9.0, 361)
_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()
#: an iteration ends where nothing moves by more, or when it has collapsed
_EXACT, _COLLAPSED, _MOST = 1e-11, 1e-3, 3_000
#: relative accuracy of a temperature at which a state ends, and where it is given up, in units of where it may be
_END, _COLDEST = 1e-5, 1e-2


class _State(NamedTuple):
    """A stationary state: of layer 1 by the value of abs(c_i), of the others one number each; what -f/T exceeds the
    paramagnet by."""

    first: np.ndarray
    magnetisations: np.ndarray
    first_overlap: np.ndarray
    overlaps: np.ndarray
    gain: float

    @property
    def collapsed(self) -> bool:
        orders = (self.first, self.first_overlap), (self.magnetisations, self.overlaps)
        return bool(min(*(one.max() for one in orders[0]), *(one.min() for one in orders[1])) < _COLLAPSED)


@dataclass(frozen=True, eq=False)
@_face.shown
class AlignedGlass:
    """Theory of networks whose couplings are few examples; made by :func:`aligned_glass`.

    Temperatures T may be numbers or arrays, > 0, in units where abs(y x_i) = 1; arrays give arrays. Energies and free
    energies are per weight of the undiluted network. Values at temperatures below `lowest_temperature` are nan.

    Attributes
    ----------
    mean_field : Aligned
        Widths, alpha, strength and dilution, and the theory of all examples in every path.
    examples : int or "all"
        Per path, K.

    Raises
    ------
    TypeError, ValueError
        In the methods, if T is no positive number or an array of them.
    """

    mean_field: Aligned
    examples: int | str

    def transition_temperature(self) -> float:
        """Return T_c, below which the aligned state is more stable than the paramagnet; nan where it never is.

        Below T_K there is no paramagnet in equilibrium, and no T_c.
        """
        return self._crossing(self._aligned, self._start(), self._floor())

    def spinodal(self) -> float:
        """Return the highest temperature at which there is an aligned state; nan where there is none above T_K."""
        return self._end(self._aligned, self._start(), self._floor())

    def nishimori_temperature(self) -> float:
        """Return 1 / atanh(m0) for one example per path and equal abs(c_i) = m0; nan elsewhere.

        There the Hebb state is an equilibrium configuration, m_l = q_l, and the energy is -m0 per path.
        """
        if self.examples != 1 or len(self._strengths) > 1 or not 0 < self._strengths[0] < 1:
            return math.nan
        return 1.0 / math.atanh(float(self._strengths[0]))

    @property
    def lowest_temperature(self) -> float:
        """Where the theory ends: the Nishimori temperature, else T_K, but at least 1.

        Below, J/T is no longer small, for which the theory is exact, and replica symmetry may be broken.
        """
        nishimori = self.nishimori_temperature()
        return max(1.0, self._floor()) if math.isnan(nishimori) else nishimori

    def critical_alpha(self) -> float:
        """Return the fewest paths per weight with which the aligned state is the equilibrium one at any temperature.

        It is reached on the Nishimori line: with fewer paths nothing is aligned at any temperature (H. Nishimori,
        1981); nan without this line. The alpha of this object does not matter.
        """
        temperature = self.nishimori_temperature()
        if math.isnan(temperature):
            return math.nan
        scale = LN2 / float(self._strengths[0]) ** 2 / (1.0 - self.mean_field.dilution) ** 3

        def gain(alpha: float) -> float:
            state = self._with_alpha(alpha)._aligned(temperature)
            return -1.0 if state.collapsed else state.gain

        highest = scale
        while gain(highest) <= 0.0:
            highest *= 1.5
        lowest = highest / 1.5
        while gain(lowest) > 0.0:
            lowest /= 1.5
        return float(brentq(gain, lowest, highest, xtol=1e-10 * highest))

    def glass_temperature(self) -> float:
        """Return T_K of the same network without alignment: below, its paramagnet is a glass in equilibrium.

        Where the state planted in the paramagnet is as stable as it; alignment is not taken into account.
        """
        return self._glass_temperature

    def dynamical_temperature(self) -> float:
        """Return T_d of the same network without alignment: below, chains in its paramagnet stay where they are."""
        return self._end(self._planted, self._unit())

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight of the aligned state; that of the paramagnet where there is none."""
        return self._each(T, lambda state, t: self._energy(state, t))

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy per weight of the aligned state, without the entropy of the last layer and of weights
        that lead nowhere; that of the paramagnet where there is none."""
        return self._each(T, self._free_energy)

    def paramagnetic_energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight of the paramagnet, -a [J tanh(J/T)]."""
        return self._each(T, lambda _, t: -self._paths * float(self._over_inputs(self._moments(t).energy)))

    def magnetisations(self, T: ArrayLike) -> np.ndarray:
        """Return m_l of the layers before the last along a last axis; 0 where there is no aligned state."""
        return np.asarray(self._each(T, self._layer_magnetisations))

    def __str__(self) -> str:
        theory, unit = self.mean_field, math.sqrt(self.mean_field.alpha)
        head = f"networks of {self.examples} examples per path: widths {'-'.join(map(str, theory.widths))}, "
        head += f"alpha {theory.alpha:g}, mean |c| {theory.mean_strength:.4g}, dilution {theory.dilution:g}"
        names = {
            "transition to the aligned state": self.transition_temperature(),
            "aligned state up to": self.spinodal(),
            "Nishimori temperature": self.nishimori_temperature(),
            "T_K without alignment": self.glass_temperature(),
            "T_d without alignment": self.dynamical_temperature(),
        }
        lines = [f"{name}: T = {value:.5g}, T / sqrt(alpha) = {value / unit:.4f}" for name, value in names.items()]
        return "\n".join(
            [head, *lines, f"fewest paths per weight of an aligned equilibrium: {self.critical_alpha():.5g}"]
        )

    @functools.cached_property
    def _glass_temperature(self) -> float:
        return self._crossing(self._planted, self._unit())

    @functools.cached_property
    def _strengths(self) -> np.ndarray:
        return np.unique(np.abs(self.mean_field.strength))

    @property
    def _numbers(self) -> np.ndarray:
        """Share of the input units with each strength."""
        return np.unique(np.abs(self.mean_field.strength), return_counts=True)[1] / np.size(self.mean_field.strength)

    @property
    def _paths(self) -> float:
        """Paths per weight that are left."""
        return self.mean_field.alpha * (1.0 - self.mean_field.dilution) ** (len(self.mean_field.widths) - 1)

    @functools.cached_property
    def _shares(self) -> np.ndarray:
        return layer_shares(self.mean_field.widths, self.mean_field.dilution)

    def _with_alpha(self, alpha: float) -> "AlignedGlass":
        theory = self.mean_field
        return AlignedGlass(Aligned(theory.widths, alpha, theory.strength, theory.dilution), self.examples)

    @functools.cached_property
    def _couplings(self) -> tuple[np.ndarray, np.ndarray]:
        """Values (n_strengths, n_values) and probabilities of the couplings in the direction of c_i."""
        if self.examples == "all":
            return self._strengths[:, None], np.ones((len(self._strengths), 1))
        number = int(self.examples)
        wins = np.arange(number + 1)
        values = np.broadcast_to((2.0 * wins - number) / number, (len(self._strengths), number + 1))
        return values, binom.pmf(wins, number, 0.5 * (1.0 + self._strengths[:, None]))

    def _over_inputs(self, values: np.ndarray) -> float:
        return float(self._numbers @ values)

    @functools.lru_cache(maxsize=64)  # noqa: B019 - as long as the object, of which there are few
    def _moments(self, T: float) -> "_Moments":
        values, chances = self._couplings
        t = np.tanh(values / T)
        means = [log_cosh(values / T), values * t, t, t * t, values * (1 - t * t), values * t * (1 - t * t)]
        return _Moments(*((chances * one).sum(axis=1) for one in means))

    def _aligned(self, T: float) -> _State:
        moments = self._moments(T)
        return self._iterated(moments.first, moments.second)

    def _planted(self, T: float) -> _State:
        """The state of a configuration planted in the paramagnet: m = q."""
        second = self._moments(T).second
        return self._iterated(second, second)

    def _iterated(self, first: np.ndarray, second: np.ndarray) -> _State:
        """The state that the iteration from full order ends in, [tanh] and [tanh^2] given by strength."""
        shares = self._shares
        m1, q1 = np.ones_like(first), np.ones_like(first)
        m, q = np.ones(len(shares) - 1), np.ones(len(shares) - 1)
        for _ in range(_MOST):
            u1, v1 = self._fields(first, m, shares[0]), self._fields(second, q, shares[0])
            u = self._paths * self._over_inputs(first * m1) * _others(m) / shares[1:]
            v = self._paths * self._over_inputs(second * q1) * _others(q) / shares[1:]
            fields = np.concatenate([u1, u])[:, None] + np.sqrt(np.concatenate([v1, v]))[:, None] * _NODES
            tanh = np.tanh(fields)
            means, squares = tanh @ _WEIGHTS, (tanh * tanh) @ _WEIGHTS
            new = means[: len(m1)], means[len(m1) :], squares[: len(m1)], squares[len(m1) :]
            moved = max(float(np.abs(a - b).max()) for a, b in zip(new, (m1, m, q1, q), strict=True))
            m1, m, q1, q = new
            if moved < _EXACT or min(float(q1.max()), float(q.min())) < _COLLAPSED:
                break
        entropies = log_cosh(fields) @ _WEIGHTS
        sites = entropies - np.concatenate([u1 * m1 + 0.5 * v1 * (1 - q1), u * m + 0.5 * v * (1 - q)])
        gain = self._paths * self._over_inputs(first * m1) * m.prod()
        gain -= 0.5 * self._paths * self._over_inputs(second * q1) * q.prod()
        gain += shares[0] * self._over_inputs(sites[: len(m1)]) + shares[1:] @ sites[len(m1) :]
        return _State(m1, m, q1, q, float(gain))

    def _fields(self, moment: np.ndarray, order: np.ndarray, share: float) -> np.ndarray:
        return np.asarray(self._paths * moment * order.prod() / share)

    def _unit(self) -> float:
        """A temperature of the order of T_K: a [tanh^2] = 1."""
        return math.sqrt(
            self._paths * max(self._over_inputs((self._couplings[0] ** 2 * self._couplings[1]).sum(1)), 1e-300)
        )

    def _start(self) -> float:
        """A temperature of the order of the spinodal: the larger one of glass and ferromagnet."""
        spinodal = self.mean_field.spinodal()
        return max(spinodal, self._unit())

    def _floor(self) -> float:
        """Below T_K there is no equilibrium paramagnet to compare with."""
        return 0.0 if math.isnan(self._glass_temperature) else self._glass_temperature

    def _end(self, state: Callable[[float], _State], unit: float, floor: float = 0.0) -> float:
        """The highest temperature at which a state is there."""
        if not unit > 0.0:
            return math.nan
        lowest = 2.0 * unit
        while not state(lowest).collapsed:
            lowest *= 2.0
        while state(lowest).collapsed:
            lowest *= 0.93
            if lowest < max(floor, _COLDEST * unit):
                return math.nan
        highest = lowest / 0.93
        while highest - lowest > _END * lowest:
            middle = 0.5 * (lowest + highest)
            lowest, highest = (lowest, middle) if state(middle).collapsed else (middle, highest)
        return lowest

    def _crossing(self, state: Callable[[float], _State], unit: float, floor: float = 0.0) -> float:
        """The temperature below which a state is more stable than the paramagnet."""

        def gain(T: float) -> float:
            found = state(T)
            return -1.0 if found.collapsed else found.gain

        highest = 2.0 * unit
        while gain(highest) > 0.0:
            highest *= 2.0
        while highest > max(floor, _COLDEST * unit):
            lowest = max(0.93 * highest, floor)
            if gain(lowest) > 0.0:
                return float(brentq(gain, lowest, highest, xtol=1e-12 * highest))
            highest = lowest
        return math.nan

    def _each(self, T: ArrayLike, value: Callable[[_State, float], Any]) -> Any:
        temperature = _checks.temperatures("T", T)
        found = [value(self._aligned(t), t) for t in temperature.ravel().tolist()]
        lowest = self.lowest_temperature * (1.0 - 1e-12)
        found = [one if t >= lowest else one * np.nan for one, t in zip(found, temperature.ravel(), strict=True)]
        shape = temperature.shape + np.shape(found[0] if found else 0.0)
        return np.array(found, dtype=np.float64).reshape(shape)[()]

    def _energy(self, state: _State, T: float) -> float:
        moments = self._moments(T)
        per_path = moments.energy
        if not state.collapsed:
            per_path = per_path + moments.first_slope * state.first * state.magnetisations.prod()
            per_path = per_path - moments.second_slope * state.first_overlap * state.overlaps.prod()
        return -self._paths * self._over_inputs(per_path)

    def _free_energy(self, state: _State, T: float) -> float:
        entropy = LN2 * float(self._shares.sum()) + self._paths * self._over_inputs(self._moments(T).log_cosh)
        return -T * (entropy + (0.0 if state.collapsed else state.gain))

    def _layer_magnetisations(self, state: _State, _: float) -> np.ndarray:
        both = np.array([self._over_inputs(state.first), *state.magnetisations])
        return np.zeros_like(both) if state.collapsed else both


class _Moments(NamedTuple):
    """By strength: [ln cosh(J/T)], [J t], [t], [t^2], and what the last two change with 1/T: [J (1 - t^2)] and half of
    it for t^2, [J t (1 - t^2)]."""

    log_cosh: np.ndarray
    energy: np.ndarray
    first: np.ndarray
    second: np.ndarray
    first_slope: np.ndarray
    second_slope: np.ndarray


def _others(values: np.ndarray) -> np.ndarray:
    """Products of all entries but one."""
    return np.array([np.delete(values, k).prod() for k in range(len(values))])


def aligned_glass(
    widths: tuple[int, ...] | list[int],
    alpha: float,
    strength: ArrayLike,
    *,
    examples: int | str = 1,
    dilution: float = 0.0,
) -> AlignedGlass:
    """Return the theory of a network whose paths have couplings y x_i of one or few random examples.

    Parameters
    ----------
    widths, alpha, strength, dilution
        As for :func:`glassnet.theory.aligned`, but of at least four layers of weights: with fewer the transition is
        continuous.
    examples : int or "all"
        Per path, K: the coupling is their mean. "all": c_i itself.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Corrections are of the order 1/T^2, which is 1/alpha at fixed T / sqrt(alpha), and, at finite width n, (ln 2)/n for
    the images of the aligned state that :func:`glassnet.studies.two_branches` counts. The aligned state is replica
    symmetric on the Nishimori line and above.
    """
    theory = aligned(widths, alpha, strength, dilution)
    if len(theory.widths) < 5:
        raise ValueError(f"widths must have at least 5 entries (4 layers of weights), got {list(theory.widths)}")
    if examples != "all":
        _checks.integer("examples", examples, minimum=1, maximum=10_000)
    if np.max(theory.strength) > 1.0:
        raise ValueError(f"strength must be at most 1, got {_checks.shown(theory.strength)}")
    return AlignedGlass(theory, examples)
