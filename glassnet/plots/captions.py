"""Captions of the figures on the page of a run."""

_THEORY = "the cavity method (theory of the tree limit, N = infinity)"
_LINES = (
    " Band: the transition with its error (while undecided, where curves cross so far). Dashed and dotted: "
    f"T_K and T_d of {_THEORY}."
)
#: of an average that has no caption of its own, after its label
AVERAGE = ", mean over samples." + _LINES
CAPTIONS = {
    "planted_weight": "Weight of the planted phase at the planting temperature. Lines: one fit of all sizes, as far as "
    "it falls; they cross at the transition. Sizes whose effective dilutions differ are drawn at the temperatures that "
    "they would have at the common one." + _LINES,
    "binder": "Binder cumulant: 0 without order, 1 for one sharp overlap. A negative dip that deepens over three sizes "
    "speaks for a random first-order transition; where it lies does not locate it." + _LINES,
    "peak_weight": "Weight of high overlaps; networks have no Binder cumulant." + _LINES,
    "overlap_map": "Distribution of the overlap of two replicas of the largest size against temperature; white: less "
    "than the scale shows. Solid: the transition, its error the bar at the foot. Dashed and dotted: T_K and T_d of "
    f"{_THEORY}.",
    "overlap_ridges": "The same distribution line by line, each over its maximum. Thick: the temperature nearest to "
    "the transition; grey: not in equilibrium.",
    "planted_ridges": "Distribution of the overlap with the planted state of the largest size at planting "
    "temperatures evenly chosen, each line over its maximum. Thick: the temperature nearest to the transition.",
    "thermodynamics": "Energy and entropy per weight. Black: the annealed curves of the paramagnet, exact above the "
    "transition for N = infinity; where the annealed entropy is negative it means nothing." + _LINES,
    "complexity": "Complexity of the states around planted configurations, by integration over a field along them in "
    "glasses of the size that the table names. It vanishes at T_K (bar: the zero with its error). Line: the complexity "
    f"of {_THEORY}, up to T_d.",
    "exchange": "Exchange between the rungs: accepted share across each gap, and round trips per sweep and replica "
    "over what a ladder with this barrier could reach. Good rates prove no equilibrium.",
    "phase_diagram": "Transition temperature against the effective dilution. Filled points: transitions "
    "found by Monte Carlo, their shape tells the kind. Open circles: provisional temperatures. "
    "Grey intervals without a point: undecided, no transition is claimed; they "
    "show where curves cross so far. Open triangles: no transition above. Lines: T_K (static) and T_d "
    f"(dynamical arrest) of {_THEORY}, down to their ends at T = 0.",
    "critical_dilution": "The transition crossed at fixed temperature by removing connections: a critical dilution, as "
    "H. Huang and A. Goudarzi report it (Phys. Rev. E 98, 042311 (2018)). The conventions of their paper, ensemble and "
    "units of temperature among them, are not known in detail here, so no point of theirs is drawn. Every size "
    "is drawn at its effective dilution. Band: where these curves cross, or read off the transition temperatures at "
    "neighbouring dilutions, by the rule of gn.analysis.critical_dilution. Dashed and dotted: where T_K and T_d of "
    f"{_THEORY} reach this temperature.",
}
