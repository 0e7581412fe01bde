"""Theory against the reference numbers, simulation against theory, measurement against what was put in."""

import numpy as np
import pytest

from glassnet.network import activations, dimension, layers, synapses

#: D/N at layers 1, 2, 5, 10 for input_ratio = 2, computed independently (None: not tabulated)
TABLE = [
    ("linear", 0.8, 0.0, (0.4000, 0.2857, 0.1538, 0.0870)),
    ("linear", 0.8, 0.8, (0.2857, None, 0.0870, 0.0465)),
    ("tanh", 0.8, 0.0, (0.4507, 0.3225, 0.1675, 0.0915)),
    ("tanh", 0.8, 0.8, (0.3299, 0.2076, 0.0946, 0.0488)),
    ("sign", 1.0, 0.8, (0.5355, 0.4960, 0.4737, 0.4722)),
]
LAYERS = [1, 2, 5, 10]


def agree(simulated, theory, variables=("dimension", "covariance_strength", "K1", "K2")):
    """Within 3 standard errors + 3 %."""
    for name in variables:
        measured, exact, stderr = (data.values for data in (simulated[name], theory[name], simulated[f"{name}_stderr"]))
        assert (np.abs(measured - exact) < 3 * stderr + 0.03 * np.abs(exact) + 1e-12).all(), (
            name,
            measured,
            exact,
            stderr,
        )


@pytest.mark.parametrize(("activation", "variance", "covariance", "expected"), TABLE)
def test_theory_reproduces_the_reference_table(activation, variance, covariance, expected):
    theory = dimension.mean_field(10, activation, variance=variance, covariance=covariance, input_ratio=2.0)
    assert theory.dimension[0] == pytest.approx(2 / 3)
    for layer, value in zip(LAYERS, expected, strict=True):
        assert value is None or theory.dimension[layer] == pytest.approx(value, abs=5.1e-5)


def test_decay_of_the_covariance_strength():
    for covariance, expected in ((0.0, (0.1404, 0.0104, 0.0012)), (0.8, (0.2340, 0.0200, 0.0024))):
        theory = dimension.mean_field(10, "tanh", variance=0.8, covariance=covariance, input_ratio=2.0)
        share = theory.covariance_strength / theory.covariance_strength[0]
        assert share[[1, 5, 10]].values == pytest.approx(expected, abs=5.1e-5)
        assert (np.diff(theory.relative_strength) > 0).all()  # S / K1^2 grows with depth all the same


def test_linear_networks_in_closed_form():
    """N/D_l = N/D_0 + l (1 + (R/G)^2)."""
    theory = dimension.mean_field(7, "linear", variance=1.3, covariance=0.9, input_ratio=0.7)
    assert 1 / theory.dimension.values == pytest.approx((1 + 0.7) / 0.7 + np.arange(8) * (1 + (0.9 / 1.3) ** 2))


def test_sign_networks_in_closed_form():
    theory = dimension.mean_field(40, "sign", variance=1.7, covariance=0.8 * 1.7, input_ratio=2.0)
    strength = theory.covariance_strength.values
    assert strength[2:] == pytest.approx(4 / np.pi**2 * (1 + strength[1:-1] + 0.64))
    assert strength[-1] == pytest.approx(4 / np.pi**2 * 1.64 / (1 - 4 / np.pi**2))


def test_erf_networks_in_closed_form():
    theory = dimension.mean_field(1, "erf", variance=0.9, covariance=0.5, input_ratio=2.0)
    v = 0.9 * 2.0
    driven = 0.9**2 * (4.0 + 2.0) + (0.5 * 2.0) ** 2
    assert theory.K1[1] == pytest.approx(2 / np.pi * np.arcsin(v / (1 + v)))
    assert theory.covariance_strength[1] == pytest.approx((2 / np.pi / (1 + v)) ** 2 * driven)


def test_unequal_linear_layers_in_closed_form():
    """S' = (n_out / n_in) [G^2 (K2 + S) + R^2 K1^2], G and R of each layer."""
    g, r, widths = np.array([0.8, 1.5, 1.1]), np.array([0.3, 0.0, 0.9]), np.array([3.0, 2.0, 5.0, 4.0])
    theory = dimension.mean_field(3, "linear", variance=g, covariance=r, width=widths, bias_variance=0.4)
    k1, k2, strength = theory.K1.values, theory.K2.values, theory.covariance_strength.values
    driven = g**2 * (k2 + strength)[:-1] + (r * k1[:-1]) ** 2
    assert strength[1:] == pytest.approx(widths[1:] / widths[:-1] * driven)
    assert k1[1:] == pytest.approx(g * k1[:-1])
    assert theory.Q[1:].values == pytest.approx(g * theory.Q[:-1].values + 0.4)


@pytest.mark.parametrize(("activation", "covariance"), [("tanh", 0.7), ("relu", 0.0)])
def test_the_simple_recursion_holds_for_odd_units_and_for_independent_weights(activation, covariance):
    """S' = [E_M (E_t phi')^2]^2 [G^2 (K2 + S) + R^2 K1^2], the averages here by plain sums."""
    theory = dimension.mean_field(3, activation, variance=1.2, covariance=covariance, bias_variance=0.3)
    node = np.linspace(-8, 8, 801)
    weight = np.exp(-0.5 * node**2) / np.exp(-0.5 * node**2).sum()
    phi, slope = {
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    }[activation]
    for layer in range(3):
        k1, k2, q, strength = (float(theory[name][layer]) for name in ("K1", "K2", "Q", "covariance_strength"))
        z = np.sqrt(1.2 * q + 0.3) * node[:, None] + np.sqrt(1.2 * k1) * node
        driven = 1.2**2 * (k2 + strength) + (covariance * k1) ** 2
        expected = (weight @ (slope(z) @ weight) ** 2) ** 2 * driven
        assert theory.covariance_strength[layer + 1] == pytest.approx(expected, rel=0.02)
        assert theory.Q[layer + 1] == pytest.approx(weight @ (phi(z) @ weight) ** 2, rel=0.01)


def test_relu_with_correlated_weights_needs_more_than_the_simple_recursion():
    """Means and covariances point along each other: the simple recursion would be 4 to 8 % higher in D/N."""
    theory = dimension.mean_field(3, "relu", variance=1.2, covariance=0.5, bias_variance=0.3, input_ratio=1.5)
    free = dimension.mean_field(3, "relu", variance=1.2, bias_variance=0.3, input_ratio=1.5)
    for name in ("K1", "K2", "Q"):  # averages of single units do not know of it
        assert theory[name].values == pytest.approx(free[name].values)
    slope = np.sqrt(free.covariance_strength[1:].values / (1.2**2 * (free.K2 + free.covariance_strength)[:-1].values))
    simple = slope[1] ** 2 * (
        1.2**2 * float(theory.K2[1] + theory.covariance_strength[1]) + 0.5**2 * float(theory.K1[1]) ** 2
    )
    assert 1.05 < float(theory.covariance_strength[2]) / simple < 1.4


def test_a_function_gives_what_its_name_gives():
    options = {"variance": 0.9, "covariance": 0.4, "bias_variance": 0.2, "input_ratio": 1.5}
    for name, function in (("relu", lambda z: np.maximum(z, 0.0)), ("sign", np.sign), ("tanh", np.tanh)):
        named, given = dimension.mean_field(4, name, **options), dimension.mean_field(4, function, **options)
        for variable in dimension.VARIABLES:
            np.testing.assert_allclose(given[variable], named[variable], rtol=1e-9)


def test_correlated_weights_always_lower_the_dimension():
    for activation in (*activations.NAMES, activations.quadratic(0.3)):
        free, bound = (
            dimension.mean_field(6, activation, covariance=r, bias_variance=0.1, input_ratio=1.0) for r in (0.0, 0.6)
        )
        assert (bound.dimension[1:] < free.dimension[1:]).all()


@pytest.mark.parametrize("covariance", [0.0, 0.8])
def test_linear_simulation(covariance):
    options = {"variance": 0.8, "covariance": covariance, "input_ratio": 2.0}
    simulated = dimension.simulate(3, "linear", **options, width=1000, n_networks=3)
    agree(simulated, dimension.mean_field(3, "linear", **options), ("K1", "dimension"))


def test_tanh_simulation():
    options = {"variance": 0.8, "covariance": 0.8, "bias_variance": 0.1, "input_ratio": 2.0}
    simulated = dimension.simulate(2, "tanh", **options, width=1000, n_networks=3, n_samples=1000, seed=2)
    agree(simulated, dimension.mean_field(2, "tanh", **options), dimension.VARIABLES)


def test_sign_simulation_with_binary_weights():
    options = {"variance": 1.0, "covariance": 0.8, "input_ratio": 2.0}
    theory = dimension.mean_field(3, "sign", **options)
    for kind in ("binary", "latent"):
        simulated = dimension.simulate(3, "sign", **options, width=201, n_networks=8, n_samples=400, kind=kind)
        agree(simulated, theory)


def test_unequal_widths():
    options = {"variance": 1.2, "covariance": 0.5, "bias_variance": 0.3, "input_ratio": 1.5}
    widths = [900, 600, 1200]
    simulated = dimension.simulate(2, "relu", **options, width=widths, n_networks=5, n_samples=1000)
    theory = dimension.mean_field(2, "relu", **options, width=widths)
    agree(simulated, theory, ("dimension", "K1", "K2", "Q"))
    halved = dimension.mean_field(2, "relu", **options, width=[1.5, 1.0, 2.0])
    assert halved.dimension.values == pytest.approx(theory.dimension.values)


def test_only_one_exponent_neither_dominates_nor_drops_out():
    """<w_ik w_jk> = R N^-e adds (R/G)^2 N^(3 - 2e) to S/K1^2 of a linear layer: it grows, stays or falls with N."""
    added = {}
    for exponent in (1.25, 1.5, 1.75):
        for width in (80, 320):
            covariance = 0.5 * width ** (1.5 - exponent)
            run = dimension.simulate(1, "linear", covariance=covariance, width=width, n_networks=40, input_ratio=2.0)
            excess = float(run.relative_strength[1] - run.relative_strength[0]) - 1.0
            expected, error = 0.25 * width ** (3 - 2 * exponent), float(run.relative_strength_stderr[1])
            assert abs(excess - expected) < 4 * error + 0.03 * expected and error < 0.15 * expected + 0.02
            added[exponent, width] = excess
    assert added[1.25, 320] > 1.6 * added[1.25, 80]
    assert 0.6 < added[1.5, 320] / added[1.5, 80] < 1.6
    assert added[1.75, 320] < 0.3 * added[1.5, 320]


def test_linear_layers_of_orthogonal_weights_keep_the_dimension():
    """To rounding: W C W^T has the eigenvalues of C, up to a factor. Independent weights lower D/N from 2/3 to 1/6."""
    options = {"variance": 0.8, "input_ratio": 2.0, "kind": "orthogonal"}
    simulated = dimension.simulate(5, "linear", **options, width=100, n_networks=3)
    assert simulated.dimension.values == pytest.approx(float(simulated.dimension[0]), rel=1e-12)
    theory = dimension.mean_field(5, "linear", **options)
    assert theory.dimension.values == pytest.approx(2 / 3, rel=1e-12)
    wider = dimension.simulate(2, "linear", **options, width=[60, 100, 150], n_networks=3)
    absolute = wider.dimension.values * [60, 100, 150]
    assert absolute == pytest.approx(absolute[0], rel=1e-12)


def test_orthogonal_tanh_layers_in_closed_form():
    """S'/K1'^2 = g^2 S/K1^2, g = v (E phi')^2 / Var phi <= 1: the dimension of zero-mean units rises with depth."""
    theory = dimension.mean_field(4, "tanh", variance=0.8, input_ratio=2.0, kind="orthogonal")
    node = np.linspace(-9, 9, 2001)
    weight = np.exp(-0.5 * node**2) / np.exp(-0.5 * node**2).sum()
    for layer in range(4):
        v = 0.8 * float(theory.K1[layer])
        z = np.sqrt(v) * node
        gain = v * (weight @ np.cosh(z) ** -2) ** 2 / (weight @ np.tanh(z) ** 2)
        assert gain < 1
        expected = gain**2 * float(theory.relative_strength[layer])
        assert theory.relative_strength[layer + 1] == pytest.approx(expected, rel=1e-6)
    assert (np.diff(theory.dimension) > 0).all()


@pytest.mark.parametrize(
    ("activation", "variance", "bias_variance", "width"),
    [("tanh", 0.8, 0.0, [400] * 4), ("relu", 0.8, 0.3, [400] * 4), ("tanh", 2.0, 0.3, [400, 300, 500, 500])],
)
def test_simulation_of_orthogonal_weights(activation, variance, bias_variance, width):
    options = {"variance": variance, "bias_variance": bias_variance, "input_ratio": 2.0, "kind": "orthogonal"}
    simulated = dimension.simulate(3, activation, **options, width=width, n_networks=4)
    agree(simulated, dimension.mean_field(3, activation, **options, width=width), dimension.VARIABLES)
    other = dimension.mean_field(3, activation, **options | {"kind": "gaussian"}, width=width)
    assert (simulated.dimension[1:] > 1.25 * other.dimension[1:]).all()  # what independent weights leave


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "variance", "covariance", "expected"), TABLE)
def test_simulation_reproduces_the_reference_table(activation, variance, covariance, expected):
    options = {"variance": variance, "covariance": covariance, "input_ratio": 2.0}
    theory = dimension.mean_field(10, activation, **options)
    sign = activation == "sign"
    shape = {"width": 201, "n_networks": 60, "kind": "binary"} if sign else {"width": 1000, "n_samples": 1000}
    if not sign:  # correlated networks differ by up to 8 % among each other, independent ones by less than 1 %
        shape["n_networks"] = 40 if covariance else 8
    simulated = dimension.simulate(10, activation, **options, **shape)
    measured, exact, stderr = simulated.dimension, theory.dimension, simulated.dimension_stderr
    assert (np.abs(measured - exact) < 3 * stderr + 0.03 * exact).all()
    assert (stderr < 0.02 * measured).all()


def test_same_seed_same_numbers():
    one, again, other = (dimension.simulate(2, width=30, n_samples=50, seed=seed) for seed in (3, 3, 4))
    assert one.identical(again) and not one.identical(other)


def test_two_halves_are_free_of_bias():
    """With far fewer samples than units, the plain estimate of tr C^2 is far off, the product of halves is not."""
    rng = np.random.default_rng(1)
    rows = [layers.spread(*rng.standard_normal((2, 20, 100))) for _ in range(200)]
    strength = np.array([row["covariance_strength"] for row in rows])
    assert abs(strength.mean()) < 4 * strength.std() / np.sqrt(200) < 0.05
    states = rng.standard_normal((20, 100))
    assert layers.spread(states, states)["covariance_strength"] > 3
    few, many = rng.standard_normal((2, 9, 10)), rng.standard_normal((2, 40, 10))
    for first, second in (few, many):  # through the Gram matrix of the samples, and through that of the units
        total = np.trace(np.cov(first.T) @ np.cov(second.T)) / 10
        row = layers.spread(first, second)
        assert row["K2"] + row["covariance_strength"] == pytest.approx(total)


def test_measure_finds_what_was_put_in():
    rng = np.random.default_rng(5)
    weights = [synapses.gaussian(400, 400, 0.8, 1.5, seed=seed) for seed in (1, 2)]
    found = dimension.measure(weights, rng.standard_normal((3000, 400)), "linear")
    exact = [layers.spread_exact(np.zeros(400), cov) for cov in _propagated(weights)]
    assert found.dimension.values == pytest.approx([row["dimension"] for row in exact], rel=0.03)
    assert found.variance.values[1:] == pytest.approx([0.8, 0.8], rel=0.02)
    assert found.covariance_mean.values[1:] == pytest.approx([1.5, 1.5], rel=0.15)
    assert found.covariance_rms.values[1:] == pytest.approx([1.5, 1.5], rel=0.15)
    assert np.isnan(found.variance[0])


def test_measured_errors_are_those_of_other_samples():
    """Against the scatter of forty measurements; of D/N and S the jackknife is up to 1.5 times too large."""
    rng = np.random.default_rng(3)
    weights = [synapses.gaussian(30, 30, 0.8, 0.8, seed=seed) for seed in (1, 2)]
    found = [dimension.measure(weights, rng.standard_normal((200, 30)), "tanh") for _ in range(40)]
    for name in dimension.VARIABLES:
        scatter = np.std([row[name].values for row in found], axis=0, ddof=1)
        typical = np.sqrt(np.mean([np.square(row[f"{name}_stderr"].values) for row in found], axis=0))
        assert ((typical > 0.75 * scatter) & (typical < 2.1 * scatter)).all(), (name, typical / scatter)
    assert np.isnan(dimension.measure(weights, rng.standard_normal((5, 30))).dimension_stderr).all()
    again = dimension.measure(iter(weights), np.zeros((8, 30)), "tanh")  # any sequence; nothing varies
    assert np.isnan(again.dimension_stderr).all() and (again.K1_stderr == 0).all()


def test_units_that_do_not_vary_have_no_dimension():
    theory = dimension.mean_field(2, lambda z: 0 * z + 0.5, bias_variance=0.1)
    assert np.isnan(theory.dimension[1:]).all() and (theory.K1[1:] == 0).all()
    assert theory.Q[1:].values == pytest.approx(0.25)


def test_measure_takes_what_a_glass_gives():
    """Layers of few units, one output unit, a unit without inputs."""
    weights = [np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 1.0]])]
    found = dimension.measure(weights, np.random.default_rng(1).standard_normal((500, 3)), "sign")
    assert found.dimension[2] == pytest.approx(1.0, abs=0.02)
    assert np.isnan(found.covariance_rms[1:]).all() and found.variance[1] == pytest.approx(1.0)
    still = dimension.measure(weights, np.zeros((4, 3)), "tanh")
    assert np.isnan(still.dimension).all() and np.isnan(still.relative_strength).all()


def _propagated(weights):
    covs = [np.eye(weights[0].shape[1])]
    for matrix in weights:
        covs.append(matrix @ covs[-1] @ matrix.T)
    return covs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depth": 0}, "depth must be >= 1, got 0"),
        ({"activation": "swish"}, "activation must be one of 'linear', 'relu', .* got 'swish'"),
        ({"variance": 0.0}, "variance must be > 0.0, got 0"),
        ({"variance": [1.0, 1.0, 1.0]}, r"variance must have shape \(2,\), got \(3,\)"),
        ({"covariance": -0.5}, "covariance must be >= 0, got -0.5: many units of which every two are anticorrelated"),
        ({"bias_variance": -1.0}, "bias_variance must be >= 0.0, got -1"),
        ({"input_ratio": 0.0}, "input_ratio must be > 0.0, got 0"),
    ],
)
def test_wrong_arguments(change, message):
    options = {"depth": 2, "activation": "tanh"} | change
    for function in (dimension.mean_field, dimension.simulate):
        with pytest.raises(ValueError, match=message):
            function(**options)


def test_wrong_arguments_of_a_simulation():
    with pytest.raises(ValueError, match=r"covariance must be <= variance sqrt\(n_in\) = 10, got 11: correlation > 1"):
        dimension.simulate(1, covariance=11.0, width=100)
    with pytest.raises(ValueError, match=r"width must be one integer or 3, one for each layer, got shape \(2,\)"):
        dimension.simulate(2, width=[10, 10])
    with pytest.raises(ValueError, match="n_networks must be >= 2, got 1"):
        dimension.simulate(2, n_networks=1)
    for function in (dimension.mean_field, dimension.simulate):
        with pytest.raises(ValueError, match=r"kind must be one of .*, 'latent', 'orthogonal', got 'ternary'"):
            function(2, kind="ternary")
        with pytest.raises(ValueError, match=r'covariance must be 0 for weights of the kind "orthogonal", got 0.2'):
            function(2, covariance=[0.0, 0.2], kind="orthogonal")
    with pytest.raises(ValueError, match="width must be > 0, got -1"):
        dimension.mean_field(1, width=[1.0, -1.0])
    with pytest.raises(ValueError, match="inputs must hold at least 4 samples, got 3"):
        dimension.measure([np.eye(2)], np.ones((3, 2)))
