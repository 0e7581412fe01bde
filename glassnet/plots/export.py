"""All figures of a run, and their bytes: vector files that are the same for the same chains."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glassnet import _face
from glassnet.analysis.averages import table
from glassnet.analysis.location import symmetric_scan
from glassnet.plots import appearance, exchange_rates, overlaps, phase_diagrams, planted_states, single_quantity
from glassnet.plots.captions import AVERAGE, CAPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity

__all__ = ["Drawing", "files", "inline", "of_line", "of_result"]
_face.public(__name__)

#: an id and everything in an SVG file that points to one
_IDS = re.compile(r'(\bid="|href="#|url\(#)')


class Drawing(NamedTuple):
    """A figure with its name (that of its files, without suffix) and a caption in plain words."""

    name: str
    figure: Figure
    caption: str


def of_result(result: Transition, chains: xr.DataTree, theory: Cavity | None = None) -> list[Drawing]:
    """Draw all figures that the chains of one dilution can fill.

    Parameters
    ----------
    result : glassnet.Transition
    chains : xarray.DataTree
        The chains it was found in.
    theory : glassnet.theory.Cavity, optional
        What the lines of theory come from; by default that of the glass of the chains, where there is one.

    Returns
    -------
    list of Drawing
    """
    drawings = []
    if result.planted:
        drawings.append(_drawing("planted_weight", single_quantity.location(result, theory)))
    rungs = [int(np.isfinite(data.temperature.values).sum()) for data in result.overlaps.values()]
    if rungs:
        name = "binder" if symmetric_scan.has_binder(result.overlaps) else "peak_weight"
        drawings.append(_drawing(name, single_quantity.binder_cumulant(result, theory)))
    if max(rungs, default=0) >= 2:
        drawings.append(_drawing("overlap_map", overlaps.overlap_map(result, theory)))
        drawings.append(_drawing("overlap_ridges", overlaps.overlap_ridges(result)))
    elif result.planted:
        drawings.append(_drawing("planted_ridges", overlaps.overlap_ridges(result)))
    if result.complexity is not None:
        theory = theory if theory is not None else appearance.theory_of(result)
        drawings.append(_drawing("complexity", planted_states.complexity(result.complexity, theory=theory)))
    if result.thermodynamics:
        drawings.append(_drawing("thermodynamics", single_quantity.thermodynamics(result, theory)))
    for row in table.shown(result.averages):
        caption = row.label[0].upper() + row.label[1:] + AVERAGE
        drawings.append(Drawing(row.key, single_quantity.average(result, row.key, theory), caption))
    if exchange_rates.exchanging(result, chains):
        drawings.append(_drawing("exchange", exchange_rates.exchange(result, chains)))
    return drawings


def of_line(results: Sequence[Transition]) -> list[Drawing]:
    """Draw what takes several dilutions: phase diagram and critical dilution; nothing for a single one."""
    if len(results) < 2:
        return []
    drawings = [_drawing("phase_diagram", phase_diagrams.phase_diagram(results))]
    if len(phase_diagrams.shared_temperatures(results)):
        drawings.append(_drawing("critical_dilution", phase_diagrams.critical_dilution(results)))
    return drawings


def _drawing(name: str, figure: Figure) -> Drawing:
    return Drawing(name, figure, CAPTIONS[name])


def files(drawing: Drawing) -> dict[str, bytes]:
    """What is written of a figure, by the name of the file: SVG and PDF, without dates.

    In the SVG letters are outlines, so that it looks the same everywhere; in the PDF they are TrueType.
    """
    nothing = {"svg": ("Date", "Creator", "Format", "Type"), "pdf": ("CreationDate",)}
    images = {}
    with appearance.printed():
        for kind, entries in nothing.items():
            image = io.BytesIO()
            drawing.figure.savefig(image, format=kind, metadata=dict.fromkeys(entries))
            # the layout is final: arranging it again would draw the figure once more
            drawing.figure.set_layout_engine(None)
            images[f"{drawing.name}.{kind}"] = image.getvalue()
    return images


def inline(image: bytes, name: str, title: str) -> str:
    """An SVG file as an element of an HTML page.

    Parameters
    ----------
    image : bytes
        Of :func:`files`.
    name : str
        Put before every id, so that those of several figures on one page differ.
    title : str
        For readers who do not see it.
    """
    text = image.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\s+xmlns(:xlink)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = _IDS.sub(rf"\g<1>{name}-", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1).rstrip()
