"""The report of a run as one HTML page, which needs no network, and is made for light and dark screens and for
print."""

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import NamedTuple

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
    title = system(results[0], dilution=False) or "glass"
    body = [f"<h1>{escape(title[0].upper() + title[1:])}</h1>"]
    body += [f'<p class="answer">{escape(_capital(result.sentence))}.</p>' for result in results]
    body += [f'<pre class="note">{escape(_capital(note))}</pre>' for note in notes]
    if len(sections) > 1:
        body.append(_table(tables.line(results, [section.theory for section in sections])))
        body += ["<h3>Critical dilution</h3>" + _table(tables.critical(criticals), "text")] if criticals else []
        body.append(_figures(line))
    several = len(sections) > 1
    for section in sections:
        body += _section(section, several)
    body.append(f"<h2>How to read it</h2>\n{_file('reading.html')}")
    if run_file:
        body.append(f"<h2>Run file</h2><pre>{escape(run_file)}</pre>")
    body.append(f'<p class="faint">{escape(_versions())}</p>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head = f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}<style>\n{_file("page.css")}</style></head>'
    return "\n".join([head, "<body>", *body, "</body>", "</html>", ""])


def _section(section: Section, several: bool) -> list[str]:
    result = section.result
    parts = [f"<h2>Dilution {described(result)}: {escape(result.headline)}</h2>" if several else "<h2>Transition</h2>"]
    if not several:
        parts.append(f"<p>{escape(_capital(result.headline))}</p>")
    if section.theory is not None:
        parts.append(f"<p>{escape(_capital(theory_comparison.comparison(result, section.theory)))}.</p>")
    parts.append("<h3>Evidence</h3>" + _table(tables.evidence(result), "text"))
    estimates = tables.estimates(result)
    if estimates.rows:
        parts.append("<h3>Estimates of the transition temperature</h3>" + _table(estimates, "text"))
    parts.append(_figures(section.figures))
    parts.append("<h3>Equilibrium</h3>" + _equilibrium(result))
    parts.append("<h3>Averages</h3>")
    for table in section.tables:
        parts.append(f"<details><summary>{escape(table.title)}</summary>{_table(table)}</details>")
    return parts


def _equilibrium(result: Transition) -> str:
    equilibration = result.equilibration
    compared = f"{equilibration.n_comparisons} comparisons, each at a probability of {equilibration.bound:.1e}"
    if not equilibration.failures and not equilibration.nodes:
        return f"<p>Every sample of every node passes ({compared}).</p>"
    summary = (
        f"{len(equilibration.failing)} samples and {len(equilibration.nodes)} nodes have not proved their equilibrium"
    )
    rows = [[path, "all", reason, ""] for path, reason in equilibration.nodes.items()]
    rows += [[f.path, str(f.sample), f.reason, f"{f.temperature:.4g}"] for f in equilibration.failures]
    listed = Table("", ["node", "sample", "why", "hottest T"], rows, [])
    kept = "They stay in all averages; open symbols and hatching mark the temperatures."
    return f"<p>{summary} ({compared}). {kept}</p><details><summary>Which</summary>{_table(listed, 'text')}</details>"


def _figures(figures: list[tuple[str, str, bytes]]) -> str:
    """Figures in a grid; their names make ids unique."""
    parts = []
    for name, caption, image in figures:
        drawn = export.inline(image, name, escape(caption.split(".")[0], quote=True))
        parts.append(f"<figure>{drawn}<figcaption>{escape(caption)}</figcaption></figure>")
    return '<div class="figures">\n' + "\n".join(parts) + "\n</div>"


def _table(table: Table, kind: str = "") -> str:
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    name = f' class="{kind}"' if kind else ""
    return f'<div class="scroll"><table{name}><thead><tr>{header}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>'


def _versions() -> str:
    """Versions of what made the page, without machine and time, so that the same chains give the same page."""
    versions = [f"glassnet {glassnet.__version__}", f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} of unknown version")
    return "Analysed with " + ", ".join(versions) + "."


def _file(name: str) -> str:
    """Text of a file of this package."""
    return files("glassnet.scan.report").joinpath(name).read_text(encoding="utf-8")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
