"""Where the glass gives way to the paramagnet and of which kind the transition is, with the evidence in words."""

import html
import json
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import planted, symmetric
from glassnet.analysis.equilibration import Equilibration, Examination, conclude
from glassnet.analysis.evidence import Evidence, number
from glassnet.analysis.location import Location, locate
from glassnet.analysis.nodes import Node, nodes, order_parameter, readings, run_seed
from glassnet.analysis.overlaps import OverlapAverages
from glassnet.analysis.planted import PlantedWeights
from glassnet.analysis.thermodynamics import ThermalAverages
from glassnet.analysis.verdict import decide

KINDS = ("random first-order", "first-order", "continuous", "none", "undecided")


@dataclass(frozen=True)
class Transition:
    """Answer of :func:`find_transition`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    kind : {"random first-order", "first-order", "continuous", "none", "undecided"}
    temperature, stderr : float
        Transition temperature (k_B = 1, |J| = 1) and standard error; nan where there is none.
    evidence : tuple of Evidence
        What was asked, the numbers, whether each passed, and what is missing.
    dilution : float
    sizes : tuple of int
        Numbers of weights, before dilution.
    location : Location or None
        The crossing of the planted weights with all other estimates.
    equilibration : Equilibration
        `equilibration.failing` names the samples that have not proved their equilibrium.
    glass : dict
        Keywords of the ensemble, as far as the chains tell them.
    missing : dict of str to list of int
        Samples by node that the run file asks for and that are not there yet.
    thermodynamics, overlaps, planted : dict of int to xarray.Dataset
        Disorder averages by size: symmetric scans, and planted ones.
    lowest : dict of int to float
        Lowest temperature of each symmetric scan at which all its samples have proved their equilibrium.
    """

    kind: str
    temperature: float
    stderr: float
    evidence: tuple[Evidence, ...]
    dilution: float
    sizes: tuple[int, ...]
    location: Location | None
    equilibration: Equilibration
    glass: dict = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    thermodynamics: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    overlaps: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    planted: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    lowest: dict[int, float] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"dilution {self.dilution:g}: {self.headline}", ""]
        lines += [str(item) for item in self.evidence]
        if self.location is not None:
            lines += ["", "     estimates of the transition temperature"]
            for estimate in self.location.estimates:
                lines.append(f"     {number(estimate.value, estimate.stderr):>12}  {estimate.name}")
            for size, zero in self.location.zeros.items():
                lines.append(f"     {number(zero.value, zero.stderr):>12}  w = 1/2 at N = {size}")
        return "\n".join(lines)

    @property
    def headline(self) -> str:
        """Kind and temperature in a few words; where there is no transition, the range that was looked at."""
        if np.isfinite(self.temperature):
            return f"{self.kind}, T = {number(self.temperature, self.stderr)}"
        above = f" above T = {max(self.lowest.values()):.3g}" if self.kind == "none" and self.lowest else ""
        return f"{self.kind}{above}"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def plot(self, ax=None):
        """Draw the transition.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw the planted weight alone. Without it a whole figure is made.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The figure of :func:`glassnet.plots.transition`, or `ax`.
        """
        # the one look to the right: a result knows how to show itself, and only then is matplotlib needed
        from glassnet import plots

        return plots.transition(self) if ax is None else plots.planted_weight(self, ax)


def find_transition(chains: xr.DataTree, dilution: float | None = None) -> Transition:
    """Locate the transition in saved chains and tell its kind.

    Planted scans locate it (:mod:`glassnet.analysis.location`), symmetric ones tell its nature
    (:mod:`glassnet.analysis.symmetric`). Planted nodes with a sample that has not proved its equilibrium are set aside
    whole, rungs of symmetric nodes likewise; no sample is ever dropped from a node. The kind is "undecided" where
    what remains does not suffice.

    Parameters
    ----------
    chains : xarray.DataTree
        As :func:`glassnet.open_chains` returns it.
    dilution : float, optional
        Which dilution; may be left out where the chains hold only one.

    Returns
    -------
    Transition

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or `dilution` is not in it or left out where there are several.
    """
    found = nodes(chains)
    seed = run_seed(chains)
    dilution = _chosen(dilution, sorted({node.dilution for node in found}))
    found = [node for node in found if node.dilution == dilution]
    survey = _read(found)
    equilibration = conclude(list(survey.examinations.values()))
    symmetric_nodes = [node for node in found if node.planted_temperature is None]
    planted_nodes = [node for node in found if node.planted_temperature is not None]
    reduced = {path: weights.result() for path, weights in survey.planted.items()}
    thermal = {node.size: survey.thermal[node.path].dataset(seed=seed) for node in symmetric_nodes}
    paired = {n.size: survey.paired[n.path].dataset(seed=seed) for n in symmetric_nodes if n.path in survey.paired}
    lowest = {node.size: lowest_trusted(node, equilibration) for node in symmetric_nodes}
    sound = [reduced[node.path] for node in planted_nodes if equilibration.passes(node.path)]
    verdict = decide(
        sound,
        locate(sound, seed=seed),
        {size: symmetric.trusted(data, lowest[size]) for size, data in thermal.items()},
        {size: symmetric.trusted(data, lowest[size]) for size, data in paired.items()},
    )
    missing = {node.path: node.missing for node in found if node.missing}
    return Transition(
        kind=verdict.kind,
        temperature=verdict.temperature,
        stderr=verdict.stderr,
        evidence=(*verdict.evidence, _equilibrium(equilibration, found), *_completeness(missing)),
        dilution=dilution,
        sizes=tuple(sorted({node.size for node in found})),
        location=verdict.location,
        equilibration=equilibration,
        glass=_keywords(found[0]),
        missing=missing,
        thermodynamics=thermal,
        overlaps=paired,
        planted=_planted_tables(planted_nodes, reduced, seed),
        lowest=lowest,
    )


class _Survey(NamedTuple):
    """What one pass over all chains collects, by the path of the node."""

    examinations: dict[str, Examination]
    thermal: dict[str, ThermalAverages]
    paired: dict[str, OverlapAverages]
    planted: dict[str, PlantedWeights]


def _read(found: list[Node]) -> _Survey:
    """Read every sample once and hand it to all that want it."""
    survey = _Survey({}, {}, {}, {})
    for node in found:
        collectors = [survey.examinations.setdefault(node.path, Examination(node))]
        if node.planted_temperature is not None:
            collectors.append(survey.planted.setdefault(node.path, PlantedWeights(node)))
        else:
            collectors.append(survey.thermal.setdefault(node.path, ThermalAverages(node)))
            if order_parameter(node) is not None:
                collectors.append(survey.paired.setdefault(node.path, OverlapAverages(node)))
        for reading in readings(node):
            for collector in collectors:
                collector.add(reading)
    return survey


def transition_line(chains: xr.DataTree) -> list[Transition]:
    """One :func:`find_transition` for every dilution in the chains, by increasing dilution."""
    return [find_transition(chains, dilution) for dilution in sorted({node.dilution for node in nodes(chains)})]


def lowest_trusted(node: Node, equilibration: Equilibration) -> float:
    """Lowest rung of a symmetric node at and above which every sample has proved its equilibrium.

    inf where the samples of the node drift together.
    """
    if node.path in equilibration.nodes:
        return np.inf
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    failing = [failure.temperature for failure in equilibration.failures if failure.path == node.path]
    above = temperatures[temperatures > max(failing, default=0.0)]
    return float(above[0]) if above.size else np.inf


def _chosen(dilution: float | None, present: list[float]) -> float:
    listed = ", ".join(f"{value:g}" for value in present)
    if dilution is None:
        if len(present) > 1:
            raise ValueError(f"dilution must be given where chains hold several, one of {listed}; or transition_line")
        return present[0]
    if dilution not in present:
        raise ValueError(f"dilution must be one of {listed}, got {dilution:g}")
    return dilution


def _keywords(node: Node) -> dict:
    keywords = json.loads(node.chain.attrs.get("glass", "{}"))
    return {"ensemble": node.chain.attrs["ensemble"], **keywords} if "ensemble" in node.chain.attrs else keywords


def _planted_tables(planted_nodes: list[Node], reduced: dict, seed: int) -> dict[int, xr.Dataset]:
    tables = {}
    for size in sorted({node.size for node in planted_nodes}):
        tables[size] = planted.table([reduced[node.path] for node in planted_nodes if node.size == size], seed=seed)
    return tables


def _equilibrium(equilibration: Equilibration, found: list[Node]) -> Evidence:
    """What the check of equilibrium says, as an item of evidence."""
    failing, total = len(equilibration.failing), sum(node.n_samples for node in found)
    sizes = tuple(sorted({node.size for node in found}))
    if not failing and not equilibration.nodes:
        return Evidence("equilibrium", 0.0, np.nan, sizes, True, f"all {total} samples pass")
    bad = {path for path, _ in equilibration.failing} | set(equilibration.nodes)
    says = f"{failing} of {total} samples in {len(bad)} nodes fail (and {len(equilibration.nodes)} nodes on average)"
    return Evidence("equilibrium", float(failing), np.nan, sizes, False, f"{says}; set aside, run longer")


def _completeness(missing: dict[str, list[int]]) -> list[Evidence]:
    if not missing:
        return []
    count = sum(len(samples) for samples in missing.values())
    says = f"{count} samples of {len(missing)} nodes are missing; those that come last may be the hard ones"
    return [Evidence("scan is complete", float(count), np.nan, (), False, says)]
