"""Bridge: weight matrices of a glass and couplings from examples, against exact sums and sampling."""

from functools import reduce

import numpy as np
import pytest

from glassnet import ensembles, exact
from glassnet.glass import PathGlass
from glassnet.network import (
    cumulants,
    data_couplings,
    dimension,
    from_glass,
    hebb_state,
    layers,
    path_glasses,
    pathways,
    persistence,
)
from glassnet.sampling.metropolis import Metropolis


def glasses():
    """Networks of several shapes, diluted and not; the last one in pieces."""
    return [
        ensembles.walks((3, 4, 1), alpha=2.0, seed=1),
        ensembles.walks((3, 5, 4, 2), alpha=1.5, seed=2, couplings="gaussian"),
        ensembles.walks((4, 3, 5, 3, 2), alpha=1.0, seed=3, dilution=0.5),
        ensembles.walks((2, 6, 6, 1), alpha=1.0, seed=4, dilution=0.83),
    ]


def examples(n_examples=40, n_inputs=6, seed=1):
    """+-1 inputs that agree with their label in 70 % of all entries."""
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], n_examples)
    return y[:, None] * np.where(rng.random((n_examples, n_inputs)) < 0.7, 1.0, -1.0), y


def random_gauge(glass, w, rng):
    """Flip all weights into and out of random hidden neurons."""
    signs = [rng.choice([-1, 1], width) for width in glass.widths]
    signs[0][:] = signs[-1][:] = 1
    into = np.array([signs[layer][i] for layer, (i, _) in zip(glass.layer, glass.edges, strict=True)])
    out = np.array([signs[layer + 1][j] for layer, (_, j) in zip(glass.layer, glass.edges, strict=True)])
    return (w * into * out).astype(np.int8)


@pytest.mark.parametrize("glass", glasses(), ids=lambda glass: f"{glass.widths}-{glass.n_weights}")
def test_matrices_hold_the_weights_and_zeros(glass):
    rng = np.random.default_rng(5)
    w = rng.choice([-1, 1], (2, 3, glass.n_weights)).astype(np.int8)
    matrices = from_glass(glass, w)
    shapes = [(2, 3, after, before) for before, after in zip(glass.widths, glass.widths[1:], strict=False)]
    assert [matrix.shape for matrix in matrices] == shapes
    for number, (layer, (before, after)) in enumerate(zip(glass.layer, glass.edges, strict=True)):
        np.testing.assert_array_equal(matrices[layer][..., after, before], w[..., number])
    assert sum(np.count_nonzero(matrix[0, 0]) for matrix in matrices) == glass.n_weights
    for one, all_of_them in zip(from_glass(glass, w[1, 2]), matrices, strict=True):
        np.testing.assert_array_equal(one, all_of_them[1, 2])


def test_paths_of_the_matrices_carry_the_energy():
    """E = -sum_a J_a prod w, with the product of the matrices along each path."""
    glass = ensembles.walks((3, 5, 4, 2), alpha=1.5, seed=2, couplings="gaussian", dilution=0.2)
    w = np.random.default_rng(1).choice([-1, 1], glass.n_weights)
    for matrices in (from_glass(glass, w), from_glass(glass, w, gauge_fixed=True)):
        energy = 0.0
        for path, coupling in zip(glass.paths, glass.couplings, strict=True):
            energy -= coupling * np.prod([matrices[layer][tuple(glass.edges[i][::-1])] for layer, i in enumerate(path)])
        assert energy == pytest.approx(glass.energy(w), abs=1e-12)


@pytest.mark.parametrize("glass", glasses(), ids=lambda glass: f"{glass.widths}-{glass.n_weights}")
def test_gauge_images_and_only_they_are_fixed_to_the_same_matrices(glass):
    rng = np.random.default_rng(7)
    w = rng.choice([-1, 1], (4, glass.n_weights)).astype(np.int8)
    image = np.array([random_gauge(glass, one, rng) for one in w])
    fixed, again = from_glass(glass, w, gauge_fixed=True), from_glass(glass, image, gauge_fixed=True)
    for a, b, plain in zip(fixed, again, from_glass(glass, w), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.abs(a), np.abs(plain))
    # what the network computes is the same, and so is the product along every path
    product = reduce(lambda done, matrix: matrix @ done, fixed)
    np.testing.assert_array_equal(product, reduce(lambda done, matrix: matrix @ done, from_glass(glass, w)))
    # the fixed matrices of all configurations: as many as there are orbits of the gauge group
    if glass.n_weights <= 16:
        states = exact.states(glass.n_weights)
        flat = np.concatenate([m.reshape(len(states), -1) for m in from_glass(glass, states, gauge_fixed=True)], axis=1)
        assert len(np.unique(flat, axis=0)) == 2**glass.n_weights // orbit(glass)


def orbit(glass):
    """Number of gauge images of a configuration: 2 to the rank, over GF(2), of the flips of all hidden neurons."""
    rows, rank = [], 0
    for layer in range(1, len(glass.widths) - 1):
        for neuron in range(glass.widths[layer]):
            out = (glass.layer == layer) & (glass.edges[:, 0] == neuron)
            into = (glass.layer == layer - 1) & (glass.edges[:, 1] == neuron)
            rows.append(sum(1 << int(i) for i in np.flatnonzero(out | into)))
    while rows:
        row = rows.pop()
        rank += row > 0
        rows = [other ^ row if other & row & -row else other for other in rows]
    return 2 ** int(rank)


def test_the_last_layer_of_one_output_is_gauged_away():
    glass = ensembles.walks((3, 5, 4, 1), alpha=1.5, seed=2)
    last = from_glass(glass, np.random.default_rng(1).choice([-1, 1], glass.n_weights), gauge_fixed=True)[-1]
    np.testing.assert_array_equal(last, np.ones((1, 4)))


@pytest.mark.parametrize(
    "options", [{}, {"couplings": "gaussian"}, {"dilution": 0.3}, {"couplings": data_couplings(*examples(n_inputs=3))}]
)
def test_two_layers_and_one_output_do_not_interact(options):
    glass = ensembles.walks((3, 4, 1), alpha=2.5, seed=3, **options)
    temperatures = np.array([[0.05, 0.3], [1.0, np.inf]])
    expected = exact.thermodynamics(glass, temperatures).energy
    np.testing.assert_allclose(path_glasses.single_output_energy(glass, temperatures), expected, rtol=1e-10, atol=1e-10)
    ground = path_glasses.single_output_energy(glass, 1e-300)
    assert ground == pytest.approx(exact.density_of_states(glass)[0][0])


def test_two_layers_and_one_output_sampled():
    """Beyond any sum over states: 840 weights, 64 independent replicas."""
    glass = ensembles.walks((20, 40, 1), alpha=3.0, seed=3, couplings=data_couplings(*examples(n_inputs=20)))
    for temperature in (0.8, 2.0):
        run = Metropolis(glass, temperature, n_replicas=64, seed=5).run(
            n_sweeps=400, thermalization=400, measure_every=10
        )
        energy = run.energy.mean("draw").values.ravel()
        error = energy.std(ddof=1) / np.sqrt(energy.size)
        assert abs(energy.mean() - path_glasses.single_output_energy(glass, temperature)) < 4.5 * error
        # sharp enough to tell a temperature that is wrong by 5 %
        assert abs(energy.mean() - path_glasses.single_output_energy(glass, 1.05 * temperature)) > 4.5 * error


def test_all_examples_make_an_unfrustrated_mattis_model():
    X, y = examples()
    glass = ensembles.walks((6, 7, 5, 2), alpha=3.0, seed=1, couplings=data_couplings(X, y, "all"))
    mean = (X * y[:, None]).mean(axis=0)
    heads = glass.edges[glass.paths[:, 0], 0]
    np.testing.assert_allclose(glass.couplings, mean[heads], rtol=1e-14)
    aligned = hebb_state(glass, mean)
    assert aligned.dtype == np.int8
    for weight, layer, (unit, _) in zip(aligned, glass.layer, glass.edges, strict=True):
        assert weight == (np.sign(mean[unit]) if layer == 0 else 1)
    assert glass.energy(aligned) == pytest.approx(-np.abs(glass.couplings).sum())
    diluted = glass.dilute(0.3, seed=2)
    assert diluted.energy(hebb_state(diluted, mean)) == pytest.approx(-np.abs(diluted.couplings).sum())
    assert (hebb_state(glass, np.zeros(6)) == 1).all()
    single = ensembles.walks((6, 7, 5, 2), alpha=3.0, seed=1, couplings=data_couplings(X, y))
    assert single.is_binary and single.energy(aligned) > -np.abs(single.couplings).sum()


@pytest.mark.parametrize("k", [1, 3])
def test_couplings_of_random_examples(k):
    """Their mean and variance over paths: those of k distinct examples of 40."""
    X, y = examples()
    couplings, rng = data_couplings(X, y, k), np.random.default_rng(2)
    products = X * y[:, None]
    for unit in (0, 5):
        drawn = np.array([couplings(unit, rng) for _ in range(4000)])
        variance = products[:, unit].var() / k * (40 - k) / 39
        assert abs(drawn.mean() - products[:, unit].mean()) < 4.5 * np.sqrt(variance / 4000)
        assert drawn.var() == pytest.approx(variance, rel=0.15)
    np.testing.assert_allclose(couplings.mean, products.mean(axis=0))


def test_glasses_from_examples_are_repeatable_and_say_where_they_come_from():
    X, y = examples()
    draw = [ensembles.walks((6, 4, 2), 2.0, 1, couplings=data_couplings(X, y, 3), dilution=0.2) for _ in range(2)]
    assert draw[0] == draw[1]
    assert draw[0].recipe["couplings"].startswith("3 of 40 examples of 6 inputs, ")
    other = ensembles.walks((6, 4, 2), 2.0, 1, couplings=data_couplings(-X, y, 3), dilution=0.2)
    assert other != draw[0] and other.recipe["couplings"] != draw[0].recipe["couplings"]
    assert "unfrustrated Mattis model" in repr(data_couplings(X, y, "all"))
    assert "Mattis" not in repr(data_couplings(X, y))
    full = data_couplings(X, y, 40)
    assert full(2, np.random.default_rng(1)) == data_couplings(X, y, "all")(2, None)


def test_pathways_accept_matrices_of_a_glass():
    """Two configurations of a glass are two pathways, beside each other."""
    glass = ensembles.walks((4, 10, 10, 3), alpha=1.0, seed=1, dilution=0.2)
    w = np.random.default_rng(1).choice([-1, 1], (2, glass.n_weights))
    start = [[0.1 * matrix[a] for matrix in from_glass(glass, w)] for a in range(2)]
    target = np.eye(3, 4)
    history = pathways.gradient_descent(start, target, learning_rate=0.02, steps=3000, record_every=300).history
    assert history.loss[-1] < 1e-6
    np.testing.assert_allclose(history.share[-1].sum("pathway"), 1)


@pytest.fixture
def network():
    """Matrices of a random configuration of a diluted glass, scaled, and inputs."""
    glass = ensembles.walks((10, 30, 30, 5), alpha=1.0, seed=1, dilution=0.3)
    rng = np.random.default_rng(1)
    matrices = from_glass(glass, rng.choice([-1, 1], glass.n_weights), gauge_fixed=True)
    return [matrix / np.sqrt(matrix.shape[1]) for matrix in matrices], rng.standard_normal((400, 10))


def test_persistence_accepts_matrices_of_a_glass(network):
    hidden = layers.forward(*network, activation="tanh")[1:-1]
    value, gradient = persistence.t1(np.concatenate(hidden, axis=1))
    assert -59 <= value < 0 and gradient.shape == (400, 60)


def test_dimension_accepts_matrices_of_a_glass(network):
    """The variance it finds is that of +-1 with 30 % removed: 0.7 of the entries squared."""
    measured = dimension.measure(*network, activation="tanh")
    np.testing.assert_allclose(measured.variance[1:], 0.7, atol=1e-12)
    assert ((measured.dimension > 0) & (measured.dimension <= 1.5)).all()


def test_cumulants_accept_matrices_of_a_glass(network):
    """Against the moments of the samples after one layer."""
    weights, inputs = network
    biases = [np.zeros(len(matrix)) for matrix in weights]
    moments = cumulants.propagate(weights, biases, np.zeros(10), np.eye(10), "tanh")
    assert len(moments) == 3 and moments[-1].cov.shape == (5, 5)
    first = np.tanh(inputs @ weights[0].T)
    np.testing.assert_allclose(np.diagonal(moments[0].cov), first.var(axis=0), rtol=0.25)


def test_tools_ask_for_one_network_where_a_glass_gave_many(network):
    """Matrices of several configurations at once, and one network where a list of pathways is wanted."""
    glass = ensembles.walks((3, 4, 2), alpha=2.0, seed=1)
    several = from_glass(glass, np.ones((5, glass.n_weights)))
    with pytest.raises(ValueError, match="weights must be those of one network, got matrices with 3 dimensions"):
        dimension.measure(several, np.ones((9, 3)))
    with pytest.raises(ValueError, match="those of one network"):
        cumulants.propagate(several, None, np.zeros(3), np.eye(3), "tanh")
    with pytest.raises(ValueError, match="weights must be a list of pathways, each of them a list of matrices"):
        pathways.gradient_descent(network[0], np.ones((5, 10)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: from_glass("glass", [1]), TypeError, "glass must be a PathGlass, got str"),
        (lambda: from_glass(PathGlass([[0, 1]], [1.0]), [1, 1]), ValueError, "glass must be a network"),
        (lambda: from_glass(glasses()[0], [1, 1]), ValueError, "w must have 16 weights along its last axis"),
        (lambda: from_glass(glasses()[0], np.zeros(16)), ValueError, r"w must be \+1 or -1 everywhere, got 0"),
        (lambda: from_glass(glasses()[0], np.ones(16), gauge_fixed=1), TypeError, "gauge_fixed must be True or False"),
        (
            lambda: path_glasses.single_output_energy(glasses()[1], 1.0),
            ValueError,
            "two weight layers and one output unit",
        ),
        (lambda: path_glasses.single_output_energy(glasses()[0], 0.0), ValueError, "temperatures must be > 0, got 0"),
        (lambda: hebb_state("glass", [1.0]), TypeError, "glass must be a PathGlass, got str"),
        (lambda: hebb_state(glasses()[0], [1.0]), ValueError, "one entry for each of the 3 inputs, got 1"),
        (lambda: data_couplings(np.ones((3, 2)), np.ones(2)), ValueError, "labels of the 3 examples of X, got 2"),
        (lambda: data_couplings(np.ones((0, 2)), np.ones(0)), ValueError, "X must hold at least one example"),
        (lambda: data_couplings([[np.nan]], [1.0]), ValueError, "X must be finite everywhere, got nan"),
        (lambda: data_couplings(np.ones((3, 2)), np.ones(3), 4), ValueError, r"samples_per_path must be in \[1, 3\]"),
        (
            lambda: data_couplings(np.ones((3, 2)), np.ones(3), "some"),
            ValueError,
            "must be an integer or 'all', got 'some'",
        ),
        (lambda: data_couplings(np.ones((2, 2)), [0, 1]), ValueError, r"y must be labels \+-1, got 0 and 1"),
        (lambda: data_couplings(np.ones((3, 2)), np.ones(3))(2, None), ValueError, r"input_unit must be in \[0, 2\)"),
        (
            lambda: ensembles.walks((3, 2, 1), 1.0, 1, couplings=data_couplings(*examples(n_inputs=4))),
            ValueError,
            r"couplings must come from examples of widths\[0\] = 3 inputs, got DataCouplings\(1 of 40",
        ),
        (
            lambda: ensembles.regular(6, 3, 2, seed=1, couplings=data_couplings(*examples())),
            TypeError,
            "for walks only",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
