"""Closed forms against quadrature, Monte Carlo and exact mixtures; gradients against finite differences."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.special import erf

from glassnet.network import activations, cumulants, layers, tasks

MEAN = np.array([0.3, -0.5, 1.2])
COV = np.array([[1, 0.4, -0.3], [0.4, 0.8, 0.2], [-0.3, 0.2, 1.5]])
PAIRS = np.triu_indices(3)
#: means, and covariances 11, 12, 13, 22, 23, 33, computed independently
REFERENCE = {
    "relu": ([0.566761, 0.161171, 1.306027], [0.466721, 0.082651, -0.151672, 0.123899, 0.049676, 1.116136]),
    "tanh": ([0.180089, -0.313927, 0.574784], [0.377995, 0.139173, -0.066922, 0.308747, 0.044644, 0.286048]),
    "quadratic": ([0.845, 0.025, 2.67], [2.19, 0.34, -0.813, 0.52, 0.24, 8.385]),
}
FUNCTIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0.0),
    "erf": lambda z: erf(z / np.sqrt(2)),
    "sign": np.sign,
    "tanh": np.tanh,
    "quadratic": lambda z: z + 0.5 * z**2,
}


def activation(name):
    return cumulants.quadratic(0.5) if name == "quadratic" else name


def identity(mean, cov, phi, **higher):
    """Moments of phi(z) itself: one layer with the identity for its weights."""
    return cumulants.propagate([np.eye(len(mean))], None, mean, cov, phi, **higher)[0]


def test_every_name_has_its_function_here():
    """What comes into the table of names is tested below."""
    assert FUNCTIONS.keys() - {"quadratic"} == set(activations.NAMES)


@pytest.mark.parametrize("name", REFERENCE)
def test_reference_values(name):
    out = identity(MEAN, COV, activation(name))
    assert out.mean == pytest.approx(REFERENCE[name][0], abs=6e-7)
    assert out.cov[PAIRS] == pytest.approx(REFERENCE[name][1], abs=6e-7)


def panels(edges, points=24):
    """Gauss-Legendre nodes and weights between sorted edges along the last axis."""
    node, weight = np.polynomial.legendre.leggauss(points)
    half, centre = 0.5 * np.diff(edges, axis=-1)[..., None], 0.5 * (edges[..., 1:] + edges[..., :-1])[..., None]
    flat = (*edges.shape[:-1], -1)
    return (centre + half * node).reshape(flat), (half * weight).reshape(flat)


def normal(x):
    return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)


def quadrature(phi, mean, deviation, rho):
    """Means and covariance of phi(z_1), phi(z_2) by two-dimensional quadrature, panels meeting at kinks."""
    rest = np.sqrt((1 - rho) * (1 + rho))
    centres = [-mean[0] / deviation[0]] + ([-mean[1] / (deviation[1] * rho)] if rho else [])
    widths = np.array([0.0, 0.1, 0.3, 1.0, 2.5]) if rest == 0 else np.outer([1.0, rest], [0.0, 0.3, 1, 3, 10]).ravel()
    edges = np.concatenate([np.arange(-9.0, 9.5, 1.0), *([c - widths, c + widths] for c in centres)], axis=None)
    x, weight = panels(np.sort(np.clip(edges, -9, 9)))
    weight = weight * normal(x)
    inner = mean[1] + deviation[1] * rho * x
    if rest > 0:
        kink = np.clip(-inner / (deviation[1] * rest), -9, 9)[:, None]
        y, inner_weight = panels(np.sort(np.concatenate([np.linspace(-9, 9, 13) + 0 * kink, kink], axis=1), axis=1))
        second = phi(inner[:, None] + deviation[1] * rest * y)
        second = (inner_weight * normal(y) * second).sum(axis=1)
    else:
        second = phi(inner)
    first = phi(mean[0] + deviation[0] * x)
    means = weight @ first, weight @ second
    return means, weight @ ((first - means[0]) * (second - means[1]))


near_one = st.floats(-9, -1).map(lambda power: 1 - 10**power)
rhos = st.one_of(st.floats(-0.99, 0.99), near_one, near_one.map(lambda r: -r), st.sampled_from([0.0, 1.0, -1.0]))
means = st.tuples(st.floats(-2, 2), st.floats(-2, 2))
deviations = st.tuples(st.floats(0.1, 2), st.floats(0.1, 2))


@pytest.mark.parametrize("name", FUNCTIONS)
@given(mean=means, deviation=deviations, rho=rhos)
@example(mean=(0.0, 0.0), deviation=(1.0, 1.0), rho=1.0)
@example(mean=(0.4, -0.4), deviation=(1.5, 1.5), rho=-1.0)
@example(mean=(0.4, 0.4), deviation=(1.5, 1.5), rho=1 - 1e-9)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_pairs_against_two_dimensional_quadrature(name, mean, deviation, rho):
    assume(rho == 0 or abs(rho) > 1e-3)
    mean, deviation = np.array(mean), np.array(deviation)
    cov = np.outer(deviation, deviation) * np.array([[1, rho], [rho, 1]])
    out = identity(mean, cov, activation(name))
    expected, pair = quadrature(FUNCTIONS[name], mean, deviation, rho)
    assert out.mean == pytest.approx(expected, abs=1e-8)
    assert out.cov[0, 1] == out.cov[1, 0] == pytest.approx(pair, abs=1e-8)
    for unit in range(2):
        same = quadrature(FUNCTIONS[name], mean[[unit, unit]], deviation[[unit, unit]], 1.0)[1]
        assert out.cov[unit, unit] == pytest.approx(same, abs=1e-8)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"quadratic"}))
@pytest.mark.parametrize("rho", [-1.0, -0.999, -0.5, 0.9, 0.97, 1.0])
def test_a_function_gives_what_its_name_gives(name, rho):
    """Mehler's series and its quadrature, for functions with kinks and jumps, and for steep ones."""
    cov = np.outer([2.0, 1.5], [2.0, 1.5]) * np.array([[1, rho], [rho, 1]])
    named = identity(np.array([0.3, -0.4]), cov, name)
    given_function = identity(np.array([0.3, -0.4]), cov, FUNCTIONS[name])
    assert given_function.mean == pytest.approx(named.mean, abs=1e-10)
    assert given_function.cov == pytest.approx(named.cov, abs=1e-8)


def test_many_strongly_correlated_pairs_of_steep_units():
    """The series takes more terms where many pairs need them, and comes to what quadrature says of each pair."""
    cov = 9.0 * (0.93 * np.ones((8, 8)) + 0.07 * np.eye(8))
    mean = np.linspace(-1, 1, 8)
    together = identity(mean, cov, "tanh").cov
    for pair in ([0, 1], [2, 7]):
        alone = quadrature(np.tanh, mean[pair], np.array([3.0, 3.0]), 0.93)[1]
        assert together[tuple(pair)] == pytest.approx(alone, abs=1e-8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_units_without_variance_are_constants(name):
    cov = COV.copy()
    cov[1], cov[:, 1] = 0.0, 0.0
    out, phi = identity(MEAN, cov, activation(name)), FUNCTIONS[name]
    assert out.mean[1] == pytest.approx(phi(MEAN[1]), abs=1e-15)
    assert (out.cov[1] == 0).all()
    alone = identity(MEAN[[0, 2]], COV[np.ix_([0, 2], [0, 2])], activation(name))
    assert out.cov[np.ix_([0, 2], [0, 2])] == pytest.approx(alone.cov, abs=1e-15)
    for tiny in (5e-324, 1e-200, 1e-60):  # nothing under- or overflows
        small = identity(np.array([0.0, 0.3, 1e3]), np.diag([tiny, tiny, 2.0]), activation(name))
        assert np.isfinite(small.mean).all() and np.isfinite(small.cov).all()
    constant = identity(MEAN, np.zeros((3, 3)), activation(name))
    assert constant.mean == pytest.approx(phi(MEAN), abs=1e-15) and (constant.cov == 0).all()
    # a unit that the input does not move, up to rounding
    still = cumulants.propagate([[[1.0, -1.0], [0.3, 0.4]]], None, [0.1, 0.2], 0.7 * np.ones((2, 2)), activation(name))
    assert still[0].cov[0, 0] == 0 and still[0].mean[0] == pytest.approx(phi(-0.1), abs=1e-12)


@pytest.mark.parametrize(("name", "seed"), [("relu", 3), ("erf", 4), ("tanh", 5)])
def test_a_layer_against_monte_carlo(name, seed):
    rng = np.random.default_rng(seed)
    weights, biases = [rng.standard_normal((4, 3))], [rng.standard_normal(4)]
    sampled = layers.forward(weights, rng.multivariate_normal(MEAN, COV, size=400_000), name, biases)[1]
    out = cumulants.propagate(weights, biases, MEAN, COV, name)[0]
    centred = sampled - sampled.mean(axis=0)
    products = centred[:, :, None] * centred[:, None, :]
    noise = 4 / np.sqrt(len(sampled))
    assert (np.abs(out.mean - sampled.mean(axis=0)) < noise * sampled.std(axis=0)).all()
    assert (np.abs(out.cov - products.mean(axis=0)) < noise * products.std(axis=0)).all()


def exact_mixture(points, noise_variance, weights, biases, phi):
    """Moments of the first layer for a mixture of Gaussians, from those of each, which are exact."""
    n_in = points.shape[1]
    parts = [cumulants.propagate(weights, biases, p, noise_variance * np.eye(n_in), phi)[0] for p in points]
    centres = np.array([part.mean for part in parts])
    return centres.mean(axis=0), np.mean([part.cov for part in parts], axis=0) + np.cov(centres.T, bias=True)


def test_third_and_fourth_cumulants_are_exact_for_quadratic_units():
    rng = np.random.default_rng(1)
    weights, biases = [rng.standard_normal((4, 3))], [rng.standard_normal(4)]
    points, phi = rng.standard_normal((5, 3)), cumulants.quadratic(0.4)
    one = cumulants.of_samples(points, np.zeros(5, dtype=int), [[1.0]], order=4)[0]
    cov = one.cov + 0.1 * np.eye(3)
    out = cumulants.propagate(weights, biases, one.mean, cov, phi, third=one.third, fourth=one.fourth)[0]
    mean, exact = exact_mixture(points, 0.1, weights, biases, phi)
    assert out.mean == pytest.approx(mean, rel=1e-12)
    assert out.cov == pytest.approx(exact, rel=1e-10)


def test_parity_is_in_the_third_cumulant():
    """Two quadratic layers: Gaussian closure sees no difference between the classes, third cumulants all of it."""
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal((5, 3)) / np.sqrt(3), rng.standard_normal((4, 5)) / np.sqrt(5)]
    biases, phi = [0.2 * rng.standard_normal(5), 0.2 * rng.standard_normal(4)], cumulants.quadratic(0.5)
    task = tasks.parity(3, 0.8, 0.1)
    exact, found = [], {2: [], 3: [], 4: []}
    for points, one in zip(task.points, task.populations(4), strict=True):
        first = exact_mixture(points, 0.1, weights[:1], biases[:1], phi)
        exact.append(cumulants.propagate(weights[1:], biases[1:], *first, phi)[0].mean)
        for order, means in found.items():
            higher = {"third": one.third if order > 2 else None, "fourth": one.fourth if order > 3 else None}
            means.append(cumulants.propagate(weights, biases, one.mean, one.cov, phi, **higher)[1].mean)
    (plus, minus), difference = exact, exact[0] - exact[1]
    assert np.abs(difference).max() > 0.1
    assert found[2][0] == pytest.approx(found[2][1], abs=1e-14)
    assert found[3][0] - found[3][1] == pytest.approx(difference, abs=1e-12)
    assert np.abs(found[3][0] - plus).max() > 0.01
    assert found[4][0] == pytest.approx(plus, abs=1e-12) and found[4][1] == pytest.approx(minus, abs=1e-12)


@pytest.mark.parametrize("name", ["relu", "erf", "tanh", "sign"])
def test_third_cumulants_of_other_units(name):
    """Two classes that differ in the sign of a small third cumulant, uncorrelated arguments: what differs is right."""
    rotation = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
    task, biases = tasks.parity(3, 0.15, 1.0), [np.array([0.3, -0.6, 0.8])]
    exact, found = [], []
    for points, one in zip(task.points, task.populations(3), strict=True):
        exact.append(exact_mixture(points, 1.0, [rotation], biases, name))
        out = cumulants.propagate([rotation], biases, one.mean, one.cov, name, third=one.third)[0]
        found.append((out.mean, out.cov))
    off = ~np.eye(3, dtype=bool)
    for pick in (lambda m, c: m, lambda m, c: np.diagonal(c), lambda m, c: c[off]):
        true, seen = (pick(*pair[0]) - pick(*pair[1]) for pair in (exact, found))
        assert np.abs(true).max() > 1e-4
        assert np.abs(seen - true).max() < 0.05 * np.abs(true).max()


@pytest.mark.slow
def test_third_cumulants_mend_the_closure_of_deep_relu_networks():
    """N = 50: relative error of the off-diagonal covariances of the second layer, with the first one's cumulants."""
    rng = np.random.default_rng(0)
    weights = [np.sqrt(2 / 50) * rng.standard_normal((50, 50)) for _ in range(2)]
    states = layers.forward(weights, rng.standard_normal((400_000, 50)), "relu")
    one = cumulants.of_samples(states[1], np.zeros(len(states[1]), dtype=int), [[0.0]], order=2)[0]
    centred, third = states[1] - one.mean, np.zeros((50, 50, 50))
    for part in np.array_split(centred, 40):
        squares = (part[:, :, None] * part[:, None, :]).reshape(len(part), -1)
        third += (squares.T @ part).reshape(50, 50, 50) / len(centred)
    third = (third + third.transpose(1, 2, 0) + third.transpose(2, 0, 1)) / 3
    third = 0.5 * (third + third.transpose(0, 2, 1))
    true, off = np.cov(states[2].T), ~np.eye(50, dtype=bool)
    errors = [
        np.sqrt(np.square(out[0].cov - true)[off].sum() / np.square(true)[off].sum())
        for out in (
            cumulants.propagate(weights[1:], None, one.mean, one.cov, "relu"),
            cumulants.propagate(weights[1:], None, one.mean, one.cov, "relu", third=third),
        )
    ]
    assert 0.1 < errors[0] < 0.25 and errors[1] < 0.25 * errors[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pullback_against_finite_differences(name):
    phi, rng = activations.as_activation(activation(name)), np.random.default_rng(7)
    root = rng.standard_normal((5, 5))
    mean, cov = rng.standard_normal(5), root @ root.T / 5 + 0.1 * np.eye(5)
    grad_mean, grad_cov = rng.standard_normal(5), root + root.T
    to_mean, to_cov = phi.pullback(mean, cov, grad_mean, grad_cov)
    direction, turn = rng.standard_normal(5), rng.standard_normal((5, 5))
    turn = turn + turn.T

    def value(step):
        out_mean, out_cov = phi.moments(mean + step * direction, cov + step * turn)
        return grad_mean @ out_mean + (grad_cov * out_cov).sum()

    h = 1e-4
    slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
    assert to_mean @ direction + (to_cov * turn).sum() == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "order"),
    [("quadratic", 2), ("quadratic", 3), ("quadratic", 4)] + [(n, k) for n in ("relu", "erf", "tanh") for k in (2, 3)],
)
def test_gradient_of_the_loss_against_finite_differences(name, order):
    rng = np.random.default_rng(11)
    shapes = ((4, 3), (3, 4), (1, 3))
    weights, turn = ([rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes] for _ in range(2))
    biases, shift = ([0.3 * rng.standard_normal(shape[0]) for shape in shapes] for _ in range(2))
    classes, phis = tasks.parity(3, 0.8, 0.3).populations(order), [activation(name)] * 2 + ["linear"]
    inputs = rng.standard_normal((20, 3))
    on_samples = (inputs, inputs.prod(axis=1, keepdims=True), phis)
    for function, args in ((cumulants.gradient, (classes, phis)), (cumulants.gradient_on_samples, on_samples)):
        _, grad_weights, grad_biases = function(weights, biases, *args)
        exact = sum((g * d).sum() for g, d in zip(grad_weights + grad_biases, turn + shift, strict=True))

        def value(step, function=function, args=args):
            moved = [w + step * d for w, d in zip(weights, turn, strict=True)]
            return function(moved, [b + step * d for b, d in zip(biases, shift, strict=True)], *args)[0]

        h = 1e-4
        slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
        assert exact == pytest.approx(slope, rel=1e-6)


def propagate(**change):
    options = {"weights": [np.eye(2)], "biases": None, "mean": [0.0, 0.0], "cov": np.eye(2), "activation": "relu"}
    return cumulants.propagate(**(options | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cov": [[1.0, 0.5], [0.4, 1.0]]}, r"cov must be symmetric, got 0.5 at \[0, 1\] and 0.4 at \[1, 0\]"),
        ({"cov": [[1.0, 1.5], [1.5, 1.0]]}, "cov must be positive semi-definite, got the eigenvalue -0.5"),
        ({"cov": np.eye(3)}, r"cov must have shape \(2, 2\), got \(3, 3\)"),
        ({"mean": [0.0]}, r"mean must have shape \(2,\), got \(1,\)"),
        ({"mean": [0.0, np.nan]}, "mean must be finite everywhere, got nan"),
        ({"weights": []}, "weights must hold at least one matrix, got none"),
        ({"weights": [np.eye(2), np.eye(3)]}, r"weights\[1\] must have 2 columns, got shape \(3, 3\)"),
        ({"biases": [np.zeros(3)]}, r"biases\[0\] must have shape \(2,\), got \(3,\)"),
        ({"biases": []}, "biases must be one for each of 1 layers, got 0"),
        ({"activation": "swish"}, "activation must be one of 'linear', .* quadratic.alpha. or a function, got 'swish'"),
        ({"activation": ["relu", "relu"]}, "activation must be one, or one for each of 1 layers, got 2"),
        ({"activation": lambda z: z[:1]}, "activation must return an array of the shape it gets"),
        ({"activation": np.log}, "activation must be finite everywhere, got nan at -"),
        ({"weights": np.eye(2)}, r"weights must be a list of matrices, one for each layer, got a single one of shape"),
        ({"fourth": np.zeros((2, 2, 2, 2))}, "fourth cumulants enter quadratic activations only, got relu"),
        ({"third": np.zeros((2, 2))}, r"third must have shape \(2, 2, 2\), got \(2, 2\)"),
        ({"third": np.arange(8.0).reshape(2, 2, 2)}, "third must be symmetric in all its indices"),
    ],
)
def test_wrong_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        propagate(**change)


def test_single_precision_counts_as_rounding():
    """A covariance of low rank has eigenvalues below zero by rounding, those of float32 by more."""
    rows = np.random.default_rng(1).standard_normal((50, 20)).astype(np.float32)
    cov = rows @ rows.T
    assert np.linalg.eigvalsh(cov.astype(np.float64))[0] < -1e-9 * cov.max() * 50
    out, exact = (cumulants.propagate([np.eye(50)], None, np.zeros(50), c, "relu")[0] for c in (cov, _double(rows)))
    np.testing.assert_allclose(out.cov, exact.cov, atol=2e-6 * cov.max())
    with pytest.raises(ValueError, match="cov must be positive semi-definite"):
        cumulants.propagate([np.eye(50)], None, np.zeros(50), cov.astype(np.float64), "relu")


def _double(rows):
    return rows.astype(np.float64) @ rows.T.astype(np.float64)


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"activation must be one of .* got 3"):
        propagate(activation=3)
    with pytest.raises(TypeError, match="cov must be an array of real numbers, got dtype complex128"):
        propagate(cov=1j * np.eye(2))
