"""Figures: what a result looks like. matplotlib is imported when something is drawn, and no global state is touched.

:func:`transition` is the overview on a screen. The others are one column of a journal wide, and each returns a
matplotlib Figure; `export` makes the files of a whole run. Functions that take axes draw into them. The modules
`network` and `pathways` draw what belongs to `glassnet.network`.

Import order: appearance, captions, curves, legends, panels, pathways, planted_states, exchange_rates,
overlaps, overview, phase_diagrams, single_quantity, export, network.
"""

from glassnet import _face
from glassnet.plots import network, pathways
from glassnet.plots.appearance import style, theory_of
from glassnet.plots.curves import cavity, exact, magnetizations, refutation, rejection, reweighted
from glassnet.plots.exchange_rates import exchange
from glassnet.plots.overlaps import overlap_map, overlap_ridges
from glassnet.plots.overview import save, transition
from glassnet.plots.panels import binder, energy, entropy, overlap_distribution, peak_weight, planted_weight
from glassnet.plots.phase_diagrams import aligned, critical_dilution, phase_diagram
from glassnet.plots.planted_states import aging, complexity, melting, relaxation, two_branches
from glassnet.plots.single_quantity import average, binder_cumulant, location, thermodynamics

__all__ = [
    "aging",
    "aligned",
    "average",
    "binder",
    "binder_cumulant",
    "cavity",
    "complexity",
    "critical_dilution",
    "energy",
    "entropy",
    "exact",
    "exchange",
    "location",
    "magnetizations",
    "melting",
    "network",
    "overlap_distribution",
    "overlap_map",
    "overlap_ridges",
    "pathways",
    "peak_weight",
    "phase_diagram",
    "planted_weight",
    "refutation",
    "rejection",
    "relaxation",
    "reweighted",
    "save",
    "style",
    "theory_of",
    "thermodynamics",
    "transition",
    "two_branches",
]
_face.public(__name__)
