"""Coupling strengths and numbers of paths of a tree, against their exact moments."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

import glassnet.theory as theory
from glassnet.theory.trees.branching import branching, strengths

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


def test_strengths():
    assert strengths().tolist() == [1.0]
    gaussian = strengths("gaussian")
    assert gaussian.mean() == pytest.approx(math.sqrt(2 / math.pi), abs=1e-12)
    assert (gaussian**2).mean() == pytest.approx(1.0, abs=2e-5)
    assert (np.diff(gaussian) > 0).all()
    energy = branching(P32, "gaussian").paramagnet(0.7)[1]
    exact = -2 * quad(lambda j: j * math.tanh(j / 0.7) * math.exp(-j * j / 2), 0, 12)[0] * math.sqrt(2 / math.pi)
    assert energy == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("tree", [R34.tree, P32.tree, theory.regular(3, 6, 0.2).tree])
def test_degrees(tree):
    found = branching(tree)
    for cumulative, mean in ((found.full, tree.mean_degree), (found.excess, tree.mean_excess)):
        assert (1 - cumulative[:-1]).sum() == pytest.approx(mean, abs=1e-9)
        assert cumulative[-1] == np.inf
    assert found.is_alike == (tree == R34.tree)
    assert not branching(tree, "gaussian").is_alike
    assert branching(R34, [2.0, -2.0]).is_alike
