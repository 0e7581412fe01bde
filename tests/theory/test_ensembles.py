"""Theories of run files: which one belongs to an ensemble, and where there is none."""

import numpy as np
import pytest

from glassnet import theory

R34 = theory.regular(p=3, degree=4)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"ensemble": "regular", "p": 3, "degree": 4}, R34),
        ({"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.1}, theory.regular(3, 4, 0.1)),
        ({"ensemble": "poisson", "p": 3, "alpha": 1.5}, theory.poisson(3, 1.5)),
        ({"ensemble": "layered", "p": 3, "alpha": 1.5, "dilution": 0.2}, theory.poisson(3, 1.5, 0.2)),
        ({"ensemble": "walks", "alpha": 1.5, "widths": [7, 7, 7, 7]}, theory.poisson(3, 1.5)),
        ({"ensemble": "walks", "alpha": 1.5, "widths": (7, 7, 7, 1)}, None),
        ({"ensemble": "walks", "alpha": 1.5}, None),
        ({"ensemble": "given"}, None),
        ({"ensemble": "regular", "p": 3, "degree": 4, "couplings": "gaussian"}, None),
        ({"ensemble": "regular", "p": 3, "degree": 4, "couplings": np.ones(4)}, None),
        ({"ensemble": "poisson", "p": 3, "alpha": 1.5, "bias": 0.2}, None),
    ],
)
def test_theory_of_a_run_file(table, expected):
    with pytest.raises(ValueError, match="widths must have at least 3 entries"):
        theory.cavity_of("walks", alpha=1.5, widths=[7, 7])
    assert theory.cavity_of(**table) == expected


@pytest.mark.parametrize(
    ("table", "alpha"),
    [
        ({"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.5}, 1 / 3),
        ({"ensemble": "poisson", "p": 4, "alpha": 2.0, "dilution": 0.5, "bias": 0.3}, 0.25),
        ({"ensemble": "layered", "p": 3, "alpha": 1.5}, 1.5),
        ({"ensemble": "walks", "widths": (7, 7, 7, 1), "alpha": 1.5, "dilution": 0.1}, 1.5 * 0.81),
    ],
)
def test_paramagnet_of_a_run_file(table, alpha):
    found = theory.paramagnet_of(**table, couplings="gaussian" if "bias" not in table else "binary")
    assert found.alpha == pytest.approx(alpha)
    assert found.couplings == ("gaussian" if "bias" not in table else "binary")


def test_paramagnet_of_nothing():
    with pytest.raises(
        ValueError, match="ensemble must be one of 'regular', 'poisson', 'layered', 'walks', got 'given'"
    ):
        theory.paramagnet_of("given")
    with pytest.raises(ValueError, match="couplings must be one of 'binary', 'gaussian', got 'cubic'"):
        theory.paramagnet_of("poisson", p=3, alpha=1.0, couplings="cubic")
    with pytest.raises(ValueError, match=r"bias must be in \[-1, 1\], got 2"):
        theory.paramagnet_of("poisson", p=3, alpha=1.0, bias=2)
