"""Figures: what a result looks like. matplotlib is imported when something is drawn, and no global state is touched.

:func:`transition` is the overview on a screen. The others are one column of a journal wide, and each returns a
matplotlib Figure; `export` makes the files of a whole run. Functions that take axes draw into them. The modules
`network` and `pathways` draw what belongs to `glassnet.network`.
"""

from glassnet.plots import network, pathways
from glassnet.plots.diagram import critical_dilution, phase_diagram
from glassnet.plots.ladders import exchange
from glassnet.plots.look import style, theory_of
from glassnet.plots.overlaps import overlap_map, overlap_ridges
from glassnet.plots.overview import save, transition
from glassnet.plots.panels import binder, energy, entropy, overlap_distribution, peak_weight, planted_weight
from glassnet.plots.planted import aging, complexity, melting, relaxation
from glassnet.plots.single import binder_cumulant, location, thermodynamics

__all__ = [
    "aging",
    "binder",
    "binder_cumulant",
    "complexity",
    "critical_dilution",
    "energy",
    "entropy",
    "exchange",
    "location",
    "melting",
    "network",
    "overlap_distribution",
    "overlap_map",
    "overlap_ridges",
    "pathways",
    "peak_weight",
    "phase_diagram",
    "planted_weight",
    "relaxation",
    "save",
    "style",
    "theory_of",
    "thermodynamics",
    "transition",
]
