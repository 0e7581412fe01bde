"""Mean-field theory of data couplings: reference numbers, exact sums over networks of growing width, thermodynamics."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import gammaln, logsumexp

import glassnet as gn
from glassnet.theory.aligned_curve import inverse_u_tanh_u

STANDARD = (41, 21, 21, 21, 1)


def ratios(theory):
    unit = theory.alpha * theory.mean_strength
    return theory.transition_temperature() / unit, theory.spinodal() / unit


@pytest.mark.parametrize(
    ("widths", "transition", "spinodal"),
    [
        (STANDARD, 1.5502, 1.8190),
        ((61, 41, 41, 41, 1), 1.5127, 1.7761),
        ((41, 21, 21, 21, 21, 1), 1.4854, 2.0163),
    ],
)
def test_reference_temperatures_of_equal_couplings(widths, transition, spinodal):
    """Solved for independently, to four digits after the point; units of alpha m0 take both away."""
    for alpha, strength in ((1.0, 0.125), (30.0, 0.7)):
        theory = gn.theory.aligned(widths, alpha, strength)
        assert theory.order() == "first-order"
        assert ratios(theory) == pytest.approx((transition, spinodal), abs=5e-5)


def test_reference_dilutions():
    theory = gn.theory.aligned(STANDARD, 1.0, 0.125)
    assert theory.critical_dilution(0.10) == pytest.approx(0.2163, abs=5e-5)
    assert theory.spinodal_dilution(0.10) == pytest.approx(0.2605, abs=5e-5)
    assert gn.theory.aligned(STANDARD, 1.0, 0.125, dilution=0.5).critical_dilution(0.10) == theory.critical_dilution(
        0.1
    )
    at = gn.theory.aligned(STANDARD, 1.0, 0.125, dilution=theory.critical_dilution(0.10))
    assert at.transition_temperature() == pytest.approx(0.10, rel=1e-9)
    assert theory.critical_dilution(1e-300) == 1.0 > theory.critical_dilution(1e-9) > 0.99
    hot = theory.transition_temperature()
    assert theory.critical_dilution(1.001 * hot) == 0.0 < theory.spinodal_dilution(1.001 * hot)


def test_digits_3_and_8():
    """Half-tone pixels of scikit-learn's digits that are not the same in all of them: 43 inputs of +-1."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    chosen = np.isin(labels, (3, 8))
    inputs = np.where(images[chosen] > 8, 1.0, -1.0)
    inputs = inputs[:, np.ptp(inputs, axis=0) > 0]
    c = (np.where(labels[chosen] == 3, 1.0, -1.0)[:, None] * inputs).mean(axis=0)
    widths = (43, 15, 15, 15, 1)
    theory = gn.theory.aligned(widths, 1.0, c)
    assert ratios(theory)[0] == pytest.approx(1.930, abs=5e-4)
    assert ratios(gn.theory.aligned(widths, 1.0, theory.mean_strength))[0] == pytest.approx(1.630, abs=5e-4)
    assert ratios(gn.theory.aligned(widths, 1.0, -np.abs(c))) == ratios(theory)


def test_random_teachers():
    """2000 examples of teachers sign(t x): 1.561 for one of them; without noise of the mean |c| are equal, 1.550."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        teacher, inputs = rng.choice([-1.0, 1.0], 41), rng.choice([-1.0, 1.0], (2000, 41))
        theory = gn.theory.aligned(STANDARD, 1.0, (np.sign(inputs @ teacher)[:, None] * inputs).mean(axis=0))
        found.append(ratios(theory)[0])
    assert np.mean(found) == pytest.approx(1.5605, abs=0.0015)
    assert np.std(found) < 0.003


@pytest.mark.parametrize(("widths", "critical"), [((41, 21, 21, 1), 2.147), ((21, 11, 11, 1), 2.171)])
def test_three_layers_order_continuously(widths, critical):
    theory = gn.theory.aligned(widths, 3.0, 0.2)
    assert theory.order() == "continuous"
    first, second, last = (a * b for a, b in itertools.pairwise(widths))
    exact = (first + second + last) / math.sqrt(first * second)
    assert ratios(theory) == pytest.approx((exact, exact), rel=1e-12)
    assert exact == pytest.approx(critical, abs=5e-4)
    T_c = theory.transition_temperature()
    # m_1^2 and m_2^2 vanish linearly
    small = theory.magnetisations(T_c * (1 - np.array([1e-4, 1e-5])))
    assert small[0] / small[1] == pytest.approx(math.sqrt(10), rel=1e-3)
    assert not theory.magnetisations([T_c, 2 * T_c]).any()
    assert [state.stable for state in theory.states(0.9 * T_c)] == [False, True]
    assert [state.stable for state in theory.states(1.1 * T_c)] == [True]
    assert theory.latent_heat() == 0.0


@pytest.mark.parametrize("dilution", [0.0, 0.3])
@pytest.mark.parametrize("widths", [STANDARD, (9, 5, 4, 1), (6, 3, 5, 4, 3, 1), (7, 4, 1)])
def test_states_are_stationary_points_of_the_free_energy(widths, dilution):
    """The free energy written down again, minimised over all m_1i and m_l from full magnetisation."""
    c = np.random.default_rng(1).normal(size=widths[0])
    theory = gn.theory.aligned(widths, 2.5, c, dilution)
    n_layers = len(widths) - 1
    weights = np.array([a * b for a, b in itertools.pairwise(widths)], dtype=float)
    shares = weights[:-1] / weights.sum() * (1 - dilution)
    shares[-1] *= 1 - dilution
    T = 0.6 * (theory.spinodal() if n_layers > 2 else 2.0)

    n, size = widths[0], np.abs(c) * 2.5 * (1 - dilution) ** n_layers / widths[0]
    own = np.append(np.full(n, shares[0] / n), shares[1:])

    def free_energy(u):
        """With its gradient."""
        m, inner = np.tanh(u), np.tanh(u[n:])
        others = [np.delete(inner, layer).prod() for layer in range(len(inner))]
        slope = np.append(-size * inner.prod(), -(size @ m[:n]) * np.array(others)) + T * own * u
        return -(size @ m[:n]) * inner.prod() - T * own @ (np.log(2 * np.cosh(u)) - u * m), slope / np.cosh(u) ** 2

    start = np.append(np.abs(c), np.full(n_layers - 2, 1.5))
    found = minimize(free_energy, start, jac=True, method="BFGS", options={"gtol": 1e-10})
    assert theory.free_energy(T) == pytest.approx(found.fun, abs=1e-9)
    m = np.append(np.tanh(found.x[:n]).mean(), np.tanh(found.x[n:]))
    assert theory.magnetisations(T) == pytest.approx(m, abs=1e-4)


def test_all_branches_are_found_where_strengths_are_uneven():
    """A few strong inputs and many weak ones: brute force over a fine scan of the product of the inner layers."""
    widths, c = (60, 4, 40, 4, 1), np.r_[np.full(3, 40.0), np.full(57, 1.0)]
    theory = gn.theory.aligned(widths, 1.0, c)
    weights = [a * b for a, b in itertools.pairwise(widths)]
    shares = np.array(weights[:-1]) / sum(weights)
    for T in theory.spinodal() * np.array([0.05, 0.3, 0.7, 0.9, 0.99]):

        def excess(log_h, T=T):
            x = shares[0] * math.exp(log_h) * (c * np.tanh(c * math.exp(log_h))).mean()
            inner = [brentq(lambda u, s=s: s * u * math.tanh(u) - x, 0, 1 + x / s) for s in shares[1:]]
            return math.log(np.prod(np.tanh(inner)) / (shares[0] * math.exp(log_h) * T))

        signs = np.sign([excess(log_h) for log_h in np.linspace(-9.0, 9.0, 2000)])
        states = theory.states(T)
        assert len(states) == 1 + np.count_nonzero(np.diff(signs))
        assert [state.stable for state in states[1:]] == [bool(k % 2) for k in range(len(states) - 1)]
        energies = [state.energy for state in states]
        assert energies == sorted(energies, reverse=True)


def test_thermodynamics():
    theory = gn.theory.aligned(STANDARD, 2.0, np.linspace(0.05, 0.3, 41))
    T, step = np.linspace(0.1, 0.95, 8) * theory.spinodal(), 1e-5
    beta = 1 / T
    slope = (beta + step) * theory.free_energy(1 / (beta + step)) - (beta - step) * theory.free_energy(
        1 / (beta - step)
    )
    assert theory.energy(T) == pytest.approx(slope / (2 * step), abs=1e-8)
    T_c = theory.transition_temperature()
    shares = 41 * 21 + 2 * 21 * 21
    assert theory.free_energy(T_c) == pytest.approx(-T_c * math.log(2) * shares / (shares + 21), rel=1e-10)
    assert theory.latent_heat() == pytest.approx(-theory.energy(T_c), rel=1e-12)
    above = theory.spinodal() * 1.001
    assert theory.energy(above) == 0.0 and not theory.magnetisations(above).any() and len(theory.states(above)) == 1
    assert theory.energy(theory.spinodal() * 0.999) < -0.05
    assert theory.energy(1e-12) == pytest.approx(-2.0 * theory.mean_strength)
    assert theory.energy(np.inf) == 0.0 and theory.free_energy(np.inf) == -np.inf
    assert theory.magnetisations(T.reshape(2, 4)).shape == (2, 4, 3)


# --- exact sums over complete networks: every walk from an input to the output is a path, once


def binomial(n):
    """ln of the number of signs with each sum -n, -n + 2, ..., n."""
    up = np.arange(n + 1)
    return gammaln(n + 1) - gammaln(up + 1) - gammaln(n - up + 1), 2.0 * up - n


def three_layers(n_first, n_second, c, beta):
    """ln Z and mean energy of one unit of layer 1: E = -c a b with sums a, b of its weights; last layer +1."""
    (first, a), (second, b) = binomial(n_first), binomial(n_second)
    energy = -c * np.multiply.outer(a, b)
    exponent = first[:, None] + second - beta * energy
    log_z = logsumexp(exponent)
    return log_z, (np.exp(exponent - log_z) * energy).sum()


def four_layers(n, c, beta):
    """ln Z of widths (n, n, n, n, 1), last layer +1: given the sums of layer 3 the units of layer 1 are independent.

    Inputs beyond the first half have couplings 3 c.
    """
    levels = [b for b in range(n % 2, n + 1, 2)]
    multiplicity = np.array([math.comb(n, (n + b) // 2) * (2 if b else 1) for b in levels], dtype=float)
    (first, a), (second, d) = binomial(n - n // 2), binomial(n // 2)
    log_a, sums = (first[:, None] + second).ravel(), (a[:, None] + 3.0 * d).ravel()
    log_cosh = np.log(2 * np.cosh(beta * c * np.multiply.outer(sums, levels)))
    counts = np.array(
        [
            np.diff((-1, *bars, n + len(levels) - 1)) - 1
            for bars in itertools.combinations(range(n + len(levels) - 1), len(levels) - 1)
        ]
    )
    one_unit = np.concatenate(
        [logsumexp(log_a + part @ log_cosh.T, axis=1) for part in np.array_split(counts, 1 + len(counts) // 1000)]
    )
    ways = gammaln(n + 1) - gammaln(counts + 1).sum(axis=1) + counts @ np.log(multiplicity)
    return logsumexp(ways + n * one_unit)


def complete(widths, c):
    """Every walk once, as a glass."""
    weights = gn.ensembles.walks(widths, 0.1, seed=1)
    index = {
        (layer, *edge): i for i, (layer, edge) in enumerate(zip(weights.layer, weights.edges.tolist(), strict=True))
    }
    walks = list(itertools.product(*map(range, widths)))
    paths = [[index[layer, *pair] for layer, pair in enumerate(itertools.pairwise(walk))] for walk in walks]
    return gn.PathGlass(paths, [c[walk[0]] for walk in walks], widths=widths)


def test_the_exact_sums_are_those_of_the_glass():
    glass = complete((2, 2, 2, 2, 1), [0.7, 2.1])
    exact = gn.exact.thermodynamics(glass, 1.3).log_z
    # the gauge orbit of the last layer
    assert four_layers(2, 0.7, 1 / 1.3) + 2 * math.log(2) == pytest.approx(float(exact), rel=1e-12)
    glass = complete((3, 2, 4, 1), [0.4] * 3)
    exact = gn.exact.thermodynamics(glass, 0.9)
    log_z, energy = three_layers(3, 4, 0.4, 1 / 0.9)
    assert 2 * log_z + 4 * math.log(2) == pytest.approx(float(exact.log_z), rel=1e-12)
    assert 2 * energy == pytest.approx(float(exact.energy), rel=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.8, 1.5])
def test_three_layers_converge_to_the_theory(share):
    """Energies of widths (n, 8, n, 1) at a fixed T / T_c: the deviation falls like 1/n, and extrapolates to 0."""
    deviations = []
    for n in (80, 160, 320):
        widths = (n, 8, n, 1)
        n_weights = 2 * 8 * n + n
        theory = gn.theory.aligned(widths, 8 * n * n / n_weights, 0.3)
        T = share * theory.transition_temperature()
        energy = 8 * three_layers(n, n, 0.3, 1 / T)[1] / n_weights
        deviations.append((energy - theory.energy(T)) / (theory.alpha * 0.3))
    assert abs(deviations[-1]) < 0.02
    assert deviations[1] / deviations[2] == pytest.approx(2, rel=0.1)
    assert abs(deviations[0] - 6 * deviations[1] + 8 * deviations[2]) < 1e-3


@pytest.mark.parametrize("share", [0.6, 1.2])
def test_four_layers_converge_to_the_theory(share):
    """Free energies on both sides of the first-order transition, two strengths of inputs, widths up to 12."""
    deviations = []
    for n in (4, 8, 12):
        n_weights = 3 * n * n + n
        theory = gn.theory.aligned((n, n, n, n, 1), n**4 / n_weights, np.repeat([0.1, 0.3], n // 2))
        T = share * theory.transition_temperature()
        exact = -T * four_layers(n, 0.1, 1 / T) / n_weights
        free_energy = min(theory.free_energy(T), -T * math.log(2) * 3 * n * n / n_weights)
        deviations.append(n * (exact - free_energy) / T)
    assert np.abs(deviations).max() < 1.0
    assert abs(deviations[2] - deviations[1]) < abs(deviations[1] - deviations[0]) + 0.02


def test_two_layers_are_exact():
    """Every walk the same number of times: the closed form holds at any width."""
    c = np.array([0.2, -0.7, 0.4])
    once = complete((3, 4, 1), c)
    glass = gn.PathGlass(np.tile(once.paths, (5, 1)), np.tile(once.couplings, 5), widths=once.widths)
    theory = gn.theory.aligned((3, 4, 1), glass.n_paths / glass.n_weights, c)
    T = np.array([0.3, 2.0, 50.0])
    exact = gn.network.path_glasses.single_output_energy(glass, T) / glass.n_weights
    assert theory.energy(T) == pytest.approx(exact, rel=1e-12)
    assert theory.order() == "none"
    assert math.isnan(theory.transition_temperature()) and math.isnan(theory.critical_dilution(1.0))
    assert [state.stable for state in theory.states(1.0)] == [True]


def test_dilution_frees_the_weights_of_units_that_have_lost_their_output():
    """Connections of a complete network removed at random: exact energies of what is left, L = 2 and 3."""
    delta, c = 0.3, 0.25
    glass = complete((60, 50, 1), [c] * 60).dilute(delta, seed=3)
    n_weights = 60 * 50 + 50
    theory = gn.theory.aligned((60, 50, 1), 3000 / n_weights, c, delta)
    exact = gn.network.path_glasses.single_output_energy(glass, 0.2) / n_weights
    assert theory.energy(0.2) == pytest.approx(exact, rel=0.03)
    widths = (90, 6, 90, 1)
    glass, n_weights = complete(widths, [c] * 90), 2 * 540 + 90
    theory = gn.theory.aligned(widths, glass.n_paths / n_weights, c, delta)
    T = 0.4 * theory.transition_temperature()
    left = glass.dilute(delta, seed=4)
    exact = 0.0
    for unit in range(6):
        through = left.edges[left.paths[:, 0], 1] == unit
        n_first, n_second = (len(np.unique(left.paths[through, layer])) for layer in (0, 1))
        exact += three_layers(n_first, n_second, c, 1 / T)[1] / n_weights
    assert theory.energy(T) == pytest.approx(exact, rel=0.03)
    # as if no weight were freed, or the energy fell less: caught
    assert abs(gn.theory.aligned(widths, glass.n_paths / n_weights, c, 0.25).energy(T) / exact - 1) > 0.1


def test_no_signal_no_order():
    theory = gn.theory.aligned(STANDARD, 5.0, np.zeros(41))
    assert theory.order() == "none"
    assert theory.transition_temperature() == theory.spinodal() == theory.critical_dilution(0.1) == 0.0
    assert theory.energy(0.1) == 0.0
    assert "no transition" in str(theory)


def test_inverse():
    u = np.r_[0.0, np.logspace(-8, 3, 200)]
    assert inverse_u_tanh_u(u * np.tanh(u)) == pytest.approx(u, rel=1e-12)


def test_what_it_shows():
    text = str(gn.theory.aligned(STANDARD, 30.0, 0.125))
    assert "first-order transition" in text and "1.5502" in text and "1.8190" in text
    assert "41 inputs" in str(gn.theory.aligned(STANDARD, 30.0, np.full(41, 0.1), dilution=0.2))
    assert "continuous" in repr(gn.theory.aligned((41, 21, 21, 1), 30.0, 0.125))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((4, 3, 3, 2), 1.0, 0.1), "widths must end with one output unit, got 2 .* gauge away"),
        (((4, 1), 1.0, 0.1), "widths must have at least 3 entries"),
        (((4, 3, 3, 1), 0.0, 0.1), "alpha must be > 0"),
        (((4, 3, 3, 1), 1.0, [0.1, 0.2]), r"strength must be one number or one for each of the 4 input units"),
        (((4, 3, 3, 1), 1.0, np.nan), "strength must be finite"),
        (((4, 3, 3, 1), 1.0, 0.1, 1.0), r"dilution must be in \[0, 1\)"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        gn.theory.aligned(*arguments)
    with pytest.raises(ValueError, match="T must be > 0"):
        gn.theory.aligned(STANDARD, 1.0, 0.1).energy(-1.0)
