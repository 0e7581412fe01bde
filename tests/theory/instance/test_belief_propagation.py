"""Belief propagation against enumeration on trees, and against the density evolution on large planted glasses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet import theory

COUPLINGS = ("binary", "gaussian", "threefold")


def hypertree(p, n_paths, couplings, rng):
    """A random tree: every path hangs on one weight of those before it. Planted with random signs."""
    paths, n_weights = [], 1
    for _ in range(n_paths):
        paths.append([int(rng.integers(n_weights)), *range(n_weights, n_weights + p - 1)])
        n_weights += p - 1
    size = {"binary": 1.0, "gaussian": rng.standard_normal(n_paths), "threefold": 3 * rng.standard_normal(n_paths)}
    signs = rng.choice([-1.0, 1.0], n_paths)
    return gn.PathGlass(paths, size[couplings] * signs, n_weights, planted=rng.choice([-1, 1], n_weights))


def enumerated(glass, temperature, field):
    """Free energy, energy and entropy per weight and all means, by summing over all configurations."""
    w = gn.exact.states(glass.n_weights)
    energy = glass.energy(w)
    exponent = -energy / temperature + field * (w @ glass.planted.astype(float))
    top = exponent.max()
    weights = np.exp(exponent - top)
    log_z = np.log(weights.sum()) + top
    weights /= weights.sum()
    entropy = log_z - weights @ exponent
    return np.array([-temperature * log_z, weights @ energy, entropy]) / glass.n_weights, weights @ w


def thermodynamics(solution):
    return np.array([solution.free_energy, solution.energy, solution.entropy])


@given(
    st.sampled_from([(2, 12), (3, 6), (4, 4), (6, 2)]),
    st.sampled_from(COUPLINGS),
    st.sampled_from([0.0, 0.05, 0.4, 3.0]),
    st.floats(0.05, 5.0),
    st.sampled_from(["random", "planted", "paramagnet"]),
    st.floats(0.0, 0.6),
    st.integers(0, 10**6),
)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_exact_on_trees(shape, couplings, field, temperature, initial, damping, seed):
    glass = hypertree(*shape, couplings, np.random.default_rng(seed))
    exact, means = enumerated(glass, temperature, field)
    found = theory.belief_propagation(
        glass, temperature, initial, field=field, damping=damping, tolerance=1e-13, seed=seed
    )
    scale = np.abs(glass.couplings).max()
    assert found.converged
    assert thermodynamics(found) == pytest.approx(exact, abs=1e-10 * max(1.0, scale))
    assert found.magnetization == pytest.approx(means, abs=1e-10)
    assert found.overlap == pytest.approx(means @ glass.planted / glass.n_weights, abs=1e-10)
    assert found.self_overlap == pytest.approx(means @ means / glass.n_weights, abs=1e-10)


def test_a_tree_needs_no_more_sweeps_than_it_is_deep():
    # A chain of 10 pairs in a field: sweeps go along it or against it.
    chain = gn.PathGlass([[i, i + 1] for i in range(10)], np.ones(10), planted=np.ones(11))
    assert theory.belief_propagation(chain, 1.0, "planted", field=0.1, tolerance=1e-14).sweeps <= 12


def test_loops_are_noticed():
    # The enumeration disagrees where there is a loop: the comparison is worth something.
    triangle = gn.PathGlass([[0, 1], [1, 2], [0, 2]], [1, 1, -1], planted=[1, 1, 1])
    exact, _ = enumerated(triangle, 0.8, 0.3)
    found = theory.belief_propagation(triangle, 0.8, "planted", field=0.3)
    assert np.abs(thermodynamics(found) - exact).max() > 1e-3


@pytest.mark.parametrize("factor", [0.01, 7.0])
@pytest.mark.parametrize("couplings", COUPLINGS)
def test_only_the_ratio_of_couplings_and_temperature_matters(factor, couplings):
    glass = hypertree(3, 6, couplings, np.random.default_rng(3))
    scaled = gn.PathGlass(glass.paths, factor * glass.couplings, planted=glass.planted)
    one = theory.belief_propagation(glass, 0.7, field=0.3, seed=1)
    other = theory.belief_propagation(scaled, 0.7 * factor, field=0.3, seed=1)
    assert other.magnetization == pytest.approx(one.magnetization, abs=1e-12)
    assert thermodynamics(other) == pytest.approx(thermodynamics(one) * [factor, factor, 1.0], rel=1e-11)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("p", [2, 3, 4])
def test_the_paramagnet_is_a_fixed_point(p, couplings):
    glass = gn.ensembles.poisson(500, p, 1.5, seed=1, couplings=couplings)
    found, expected = theory.belief_propagation(glass, 0.9, "paramagnet"), theory.Paramagnet.from_glass(glass)
    assert found.converged
    assert found.sweeps == 1
    assert (found.magnetization == 0).all()
    values = expected.free_energy(0.9), expected.energy(0.9), expected.entropy(0.9)
    assert thermodynamics(found) == pytest.approx(values, rel=1e-12)


def test_a_random_start_falls_back_to_the_paramagnet():
    # p = 3: products of small messages are smaller still, also below T_K = 0.654.
    glass = gn.ensembles.regular(999, 3, 4, seed=1)
    found = theory.belief_propagation(glass, 0.6, "random", seed=2)
    assert found.converged
    assert found.self_overlap < 1e-12


def test_pairs_order_by_themselves():
    # Ferromagnetic chain lattice, degree 4: T_c of (k - 1) tanh(1/T) = 1 is 2.8854.
    glass = gn.ensembles.regular(2000, 2, 4, seed=1, bias=1.0)
    cold, hot = (theory.belief_propagation(glass, t, np.ones(2000)) for t in (2.4, 3.1))
    assert cold.self_overlap > 0.3
    assert hot.self_overlap < 1e-6
    m = cold.magnetization.mean()
    # every weight is like every other: m = tanh(4 u), u = atanh(tanh(1/T) tanh(3 u))
    u = 1.0
    for _ in range(2000):
        u = np.arctanh(np.tanh(1 / 2.4) * np.tanh(3 * u))
    assert m == pytest.approx(np.tanh(4 * u), abs=1e-6)


R34 = theory.regular(3, 4)


@pytest.fixture(scope="module")
def large():
    return gn.ensembles.regular(99_999, 3, 4, seed=1)


@pytest.mark.parametrize("temperature", [0.6, 0.7])
def test_planted_states_of_a_large_glass(temperature, large):
    # N = 10^5: the overlap fluctuates between instances by sd(m) sqrt(c / N), c of order 1/(distance to T_d).
    glass = gn.ensembles.planted(large, temperature, seed=3, unsatisfied="fixed")
    found = theory.belief_propagation(glass, temperature, "planted", tolerance=1e-6)
    assert found.overlap == pytest.approx(R34.overlap(temperature), abs=3e-3)
    assert found.self_overlap == pytest.approx(R34.overlap(temperature), abs=4e-3)
    assert found.energy == pytest.approx(R34.energy(temperature), abs=3e-3)
    state_entropy = R34.entropy(temperature) - R34.complexity(temperature)
    assert found.entropy == pytest.approx(state_entropy, abs=2e-3)
    assert abs(R34.entropy(temperature) - state_entropy) > 2e-3


def test_planted_state_melts_above_the_dynamic_temperature():
    glass = gn.ensembles.planted(gn.ensembles.regular(9999, 3, 4, seed=1), 0.9, seed=3)
    found = theory.belief_propagation(glass, 0.9, "planted")
    assert found.converged
    assert found.self_overlap < 1e-9


def test_a_state_is_followed():
    glass = gn.ensembles.planted(gn.ensembles.regular(3000, 3, 4, seed=1), 0.6, seed=3)
    start = theory.belief_propagation(glass, 0.6, "planted")
    warmer = theory.belief_propagation(glass, 0.7, start)
    directly = theory.belief_propagation(glass, 0.7, "planted")
    assert warmer.overlap == pytest.approx(directly.overlap, abs=1e-7)
    assert warmer.overlap < start.overlap
    assert theory.belief_propagation(glass, 0.6, start).sweeps <= 2
    assert (start.magnetization != warmer.magnetization).any()


def test_what_has_not_converged_says_so():
    glass = gn.ensembles.planted(gn.ensembles.regular(999, 3, 4, seed=1), 0.7, seed=3)
    with pytest.warns(RuntimeWarning, match="did not converge: after 3 sweeps a message still changes by"):
        found = theory.belief_propagation(glass, 0.7, "planted", max_sweeps=3)
    assert not found.converged
    assert found.sweeps == 3
    assert found.change > 1e-3
    assert "NOT CONVERGED, no fixed point after 3 sweeps" in str(found)


def test_prints_a_table():
    glass = gn.PathGlass([[0, 1, 2]], [1.0], 4)
    lines = str(theory.belief_propagation(glass, 1.0, "paramagnet")).splitlines()
    assert lines[0] == "belief propagation at T = 1: converged after 1 sweeps"
    assert lines[3].split() == ["energy", f"{-np.tanh(1) / 4:.6f}"]
    assert len(lines) == 6  # no overlap without a planted state


def test_no_paths():
    found = theory.belief_propagation(gn.PathGlass(np.zeros((0, 3), dtype=int), [], 4), 0.5, "paramagnet")
    assert thermodynamics(found) == pytest.approx([-0.5 * np.log(2), 0.0, np.log(2)])
    assert found.converged


GLASS = gn.ensembles.poisson(20, 3, 1.0, seed=1)
PLANTED = gn.ensembles.planted(GLASS, 1.0, seed=1)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"glass": 1}, TypeError, "glass must be a PathGlass, got int"),
        ({"temperature": 0.0}, ValueError, "temperature must be > 0, got 0"),
        ({"temperature": 0.001}, ValueError, r"temperature must be >= max \|J\| / 350, 1 here, got 0.001"),
        ({"damping": 1.0}, ValueError, r"damping must be in \[0, 1\), got 1"),
        ({"tolerance": 0.0}, ValueError, "tolerance must be > 0, got 0"),
        ({"max_sweeps": 0}, ValueError, "max_sweeps must be >= 1, got 0"),
        ({"field": -1.0}, ValueError, "field must be >= 0, got -1"),
        ({"field": 1.0}, ValueError, "field must be 0 for a glass without planted state, got 1"),
        ({"initial": "cold"}, ValueError, "initial must be one of 'random', .*, got 'cold'"),
        ({"initial": "planted"}, ValueError, "initial must not be 'planted' for a glass without planted state"),
        ({"initial": np.ones(19)}, ValueError, r"initial must have shape \(20,\), got \(19,\)"),
        ({"seed": None}, ValueError, "seed must be given for a random start, got None"),
    ],
)
def test_bad_arguments(keywords, error, message):
    with pytest.raises(error, match=message):
        theory.belief_propagation(**{"glass": GLASS, "temperature": 1.0, "seed": 1} | keywords)


def test_a_solution_of_another_glass_is_refused():
    small = theory.belief_propagation(gn.PathGlass([[0, 1]], [1.0]), 1.0, "paramagnet")
    with pytest.raises(ValueError, match=r"initial must be a solution for \(20, 3\) paths, got \(1, 2\)"):
        theory.belief_propagation(GLASS, 1.0, small)
