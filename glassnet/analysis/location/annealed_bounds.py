"""The curves of the paramagnet in the units of the chains: a lower bound of the transition, and the freezing
temperature.

The annealed energy and entropy are those of the paramagnet with as many paths as the chains have. The size of the
couplings follows from the energy at the hottest temperatures, so that results scale if all energies and temperatures
are multiplied by a number. In planted scans these are planting temperatures: there the energy is that of the paramagnet
at every N (H. Nishimori, Prog. Theor. Phys. 66, 1169 (1981)).
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from glassnet.analysis.averages.paramagnet import ChainParamagnet
from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.nodes import Node, interacting, on_random_graph, paths_per_weight
from glassnet.statistics import fits
from glassnet.statistics.estimate import Estimate

#: a size of the couplings this close to 1 counts as 1; sizes from two rungs that differ by more than the second are not
#: used
_ONE, _AGREED = 0.03, 0.1
#: a glass has frozen if its low-temperature energy lies above the annealed one by so many standard errors
_SIGNIFICANT = 3.0


class Annealed(NamedTuple):
    """Curves of the paramagnet of some chains, whose couplings are `unit` times as large as their law says.

    `limit` is the paramagnet with as many paths as infinite glasses have at the effective dilution of these, None where
    the chains do not tell. It differs from `paramagnet`, as small glasses have a whole number of paths.
    """

    paramagnet: ChainParamagnet
    unit: float
    limit: ChainParamagnet | None = None

    def at(self, node: Node, dilution: float) -> "Annealed":
        """The curves of infinite glasses like those of a node, at another effective dilution; the same ones where the
        chains do not tell."""
        if self.limit is None or dilution == node.effective_dilution:
            return self
        limit = _limit(node, dilution)
        return self if limit is None else self._replace(paramagnet=limit, limit=limit)

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

    def _zero(self, paramagnet: ChainParamagnet) -> float:
        entropy = lambda temperature: float(paramagnet.entropy(np.array(self.unit / temperature)))  # noqa: E731
        low, high = 0.02 * self.unit, 100 * self.unit
        return 0.0 if entropy(low) >= 0 else float(brentq(entropy, low, high))


class Hot(NamedTuple):
    """Energy per weight of a node at one of its hottest temperatures."""

    node: Node
    temperature: float
    energy: float


def hot_rungs(node: Node, thermodynamics: xr.Dataset) -> list[Hot]:
    """The hottest finite rungs of a symmetric node, two at most, the hottest first."""
    finite = thermodynamics.isel(temperature=np.isfinite(thermodynamics.temperature.values))
    rungs = zip(finite.temperature.values[::-1][:2], finite["energy"].values[::-1][:2], strict=True)
    return [Hot(node, float(temperature), float(energy)) for temperature, energy in rungs]


def hot_plantings(nodes: list[Node], weights: dict[str, PlantedNode]) -> list[Hot]:
    """The same of the largest size of a planted scan of one dilution, at its highest planting temperatures.

    `weights` holds what was measured by the path of the node.
    """
    largest = max(node.size for node in nodes)
    known = [(node.planted_temperature, node) for node in nodes if node.size == largest]
    own = sorted(((at, node) for at, node in known if at is not None), key=lambda pair: -pair[0])
    return [Hot(node, at, float(weights[node.path].energy.mean() / node.n_weights)) for at, node in own[:2]]


def curves(hot: list[Hot]) -> Annealed | None:
    """The curves whose unit two energies agree on; None where :func:`lacking` says why not."""
    if lacking(hot):
        return None
    unit, node = _units(hot)[0], hot[0].node
    limit = _limit(node, node.effective_dilution)
    return Annealed(ChainParamagnet(node), 1.0 if abs(unit - 1) < _ONE else unit, limit)


def lacking(hot: list[Hot]) -> str:
    """The reason, in words, why the annealed curves are not known; "" where they are."""
    node = hot[0].node if hot else None
    if node is None or len(hot) < 2:
        where = "planting temperature" if node is not None and node.planted_temperature is not None else "temperature"
        return f"energies at {len(hot) or 'no'} {where}, it takes two"
    if not on_random_graph(node):
        # in given glasses short loops change the energies above a transition too
        return "the paths were given, it takes paths drawn at random"
    if not np.isfinite(ChainParamagnet(node).energy(np.ones(1))).all():
        return "the chains do not say that couplings are +-1 or Gaussian"
    units = _units(hot)
    if not all(np.isfinite(units)) or abs(units[0] / units[1] - 1) > _AGREED:
        return f"energies at T = {hot[1].temperature:.4g} and {hot[0].temperature:.4g} are not the paramagnet's"
    return ""


def _units(hot: list[Hot]) -> list[float]:
    """Size of the couplings from each energy. Samples at other planting temperatures have other numbers of paths."""
    return [_unit(ChainParamagnet(one.node), one.temperature, one.energy) for one in hot]


def _limit(node: Node, dilution: float) -> ChainParamagnet | None:
    """The paramagnet of infinite glasses of the same ensemble at an effective dilution."""
    alpha, p = paths_per_weight(node), interacting(node)
    if not p or np.isnan(alpha):
        return None
    return ChainParamagnet(node, alpha * (1 - dilution) ** (p - 1))


def _unit(paramagnet: ChainParamagnet, temperature: float, energy: float) -> float:
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
    shared = symmetric_scan.common_rungs(list(thermodynamics.values()))
    if annealed is None or len(thermodynamics) < 2 or not shared.size:
        return None
    rows = [data.sel(temperature=shared[0], method="nearest") for data in thermodynamics.values()]
    energy, stderr = (np.array([float(row[name]) for row in rows]) for name in ("energy", "energy_stderr"))
    size, cold = np.array(list(thermodynamics), dtype=float), annealed.energy(shared[0])
    if not np.isfinite(stderr).all():
        return None
    forms = [1 / size, np.log(size) / size, size ** (-2 / 3), size**-0.5]
    limits = [fits.straight_line(form, energy, stderr)[0] for form in forms]
    if not all(cold + _SIGNIFICANT * limit.stderr < limit.value < 0 for limit in limits):
        return None
    crossings = []
    for limit in limits:
        ends = [_temperature_of(annealed, limit.value + k * limit.stderr, shared[0]) for k in (-1, 0, 1)]
        crossings.append((ends[1], (ends[2] - ends[0]) / 2))
    values = [temperature for temperature, _ in crossings]
    bar = np.hypot((max(values) - min(values)) / 2, max(error for _, error in crossings))
    middle, sizes = (max(values) + min(values)) / 2, tuple(thermodynamics)
    return Estimate(middle, float(bar), "freezing energy, four exponents", sizes, key="freezing_energy")


def _temperature_of(annealed: Annealed, energy: float, coldest: float) -> float:
    """Temperature at which the annealed energy takes a value, at or above the coldest rung."""
    excess = lambda temperature: annealed.energy(temperature) - energy  # noqa: E731
    if excess(coldest) >= 0:
        return float(coldest)
    return float(brentq(excess, coldest, 1e4 * coldest))
