"""Planting on the Nishimori line: the law of the signs, and w* in equilibrium."""

import math

import numpy as np
import pytest
from scipy.stats import chisquare

import glassnet as gn
from glassnet import exact
from glassnet._random import Seed

E = gn.ensembles


#: one small draw of each ensemble, with whatever keywords are added
DRAWS = {
    "regular": lambda **kw: E.regular(12, 3, 3, **kw),
    "poisson": lambda **kw: E.poisson(11, 4, 1.5, **kw),
    "layered": lambda **kw: E.layered(12, 3, 1.5, **kw),
    "walks": lambda **kw: E.walks((2, 2, 2, 2), 1.5, **kw),
}


def _z(values):
    return np.mean(values) / (np.std(values, ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_planted_state_violates_independently_with_the_right_probability(couplings):
    parent = E.poisson(60, 3, 1.5, seed=1, couplings=couplings)
    surplus, twin, covariance = [], [], []
    for seed in range(400):
        glass = E.planted(parent, 0.8, seed)
        np.testing.assert_array_equal(glass.paths, parent.paths)
        tau = glass.couplings * glass.planted[glass.paths].prod(axis=1)
        violated = (tau < 0) - (1 - np.tanh(np.abs(tau) / 0.8)) / 2
        surplus.append(violated.sum())
        covariance.append(violated.sum() ** 2 - (1 - np.tanh(np.abs(tau) / 0.8) ** 2).sum() / 4)
        twin.append(((tau < 0) - (1 - np.tanh(np.abs(tau) / 0.9)) / 2).sum())
    np.testing.assert_array_equal(np.sort(np.abs(glass.couplings)), np.sort(np.abs(parent.couplings)))
    assert abs(_z(surplus)) < 4.5 and abs(_z(covariance)) < 4.5
    assert abs(_z(twin)) > 4.5


def test_fixed_planting_violates_an_exact_number():
    parent = E.regular(30, 3, 4, seed=1)
    mean = 40 * (1 - np.tanh(1 / 0.9)) / 2
    counts, which = [], np.zeros(40)
    for seed in range(600):
        glass = E.planted(parent, 0.9, seed, unsatisfied="fixed")
        violated = glass.couplings * glass.planted[glass.paths].prod(axis=1) < 0
        counts.append(int(violated.sum()))
        which += violated
    assert set(counts) == {math.floor(mean), math.ceil(mean)}
    assert abs(_z(np.array(counts) - mean)) < 4.5
    assert chisquare(which).pvalue > 1e-4
    spread = np.var([(E.planted(parent, 0.9, s).energy(E.planted(parent, 0.9, s).planted)) for s in range(100)])
    assert spread > 4 * 2 * np.var(counts)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("name", DRAWS)
def test_planted_state_is_an_equilibrium_configuration(name, couplings):
    """[<E> - E(w*)] = 0 and [<q(w, w*)>] = [<q(w, w')>] on the Nishimori line, here by exact enumeration."""
    energy, overlap, colder = [], [], []
    for seed in range(250):
        glass = E.planted(DRAWS[name](seed=seed, couplings=couplings), 0.9, seed)
        weights = exact.probabilities(glass, 0.9)
        w = exact.states(glass.n_weights)
        energies = glass.energy(w)
        energy.append(weights @ energies - glass.energy(glass.planted))
        own = (weights @ (w @ glass.planted.astype(float)) ** 2) / glass.n_weights**2
        q, law = exact.overlap_distribution(glass, 0.9)
        overlap.append(own - q**2 @ law)
        colder.append(exact.probabilities(glass, 0.5) @ energies - glass.energy(glass.planted))
    assert abs(_z(energy)) < 4.5 and abs(_z(overlap)) < 4.5
    # a sampler (or a planting) at another temperature is seen
    assert abs(_z(colder)) > 4.5


def test_planting_at_infinite_and_tiny_temperature():
    parent = E.regular(300, 3, 4, seed=1)
    hot = E.planted(parent, np.inf, seed=2)
    assert abs(hot.energy(hot.planted)) < 4.5 * 20
    for unsatisfied in ("independent", "fixed"):
        cold = E.planted(parent, 1e-310, seed=2, unsatisfied=unsatisfied)
        assert cold.energy(cold.planted) == -400
    zero = E.planted(gn.PathGlass([[0, 1]], [0.0]), 1e-310, seed=2)
    assert zero.couplings.tolist() == [0.0]


def test_planted_streams():
    parent = E.regular(30, 3, 4, seed=1)
    one = E.planted(parent, 0.9, seed=1)
    assert one == E.planted(parent, 0.9, seed=Seed(1)) and one != E.planted(parent, 0.9, seed=2)
    # the state does not depend on the temperature, and replanting forgets the old signs
    np.testing.assert_array_equal(one.planted, E.planted(parent, 0.5, seed=1).planted)
    assert E.planted(one, 0.5, seed=3) == E.planted(parent, 0.5, seed=3)
    assert parent.planted is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"temperature": 0}, ValueError, "temperature must be > 0, got 0"),
        ({"temperature": -1.0}, ValueError, "temperature must be > 0, got -1"),
        ({"temperature": np.nan}, ValueError, "temperature must be a finite number, got nan"),
        ({"temperature": "hot"}, TypeError, "temperature must be a real number, got 'hot'"),
        ({"unsatisfied": "some"}, ValueError, "unsatisfied must be one of 'independent', 'fixed', got 'some'"),
        ({"seed": -2}, ValueError, "seed must be >= 0, got -2"),
        ({"glass": [[0, 1]]}, TypeError, "glass must be a PathGlass, got list"),
        (
            {"glass": gn.PathGlass([[0, 1]], [0.5]), "unsatisfied": "fixed"},
            ValueError,
            r"unsatisfied='fixed' needs couplings \+-1",
        ),
    ],
)
def test_bad_planting_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        E.planted(**{"glass": gn.PathGlass([[0, 1]], [1.0]), "temperature": 0.9, "seed": 1} | arguments)
