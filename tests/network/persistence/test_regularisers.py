"""Persistence regularisers: the tree against an independent one, gradients against finite differences."""

import numpy as np
import pytest

from glassnet.network import persistence
from glassnet.network.persistence.clique import Clique


def kruskal(distance):
    """Lengths of the minimum spanning tree of all pairs: edges by length, sets that are joined."""
    n = len(distance)
    root = list(range(n))

    def find(i):
        while root[i] != i:
            i = root[i]
        return i

    lengths = []
    pairs = sorted((distance[i, j], i, j) for i in range(n) for j in range(i))
    for length, i, j in pairs:
        a, b = find(i), find(j)
        if a != b:
            root[a] = b
            lengths.append(length)
    return np.array(lengths)


def is_spanning_tree(edges, n):
    """n - 1 edges that leave one component."""
    component = np.arange(n)
    for i, j in edges:
        component[component == component[i]] = component[j]
    return len(edges) == n - 1 and len(set(component)) == 1


def activations(seed):
    """Random ones, by turns plain, with duplicates, with constants, with ties, and with all of them."""
    rng = np.random.default_rng(seed)
    n, samples, kind = int(rng.integers(2, 25)), int(rng.integers(2, 12)), seed % 5
    x = rng.standard_normal((samples, n))
    if kind in (3, 4):
        x = rng.integers(-1, 2, size=(samples, n)).astype(float)
    if kind in (1, 4):
        copies = rng.integers(n, size=n // 2)
        x[:, rng.integers(n, size=n // 2)] = x[:, copies] * rng.choice([-2.0, 0.5, 1.0], size=n // 2)
    if kind in (2, 4):
        x[:, rng.integers(n, size=n // 3)] = 0.1
    return x


def plain_correlations(x):
    """By numpy, neuron by neuron; 0 where a neuron is constant."""
    n = x.shape[1]
    c = np.eye(n)
    for i in range(n):
        for j in range(i):
            if np.ptp(x[:, i]) > 0 and np.ptp(x[:, j]) > 0:
                c[i, j] = c[j, i] = np.corrcoef(x[:, i], x[:, j])[0, 1]
    return c


@pytest.mark.parametrize("seed", range(200))
def test_tree_against_kruskal(seed):
    x = activations(seed)
    c = plain_correlations(x)
    np.testing.assert_allclose(persistence.correlations(x), c, atol=1e-12)
    lengths = kruskal(1 - np.abs(c))
    deaths = persistence.deaths(x)
    np.testing.assert_allclose(deaths, lengths, atol=1e-12)
    edges, distances = persistence.spanning_tree(persistence.correlations(x))
    assert is_spanning_tree(edges, x.shape[1])
    np.testing.assert_array_equal(np.sort(distances), deaths)
    np.testing.assert_allclose(distances, 1 - np.abs(c[tuple(edges.T)]), atol=1e-12)
    pairs = np.abs(c[np.triu_indices(len(c), 1)])
    assert persistence.t1(x)[0] == pytest.approx(-lengths.sum(), abs=1e-10)
    assert persistence.t2(x)[0] == pytest.approx(0.5 * np.std(lengths) - 0.5 * np.mean(lengths), abs=1e-8)
    assert persistence.t2(x, alpha=0.2)[0] == pytest.approx(0.2 * np.std(lengths) - 0.8 * np.mean(lengths), abs=1e-8)
    assert persistence.all_pairs(x)[0] == pytest.approx(pairs.mean(), abs=1e-12)
    # neurons that are copies: the root of 1 - c^2 by numpy is wrong by the root of the rounding
    sines = np.sqrt(np.clip(kruskal(1 - c**2), 0, 1))
    np.testing.assert_allclose(persistence.deaths(x, distance="sine"), sines, atol=1e-7)
    assert persistence.t1(x, distance="sine")[0] == pytest.approx(-sines.sum(), abs=1e-6)


def test_tree_of_many_neurons_against_scipy():
    """scipy's tree is right as long as no distance is zero."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    c = persistence.correlations(np.random.default_rng(1).standard_normal((50, 400)))
    expected = np.sort(minimum_spanning_tree(1 - np.abs(c)).data)
    np.testing.assert_allclose(np.sort(persistence.spanning_tree(c)[1]), expected, atol=1e-14)


def test_known_tree():
    """Neurons on a line by hand: 0-1 and 2-3 near, 1-2 far."""
    c = np.eye(4)
    for (i, j), value in {(0, 1): 0.9, (2, 3): -0.8, (1, 2): 0.3, (0, 3): 0.1}.items():
        c[i, j] = c[j, i] = value
    edges, distances = persistence.spanning_tree(c)
    assert edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    np.testing.assert_allclose(distances, [0.1, 0.7, 0.2])


def sine_t1(x):
    return persistence.t1(x, distance="sine")


def sine_t2(x):
    return persistence.t2(x, 0.3, distance="sine")


@pytest.mark.parametrize(
    "regulariser", [persistence.t1, persistence.t2, persistence.all_pairs, sine_t1, sine_t2], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("seed", range(10))
def test_gradient_against_finite_differences(regulariser, seed):
    """Central differences of random activations at all scales, a constant neuron among them."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-6, 7)
    x = scale * (rng.standard_normal((6, 5)) + 3 * rng.standard_normal(5))
    x[:, 2] = scale
    gradient = regulariser(x)[1]
    step = 1e-5 * scale
    numeric = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if place[1] != 2:
            moved = np.zeros_like(x)
            moved[place] = step
            numeric[place] = (regulariser(x + moved)[0] - regulariser(x - moved)[0]) / (2 * step)
    np.testing.assert_allclose(gradient, numeric, atol=1e-6 * np.abs(gradient).max())
    assert (gradient[:, 2] == 0).all()


def test_sine_of_neurons_that_nearly_are_copies():
    """Two unit vectors at an angle whose cosine is 1 but for rounding: T1 is minus its sine, 0.4 of a millionth."""
    angle = 4e-7
    u, v = np.array([1.0, -1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, -1.0])
    for sign in (1, -1):
        x = np.stack([u, sign * (np.cos(angle) * u + np.sin(angle) * v)], axis=1)
        value, gradient = persistence.t1(x, distance="sine")
        assert value == pytest.approx(-np.sin(angle), rel=1e-8)
        # the angle grows by 1 / |u| for a unit step of the first neuron along -v
        np.testing.assert_allclose(gradient[:, 0], np.cos(angle) * v / np.sqrt(2) / np.sqrt(2), atol=1e-6)
    value, gradient = persistence.t1(np.stack([u, 3 * u, v], axis=1), distance="sine")
    assert value == pytest.approx(-1) and np.isfinite(gradient).all()
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    assert persistence.t1(np.ones((4, 3)), distance="sine")[0] == -2


@pytest.mark.parametrize("seed", range(6))
def test_single_precision_against_double(seed):
    """A clique of ReLU layers, one with large offsets, and dead neurons: values and gradients to 1e-5."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((63, 6)) @ rng.standard_normal((6, 150)) + rng.standard_normal((63, 150))
    x = np.maximum(x, 0.0)
    x[:, 100:] += 1e4
    x[:, 50:60] = 0.0
    distances = [{"distance": "absolute"}, {"distance": "sine"}]
    calls = [(f, kw) for f in (persistence.t1, persistence.t2) for kw in distances] + [(persistence.all_pairs, {})]
    # which no seed has to be: of two edges of nearly the same length single precision may take the other one
    trees = [{tuple(sorted(edge)) for edge in Clique(x, kind).tree()[0].tolist()} for kind in ("double", "single")]
    assert trees[0] == trees[1]
    for regulariser, kw in calls:
        value, gradient = regulariser(x, **kw)
        single, its_gradient = regulariser(x, precision="single", **kw)
        assert single == pytest.approx(value, rel=1e-5)
        assert gradient.dtype == its_gradient.dtype == np.float64
        np.testing.assert_allclose(its_gradient, gradient, atol=1e-5 * np.abs(gradient).max())


def test_single_precision_of_a_thousand_neurons():
    """The clique of 784-450-350-200-10 for a batch of 256."""
    rng = np.random.default_rng(1)
    x = np.maximum(rng.standard_normal((256, 30)) @ rng.standard_normal((30, 1010)), -1.0)
    x += 0.5 * rng.standard_normal(x.shape)
    value, gradient = persistence.t1(x)
    single, its_gradient = persistence.t1(x, precision="single")
    assert single == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(its_gradient, gradient, atol=1e-5 * np.abs(gradient).max())


def test_single_precision_measures_the_tree_in_double():
    """All edges have lengths that single precision rounds to zero: one tree is as good as the next for it."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((50, 1)) + 1e-5 * rng.standard_normal((50, 40))
    value = persistence.t1(x)[0]
    assert 0 < -value < 40 * 1e-9
    assert 1e3 * value < persistence.t1(x, precision="single")[0] < value * (1 - 1e-9)
    edges, along = Clique(x, "single").tree()
    exact = np.corrcoef(x.T)[tuple(edges.T)]
    np.testing.assert_allclose(along, exact, atol=1e-15)


def test_what_the_regularisers_do_not_see():
    """Shift, scale and sign of a neuron, and the order of neurons and samples."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((20, 8))
    other = (x * rng.choice([-2.0, 0.3, 5.0], 8) + rng.standard_normal(8))[rng.permutation(20)][:, rng.permutation(8)]
    for regulariser in (persistence.t1, persistence.t2, persistence.all_pairs):
        assert regulariser(other)[0] == pytest.approx(regulariser(x)[0], rel=1e-12)
        gradient = regulariser(x)[1]
        np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose((gradient * x).sum(axis=0), 0, atol=1e-12)


def test_duplicates_constants_and_extremes():
    x = np.random.default_rng(1).standard_normal((10, 3))
    twice = np.concatenate([x, -2 * x, np.full((10, 1), 0.1), np.full((10, 1), 1e300)], axis=1)
    deaths = persistence.deaths(twice)
    np.testing.assert_allclose(deaths[:3], 0, atol=1e-14)
    np.testing.assert_allclose(deaths[-2:], 1)
    for regulariser in (persistence.t1, persistence.t2, persistence.all_pairs):
        assert np.isfinite(regulariser(twice)[1]).all()
        assert regulariser(1e200 * x)[0] == pytest.approx(regulariser(x)[0])
        assert regulariser(1e-200 * x)[0] == pytest.approx(regulariser(x)[0])
    assert persistence.t1(1e-310 * x)[0] == -2
    value, gradient = persistence.t2(x[:, :2])
    assert value == pytest.approx(0.5 * persistence.t1(x[:, :2])[0]) and np.isfinite(gradient).all()
    assert persistence.t1(np.ones((4, 3)))[0] == -2 and persistence.all_pairs(np.ones((4, 3)))[0] == 0


def test_going_down_t1_takes_correlations_away():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((40, 6)) + 2 * rng.standard_normal((40, 1))
    before = persistence.all_pairs(x)[0]
    for _ in range(300):
        x -= 0.5 * persistence.t1(x)[1]
    assert before > 0.5 and persistence.t1(x)[0] < -4.5


def test_most_active_neurons():
    layers = [np.array([[0.0, -3.0, 1.0], [0.0, 1.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])]
    assert [chosen.tolist() for chosen in persistence.most_active(layers, 1)] == [[1], [0]]
    assert [chosen.tolist() for chosen in persistence.most_active(layers, [2, 5])] == [[1, 2], [0, 1]]
    assert [chosen.tolist() for chosen in persistence.most_active(layers, fraction=0.67)] == [[1, 2], [0]]


def test_fraction_of_the_most_active_neurons():
    """Rounded down for each layer, at least one, and not cheated by decimal fractions."""
    layers = [np.random.default_rng(width).standard_normal((20, width)) for width in (100, 450, 2, 1000)]
    for fraction, sizes in {0.29: [29, 130, 1, 290], 0.005: [1, 2, 1, 5], 1: [100, 450, 2, 1000]}.items():
        chosen = persistence.most_active(layers, fraction=fraction)
        assert [len(index) for index in chosen] == sizes
        for layer, index in zip(layers, chosen, strict=True):
            activity = np.abs(layer).mean(axis=0)
            assert (np.diff(index) > 0).all()
            assert activity[index].min() >= np.delete(activity, index).max(initial=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: persistence.t1(np.ones((5, 1))), r"at least 2 samples of 2 neurons, got shape \(5, 1\)"),
        (lambda: persistence.t1(np.ones((1, 5))), r"at least 2 samples of 2 neurons, got shape \(1, 5\)"),
        (lambda: persistence.t1(np.ones(5)), r"activations must have 2 dimensions, got shape \(5,\)"),
        (lambda: persistence.t1([[1.0, np.nan], [1.0, 2.0]]), "activations must be finite everywhere, got nan"),
        (lambda: persistence.t2(np.eye(3), alpha=1.5), r"alpha must be in \[0, 1\], got 1.5"),
        (
            lambda: persistence.spanning_tree(np.ones((2, 3))),
            r"square matrix of at least 2 neurons, got shape \(2, 3\)",
        ),
        (lambda: persistence.spanning_tree(np.ones((1, 1))), r"at least 2 neurons, got shape \(1, 1\)"),
        (
            lambda: persistence.spanning_tree([[1, 0.5], [0.4, 1]]),
            r"symmetric and within \[-1, 1\], got 0.4 and 0.5 at",
        ),
        (lambda: persistence.spanning_tree([[1, 2.0], [2.0, 1]]), "symmetric and within"),
        (lambda: persistence.spanning_tree([[1, np.nan], [np.nan, 1]]), "correlation must be finite"),
        (
            lambda: persistence.t1(np.eye(3), distance="cosine"),
            "distance must be one of 'absolute', 'sine', got 'cosine'",
        ),
        (
            lambda: persistence.t1(np.eye(3), precision="half"),
            "precision must be one of 'double', 'single', got 'half'",
        ),
        (lambda: persistence.most_active([np.ones((2, 2))]), "give either n_neurons or fraction"),
        (lambda: persistence.most_active([np.ones((2, 2))], 1, fraction=0.5), "give either n_neurons or fraction"),
        (lambda: persistence.most_active([np.ones((2, 2))], fraction=0), r"fraction must be in \(0, 1\], got 0"),
        (lambda: persistence.most_active([np.ones((2, 2))], 0), "n_neurons must be >= 1, got 0"),
        (lambda: persistence.most_active([np.ones((2, 2))], [1, 2]), "n_neurons must be one number or 1 of them"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
