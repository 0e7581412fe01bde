"""Estimates of a discontinuous transition, on curves whose limit is known."""

import numpy as np
import xarray as xr

from glassnet.analysis.location import discontinuous


def test_overlap_and_magnetisation_of_the_ordered_phase_are_extrapolated():
    rng = np.random.default_rng(9)
    rows = {
        n: xr.Dataset(
            {
                "overlap": ("sample", 0.95 - 0.5 / n + 0.001 * rng.normal(size=12)),
                "magnetisation": ("sample", np.full(12, np.nan)),
            }
        )
        for n in (24, 36, 48, 60)
    }
    (overlap,) = discontinuous.ordered_phase(rows)
    assert overlap.name == "overlap"
    assert abs(overlap.value - 0.95) < 3 * overlap.stderr
    assert overlap.stderr < 0.02


def test_forms_of_extrapolation_agree_where_corrections_are_of_that_form():
    rng = np.random.default_rng(3)
    rows = {n: 0.7 + 2 / n + 0.01 * rng.normal(size=16) for n in (24, 36, 48, 72)}
    found = {one.key: one for one in discontinuous.extrapolated_means("x", "weight", rows)}
    straight = found["x_inverse_size"]
    assert abs(straight.value - 0.7) < 4.5 * straight.stderr
    assert found.keys() == {"x_inverse_size", "x_log_size", "x_quadratic", "x_larger_sizes"}
    headline = discontinuous.weighed(list(found.values()))
    assert headline.stderr > straight.stderr
    assert discontinuous.extrapolated_means("x", "weight", {24: rows[24]}) == []
