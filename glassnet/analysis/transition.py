"""The face of the analysis: :func:`find_transition` locates the transition of saved chains and tells its kind."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from glassnet import _face
from glassnet._checks import real
from glassnet.analysis.dilution.common_dilution import Common, common_dilution, evidence
from glassnet.analysis.effective_dilution import described
from glassnet.analysis.equilibrium.assessment import Equilibration
from glassnet.analysis.field_integration.integrals import FieldIntegration
from glassnet.analysis.field_integration.saved_chains import SavedField, saved_field
from glassnet.analysis.location.planted_crossing import Location, widened
from glassnet.analysis.nodes import Node, unstarted
from glassnet.analysis.questions import Answer, Evidence, Kind
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.analysis.surveys.one_dilution import DilutionAverages
from glassnet.analysis.transition_line import TransitionLine
from glassnet.analysis.verdict import estimators, external_results, provisional, wording
from glassnet.analysis.verdict.evidence_table import named
from glassnet.analysis.verdict.external_results import Known
from glassnet.analysis.verdict.findings import Findings, findings
from glassnet.analysis.verdict.rules import Verdict, decide
from glassnet.analysis.verdict.sample_evidence import of_samples
from glassnet.chains import run_settings
from glassnet.statistics.estimate import Estimate, with_error


@dataclass(frozen=True)
@_face.shown
class Transition:
    """Answer of :func:`find_transition`; ``str()`` is a table, :meth:`plot` a figure.

    A size is the number of weights before dilution, as in the run file, wherever one stands: in `sizes`, as the key of
    `location.zeros`, `location.curves`, `planted`, `thermodynamics` and the others by size, in estimates, in evidence
    and its text. Fits of planted scans count the weights that are left (attribute `n_weights` of the tables in
    `planted`), and so does what is stated per weight.

    Attributes
    ----------
    kind : {"random first-order", "first-order", "continuous", "none", "undecided"}
    temperature, stderr : float
        Transition temperature (k_B = 1, |J| = 1) and standard error; nan where there is none.
    evidence : tuple of Evidence
        What was asked, the numbers, whether each passed, and what is missing.
    estimates : tuple of Estimate
        Every estimate of the temperature; the first one is the headline, the others check it.
    provisional : Estimate or None
        The temperature of an undecided transition, where the chains bracket or measure one; its bar includes what is
        not in equilibrium, and its name says where it comes from. None otherwise.
    latent_heat, jump : Estimate or None
        Energy per weight and overlap that separate the phases, the overlap from planted scans if it jumps there.
    dilution : float
        The one that was asked for.
    sizes : tuple of int
        Numbers of weights, before dilution.
    location : Location or None
        The crossing of the planted weights with all other estimates.
    equilibration : Equilibration
        `equilibration.failing` names the samples that have not proved their equilibrium.
    glass : dict
        Keywords of the ensemble, as far as the chains tell them.
    missing : dict of str to list of int
        Samples by node that the run file asks for and that are not there yet, or cannot be read.
    damaged : tuple of str
        What is wrong with the files of those that cannot be read.
    thermodynamics, overlaps, phases, planted : dict of int to xarray.Dataset
        Disorder averages by size: symmetric scans, and planted ones.
    averages : dict of str to dict of int to xarray.Dataset
        All disorder averages by key and size, the first three among them and others that the chains can give, such as
        `averages["path_overlap"]` (:data:`glassnet.analysis.averages.table.AVERAGES`).
    order : xarray.Dataset or None
        Peaks of P(q) by size (:func:`glassnet.analysis.location.overlap_peaks.of_sizes`).
    lowest : dict of int to float
        Lowest temperature of each symmetric scan at which all its samples have proved their equilibrium.
    run, run_file : dict, str
        Tables of the run file, which :meth:`suggest` changes, and its text; "" where the chains hold none.
    complexity : FieldIntegration or None
        The complexity along planted states in a field, as it was handed over or as the scan saved it.
    common : Common or None
        `common.dilution` is the effective dilution for which the result holds, `common.sizes` are those of the sizes
        before they were moved to it (:mod:`glassnet.analysis.dilution.common_dilution`).
    """

    kind: Kind
    temperature: float
    stderr: float
    evidence: tuple[Evidence, ...]
    dilution: float
    sizes: tuple[int, ...]
    location: Location | None
    equilibration: Equilibration
    estimates: tuple[Estimate, ...] = ()
    provisional: Estimate | None = None
    latent_heat: Estimate | None = None
    jump: Estimate | None = None
    glass: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    thermodynamics: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    overlaps: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    phases: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    planted: dict[int, xr.Dataset] = field(default_factory=dict, repr=False)
    order: xr.Dataset | None = field(default=None, repr=False)
    lowest: dict[int, float] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict, repr=False)
    run_file: str = field(default="", repr=False)
    complexity: FieldIntegration | None = field(default=None, repr=False)
    common: Common | None = field(default=None, repr=False)
    averages: dict[str, dict[int, xr.Dataset]] = field(default_factory=dict, repr=False)

    @property
    def effective_dilution(self) -> float:
        """Dilution at which infinite glasses have as many paths per weight as the glasses of this result."""
        return self.dilution if self.common is None else self.common.dilution

    def __str__(self) -> str:
        lines = [f"dilution {described(self)}: {self.headline}", f"{self.sentence}."]
        if self.kind == "undecided" and self.run.get("glass", {}).get("ensemble"):
            lines.append("suggest() writes the run file that would settle it.")
        lines += ["", *map(str, self.evidence)]
        return "\n".join([*lines, *wording.estimates(self)])

    @property
    def sentence(self) -> str:
        """The answer in one sentence with its numbers, or why there is none."""
        return wording.sentence(self)

    @property
    def headline(self) -> str:
        """Kind and temperature in a few words; where there is no transition, the range that was looked at."""
        text: str = self.kind
        if np.isfinite(self.temperature):
            text += f", T = {with_error(self.temperature, self.stderr)}"
        if self.provisional is not None:
            text += f", provisionally T = {self.provisional}"
        if self.latent_heat is not None:
            text += f", latent heat {self.latent_heat} per weight"
        if self.kind == "none" and self.lowest:
            text += f" above T = {max(self.lowest.values()):.3g}"
        return text

    def suggest(self, path: str | Path | None = None) -> str:
        """Run file of the scan that would settle what is open, with the reasons and its own comments.

        Parameters
        ----------
        path : str or Path, optional
            Where to write it as well.

        Returns
        -------
        str
            TOML that ``glassnet scan`` accepts in the directory of the chains, which goes on: sweeps, samples, sizes,
            planting temperatures and instances grow, and nothing else changes. What cannot grow there is left out, and
            the comments say why.

        Raises
        ------
        ValueError
            If the chains do not say of which ensemble they are.
        """
        # an import to the right, when asked: only the scan knows what it accepts
        from glassnet.scan.report.next_run import suggestion

        text = suggestion(self).text
        if path is not None:
            Path(path).write_text(text)
        return text

    def plot(self, ax: Any = None) -> Any:
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
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.transition(self) if ax is None else plots.planted_weight(self, ax)


def find_transition(
    chains: xr.DataTree, dilution: float | None = None, *, above: float = 0.0, field: Known = None, arrest: Known = None
) -> Transition:
    """Locate the transition in saved chains and tell its kind.

    Planted scans locate it (:mod:`glassnet.analysis.location.planted_crossing`), symmetric ones tell its nature
    (:mod:`glassnet.analysis.location.symmetric_scan`). No sample is ever dropped; while one has not proved its
    equilibrium the kind is "undecided", and the evidence says what the rest would give: planted nodes with such a
    sample are set aside whole, rungs of symmetric nodes likewise. A chain whose file turns out to be damaged counts as
    missing: a warning names the file, and so does the evidence.

    Parameters
    ----------
    chains : xarray.DataTree
        As :func:`glassnet.open_chains` returns it.
    dilution : float, optional
        Which dilution; may be left out where the chains hold only one.
    above : float
        Lower temperatures are left out of everything, for all samples, and so is a saved zero of the complexity below.
        The result then holds for temperatures above.
    field : FieldIntegration or object, optional
        Zero of the complexity along the planted state in a field (:func:`glassnet.studies.field_integration`),
        or anything with `temperature`, `stderr` and `name`; by default what the scan saved of its own, if it did.
    arrest : PlantedRelaxation or object, optional
        Dynamical arrest, an upper bound (:func:`glassnet.studies.planted_relaxation`), or the like.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or `dilution` is not in it or left out where there are several, or nothing is
        left `above`; if `field` or `arrest` is no such object, or was measured in another glass.
    ChainError
        If no chain of a node can be read.
    """
    reader = ChainReader(chains, above)
    return of_dilution(reader, _chosen(dilution, reader.dilutions), field=field, arrest=arrest)


def of_dilution(reader: ChainReader, dilution: float, *, field: Known = None, arrest: Known = None) -> Transition:
    """:func:`find_transition` at one dilution of chains that are read once for all of them."""
    chains, seed = reader.chains, reader.seed
    first = next(node for node in reader.nodes if node.dilution == dilution)
    saved = saved_field(chains, dilution, reader.above) if field is None else SavedField(None, (), {}, (dilution,))
    field = saved.result if field is None else field
    field, arrest = (
        external_results.check(name, measured, _keywords(first), dilution)
        for name, measured in (("field", field), ("arrest", arrest))
    )
    read = reader.at(dilution)
    nodes = read.nodes
    common = common_dilution_of(reader, read, saved if field is not None and np.isfinite(field.temperature) else None)
    field = _spread(field, common, saved.dilutions)
    found, *ends = (findings(read, one, field, arrest, seed) for one in (common, *common.ends()))
    located = widened(found.location, [end.location for end in ends])
    found = replace(found, location=located, ends=tuple(ends))
    verdict = decide(found)
    missing = {node.path: node.missing for node in nodes if node.missing}
    missing |= unstarted(chains, dilution, reader.above) | saved.missing
    damaged = (*read.damaged, *saved.damaged)
    verdict, rest, extra = _proved(verdict, read, missing, damaged)
    interim, item, rows = _provisional(verdict, rest, read, found, common, seed)
    if (compared := evidence(common)) is not None:
        extra = [named("common_dilution", compared), *extra]
    return Transition(
        kind=verdict.kind,
        temperature=verdict.temperature,
        stderr=verdict.stderr,
        evidence=(*verdict.evidence, *item, *extra),
        dilution=dilution,
        sizes=tuple(sorted({node.size for node in nodes})),
        location=located,
        equilibration=read.equilibration,
        estimates=(*verdict.estimates, *rows),
        provisional=interim,
        latent_heat=verdict.latent_heat,
        jump=verdict.jump,
        glass=_keywords(nodes[0]),
        missing=missing,
        damaged=damaged,
        thermodynamics=read.thermodynamics,
        overlaps=read.overlaps,
        phases=read.phases,
        planted=read.tables(seed),
        order=verdict.order,
        lowest=read.lowest,
        run=run_settings.settings(chains, nodes),
        run_file=chains.attrs.get("run_file", ""),
        complexity=field if isinstance(field, FieldIntegration) else None,
        common=common,
        averages=read.averages,
    )


def transition_line(chains: xr.DataTree, **options: Any) -> TransitionLine:
    """One :func:`find_transition` for every dilution in the chains, by increasing dilution.

    Parameters
    ----------
    chains : xarray.DataTree
    **options
        Those of :func:`find_transition`, and so are the errors raised.

    Returns
    -------
    TransitionLine
        A list of Transition with arrays of its temperatures, and with its inverse, the critical dilution.
    """
    return line_of(ChainReader(chains, options.pop("above", 0.0)), **options)


def line_of(reader: ChainReader, **options: Any) -> TransitionLine:
    """:func:`transition_line` of chains that are read once."""
    return TransitionLine((of_dilution(reader, dilution, **options) for dilution in reader.dilutions), reader)


def common_dilution_of(reader: ChainReader, read: DilutionAverages, saved: SavedField | None) -> Common:
    """The dilution at which sizes are compared; other dilutions are only read where sizes differ. `saved` is the field
    integration whose zero counts."""
    dilution = read.nodes[0].dilution
    options: dict[str, Any] = {"seed": reader.seed}
    if saved is not None:
        # a result that was handed over belongs to the dilution that was asked for
        options |= {"at": saved.dilutions[-1], "rounds": 0.5 / saved.sizes[-1] if saved.sizes else 0.0}
    if read.annealed is not None:
        options["unit"] = read.annealed.unit
    own = reader.measured(dilution)
    common = common_dilution(own, [], **options)
    if not common.differs or not (near := reader.neighbours(dilution)):
        return common
    return common_dilution(own, near, **options)


def _spread(field: Known, common: Common, dilutions: tuple[float, ...]) -> Known:
    """The zero of the complexity with a bar that includes how much the dilutions of the networks differ."""
    if not isinstance(field, FieldIntegration) or common.slope is None or not np.isfinite(field.temperature):
        return field
    apart = [abs(float(common.shift(field.temperature, dilution))) for dilution in dilutions]
    return replace(field, stderr=float(np.hypot(field.stderr, max(apart, default=0.0))))


def _chosen(dilution: float | None, present: list[float]) -> float:
    listed = ", ".join(f"{value:g}" for value in present)
    if dilution is None:
        if len(present) > 1:
            raise ValueError(f"dilution must be given where chains hold several, one of {listed}; or transition_line")
        return present[0]
    dilution = real("dilution", dilution)
    if dilution not in present:
        known = f"{listed} (the ones asked for: .asked of a transition line)"
        raise ValueError(f"dilution must be one of {known}, got {dilution:g}")
    return dilution


def _keywords(node: Node) -> dict[str, Any]:
    keywords = json.loads(node.chain.attrs.get("glass", "{}"))
    return {"ensemble": node.chain.attrs["ensemble"], **keywords} if "ensemble" in node.chain.attrs else keywords


def _proved(
    verdict: Verdict, read: DilutionAverages, missing: dict[str, list[int]], damaged: tuple[str, ...]
) -> tuple[Verdict, Verdict | None, list[Evidence]]:
    """The verdict, undecided while a sample has not proved its equilibrium; that of the rest then, and the evidence."""
    extra = of_samples(read.nodes, read.equilibration, missing, damaged)
    if not read.equilibration.failures and not read.equilibration.nodes:
        return verdict, None, extra
    if verdict.kind != "undecided":
        at = f" at T = {with_error(verdict.temperature, verdict.stderr)}" if np.isfinite(verdict.temperature) else ""
        says = f"without the temperatures that fail the evidence says {verdict.kind}{at}"
        rest = Answer(verdict.temperature, verdict.stderr, (), None, says)
        extra.append(named("verdict_of_rest", rest))
    return verdict.left_open(), verdict, extra


def _provisional(
    verdict: Verdict, rest: Verdict | None, read: DilutionAverages, found: Findings, common: Common, seed: int
) -> tuple[Estimate | None, tuple[Evidence, ...], tuple[Estimate, ...]]:
    """The provisional temperature of an undecided transition, if there is one; evidence and estimates of the starts."""
    if verdict.kind != "undecided":
        return None, (), ()
    facts = {node.path: node for node in read.nodes}
    every = [one.planted(list(read.planted.values()), facts) for one in (common, *common.ends())]
    starts = provisional.widened([provisional.of_starts(nodes, seed=seed) for nodes in every])
    measured = next(filter(estimators.is_apart, verdict.estimates), None)
    other = rest.headline if rest is not None and rest.kind in ("continuous", "first-order") else None
    chosen = provisional.choose(
        starts, measured, other, contradicted=verdict.contradicted, annealed=found.annealed, arrest=found.arrest
    )
    item = provisional.bracket(starts)
    if item is None or starts is None:
        return chosen, (), ()
    return chosen, (named("starts_bracket", item),), tuple(starts.estimates())
