"""The paramagnet's curves in the units of the chains: what bounds a transition from below, and where the glass froze.

The annealed energy and entropy are those of the paramagnet with as many paths as the chains have. The size of the
couplings is read off the energy at the hottest temperatures, so that nothing changes when all energies and temperatures
are multiplied by a number. In planted scans these are planting temperatures: there the energy is that of the
paramagnet at every N (H. Nishimori, Prog. Theor. Phys. 66, 1169 (1981)).
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from glassnet.analysis import symmetric
from glassnet.analysis.location import Estimate
from glassnet.analysis.nodes import Node, interacting, paths_per_weight
from glassnet.analysis.planted import PlantedNode
from glassnet.analysis.thermodynamics import Paramagnet

#: sizes of couplings this close to 1 are 1; farther apart on two rungs they are not known
_ONE, _AGREED = 0.03, 0.1
#: the low-temperature energy must lie above the annealed one by so many standard errors to have frozen
_SIGNIFICANT = 3.0


class Annealed(NamedTuple):
    """Curves of the paramagnet of some chains, whose couplings are `unit` times as large as theirs are by name.

    `limit` is the paramagnet with as many paths as infinite glasses have at the effective dilution of these, None where
    the chains do not tell: the number of paths of small ones is whole.
    """

    paramagnet: Paramagnet
    unit: float
    limit: Paramagnet | None = None

    def at(self, node: Node, dilution: float) -> "Annealed":
        """The curves of infinite glasses like those of a node, at another effective dilution; the same ones where the
        chains do not tell."""
        if self.limit is None or dilution == node.effective_dilution:
            return self
        limit = _limit(node, dilution)
        return self._replace(paramagnet=limit, limit=limit)

    def energy(self, temperature: float) -> float:
        """Energy per weight."""
        return float(self.unit * self.paramagnet.energy(np.array(self.unit / temperature)))

    def entropy(self, temperature: float) -> float:
        """Entropy per weight."""
        return float(self.paramagnet.entropy(np.array(self.unit / temperature)))

    def zero_of_entropy(self) -> float:
        """Temperature at which the entropy vanishes, 0 where it never does: the lower one of these glasses and infinite
        ones, as a bound on what is extrapolated from the former to the latter."""
        return min(self._zero(one) for one in (self.paramagnet, self.limit) if one is not None)

    def _zero(self, paramagnet: Paramagnet) -> float:
        entropy = lambda temperature: float(paramagnet.entropy(np.array(self.unit / temperature)))  # noqa: E731
        low, high = 0.02 * self.unit, 100 * self.unit
        return 0.0 if entropy(low) >= 0 else float(brentq(entropy, low, high))


def of_node(node: Node, thermodynamics: xr.Dataset) -> Annealed | None:
    """Annealed curves of a symmetric node; None where its couplings are not known or its hot rungs do not obey them."""
    finite = thermodynamics.isel(temperature=np.isfinite(thermodynamics.temperature.values))
    return _of_energies(node, finite.temperature.values, finite["energy"].values)


def of_planted(nodes: list[Node], weights: dict[str, PlantedNode]) -> Annealed | None:
    """The same from planted nodes: the energies of the largest size at its planting temperatures.

    Parameters
    ----------
    nodes : list of Node
        Planted, of one dilution.
    weights : dict of str to PlantedNode
        By the path of the node.
    """
    largest = max(node.size for node in nodes)
    own = sorted((node for node in nodes if node.size == largest), key=lambda node: node.planted_temperature)
    temperature = np.array([node.planted_temperature for node in own])
    energy = np.array([weights[node.path].energy.mean() / node.n_weights for node in own])
    return _of_energies(own[-1], temperature, energy)


def _of_energies(node: Node, temperature: np.ndarray, energy: np.ndarray) -> Annealed | None:
    """The curves whose unit the two hottest of these energies per weight agree on."""
    paramagnet = Paramagnet(node)
    if len(temperature) < 2 or not np.isfinite(paramagnet.energy(np.ones(1))).all():
        return None
    units = [_unit(paramagnet, temperature[rung], energy[rung]) for rung in (-1, -2)]
    if not all(np.isfinite(units)) or abs(units[0] / units[1] - 1) > _AGREED:
        return None
    return Annealed(paramagnet, 1.0 if abs(units[0] - 1) < _ONE else units[0], _limit(node, node.effective_dilution))


def _limit(node: Node, dilution: float) -> Paramagnet | None:
    """The paramagnet of infinite glasses of the same ensemble at an effective dilution."""
    alpha, p = paths_per_weight(node), interacting(node)
    if not p or np.isnan(alpha):
        return None
    return Paramagnet(node, alpha * (1 - dilution) ** (p - 1))


def _unit(paramagnet: Paramagnet, temperature: float, energy: float) -> float:
    """Size of the couplings that gives this energy at this temperature; nan where none does."""
    excess = lambda unit: unit * float(paramagnet.energy(np.array(unit / temperature))) - energy  # noqa: E731
    low, high = 1e-6 * temperature, 1e3 * temperature
    if not energy < 0 or excess(low) * excess(high) >= 0:
        return np.nan
    return float(brentq(excess, low, high))


def freezing(thermodynamics: dict[int, xr.Dataset], annealed: Annealed | None) -> Estimate | None:
    """Temperature at which the annealed energy equals the low-temperature energy, extrapolated in N.

    Below a random first-order transition the energy hardly changes. That of the coldest common rung is extrapolated in
    1/N, ln N / N, N^-2/3 and N^-1/2; the value is the middle, the bar holds the spread. None where the energy there is
    still that of the paramagnet, or fewer than two sizes are known.
    """
    shared = symmetric.common_rungs(list(thermodynamics.values()))
    if annealed is None or len(thermodynamics) < 2 or not shared.size:
        return None
    rows = [data.sel(temperature=shared[0], method="nearest") for data in thermodynamics.values()]
    energy, stderr = (np.array([float(row[name]) for row in rows]) for name in ("energy", "energy_stderr"))
    size, cold = np.array(list(thermodynamics), dtype=float), annealed.energy(shared[0])
    if not np.isfinite(stderr).all():
        return None
    forms = [1 / size, np.log(size) / size, size ** (-2 / 3), size**-0.5]
    limits = [symmetric.line(form, energy, stderr)[0] for form in forms]
    if not all(cold + _SIGNIFICANT * limit.stderr < limit.value < 0 for limit in limits):
        return None
    places = []
    for limit in limits:
        ends = [_temperature_of(annealed, limit.value + k * limit.stderr, shared[0]) for k in (-1, 0, 1)]
        places.append((ends[1], (ends[2] - ends[0]) / 2))
    values = [place for place, _ in places]
    bar = np.hypot((max(values) - min(values)) / 2, max(error for _, error in places))
    return Estimate(
        "freezing energy, four exponents", (max(values) + min(values)) / 2, float(bar), tuple(thermodynamics)
    )


def _temperature_of(annealed: Annealed, energy: float, coldest: float) -> float:
    """Temperature at which the annealed energy takes a value, at or above the coldest rung."""
    excess = lambda temperature: annealed.energy(temperature) - energy  # noqa: E731
    if excess(coldest) >= 0:
        return float(coldest)
    return float(brentq(excess, coldest, 1e4 * coldest))
