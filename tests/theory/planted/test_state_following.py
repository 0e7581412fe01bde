"""Planted states that are followed in temperature: where they melt."""

import numpy as np
import pytest

from glassnet import theory
from glassnet.theory.planted.state_following import follow

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


@pytest.mark.parametrize(
    ("planted", "melting"), [(0.4, 1.58), (0.5, 1.48), (0.6, 1.34), (0.65, 1.24)]
)  # read off Monte Carlo, from below
def test_melting_of_the_reference(planted, melting):
    state = follow(R34, planted)
    assert state.melting_temperature() == pytest.approx(melting, abs=6e-3)
    assert state.overlap(planted) == pytest.approx(R34.overlap(planted), abs=2e-5)
    assert state.overlap(state.melting_temperature() * 0.995) > 0.8
    assert state.overlap(state.melting_temperature() * 1.005) == 0.0


def test_a_followed_state_prints_a_table():
    lines = str(follow(R34, 0.5)).splitlines()
    assert lines[0] == "regular, p = 3, degree 4, planted at T = 0.5: melts at T = 1.48428"
    assert lines[2].split() == ["as", "planted", "0.50000", "0.99768", "-1.28537", "-1.28620"]
    assert lines[3].split()[:2] == ["melting", "1.48279"] and lines[3].split()[2].startswith("0.9")
    assert str(follow(R34, 0.9)).splitlines()[0].endswith(": melted at any temperature")


def test_following_is_smooth_and_monotonic():
    state = follow(P32, 0.9)
    temperatures = np.linspace(0.6, 1.8, 7)
    assert (np.diff(state.overlap(temperatures)) < 0).all()
    assert (np.diff(state.energy(temperatures)) > 0).all()
    assert state.internal_overlap(0.6) > state.overlap(0.6)  # colder than planted: deeper inside than w*
    assert state.internal_overlap(1.5) < state.overlap(1.5)
