"""Statistics of arrays: what any Monte Carlo program needs, and nothing that knows glasses or chains.

Estimates with their standard errors, least squares, autocorrelation times, the bootstrap, multiple histograms,
distributions with two peaks, and the means on the temperatures of exchange ladders.

Import order: coexistence, estimate, multihistogram, standard_errors, autocorrelation, bootstrap, fits, bootstrap_t,
ladder_autocorrelation, two_peaks, ladder_averages.
"""
