"""Belief propagation: the cavity equations of one given glass, solved by iteration.

Path a exerts on its weight i the field (over temperature)

    u_{a -> i} = atanh[tanh(beta J_a) prod_{j in a, j != i} tanh h_{j -> a}],
    h_{j -> a} = K_j + sum_{b != a} u_{b -> j},

K an external field. At a fixed point weight i has mean tanh H_i, H_i the sum of all fields on it, and the Bethe free
energy is stationary (J. S. Yedidia, W. T. Freeman, Y. Weiss, IEEE Trans. Inf. Theory 51, 2282 (2005)). On a tree
all this is exact after as many sweeps as the tree is deep; on a sparse random glass, up to loops of length ln N.

Without external field u = 0 is a fixed point for every p and at every temperature: the paramagnet, which is exact at
and above T_K. For p >= 3 it is stable at every T, so that a random start leads to it or does not converge: the glass
states below T_d are reached from configurations that lie inside them, as the planted one does. For p = 2 it is unstable
below the continuous transition. For even p every state has its mirror image, -w.
"""

import warnings
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet._random import Role, Seed, generator
from glassnet.glass import PathGlass
from glassnet.kernels import instance
from glassnet.theory.paramagnet import LN2, log_cosh
from glassnet.theory.planted.density_evolution import join

#: exp(-2 beta |J|) must not underflow
LARGEST_FIELD = 350.0


@dataclass(frozen=True, eq=False)
@_face.shown
class BeliefPropagation:
    """The fixed point of belief propagation on one glass, or where the iteration was stopped.

    Attributes
    ----------
    temperature : float
    converged : bool
        Whether no message changed by more than the tolerance in the last sweep; if not, nothing here is a fixed point.
    sweeps : int
        Sweeps made.
    change : float
        Largest change of a message u in the last sweep.
    magnetization : (n_weights,) float64
        Mean of every weight; its marginal is (1 +- magnetization) / 2.
    free_energy, energy, entropy : float
        Bethe approximation per weight, exact on a tree. The external field's energy is part of the free energy and not
        of `energy`, as in `ParallelTempering`.
    overlap : float
        With the planted state, (1/N) sum_i w*_i m_i; nan if there is none.
    self_overlap : float
        (1/N) sum_i m_i^2: the overlap of two replicas within the state.
    """

    temperature: float
    converged: bool
    sweeps: int
    change: float
    magnetization: np.ndarray
    free_energy: float
    energy: float
    entropy: float
    overlap: float
    self_overlap: float
    _messages: np.ndarray = field(repr=False)

    def plot(self, ax: Any = None) -> Any:
        """Draw a histogram of the means of all weights; see :func:`glassnet.plots.magnetizations`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.magnetizations(self, ax)

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED, no fixed point"
        lines = [f"belief propagation at T = {self.temperature:g}: {state} after {self.sweeps} sweeps"]
        lines.append(f"largest change of a message in the last sweep: {self.change:.1e}")
        names = ("free_energy", "energy", "entropy", "self_overlap", "overlap")
        values = [(name.replace("_", " "), getattr(self, name)) for name in names]
        return "\n".join([*lines, _tables.table(["<", "z.6f"], (row for row in values if not np.isnan(row[1])))])


def belief_propagation(
    glass: PathGlass,
    temperature: float,
    initial: str | ArrayLike | BeliefPropagation = "random",
    *,
    field: float = 0.0,
    damping: float = 0.0,
    tolerance: float = 1e-9,
    max_sweeps: int = 2000,
    seed: int | Seed | None = None,
) -> BeliefPropagation:
    """Solve the cavity equations of one glass by iteration.

    Messages are renewed path by path, each from the latest ones.

    Parameters
    ----------
    glass : PathGlass
        Any couplings.
    temperature : float
        > 0 (k_B = 1), at least max abs(J) / 350.
    initial : {"random", "paramagnet", "planted"}, (n_weights,) of +-1, or BeliefPropagation
        Messages at the start: random ones of any strength; none; those of the planted or of another configuration;
        those of an earlier solution for the same paths, at whatever temperature.
    field : float
        K >= 0: adds -T K sum_i w_i w*_i to the energy, as in `ParallelTempering`; needs a planted glass unless 0.
    damping : float
        Share of the old message that is kept, in [0, 1): helps where the messages go round in circles.
    tolerance : float
        > 0: iteration ends when no message changes by more than this.
    max_sweeps : int
        >= 1: it ends after so many in any case.
    seed : int or Seed
        For the random start.

    Warns
    -----
    RuntimeWarning
        If the iteration was stopped before it converged.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    _checks.instance("glass", glass, PathGlass)
    temperature = _checks.real("temperature", temperature, minimum=0, exclusive=True)
    largest = float(np.abs(glass.couplings).max(initial=0.0))
    if largest > LARGEST_FIELD * temperature:
        raise ValueError(f"temperature must be >= max |J| / {LARGEST_FIELD:g}, {largest:g} here, got {temperature:g}")
    damping = _checks.real("damping", damping, minimum=0)
    if damping >= 1:
        raise ValueError(f"damping must be in [0, 1), got {damping:g}")
    tolerance = _checks.real("tolerance", tolerance, minimum=0, exclusive=True)
    max_sweeps = _checks.integer("max_sweeps", max_sweeps, minimum=1, most=2**31 - 1)
    external = _external(glass, _checks.real("field", field, minimum=0))
    beta_j = glass.couplings / temperature
    messages = _start(glass, beta_j, initial, seed)
    fields, sweeps, change = instance.believe(glass.paths, beta_j, external, messages, damping, tolerance, max_sweeps)
    converged = bool(change <= tolerance)
    if not converged:
        warnings.warn(
            f"belief propagation did not converge: after {sweeps} sweeps a message still changes by {change:.1e}",
            RuntimeWarning,
            stacklevel=2,
        )
    return _solution(glass, temperature, external, messages, fields, (converged, sweeps, change))


def _external(glass: PathGlass, strength: float) -> np.ndarray:
    """The field on every weight, over temperature."""
    if strength == 0:
        return np.zeros(glass.n_weights)
    if glass.planted is None:
        raise ValueError(f"field must be 0 for a glass without planted state, got {strength:g}")
    return strength * glass.planted.astype(np.float64)


def _start(glass: PathGlass, beta_j: np.ndarray, initial: Any, seed: int | Seed | None) -> np.ndarray:
    """Messages (n_paths, p) to begin with."""
    shape = glass.paths.shape
    if isinstance(initial, BeliefPropagation):
        if initial._messages.shape != shape:
            raise ValueError(f"initial must be a solution for {shape} paths, got {initial._messages.shape}")
        return initial._messages.copy()
    if isinstance(initial, str):
        _checks.choice("initial", initial, ("random", "paramagnet", "planted"))
        if initial == "paramagnet":
            return np.zeros(shape)
        if initial == "random":
            if seed is None:
                raise ValueError("seed must be given for a random start, got None")
            size = np.tanh(np.abs(beta_j))[:, None]
            strength = generator(seed, Role.INITIAL).uniform(-1.0, 1.0, shape)
            # below 1: an infinite message would never go
            return np.arctanh(np.clip(size * strength, -1 + 1e-15, 1 - 1e-15))
        if glass.planted is None:
            raise ValueError("initial must not be 'planted' for a glass without planted state")
        initial = glass.planted
    w = _checks.sign_array("initial", initial, shape=(glass.n_weights,))[glass.paths]
    return np.ascontiguousarray(beta_j[:, None] * (w.prod(axis=1, dtype=np.int8)[:, None] * w))


def _solution(
    glass: PathGlass,
    temperature: float,
    external: np.ndarray,
    messages: np.ndarray,
    fields: np.ndarray,
    progress: tuple[bool, int, float],
) -> BeliefPropagation:
    """Thermodynamics of the messages: ln Z = sum_i ln Z_i + sum_a ln Z_a - sum_{ia} ln Z_{ia}, with all cosh u gone."""
    beta_j, n = glass.couplings / temperature, glass.n_weights
    total = fields[glass.paths]
    cavity = total - messages
    # a path's weights without it have prod tanh h = tanh g, and cosh(x) (1 + tanh(x) tanh(g)) = cosh(x + g) / cosh(g)
    g = np.where((cavity < 0).sum(axis=1) % 2, -1.0, 1.0) * reduce(join, np.abs(cavity).T)
    log_z = n * LN2 + log_cosh(fields).sum() + (log_cosh(beta_j + g) - log_cosh(g)).sum()
    log_z -= (log_cosh(total) - log_cosh(cavity)).sum()
    energy = -float(glass.couplings @ np.tanh(beta_j + g)) / n
    mean = np.tanh(fields)
    mean.flags.writeable = messages.flags.writeable = False
    return BeliefPropagation(
        temperature,
        *progress,
        mean,
        float(-temperature * log_z / n),
        energy,
        float(log_z / n + energy / temperature - external @ mean / n),
        np.nan if glass.planted is None else float(glass.planted @ mean) / n,
        float(mean @ mean) / n,
        messages,
    )
