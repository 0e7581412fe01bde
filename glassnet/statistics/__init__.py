"""Statistics of arrays: what any Monte Carlo program needs, and nothing that knows glasses or chains.

Estimates with their standard errors, least squares, autocorrelation times, the bootstrap, multiple histograms,
distributions with two peaks, and the means on the temperatures of exchange ladders.
"""

#: the modules of this room in the order in which they may import each other
MODULES = (
    "estimate",
    "standard_errors",
    "fits",
    "autocorrelation",
    "bootstrap",
    "bootstrap_t",
    "multihistogram",
    "coexistence",
    "two_peaks",
    "ladder_autocorrelation",
    "ladder_averages",
)
