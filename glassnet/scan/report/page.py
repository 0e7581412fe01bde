"""The report of a run as one HTML page, which needs no network, and is made for light and dark screens and for
print."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import glassnet
from glassnet.analysis.effective_dilution import described
from glassnet.analysis.transition import Transition
from glassnet.analysis.transition_line import CriticalDilution
from glassnet.plots import export
from glassnet.plots.appearance import system
from glassnet.scan.report import tables, theory_comparison
from glassnet.scan.report.tables import Table

#: packages on which the numbers of a page depend
_PACKAGES = ("numpy", "scipy", "xarray", "matplotlib")


class Section(NamedTuple):
    """One dilution: the result, its theory (or None), its tables and its figures as (name, caption, SVG)."""

    result: Transition
    theory: object
    tables: list[Table]
    figures: list[tuple[str, str, bytes]]


def page(
    sections: list[Section],
    line: list[tuple[str, str, bytes]],
    run_file: str,
    notes: list[str],
    criticals: list[CriticalDilution],
) -> str:
    """The whole page.

    Parameters
    ----------
    sections : list of Section
        By increasing dilution.
    line : list of (str, str, bytes)
        Figures of the whole line: name, caption, SVG.
    run_file : str
        Text of the run file.
    notes : list of str
        What the reader has to know beside the answer, and what to do next; a note may have several lines.
    criticals : list of CriticalDilution
        By temperature.

    Returns
    -------
    str
        HTML with everything inside; the same for the same chains.
    """
    results = [section.result for section in sections]
    values: dict[str, Any] = {
        "title": system(results[0], dilution=False) or "glass",
        "notes": notes,
        "line": None,
        "sections": [_values(section) for section in sections],
        "run_file": run_file,
        "versions": versions(),
    }
    if len(sections) > 1:
        whole = tables.line(results, [section.theory for section in sections])
        values["line"] = {"table": whole, "critical": tables.critical(criticals), "figures": drawings(line)}
    return rendered("page.html", values)


def rendered(template: str, values: dict) -> str:
    """The page that a template of this room makes of its values."""
    # only a rank that writes a page needs it
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("glassnet.scan.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # unlike that of jinja2, it leaves the letters after the first as they are
    environment.filters["capital"] = lambda text: text[0].upper() + text[1:]
    return environment.get_template(template).render(values)


def _values(section: Section) -> dict:
    """What the template shows of a dilution."""
    result, theory = section.result, section.theory
    return {
        "result": result,
        "dilution": described(result),
        "theory": None if theory is None else theory_comparison.comparison(result, theory),
        "evidence": tables.evidence(result),
        "estimates": tables.estimates(result),
        "figures": drawings(section.figures),
        "unequilibrated": tables.unequilibrated(result),
        "averages": section.tables,
    }


def drawings(figures: list[tuple[str, str, bytes]]) -> list[tuple[str, str]]:
    """SVG and caption of figures; their names make ids unique."""
    return [(export.inline(image, name, caption.split(".")[0]), caption) for name, caption, image in figures]


def versions() -> list[str]:
    """Versions of what made the page, without machine and time, so that the same chains give the same page."""
    versions = [f"glassnet {glassnet.__version__}", f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} of unknown version")
    return versions
