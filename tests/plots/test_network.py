"""Figures of dimension and closure: what is drawn is what was computed."""

import numpy as np
import pytest
import xarray as xr

from glassnet.network import dimension
from glassnet.plots import network


def test_dimension_draws_theory_and_simulation():
    theory = dimension.mean_field(3, covariance=0.4)
    simulation = dimension.simulate(3, covariance=0.4, width=20, n_networks=2, n_samples=40)
    upper, lower = network.dimension({"both": (theory, simulation), "theory": (theory, None)}).axes
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["theory", "both"]
    drawn = upper.get_lines()[0].get_ydata()
    np.testing.assert_array_equal(drawn, theory.dimension)
    strengths = [line.get_ydata()[-1] for line in lower.get_lines() if len(line.get_ydata()) == 4]
    for expected in (theory, simulation):
        assert float(expected.covariance_strength[-1] / expected.covariance_strength[0]) in strengths


def test_dimension_takes_pairs_only():
    with pytest.raises(TypeError, match=r"curves must be a dict of pairs .* got 'alone'"):
        network.dimension({"alone": dimension.mean_field(1)})


def test_closure_draws_pairs_and_errors():
    cov = np.arange(16.0).reshape(4, 4)
    cov = cov + cov.T
    errors = xr.DataArray([[0.0, 0.1], [0.0, 0.2]], {"width": [20, 50], "layer": [1, 2]}, ("width", "layer"))
    upper, lower = network.closure([(cov, 1.1 * cov)], errors).axes
    np.testing.assert_array_equal(upper.get_lines()[0].get_ydata(), cov[np.triu_indices(4, 1)])
    assert [line.get_label() for line in lower.get_lines()] == ["$N$ = 20", "$N$ = 50"]
    np.testing.assert_array_equal(lower.get_lines()[1].get_ydata(), [0.0, 0.2])
