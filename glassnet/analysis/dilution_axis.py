"""The transition along the dilution axis: the critical dilution at a fixed temperature.

The same estimators as along the temperature axis, with the dilution in its place. Planted scans: the complexity rises
with dilution as it does with temperature, so planted weights of different sizes cross. Symmetric scans, where the
transition is continuous: N^r [q^2] and Binder cumulants of different sizes cross, and the inverse susceptibility of the
paramagnet vanishes. These are asked as functions of alpha / alpha' = (1 - dilution)^(1 - p), the factor by which the
paths get fewer: it acts like a temperature, grows into the paramagnet, and knows ratios.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet._checks import real
from glassnet.analysis import symmetric
from glassnet.analysis.continuous import Continuous, continuous
from glassnet.analysis.equilibration import Equilibration, Examination, conclude
from glassnet.analysis.evidence import Evidence, number, several, two_phases
from glassnet.analysis.location import Estimate, Location, locate
from glassnet.analysis.nodes import Node, nodes, order_parameter, readings, run_seed
from glassnet.analysis.overlaps import OverlapAverages
from glassnet.analysis.planted import PlantedWeights
from glassnet.analysis.universality import discontinuous

_CURVES = ("binder", "q2", "susceptibility", "m2")
#: what the curves must know of the glasses
_GLASS = ("bias", "random_graph", "p", "bipartite")
#: a Binder cumulant below this is no corrections to scaling: the transition is not continuous
_DIP = -0.1


class CriticalDilution(NamedTuple):
    """Result of :func:`critical_dilution`; `dilution` and `stderr` are nan where there is no answer, and `why` says why
    (then `estimates` still holds what the chains say)."""

    temperature: float
    dilution: float
    stderr: float
    estimates: tuple[Estimate, ...]
    equilibration: Equilibration
    why: str = ""

    def __str__(self) -> str:
        head = f"critical dilution at T = {self.temperature:g}: "
        head += number(self.dilution, self.stderr) if np.isfinite(self.dilution) else f"undecided, {self.why}"
        return "\n".join([head, *(f"{number(one.value, one.stderr):>12}  {one.name}" for one in self.estimates)])


def critical_dilution(chains: xr.DataTree, temperature: float) -> CriticalDilution:
    """Dilution at which the glass gives way to the paramagnet, at one temperature.

    Parameters
    ----------
    chains : xarray.DataTree
        Of several sizes and dilutions, planted at this temperature or with ladders that enclose it.
    temperature : float
        A planting temperature, or any temperature within the ladders of symmetric scans; curves are interpolated
        linearly between neighbouring rungs.

    Returns
    -------
    CriticalDilution
        The headline is the crossing of the planted weights where there is one and the overlap with the planted state
        jumps there, as :func:`find_transition` asks; otherwise that of a continuous transition
        (:func:`glassnet.analysis.continuous.continuous`). Planted scans count the connections that are gone.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or none of them reaches this temperature.
    """
    temperature, found = real("temperature", temperature, minimum=0), nodes(chains)
    planted = [node for node in found if node.planted_temperature == temperature]
    unplanted = [near for node in found if (near := _near(node, temperature)) is not None]
    if not planted and not unplanted:
        present = ", ".join(f"{t:g}" for t in sorted({n.planted_temperature for n in found if n.planted_temperature}))
        wanted = f"a planting temperature of the chains ({present or 'none'}) or within the ladders of symmetric ones"
        raise ValueError(f"temperature must be {wanted}, got {temperature:g}")
    seed, examinations, weights, overlaps = run_seed(chains), [], [], []
    for node in [*planted, *unplanted]:
        examinations.append(Examination(node))
        collector = PlantedWeights(node) if node.planted_temperature is not None else OverlapAverages(node)
        for reading in readings(node):
            time = examinations[-1].add(reading)
            collector.add(reading, time) if node.planted_temperature is not None else collector.add(reading)
        if node.planted_temperature is not None:
            weights.append(collector.result()._replace(n_weights=node.size, temperature=_removed(node)))
        else:
            overlaps.append((node, collector.dataset(seed=seed)))
    equilibration = conclude(examinations)
    sound = [row for row in weights if equilibration.passes(row.path)]
    located = locate(sound, seed=seed)
    jump = two_phases(sound, located)
    rows = _continuous([pair for pair in overlaps if equilibration.passes(pair[0].path)], temperature)
    return _answer(temperature, located, jump, rows, equilibration, bool(planted), bool(unplanted))


def _removed(node: Node) -> float:
    """The fraction of the connections that is gone, a whole number: with few weights not quite the one asked for."""
    return 1 - node.n_weights / node.size


def _answer(temperature, located: Location | None, jump, rows, equilibration, planted, unplanted) -> CriticalDilution:
    """The headline of what was found, or why there is none."""
    continuous, reason = rows
    crossed = [] if located is None else [located.estimates[0]._replace(stderr=located.stderr), *located.estimates[1:]]
    # what find_transition asks of a crossing before it says where a transition is
    answers = located is not None and located.found and jump.passed
    found = [*(crossed if answers else []), *continuous]
    listed = (*found, *(one for one in crossed if one not in found))
    reasons = []
    if failing := len(equilibration.failing):
        reasons.append(f"{several(failing, 'sample')} {'has' if failing == 1 else 'have'} not proved equilibrium")
    if equilibration.nodes:
        reasons.append(f"the averages of {several(len(equilibration.nodes), 'node')} have not proved equilibrium")
    if not reasons and found:
        return CriticalDilution(temperature, found[0].value, found[0].stderr, listed, equilibration)
    if not reasons and planted:
        reasons.append(_uncrossed(located, jump))
    if not reasons or (unplanted and not (equilibration.failures or equilibration.nodes)):
        reasons.append(reason)
    return CriticalDilution(temperature, np.nan, np.nan, listed, equilibration, "; ".join(reasons))


def _uncrossed(located: Location | None, jump: Evidence) -> str:
    if located is None:
        return "planted weights need two sizes at two or more dilutions each"
    if not np.isfinite(located.temperature):
        return "planted weights cross nowhere"
    if located.lacks:
        return f"{located.lacks}; planted weights cross at {number(located.temperature, located.stderr)}"
    if located.found:
        there = number(located.temperature, located.stderr)
        return f"planted weights cross at {there}, but the overlap with the planted state does not jump: {jump.says}"
    where = "not significantly" if located.inside else "outside the dilutions of the scan"
    return f"planted weights cross {where}, at {number(located.temperature, located.stderr)}"


def _near(node: Node, temperature: float) -> Node | None:
    """A symmetric node with the one or two rungs around a temperature; None if it does not reach it."""
    if node.planted_temperature is not None or order_parameter(node) is None:
        return None
    rungs = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    rungs = np.where(np.isfinite(rungs), rungs, np.nan)
    exact = np.flatnonzero(np.isclose(rungs, temperature, rtol=1e-9, atol=0))
    below, above = np.flatnonzero(rungs < temperature), np.flatnonzero(rungs > temperature)
    if not exact.size and not (below.size and above.size):
        return None
    kept = exact if exact.size else [below[-1], above[0]]
    return node._replace(chain=node.chain.isel(temperature=kept))


def _continuous(overlaps: list[tuple[Node, xr.Dataset]], temperature: float) -> tuple[list[Estimate], str]:
    """Estimates of a continuous transition in units of the dilution, or why there are none."""
    if not symmetric.has_binder({node.path: data for node, data in overlaps}):
        return [], "networks have no Binder cumulant that could cross"
    p = max([int(node.chain.attrs.get("p", 2)) for node, _ in overlaps], default=2)
    curves = {}
    for size in sorted({node.size for node, _ in overlaps}):
        own = [pair for pair in overlaps if pair[0].size == size]
        own.sort(key=lambda pair: pair[0].dilution)
        fewer = np.array([(1 - node.dilution) ** (1 - p) for node, _ in own])
        known = [name for name in _CURVES if all(name in data for _, data in own)]
        at = [data.interp(temperature=temperature) if data.sizes["temperature"] > 1 else data for _, data in own]
        columns = {f"{name}_resampled": np.array([_flat(row[f"{name}_resampled"]) for row in at]).T for name in known}
        n_samples = min(data.attrs["n_samples"] for _, data in own)
        dims = ("resample", "temperature")
        variables = {name: (dims, values) for name, values in columns.items()}
        facts = {"n_samples": n_samples, **{name: own[0][1].attrs[name] for name in _GLASS}}
        curves[size] = xr.Dataset(variables, {"temperature": fewer}, facts)
    grown = continuous(curves)
    if grown.binder is None:
        return [], "symmetric scans need two sizes at four or more common dilutions"
    if discontinuous(curves):
        return [], f"no transition of p = {p} on random graphs is continuous: planted scans locate it"
    if min(float(data["binder_resampled"][0].min()) for data in curves.values()) < _DIP:
        return [], "the Binder cumulant has a dip, so the transition is not continuous: planted scans locate it"
    found = [_in_dilution(one, p) for one in grown.estimates]
    return found, "" if found else _uncrossed_sizes(grown)


def _uncrossed_sizes(grown: Continuous) -> str:
    """Why a continuous transition has no place."""
    if grown.exponents is not None:
        return f"{grown.exponents.quantity} of all sizes does not cross within the dilutions of the scan"
    if grown.binder.found:
        return "Binder cumulants cross, but two sizes do not tell how far from the limit"
    return "Binder cumulants of all sizes do not cross within the dilutions of the scan"


def _flat(values: xr.DataArray) -> np.ndarray:
    return np.asarray(values.values, dtype=np.float64).ravel()


def _in_dilution(one: Estimate, p: int) -> Estimate:
    """An estimate of alpha / alpha' as one of the dilution 1 - (alpha / alpha')^(-1 / (p - 1))."""
    left = one.value ** (-1 / (p - 1))
    return one._replace(value=1 - left, stderr=left / (p - 1) * one.stderr / one.value)
