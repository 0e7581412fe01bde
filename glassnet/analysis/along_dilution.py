"""The transition along the dilution axis, at one temperature.

The estimators are those along the temperature axis, with the effective dilution of every size in place of the
temperature. Planted scans: the complexity rises with dilution as it does with temperature, so planted weights of
different sizes cross. Symmetric scans, where the transition is continuous: N^r [q^2] and Binder cumulants of different
sizes cross, and the inverse susceptibility of the paramagnet vanishes. They are functions of alpha / alpha' = (1 -
dilution)^(1 - p), the factor by which the number of paths decreases. This factor acts like a temperature: it grows
towards the paramagnet, and its ratios have a meaning.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.dilution.common_dilution import on_rungs
from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.location.continuous import Continuous, continuous
from glassnet.analysis.location.planted_crossing import Location, locate
from glassnet.analysis.location.universality import discontinuous
from glassnet.analysis.nodes import Node, order_parameter
from glassnet.analysis.questions import Answer, several
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.analysis.surveys.one_dilution import DilutionAverages
from glassnet.analysis.verdict.evidence import planted_heat, two_phases
from glassnet.statistics.estimate import Estimate, with_error

_CURVES = ("binder", "q2", "susceptibility", "m2")
#: attributes of the glasses that fits of the curves need
_GLASS = ("bias", "random_graph", "p", "bipartite")
#: corrections to scaling do not explain a Binder cumulant below this: the transition is not continuous
_DIP = -0.1


class Along(NamedTuple):
    """What chains say along the dilution axis at one temperature.

    `answers` are the estimates of the critical dilution that may be claimed, the headline first; `estimates` are all
    that there are; `why` says why there is no answer. `jumps` is False where planted weights cross and their overlap
    does not jump there.
    """

    answers: tuple[Estimate, ...]
    estimates: tuple[Estimate, ...]
    why: str
    jumps: bool | None = None


def along(reader: ChainReader, temperature: float) -> Along | None:
    """The transition along the dilution axis; None where no chains reach the temperature.

    `temperature` is a planting temperature, or any temperature within the ladders of symmetric scans; curves are
    interpolated linearly between neighbouring rungs.
    """
    rows, pairs, reads = [], [], []
    for dilution in reader.dilutions:
        if not any(reached(node, temperature) for node in reader.nodes if node.dilution == dilution):
            continue
        read = reader.at(dilution)
        here = [node for node in read.nodes if reached(node, temperature)]
        reads.append((dilution, read))
        for node in here:
            if node.planted_temperature is not None and read.equilibration.passes(node.path):
                rows.append(read.planted[node.path]._replace(temperature=node.effective_dilution))
            elif node.planted_temperature is None:
                pairs.append((node, read))
    if not reads:
        return None
    # per weight before dilution the complexity has the same zero, and one common term that does not vanish there
    located = locate([row._replace(n_weights=row.size) for row in rows], seed=reader.seed)
    asked = two_phases(rows, located), planted_heat(rows, located, temperature)
    planted = any(node.planted_temperature is not None and reached(node, temperature) for node in reader.nodes)
    failing = {dilution: _failing(read, temperature) for dilution, read in reads}
    proved = [(node, read.overlaps[node.size]) for node, read in pairs if not failing[node.dilution][1]]
    return _answered(located, asked, _continuous(proved, temperature), list(failing.values()), planted, bool(pairs))


def reached(node: Node, temperature: float) -> bool:
    """Whether a node was planted at a temperature, or its ladder encloses it."""
    if node.planted_temperature is not None:
        return bool(np.isclose(node.planted_temperature, temperature, rtol=1e-9, atol=0))
    ends = span(node)
    return ends is not None and ends[0] <= temperature * (1 + 1e-9) and temperature <= ends[1] * (1 + 1e-9)


def span(node: Node) -> tuple[float, float] | None:
    """Ends of the finite ladder of a symmetric node whose order parameter was recorded; None where it was not."""
    rungs = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    finite = rungs[np.isfinite(rungs)]
    return (float(finite[0]), float(finite[-1])) if order_parameter(node) is not None and finite.size else None


def _failing(read: DilutionAverages, temperature: float) -> tuple[int, int, int]:
    """Numbers of failures of equilibrium at a temperature: samples of planted nodes, samples of symmetric nodes, and
    nodes whose samples fail together."""
    here = {node.path: node for node in read.nodes if reached(node, temperature)}
    failing: dict[bool, set] = {True: set(), False: set()}
    for one in read.equilibration.failures:
        node = here.get(one.path)
        if node is not None and (node.planted_temperature is not None or one.temperature >= _below(node, temperature)):
            failing[node.planted_temperature is not None].add((one.path, one.sample))
    return len(failing[True]), len(failing[False]), sum(path in here for path in read.equilibration.nodes)


def _below(node: Node, temperature: float) -> float:
    """The rung at a temperature, or the next colder one."""
    rungs = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    return float(rungs[rungs <= temperature * (1 + 1e-9)].max())


def _answered(located: Location | None, asked, rows, failing, planted: bool, unplanted: bool) -> Along:
    """The estimates that may be claimed, or why there are none."""
    (grown, reason), (jump, heat) = rows, asked
    crossed = [] if located is None else [replace(located.estimates[0], stderr=located.stderr), *located.estimates[1:]]
    # find_transition demands the same of a crossing before it states a temperature
    crosses = located is not None and located.crosses and jump.passed and heat.passed
    answers = [*(crossed if crosses else []), *grown]
    listed = (*answers, *(one for one in crossed if one not in answers))
    samples, together = sum(own + cold for own, cold, _ in failing), sum(nodes for *_, nodes in failing)
    reasons = []
    if samples:
        reasons.append(f"{several(samples, 'sample')} {'has' if samples == 1 else 'have'} not proved equilibrium")
    if together:
        reasons.append(f"the averages of {several(together, 'node')} have not proved equilibrium")
    jumps = jump.passed if located is not None and located.crosses else None
    if not reasons and answers:
        return Along(tuple(answers), listed, "", jumps)
    if not reasons and planted:
        reasons.append(uncrossed(located, jump, heat))
    if not reasons or (unplanted and not (samples or together)):
        reasons.append(reason)
    return Along((), listed, "; ".join(reasons), jumps)


def uncrossed(located: Location | None, jump: Answer, heat: Answer) -> str:
    """Why planted weights give no critical dilution.

    Parameters
    ----------
    located : Location or None
        The crossing of the weights, in units of the dilution; None where there are too few.
    jump, heat : Answer
        Whether the overlap with the planted state jumps there, and whether the phases have one energy.
    """
    if located is None:
        return "planted weights need two sizes at two or more dilutions each"
    if not np.isfinite(located.temperature):
        return "planted weights cross nowhere"
    # far beyond its points a line only tells on which side they lie
    known = 0 <= located.temperature < 1 and np.isfinite(located.stderr)
    at = f"at {with_error(located.temperature, located.stderr)}" if known else ""
    if located.crosses:
        there = f"planted weights cross {at}"
        if not jump.passed:
            return f"{there}, but the overlap with the planted state does not jump: {jump.says}"
        return f"{there}, but it is not known that the phases have one energy: {heat.says}"
    beyond = "below" if located.temperature < 0 else "outside"
    where = "not significantly" if located.inside else f"{beyond} the dilutions of the scan"
    if located.lacks:
        return f"{located.lacks}; planted weights cross {at or where}"
    return f"planted weights cross {where}{at and ', '}{at}"


def _continuous(overlaps: list[tuple[Node, xr.Dataset]], temperature: float) -> tuple[list[Estimate], str]:
    """Estimates of a continuous transition in units of the dilution, or why there are none."""
    if not symmetric_scan.has_binder(dict(enumerate(data for _, data in overlaps))):
        return [], "networks have no Binder cumulant that could cross"
    p = max([int(node.chain.attrs.get("p", 2)) for node, _ in overlaps], default=2)
    curves = {}
    for size in sorted({node.size for node, _ in overlaps}):
        own = [pair for pair in overlaps if pair[0].size == size]
        own.sort(key=lambda pair: pair[0].effective_dilution)
        # of nodes that lost the same fraction the first
        lost = [node.effective_dilution for node, _ in own]
        own = [pair for index, pair in enumerate(own) if not index or lost[index] - lost[index - 1] > 1e-9]
        fewer = np.array([(1 - node.effective_dilution) ** (1 - p) for node, _ in own])
        known = [name for name in _CURVES if all(name in data for _, data in own)]
        at = [_at(data, temperature) for _, data in own]
        variables = {}
        for name in (f"{one}_resampled" for one in known):
            rows = [np.asarray(row[name].values, dtype=np.float64).ravel() for row in at]
            variables[name] = (("resample", "temperature"), np.array(rows).T)
        n_samples = min(data.attrs["n_samples"] for _, data in own)
        facts = {"n_samples": n_samples, **{name: own[0][1].attrs[name] for name in _GLASS}}
        curves[size] = xr.Dataset(variables, {"temperature": fewer}, facts)
    if discontinuous(curves):
        return [], f"no transition of p = {p} on random graphs is continuous: planted scans locate it"
    shared = _shared(curves)
    grown = continuous(shared)
    if grown.binder is None:
        return [], f"symmetric scans need two sizes at four or more common dilutions{_reached_by(shared)}"
    if min(float(data["binder_resampled"][0].min()) for data in curves.values()) < _DIP:
        return [], "the Binder cumulant has a dip, so the transition is not continuous: planted scans locate it"
    estimates = [_in_dilution(one, p) for one in grown.estimates]
    return estimates, "" if estimates else _uncrossed_sizes(grown)


def _at(data: xr.Dataset, temperature: float) -> xr.Dataset:
    """Averages at a temperature within the rungs."""
    finite = data.isel(temperature=np.isfinite(data.temperature.values))
    near = finite.sel(temperature=temperature, method="nearest")
    if finite.sizes["temperature"] == 1 or np.isclose(float(near.temperature), temperature, rtol=1e-9, atol=0):
        return near
    resampled = [name for name in finite.data_vars if str(name).endswith("_resampled")]
    return finite[resampled].interp(temperature=temperature)


def _shared(curves: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
    """Curves of all sizes in their common range, at the points of the size that has the most points there; of several
    such sizes the largest."""
    if not curves:
        return curves
    axes = [data.temperature.values for data in curves.values()]
    lowest, highest = max(axis[0] for axis in axes), min(axis[-1] for axis in axes)
    within = [axis[(axis >= lowest) & (axis <= highest)] for axis in axes]
    rungs = max(reversed(within), key=len)
    if all(np.array_equal(axis, rungs) for axis in axes):
        return curves
    return {size: on_rungs(data, data.temperature.values, rungs) for size, data in curves.items()}


def _reached_by(shared: dict[int, xr.Dataset]) -> str:
    """The end of a sentence: the number of dilutions at which sizes can be compared, and these sizes."""
    if len(shared) < 2:
        return "".join(f", there is N = {size} alone" for size in shared)
    most = max(data.sizes["temperature"] for data in shared.values())
    return f", there are {most} within the range that N = {', '.join(map(str, shared))} reach"


def _uncrossed_sizes(grown: Continuous) -> str:
    """Why there is no critical dilution of a continuous transition."""
    if grown.exponents is not None:
        return f"{grown.exponents.quantity} of all sizes does not cross within the dilutions of the scan"
    if grown.binder is not None and grown.binder.crosses:
        return "Binder cumulants cross, but two sizes do not tell how far from the limit"
    return "Binder cumulants of all sizes do not cross within the dilutions of the scan"


def _in_dilution(one: Estimate, p: int) -> Estimate:
    """An estimate of alpha / alpha' as one of the dilution 1 - (alpha / alpha')^(-1 / (p - 1))."""
    left = one.value ** (-1 / (p - 1))
    return replace(one, value=1 - left, stderr=left / (p - 1) * one.stderr / one.value)
