"""What is known of the degrees of a glass, against drawn ones."""

import numpy as np
import pytest

from glassnet.analysis.field_integration.known_degrees import expected
from glassnet.sampling import independent_lanes


def test_known_degrees_are_those_of_drawn_glasses():
    """Mean paths per weight and shares of degrees of 225 glasses, within 4 standard errors.

    Regular glasses and networks that are diluted have corrections of order 1 / N and 1 / width in the shares.
    """
    cases = [
        ("regular", 60, {"p": 3, "degree": 4}, 0.2, 0.004),
        ("poisson", 60, {"p": 3, "alpha": 2.0}, 0.2, 0.0),
        ("layered", 60, {"p": 3, "alpha": 2.0}, 0.2, 0.0),
        ("walks", (4, 5, 6, 4), {"alpha": 2.0}, 0.0, 0.0),
        ("walks", (9, 9, 9, 9), {"alpha": 2.0}, 0.2, 0.01),
        # one or two layers lose one more than the others
        ("layered", 24, {"p": 3, "alpha": 2.0}, 0.11, 0.0),
        ("layered", 24, {"p": 3, "alpha": 2.0, "rounding": "random"}, 0.1, 0.0),
        ("layered", 24, {"p": 3, "alpha": 2.0, "rounding": "layers"}, 0.2, 0.0),
        ("walks", (3, 2, 4, 5), {"alpha": 2.0}, 0.2, 0.05),
        ("walks", (3, 2, 4, 5), {"alpha": 2.0, "rounding": "random"}, 0.15, 0.05),
    ]
    for ensemble, size, keywords, dilution, correction in cases:
        known = expected(ensemble, size, dilution, keywords)
        assert known.shares.sum() == pytest.approx(1)
        assert known.shares @ np.arange(len(known.shares)) == pytest.approx(known.alpha * (keywords.get("p") or 3))
        rows = []
        for instance in range(225):
            glass = independent_lanes.draw(
                ensemble, size, independent_lanes.instance_seed(1, instance), dilution=dilution, **keywords
            )
            shares = np.bincount(glass.degrees, minlength=5)[:5] / glass.n_weights
            rows.append([glass.n_paths / glass.n_weights, *shares])
        rows, wanted = np.array(rows), np.array([known.alpha, *known.shares[:5]])
        bound = 4 * rows.std(axis=0, ddof=1) / 15 + np.array([1e-12, *[correction + 1e-12] * 5])
        assert (np.abs(rows.mean(axis=0) - wanted) < bound).all(), ensemble
