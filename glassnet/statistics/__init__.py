"""Statistics of arrays: what any Monte Carlo program needs, and nothing that knows glasses or chains.

Estimates with their standard errors, least squares, autocorrelation times, the bootstrap, multiple histograms,
distributions with two peaks, tests by ranks, and the means on the temperatures of exchange ladders.

Import order: coexistence, estimate, multihistogram, standard_errors, autocorrelation, bootstrap, fits, bootstrap_t,
ladder_autocorrelation, two_peaks, ladder_averages, rank_tests.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.statistics import (
        autocorrelation,
        bootstrap,
        fits,
        multihistogram,
        rank_tests,
        standard_errors,
        two_peaks,
    )
    from glassnet.statistics.estimate import Estimate, with_error

__all__ = [
    "Estimate",
    "autocorrelation",
    "bootstrap",
    "fits",
    "multihistogram",
    "rank_tests",
    "standard_errors",
    "two_peaks",
    "with_error",
]
_face.public(__name__, {"Estimate": "estimate", "with_error": "estimate"})
