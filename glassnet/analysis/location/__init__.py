"""Where a transition is: every way to find its temperature, each with its error bar.

Import order: exponents, symmetric_scan, annealed_bounds, planted_crossing, scaling, discontinuous, overlap_peaks,
universality, continuous.
"""
