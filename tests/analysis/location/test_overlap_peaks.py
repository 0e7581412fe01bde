"""The jump of the overlap, on peaks whose places are known."""

import numpy as np
import pytest
import xarray as xr

from glassnet.analysis.location import overlap_peaks


def test_the_jump_does_not_count_the_scatter_of_independent_configurations():
    """Overlaps of 0.9 + 1/N, or of independent configurations, whose mean |q| is the scatter (2 / (pi N))^(1/2)."""
    sizes = np.array([36, 60, 96])
    columns = {}
    for prefix in ("", "mixture_"):
        columns[f"{prefix}high"] = 0.9 + 1 / sizes
        columns[f"{prefix}low"] = np.sqrt(2 / (np.pi * sizes))
        columns |= {f"{prefix}{name}_stderr": np.full(3, 0.002) for name in ("high", "low")}
    columns["scatter"] = np.sqrt(2 / (np.pi * sizes))
    found = overlap_peaks.jump(
        xr.Dataset({name: ("size", values) for name, values in columns.items()}, {"size": sizes})
    )
    assert found.value == pytest.approx(0.9, abs=1e-6)
    assert 0.002 < found.stderr < 0.06
