"""What stands below the figures on the page of a run."""

_LINES = " Band: the transition with its error. Dashed and dotted: T_K and T_d of the cavity method for N = infinity."
CAPTIONS = {
    "planted_weight": "Weight of the planted phase at the planting temperature. Curves of different sizes cross at the "
    "transition." + _LINES,
    "binder": "Binder cumulant: 0 without order, 1 for one sharp overlap. A negative dip that deepens over three sizes "
    "speaks for a random first-order transition; where it lies does not locate it." + _LINES,
    "peak_weight": "Weight of high overlaps; networks have no Binder cumulant." + _LINES,
    "overlap_map": "Distribution of the overlap of two replicas of the largest size against temperature; white: less "
    "than the scale shows." + _LINES,
    "overlap_ridges": "The same distribution line by line, each over its maximum. Thick: the temperature nearest to "
    "the transition; grey: not in equilibrium.",
    "planted_ridges": "Distribution of the overlap with the planted state of the largest size at each planting "
    "temperature, each line over its maximum. Thick: the temperature nearest to the transition.",
    "thermodynamics": "Energy and entropy per weight. Black: the annealed curves of the paramagnet, exact above the "
    "transition for N = infinity; where the annealed entropy is negative it means nothing." + _LINES,
    "exchange": "Exchange between the rungs: accepted share across each gap, and round trips per sweep and replica "
    "over what a ladder with this barrier could reach. Good rates prove no equilibrium.",
    "phase_diagram": "Transition temperature against the fraction of connections removed. Points: Monte Carlo, their "
    "shape tells the kind. Lines: cavity method for N = infinity, T_K (static) and T_d (dynamical arrest), down to "
    "their ends at T = 0.",
    "critical_dilution": "The transition crossed at fixed temperature by removing connections: a critical dilution, as "
    "H. Huang and A. Goudarzi report it (Phys. Rev. E 98, 042311 (2018)). Their ensemble and units of temperature are "
    "not known in enough detail to draw a point of theirs. Band: interpolated between the transition temperatures of "
    "the neighbouring dilutions.",
}
