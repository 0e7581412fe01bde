"""The report of a run as one HTML page, which needs no network, and is made for light and dark screens and for
print."""

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version
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

STYLE = """
:root { color-scheme: light dark;
  --ink: #1d1d1f; --paper: #fdfdfc; --line: #c9c9c6; --faint: #5b5b60; --band: #f0f0ee; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e2; --paper: #1b1c1e; --line: #4a4b4e; --faint: #a2a2a6; --band: #27282b; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
.answer { font-size: 1.15rem; margin: .3rem 0; }
.faint, figcaption { color: var(--faint); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th { text-align: right; border-bottom: 1px solid var(--line); font-weight: 600; }
td { text-align: right; border-bottom: 1px solid var(--band); }
th, td { padding: .15rem .6rem; vertical-align: top; }
td:first-child, td:last-child { white-space: nowrap; }
.figures { margin: 1.5rem 0; }
table.text th, table.text td { text-align: left; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; max-width: 32rem; break-inside: avoid; }
figure svg { width: 100%; height: auto; display: block; background: white; border-radius: 4px; }
.note { border-left: 3px solid #d55e00; white-space: pre-wrap; }
details { margin: .4rem 0; }
summary { cursor: pointer; }
pre { background: var(--band); padding: .8rem; overflow-x: auto; font-size: .8rem; }
@media print {
  :root { --ink: black; --paper: white; --line: #999; --faint: #444; --band: #eee; }
  html { font-size: 9pt; }
  body { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
  .figures { grid-template-columns: 1fr 1fr; }
  .scroll, pre { overflow: visible; white-space: pre-wrap; }
  details::details-content { content-visibility: visible; height: auto; }
}
"""

READING = """
<ul class="faint">
<li>0.1234(56) is 0.1234 with a standard error of 0.0056. Units: k<sub>B</sub> = 1, |J| = 1; energies and entropies are
per remaining weight, averaged over disorder samples.</li>
<li>N counts the weights before dilution, everywhere; every connection carries one weight.</li>
<li>Dilution: the fraction of connections that was asked for. Glasses lose whole numbers of them; the effective dilution
is the one at which infinite glasses have as many paths per weight. Theory, axes and fits use it.</li>
<li>yes, no, ?: the data say so, say the opposite, or do not reach.</li>
<li>Binder: (B0 - R)/(B0 - 1) with R = [&lt;q<sup>4</sup>&gt;]/[&lt;q<sup>2</sup>&gt;]<sup>2</sup> and B0 its value
without order: 0 without order, 1 for one sharp overlap.</li>
<li>swaps: accepted share of the exchanges with the next higher rung, over all samples and replicas. barrier: sum of the
rejected shares; at most 1/(2 + 2 barrier) round trips per sweep and replica. They prove no equilibrium.</li>
<li>planted weight: share of the draws in the phase of the planted state, also for either kind of start.</li>
<li>complexity: logarithm of the number of states per weight, from the overlap with planted states in a field along
them; drift: how much it changed from the first to the second half of the recorded sweeps.</li>
</ul>
"""


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
    body.append("<h2>How to read it</h2>" + READING)
    if run_file:
        body.append(f"<h2>Run file</h2><pre>{escape(run_file)}</pre>")
    body.append(f'<p class="faint">{escape(_versions())}</p>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head = f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}<style>{STYLE}</style></head>'
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


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
