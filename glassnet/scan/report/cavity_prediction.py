"""Predictions of the cavity method for an ensemble named on the command line, or for every glass of a run file."""

from pathlib import Path

from glassnet import _catalogue, _meant, theory
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import RunFile, UserError, parse, read
from glassnet.theory.ensembles import MOST_PATHS

#: kinds of files that a diagram is drawn into
_DRAWN = (".png", ".svg", ".pdf")
#: of these the theory says itself what is out of range
_OTHER_THEORY = (
    "T_d, T_K and the glass below of these couplings: gn.theory.steered_population.dynamic_temperature, "
    "gn.theory.population.static_temperature, gn.theory.onersb.glass (docs/populations.md)"
)
#: title of the lines about effective dilutions of a run file
_ASKED = "these are at the dilutions asked for; glasses of the scan, and its report, are at the effective ones"


def predictions(glass: str, diagram: str | None = None, **keywords) -> str:
    """The predictions as tables.

    Parameters
    ----------
    glass : str
        Name of an ensemble, or the path of a run file, which says the rest itself.
    diagram : str, optional
        Goes along the dilution instead: "" for a table only, else the name of the file to draw into.
    **keywords
        `widths`, `couplings`, `bias`, `dilution` and those of ensembles: only those that were given.

    Raises
    ------
    UserError
        If a keyword is missing, out of range or does not belong to the ensemble, or the run file is wrong.
    """
    record = _catalogue.ENSEMBLES.get(glass)
    if record is None:
        if not glass.endswith(".toml") and not Path(glass).exists():
            known = _catalogue.names()
            meant = _meant.question(glass, known)
            raise UserError(f"theory: takes {', '.join(known)} or a run file, got {glass}{meant}")
        if keywords or diagram is not None:
            name = next(iter(keywords), "diagram")
            raise UserError(f"theory: {glass} says all of the glass itself, it does not take --{name}")
        run_file = parse(read(glass), glass)
        if run_file.data is not None:
            raise UserError(f"theory: {glass}: there is no cavity theory of couplings from data")
        try:
            return _of_run_file(run_file)
        except (TypeError, ValueError) as error:
            raise UserError(f"theory: {glass}: {error}") from None
    for name in (*_catalogue.KEYWORDS, "widths"):
        needed = name in record.keywords or (name == "widths" and record.is_network)
        if (name in keywords) != needed:
            raise UserError(f"theory: {glass} {'needs' if needed else 'does not take'} --{name}")
    if diagram is not None and "dilution" in keywords:
        raise UserError("theory: --diagram goes along all dilutions, it does not take --dilution")
    if diagram and Path(diagram).suffix.lower() not in _DRAWN:
        raise UserError(f"theory: --diagram draws into a file that ends in {', '.join(_DRAWN)}, got {diagram}")
    try:
        if diagram is not None:
            return _along(theory.phase_diagram(glass, **keywords), diagram)
        return _of_ensemble(glass, **keywords)
    except (ValueError, TypeError) as error:
        raise UserError(f"theory: {error}") from None


def _of_ensemble(glass: str, title: str = "", *, couplings: str = "binary", bias: float = 0.0, **keywords) -> str:
    """The cavity theory, which names its glass, and where there is none the paramagnet, with the title in front."""
    cavity = theory.cavity_of(glass, couplings=couplings, bias=bias, **keywords)
    record = _catalogue.ENSEMBLES[glass]
    if cavity is None and couplings == "binary" and bias == 0.0 and record.limit and not record.is_network:
        raise ValueError(f"{record.keywords[-1]} must give a weight at most {MOST_PATHS} paths, got {keywords}")
    text = (
        str(cavity) if cavity else title + str(theory.paramagnet_of(glass, couplings=couplings, bias=bias, **keywords))
    )
    clean = theory.cavity_of(glass, **keywords)
    if clean is None:
        return text
    if couplings != "binary":
        return f"{text}\n\n{_OTHER_THEORY}"
    # an odd product changes its sign when all weights do
    bias = abs(bias) if clean.p % 2 else bias
    return f"{text}\n\n{theory.ferromagnet.ferromagnet(clean, bias)}" if bias > 0 else text


def _along(diagram: theory.PhaseDiagram, file: str) -> str:
    """A phase diagram as a table, and as a figure if there is a file for it."""
    if not file:
        return str(diagram)
    from glassnet import plots

    try:
        plots.phase_diagram(diagram).savefig(file)
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    return f"{diagram}\n\ndrawn into {file}"


def _of_run_file(run_file: RunFile) -> str:
    """A table for every dilution, and for every shape where networks differ in shape; and the sizes whose glasses have
    another effective dilution."""
    keywords = run_file.glass.model_dump(exclude_none=True)
    ensemble = keywords.pop("ensemble")
    blocks = []
    for delta in run_file.scan.dilutions:
        for widths in run_file.scan.sizes if run_file.glass.record.is_network else [None]:
            shape = {} if widths is None else {"widths": widths}
            title = f"{ensemble}, dilution {delta:g}: "
            blocks.append(_of_ensemble(ensemble, title, dilution=delta, **keywords, **shape))
    if other := dilution.realised(run_file):
        blocks.append("\n".join([_ASKED, *other]))
    return "\n\n".join(dict.fromkeys(blocks))
