"""What the cavity method expects of an ensemble named on the command line, or of every glass of a run file."""

from pathlib import Path

from glassnet import theory
from glassnet.scan.config import RunFile, UserError, parse, read

#: what each ensemble is told on the command line
_NEEDED = {
    "regular": ("p", "degree"),
    "poisson": ("p", "alpha"),
    "layered": ("p", "alpha"),
    "walks": ("widths", "alpha"),
}
#: of these the theory says itself what is out of range
_TREES = {"regular": theory.regular, "poisson": theory.poisson, "layered": theory.poisson}


def told(glass: str, diagram: str | None = None, **keywords) -> str:
    """The predictions as tables.

    Parameters
    ----------
    glass : str
        Name of an ensemble, or the path of a run file, which says the rest itself.
    diagram : str, optional
        Goes along the dilution instead: "" for a table only, else the name of the file to draw into.
    **keywords
        `p`, `degree`, `alpha`, `widths`, `couplings`, `bias`, `dilution`: only those that were given.

    Raises
    ------
    UserError
        If a keyword is missing, out of range or does not belong to the ensemble, or the run file is wrong.
    """
    if glass not in _NEEDED:
        if not glass.endswith(".toml") and not Path(glass).exists():
            raise UserError(f"theory: takes {', '.join(_NEEDED)} or a run file, got {glass}")
        if keywords or diagram is not None:
            name = next(iter(keywords), "diagram")
            raise UserError(f"theory: {glass} says all of the glass itself, it does not take --{name}")
        return _of_run_file(parse(read(glass), glass))
    for name in ("p", "degree", "alpha", "widths"):
        needed = name in _NEEDED[glass]
        if (name in keywords) != needed:
            raise UserError(f"theory: {glass} {'needs' if needed else 'does not take'} --{name}")
    if diagram is not None and "dilution" in keywords:
        raise UserError("theory: --diagram goes along all dilutions, it does not take --dilution")
    try:
        if diagram is not None:
            return _along(theory.phase_diagram(glass, **keywords), diagram)
        return _of_ensemble(glass, **keywords)
    except (ValueError, TypeError) as error:
        raise UserError(f"theory: {error}") from None


def _of_ensemble(glass: str, couplings: str = "binary", bias: float = 0.0, **keywords) -> str:
    """The cavity theory, and where there is none the paramagnet."""
    if couplings == "binary" and bias == 0.0 and glass in _TREES:
        return str(_TREES[glass](**keywords))
    cavity = theory.of(glass, couplings=couplings, bias=bias, **keywords)
    found = str(cavity or theory.paramagnet_of(glass, couplings=couplings, bias=bias, **keywords))
    clean = theory.of(glass, **keywords)
    if couplings != "binary" or bias <= 0 or clean is None:
        return found
    return f"{found}\n\n{theory.ferromagnet.ferromagnet(clean, bias)}"


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
    """A table for every dilution, and where networks differ in shape for every shape."""
    keywords = run_file.glass.model_dump(exclude_none=True)
    sizes = run_file.scan.sizes if keywords["ensemble"] == "walks" else [None]
    blocks = []
    for dilution in run_file.scan.dilutions:
        found = [theory.of(**keywords, dilution=dilution, widths=widths) for widths in sizes]
        blocks += dict.fromkeys(_none(run_file, dilution) if cavity is None else str(cavity) for cavity in found)
    return "\n\n".join(blocks)


def _none(run_file: RunFile, dilution: float) -> str:
    """Why there is no table."""
    glass = run_file.glass
    why = "couplings other than +-1 without bias"
    if glass.couplings == "binary" and not glass.bias:
        why = "layers of unequal widths" if glass.ensemble == "walks" else "so many paths through a weight"
    return f"{glass.ensemble}, dilution {dilution:g}: the cavity method is not worked out for {why}"
