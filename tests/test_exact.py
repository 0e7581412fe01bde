"""Sums over all configurations against plain numpy loops and closed forms."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp

import glassnet as gn
from glassnet import exact

E = gn.ensembles

GLASSES = {
    "regular": lambda **kw: E.regular(9, 3, 4, seed=1, **kw),
    "regular p=2": lambda **kw: E.regular(8, 2, 3, seed=1, **kw),
    "poisson": lambda **kw: E.poisson(10, 4, 1.5, seed=2, **kw),
    "poisson p=5": lambda **kw: E.poisson(11, 5, 1.0, seed=2, **kw),
    "layered": lambda **kw: E.layered(9, 3, 2.0, seed=3, **kw),
    "walks": lambda **kw: E.walks((2, 2, 1, 2), 2.0, seed=4, **kw),
    "no paths": lambda **kw: E.poisson(6, 3, 0.0, seed=5, **kw),
}
KINDS = [{}, {"couplings": "gaussian"}, {"bias": 0.5, "dilution": 0.3}, {"couplings": "gaussian", "dilution": 0.3}]
TEMPERATURES = np.array([0.05, 0.4, 1.0, 3.0, np.inf])


def brute(glass):
    """Energy of every configuration by the definition; bit i of the number is set where w_i = -1."""
    energies = []
    for number in range(2**glass.n_weights):
        w = [-1 if number >> i & 1 else 1 for i in range(glass.n_weights)]
        products = [math.prod(w[i] for i in path) for path in glass.paths.tolist()]
        energies.append(-sum(J * tau for J, tau in zip(glass.couplings.tolist(), products, strict=True)))
    return np.array(energies, dtype=float)


@pytest.fixture(params=[(name, i) for name in GLASSES for i in range(len(KINDS))], ids=lambda p: f"{p[0]}-{p[1]}")
def glass(request):
    name, kind = request.param
    return GLASSES[name](**KINDS[kind])


def test_density_of_states_is_the_histogram_of_all_energies(glass):
    energies, counts = exact.density_of_states(glass)
    assert energies.dtype == np.float64 and counts.dtype == np.int64
    assert (np.diff(energies) > 0).all() and (counts > 0).all()
    assert counts.sum() == 2**glass.n_weights
    expected = np.sort(brute(glass))
    np.testing.assert_allclose(np.repeat(energies, counts), expected, rtol=0, atol=1e-11)
    # the same levels, not only the same energies: rounding neither splits nor joins any
    assert len(energies) == 1 + (np.diff(expected) > 1e-9).sum()


def test_thermodynamics_is_the_sum_over_all_states(glass):
    found = exact.thermodynamics(glass, TEMPERATURES)
    energies = brute(glass)
    for i, temperature in enumerate(TEMPERATURES):
        log_z = logsumexp(-energies / temperature)
        law = np.exp(-energies / temperature - log_z)
        mean = law @ energies
        assert found.log_z[i] == pytest.approx(log_z, rel=1e-12)
        assert found.energy[i] == pytest.approx(mean, rel=1e-12, abs=1e-12)
        heat = law @ (energies - mean) ** 2 / temperature**2
        assert found.heat_capacity[i] == pytest.approx(heat, rel=1e-9, abs=1e-14)
        assert found.entropy[i] == pytest.approx(-(law[law > 0] @ np.log(law[law > 0])), rel=1e-9, abs=1e-12)


def test_probabilities_and_states_share_their_order(glass):
    w = exact.states(glass.n_weights)
    assert w.dtype == np.int8 and w.shape == (2**glass.n_weights, glass.n_weights)
    np.testing.assert_allclose(glass.energy(w), brute(glass), rtol=0, atol=1e-12)
    for temperature in (0.3, 1.1, np.inf):
        law = exact.probabilities(glass, temperature)
        assert law.sum() == pytest.approx(1, rel=1e-12)
        energy = exact.thermodynamics(glass, temperature).energy
        assert law @ glass.energy(w) == pytest.approx(float(energy), abs=1e-10)


def test_overlap_distribution_is_that_of_all_pairs():
    glass = E.poisson(7, 3, 1.5, seed=3, couplings="gaussian")
    law, w = exact.probabilities(glass, 0.7), exact.states(7).astype(int)
    q, probability = exact.overlap_distribution(glass, 0.7)
    pairs = np.outer(law, law)
    overlaps = w @ w.T
    assert q.tolist() == [k / 7 for k in range(-7, 8, 2)]
    expected = [pairs[overlaps == k].sum() for k in range(-7, 8, 2)]
    np.testing.assert_allclose(probability, expected, rtol=0, atol=1e-14)
    # two copies of one state (no independence) would give another law
    assert abs(probability[-1] - 1) > 0.1


def test_product_distribution_is_that_of_all_pairs():
    glass = E.walks((2, 1, 2, 1), 2.0, seed=1)
    law = exact.probabilities(glass, 0.8)
    expected = np.zeros(len(law))
    for one in range(len(law)):
        for two in range(len(law)):
            expected[one ^ two] += law[one] * law[two]
    patterns = exact.product_distribution(glass, 0.8)
    np.testing.assert_allclose(patterns, expected, rtol=0, atol=1e-15)
    # gauge symmetry: the plain overlap of walks vanishes on average, that of paths does not
    products = exact.states(glass.n_weights).astype(int)
    assert abs(patterns @ products.mean(axis=1)) < 1e-12
    assert patterns @ products[:, glass.paths].prod(axis=2).mean(axis=1) > 0.1


def test_overlaps_at_infinite_temperature_are_binomial():
    q, probability = exact.overlap_distribution(E.regular(12, 3, 4, seed=1), np.inf)
    np.testing.assert_allclose(probability, [math.comb(12, k) / 2**12 for k in range(13)], rtol=1e-10)
    assert q[0] == -1 and q[-1] == 1


@pytest.mark.parametrize(("p", "degree"), [(2, 3), (3, 4), (3, 3), (4, 2), (3, 2)])
def test_parity_of_energies(p, degree):
    glass = E.regular(12, p, degree, seed=1)
    energies, counts = exact.density_of_states(glass)
    assert counts.sum() == 2**12
    assert ((energies - glass.n_paths) % 2 == 0).all()
    # flipping a weight of even degree changes an even number of paths
    assert (len(set(energies % 4)) == 1) == (degree % 2 == 0)


def test_gauge_copies_are_counted():
    layered, walks = E.layered(12, 3, 2.0, seed=1, couplings="gaussian"), E.walks((2, 2, 2, 2), 2.0, seed=1)
    assert (exact.density_of_states(layered)[1] % 2**2 == 0).all()
    assert (exact.density_of_states(walks)[1] % 2**4 == 0).all()
    assert exact.density_of_states(E.poisson(12, 3, 2.0, seed=1, couplings="gaussian"))[1].min() < 4


def test_equal_couplings_in_another_unit_give_the_same_levels():
    binary = E.poisson(12, 3, 2.0, seed=1)
    scaled = gn.PathGlass(binary.paths, 0.1 * binary.couplings, 12)
    energies, counts = exact.density_of_states(scaled)
    assert counts.tolist() == exact.density_of_states(binary)[1].tolist()
    np.testing.assert_allclose(10 * energies, exact.density_of_states(binary)[0], rtol=0, atol=1e-12)


def test_matching_of_pairs_in_closed_form():
    """Disjoint paths: Z = 2^N prod_a cosh(J_a / T)."""
    couplings = np.array([0.3, -1.2, 2.0, 1.0])
    glass = gn.PathGlass(np.arange(8).reshape(4, 2), couplings)
    found = exact.thermodynamics(glass, TEMPERATURES)
    ratio = couplings / TEMPERATURES[:, None]
    np.testing.assert_allclose(found.log_z, 8 * np.log(2) + (np.logaddexp(ratio, -ratio) - np.log(2)).sum(axis=1))
    np.testing.assert_allclose(found.energy, -(couplings * np.tanh(ratio)).sum(axis=1), atol=1e-13)


def test_thermodynamics_in_blocks_and_at_extreme_temperatures(monkeypatch):
    glass = E.poisson(10, 3, 1.5, seed=2, couplings="gaussian")
    whole = exact.thermodynamics(glass, [1e-310, 1e-6, 1.0, 1e300, np.inf])
    monkeypatch.setattr(exact, "CHUNK", 96)
    parts = exact.thermodynamics(glass, [1e-310, 1e-6, 1.0, 1e300, np.inf])
    for name in ("log_z", "energy", "heat_capacity", "entropy"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-10, atol=1e-12)
    energies, counts = exact.density_of_states(glass)
    np.testing.assert_allclose(whole.energy[:2], energies[0])
    np.testing.assert_allclose(whole.entropy, [np.log(counts[0])] * 2 + [whole.entropy[2]] + [10 * np.log(2)] * 2)
    assert whole.heat_capacity[0] == whole.heat_capacity[-1] == 0.0


def test_thermodynamics_keeps_the_shape_and_prints_a_table():
    glass = GLASSES["regular"]()
    assert exact.thermodynamics(glass, 0.5).energy.shape == ()
    grid = exact.thermodynamics(glass, [[2.0, 1.0], [0.5, np.inf]])
    assert grid.entropy.shape == (2, 2)
    assert grid.log_z[0, 1] == exact.thermodynamics(glass, 1.0).log_z
    lines = str(grid).splitlines()
    assert lines[0].split() == ["temperature", "log_z", "energy", "heat_capacity", "entropy"]
    assert [float(line.split()[0]) for line in lines[1:]] == [2.0, 1.0, 0.5, np.inf]
    assert float(lines[4].split()[4]) == pytest.approx(9 * np.log(2), rel=1e-5)


def test_larger_glasses_agree_with_the_ensemble():
    """N = 24 +-J (all of 2^24 states): the level counts have the exact first two moments 0 and n_paths at T = inf."""
    glass = E.regular(24, 3, 4, seed=2)
    energies, counts = exact.density_of_states(glass)
    assert counts.sum() == 2**24
    assert counts @ energies == 0
    # distinct paths have uncorrelated products
    assert len(np.unique(glass.paths, axis=0)) == glass.n_paths
    assert counts @ energies**2 == glass.n_paths * 2**24


def test_more_than_64_paths():
    glass = E.poisson(8, 3, 17.0, seed=1, bias=0.6)
    energies, counts = exact.density_of_states(glass)
    levels, expected = np.unique(brute(glass), return_counts=True)
    assert glass.n_paths == 136 and energies.tolist() == levels.tolist() and counts.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: exact.density_of_states(E.poisson(31, 3, 1.0, 1)),
            ValueError,
            r"at most 30 weights for density_of_states with \+-1 couplings, got 31 \(2\^31 configurations\)",
        ),
        (
            lambda: exact.density_of_states(E.poisson(25, 3, 1.0, 1, couplings="gaussian")),
            ValueError,
            r"at most 24 weights for density_of_states with real couplings, got 25 \(2\^25",
        ),
        (
            lambda: exact.thermodynamics(E.poisson(31, 3, 1.0, 1), 1.0),
            ValueError,
            "at most 30 weights for thermodynamics",
        ),
        (
            lambda: exact.probabilities(E.poisson(21, 3, 1.0, 1), 1.0),
            ValueError,
            "at most 20 weights for probabilities",
        ),
        (lambda: exact.overlap_distribution(E.poisson(21, 3, 1.0, 1), 1.0), ValueError, "at most 20 weights"),
        (lambda: exact.states(21), ValueError, r"n_weights must be in \[1, 20\], got 21"),
        (lambda: exact.states(0), ValueError, r"n_weights must be in \[1, 20\], got 0"),
        (lambda: exact.thermodynamics([[0, 1]], 1.0), TypeError, "glass must be a PathGlass, got list"),
        (lambda: exact.density_of_states(None), TypeError, "glass must be a PathGlass, got NoneType"),
        (lambda: exact.thermodynamics(GLASSES["regular"](), [1.0, 0.0]), ValueError, "temperatures must be > 0, got 0"),
        (lambda: exact.thermodynamics(GLASSES["regular"](), -1), ValueError, "temperatures must be > 0, got -1"),
        (lambda: exact.thermodynamics(GLASSES["regular"](), np.nan), ValueError, "temperatures must be > 0, got nan"),
        (
            lambda: exact.thermodynamics(GLASSES["regular"](), "hot"),
            TypeError,
            "temperatures must be a temperature or an array of them, got 'hot'",
        ),
        (lambda: exact.probabilities(GLASSES["regular"](), 0.0), ValueError, "temperature must be > 0, got 0"),
        (lambda: exact.probabilities(GLASSES["regular"](), [1.0]), TypeError, "temperature must be a real number"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
