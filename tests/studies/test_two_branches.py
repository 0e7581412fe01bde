"""Free energies of both branches against exact sums, enumeration and the cavity method, and what must be caught."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp

import glassnet as gn
from glassnet import _random
from glassnet.sampling import independent_lanes
from glassnet.studies import branch_free_energies, branch_runs

CUBIC = gn.theory.ferromagnet.ferromagnet(gn.theory.regular(3, 4))
T_C, HEAT = 1.20656, 0.41327


def test_the_reference_is_that_of_the_cavity_method():
    assert CUBIC.transition_temperature() == pytest.approx(T_C, abs=1e-5)
    assert CUBIC.latent_heat() == pytest.approx(HEAT, abs=1e-5)


@pytest.mark.parametrize(("n_weights", "within"), [(999, 1e-3), (9999, 2e-4)])
def test_ferromagnet_on_a_regular_hypergraph(n_weights, within):
    """A second at N = 999, some at N = 9999, where no chain ever finds the ordered state from a random start."""
    glass = gn.ensembles.regular(n_weights, p=3, degree=4, bias=1.0, seed=1)
    result = gn.studies.two_branches(glass, [1.0, 1.2, 1.4], np.ones(n_weights), seed=1)
    assert result.kind == "first-order" and result.notes == ()
    assert result.temperature == pytest.approx(T_C, rel=within)
    assert abs(result.temperature - T_C) < 3.5 * result.stderr < 3.5 * within
    assert abs(result.latent_heat.value - HEAT) < 4 * result.latent_heat.stderr + 1 / n_weights
    assert result.images == "none but itself" and result.log_images == 0.0 == result.free_weights
    assert not np.isfinite(list(result.left.values())).any()
    ordered, disordered = result.curves["free_energy"].values
    errors = result.curves["free_energy_stderr"].values
    T = result.curves.temperature.values
    assert (np.abs(ordered - CUBIC.free_energy(T)) < 4 * errors[0] + 1e-6).all()
    # loops shift ln Z of the paramagnet by a number of order 1
    assert (np.abs(disordered - gn.theory.Paramagnet(4 / 3).free_energy(T)) < 4 * errors[1] + T / n_weights).all()
    assert (np.abs(result.curves["energy"][0] - CUBIC.energy(T)) < 4 * result.curves["energy_stderr"][0] + 1e-6).all()


# --- complete networks: every walk from input to output is a path, and Z is a sum over the sums of weights


class Complete:
    """Widths (n, n, n, n, 1), all couplings 1."""

    def __init__(self, n):
        weights = gn.ensembles.walks((n, n, n, n, 1), 0.1, seed=1)
        edges = zip(weights.layer.tolist(), *weights.edges.T.tolist(), strict=True)
        index = {edge: number for number, edge in enumerate(edges)}
        walks = itertools.product(*(range(width) for width in weights.widths))
        paths = [[index[layer, *pair] for layer, pair in enumerate(itertools.pairwise(walk))] for walk in walks]
        self.n, self.glass = n, gn.PathGlass(paths, np.ones(len(paths)), widths=weights.widths)
        theory = gn.theory.aligned(weights.widths, self.glass.n_paths / self.glass.n_weights, 1.0)
        self.scale = theory.transition_temperature()
        levels = np.arange(n % 2, n + 1, 2)
        bars = itertools.combinations(range(n + len(levels) - 1), len(levels) - 1)
        self._counts = np.array([np.diff((-1, *bar, n + len(levels) - 1)) - 1 for bar in bars])
        ways = np.log([math.comb(n, (n + b) // 2) * (2 if b else 1) for b in levels])
        self._ways = gammaln(n + 1) - gammaln(self._counts + 1).sum(axis=1) + self._counts @ ways
        self._product = np.multiply.outer(2.0 * np.arange(n + 1) - n, levels)
        self._first = gammaln(n + 1) - gammaln(np.arange(n + 1) + 1) - gammaln(n - np.arange(n + 1) + 1)

    def log_z(self, T):
        """Of all configurations: given the sums of layer 3, the units of layer 1 are independent."""
        log_cosh = np.logaddexp(self._product / T, -self._product / T)
        one = logsumexp(self._first + self._counts @ log_cosh.T, axis=1)
        return logsumexp(self._ways + self.n * one) + self.n * math.log(2)


@pytest.fixture(scope="module")
def network():
    return Complete(8)


def test_the_exact_sum_is_right():
    small = Complete(2)
    assert small.log_z(1.7) == pytest.approx(float(gn.exact.thermodynamics(small.glass, 1.7).log_z), rel=1e-12)


def test_both_free_energies_are_exact_and_their_errors_too(network):
    """Far below the transition Z is that of the ordered state and its 2^24 images, far above that of the other one.

    20 seeds of each: no bias, and squared deviations in units of the errors that are 1 on the average.
    """
    bare, (cold, warm, hot) = independent_lanes.bare(network.glass), network.scale * np.array([0.6, 0.8, 2.5])
    log_images = 3 * network.n * math.log(2)
    deviations = []
    for seed in range(20):
        walk = branch_runs.Walk(bare, 32, 40, _random.Seed(seed, "ordered"))
        released, first = walk.release(cold)
        held = branch_free_energies.Branch(released.conjugate, released.values)
        log_z = network.glass.n_paths / cold - held.log_density(-bare.n_weights)
        heated = walk.go((1 / cold, 1 / warm), released.weights, first)
        branch = branch_free_energies.Branch(heated.conjugate, heated.values)
        ordered = log_z + branch.log_z[:, -1] - branch.log_z[:, 0] + log_images
        cooled = branch_runs.Walk(bare, 32, 40, _random.Seed(seed, "disordered")).go((0.0, 1 / hot), None)
        branch = branch_free_energies.Branch(cooled.conjugate[::-1], cooled.values[::-1])
        disordered = branch.log_z[:, 0] + bare.n_weights * math.log(2)
        for estimate, exact in ((ordered, network.log_z(warm)), (disordered, network.log_z(hot))):
            deviations.append((estimate[0] - exact) / branch_free_energies.jackknife_error(estimate))
    for own in np.reshape(deviations, (20, 2)).T:
        assert abs(own.mean()) < 3.5 / math.sqrt(20)
        # 99.9 % of chi squared with 20 degrees of freedom, and half of the mean
        assert 0.4 < (own**2).mean() < 45.3 / 20


def test_images_of_networks_and_layers(network):
    sets = branch_runs.symmetries(network.glass)
    assert len(sets) == 24
    weights = np.ones((10, network.glass.n_weights), dtype=np.int8)
    assert branch_runs.turned(weights, sets) == 0.0
    weights[0, sets[3]] = -1
    assert branch_runs.turned(weights, sets) == pytest.approx(0.1 / 24)
    layered = gn.ensembles.layered(30, p=3, alpha=2.0, seed=1)
    assert len(branch_runs.symmetries(layered)) == 2
    for glass in (network.glass, layered):
        energy = glass.energy(np.ones(glass.n_weights))
        for members in branch_runs.symmetries(glass):
            flipped = np.ones(glass.n_weights)
            flipped[members] = -1
            assert glass.energy(flipped) == energy
    assert branch_runs.symmetries(gn.ensembles.regular(12, p=3, degree=3, seed=1)) == []


# --- the crossing of two states whose density of states is enumerated


class Layered:
    """Four complete layers of n weights, E = -A B C D with the sums of the layers, split at a sum of |A| ... |D|."""

    def __init__(self, n, split):
        up = np.arange(n + 1)
        ways, sums = gammaln(n + 1) - gammaln(up + 1) - gammaln(n - up + 1), 2.0 * up - n
        grid = np.meshgrid(*[up] * 4, indexing="ij")
        self.energy = -np.prod([sums[one] for one in grid], axis=0).ravel()
        self.ways = np.sum([ways[one] for one in grid], axis=0).ravel()
        ordered = np.sum([np.abs(sums[one]) for one in grid], axis=0).ravel() > split * 4 * n
        self.states = ordered, ~ordered
        self.n_weights = 4 * n

    def log_z(self, branch, beta):
        return float(logsumexp((self.ways - beta * self.energy)[self.states[branch]]))

    def mean(self, branch, beta):
        exponent = (self.ways - beta * self.energy)[self.states[branch]]
        shares = np.exp(exponent - exponent.max())
        return float(shares @ self.energy[self.states[branch]] / shares.sum())

    def draws(self, branch, beta, shape, rng):
        exponent = (self.ways - beta * self.energy)[self.states[branch]]
        cumulative = np.cumsum(np.exp(exponent - exponent.max()))
        return self.energy[self.states[branch]][np.searchsorted(cumulative, rng.random(shape) * cumulative[-1])]


def test_errors_of_the_crossing_and_of_the_latent_heat_cover():
    """40 times independent draws of two exact states on a ladder: squared deviations are 1 in units of the errors."""
    model, size = Layered(8, 0.7), 206.0
    ladder = np.linspace(1.6, 0.0, 17)[:-1] / size, np.linspace(1.6, 0.0, 17) / size
    low, high = 0.6 / size, 1.6 / size
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if model.log_z(1, middle) > model.log_z(0, middle) else (low, middle)
    heat = model.mean(1, low) - model.mean(0, low)
    rng, deviations = np.random.default_rng(1), []
    anchor = np.full(1 + branch_free_energies.GROUPS, model.log_z(0, ladder[0][0]))
    for _ in range(40):
        energies = [np.array([model.draws(branch, beta, (4, 32), rng) for beta in ladder[branch]]) for branch in (0, 1)]
        pair = branch_free_energies.Pair(ladder, tuple(energies), anchor, model.log_z(1, 0.0))
        crossing = pair.crossing((0.6 / size, 1.6 / size), 0.0)
        for found, exact in ((crossing.beta, low), (crossing.heat, heat)):
            deviations.append((found[0] - exact) / branch_free_energies.jackknife_error(found))
    for own in np.reshape(deviations, (40, 2)).T:
        assert abs(own.mean()) < 3.5 / math.sqrt(40)
        # 99.9 % of chi squared with 40 degrees of freedom
        assert 0.5 < (own**2).mean() < 73.4 / 40
    assert pair.crossing((1.5 / size, 1.6 / size), 0.0) is None


def test_one_rung_and_two_states():
    betas = np.array([1.0, 0.9, 0.8, 0.5]), np.array([1.0, 0.85, 0.5, 0.0])
    ordered, disordered = np.full((4, 2, 32), -10.0), np.zeros((4, 2, 32))
    assert branch_free_energies.separate(betas, (ordered, disordered)) == (0.5, 1.0)
    # one lane of 32 melts in the second half of the hottest ordered rung
    ordered[3, 1, 7] = 0.0
    assert branch_free_energies.separate(betas, (ordered, disordered)) == (0.8, 1.0)
    # all of them order on the coldest disordered rung
    disordered[0] = -10.0
    assert branch_free_energies.separate(betas, (ordered, disordered)) == (0.8, 0.9)
    ordered[:] = 0.0
    assert np.isnan(branch_free_energies.separate(betas, (ordered, np.zeros((4, 2, 32))))).all()
    single = branch_free_energies.Branch(np.array([0.5]), np.tile([[1.0], [3.0]], (1, 1, 32)).reshape(1, 2, 32))
    assert single.mean(0.5) == pytest.approx(np.full(17, 2.0))
    assert single.log_density(2.0)[0] == -np.inf


# --- what must be caught


@pytest.fixture(scope="module")
def cubic():
    return gn.ensembles.regular(999, p=3, degree=4, bias=1.0, seed=5)


def test_a_wrong_ordered_state_is_caught(cubic):
    wrong = np.random.default_rng(1).choice([-1, 1], 999)
    result = gn.studies.two_branches(cubic, [1.0, 1.2, 1.4], wrong, sweeps=40, n_replicas=32, seed=1)
    assert result.kind == "none" and np.isnan(result.temperature)
    assert "no temperature at which all lanes keep to two states" in str(result)
    assert np.isnan(result.curves["free_energy"][0]).all()


def test_any_configuration_of_the_ordered_state_will_do(cubic):
    some = np.ones(999)
    some[np.random.default_rng(1).choice(999, 60, replace=False)] = -1
    result = gn.studies.two_branches(cubic, [1.1, 1.3], some, n_replicas=64, seed=1)
    assert result.kind == "first-order"
    assert abs(result.temperature - T_C) < 4 * result.stderr < 0.008


def test_a_branch_that_leaves_itself_is_reported(cubic):
    """The ordered state melts at the spinodal, T = 1.63; T_c is as right as before."""
    result = gn.studies.two_branches(cubic, [1.0, 1.4, 1.9], np.ones(999), n_replicas=64, seed=1)
    assert 1.45 < result.left["ordered"] < 1.70 and np.isnan(result.left["disordered"])
    assert "the ordered branch has left itself at T = 1." in str(result)
    assert np.isnan(result.curves["free_energy"][0].values).tolist() == [False, False, True]
    assert result.kind == "first-order" and abs(result.temperature - T_C) < 4 * result.stderr
    below = gn.studies.two_branches(cubic, [0.9, 1.0], np.ones(999), n_replicas=32, sweeps=40, seed=1)
    assert below.kind == "undecided" and "no crossing from T = 0.9 to 1" in str(below)


def test_small_networks_pass_between_their_states():
    """Twenty units a layer keep to their branch for long, thirteen do not: what they leave is cut off, and said."""
    widths = (25, 13, 13, 13, 1)
    glass = gn.ensembles.walks(widths, 10.0, seed=1, bias=1.0)
    T = gn.theory.aligned(widths, 10.0, 1.0).transition_temperature() * np.array([0.5, 0.8, 1.1])
    result = gn.studies.two_branches(glass, T, np.ones(glass.n_weights), sweeps=40, n_replicas=32, seed=1)
    assert T[1] < result.left["disordered"] < T[2]
    assert np.isnan(result.curves["free_energy"][1].values[:2]).all()
    assert "the disordered branch has left itself" in str(result)


def test_passing_all_the_time_is_no_branch(network):
    T = network.scale * np.array([0.6, 1.0, 2.0])
    result = gn.studies.two_branches(network.glass, T, np.ones(200), sweeps=40, n_replicas=32, seed=1)
    assert result.kind == "none" and result.curves["free_energy"].isnull().all()


def test_a_continuous_transition_has_one_branch():
    glass = gn.ensembles.regular(600, p=2, degree=4, bias=1.0, seed=5)
    result = gn.studies.two_branches(glass, [2.2, 2.6, 3.2], np.ones(600), sweeps=160, n_replicas=32, seed=1)
    assert result.kind in ("none", "undecided")
    assert np.isnan(result.temperature)


# --- other glasses


def test_planted_states_that_violate_paths():
    """Crystals planted at T = 0.5, where 2 % of the paths are violated, against the cavity method; four glasses."""
    theory = gn.theory.state_following.follow(gn.theory.regular(3, 4), 0.5).ordered
    found = []
    for seed in range(4):
        glass = gn.ensembles.regular(1500, p=3, degree=4, seed=seed)
        glass = gn.ensembles.planted(glass, 0.5, seed=seed + 10, unsatisfied="fixed")
        result = gn.studies.two_branches(glass, [1.0, 1.12], n_replicas=32, seed=seed)
        found.append((result.temperature, result.latent_heat.value))
    exact = theory.transition_temperature(), theory.latent_heat()
    # glasses of this size differ by 0.0025 and 0.0015
    assert np.mean(found, axis=0) == pytest.approx(exact, abs=0.005)
    assert np.std(found, axis=0)[0] < 0.008


def test_even_p_has_two_images():
    glass, theory = gn.ensembles.regular(1000, p=4, degree=5, bias=1.0, seed=5), gn.theory.regular(4, 5)
    exact = gn.theory.ferromagnet.ferromagnet(theory)
    result = gn.studies.two_branches(glass, [0.95, 1.05, 1.15], np.ones(1000), n_replicas=64, seed=1)
    assert result.images == "w and -w" and result.log_images == pytest.approx(math.log(2))
    assert abs(result.one_sector.value - exact.transition_temperature()) < 4 * result.one_sector.stderr + 1e-3
    moved = result.temperature - result.one_sector.value
    expected = result.temperature**2 * math.log(2) / 1000 / result.latent_heat.value
    assert moved == pytest.approx(expected, rel=0.05)


def test_free_weights_are_counted_once_in_both_branches(cubic):
    more = gn.PathGlass(cubic.paths, cubic.couplings, 1100)
    arguments = {"sweeps": 40, "n_replicas": 32, "seed": 3}
    without = gn.studies.two_branches(cubic, [1.1, 1.3], np.ones(999), **arguments)
    result = gn.studies.two_branches(more, [1.1, 1.3], np.ones(1100), **arguments)
    assert result.free_weights == 101 and "101 weights without a path" in str(result)
    assert result.temperature == without.temperature
    assert result.latent_heat.value * 1100 == pytest.approx(without.latent_heat.value * 999)
    T = np.array([1.1, 1.3])
    free = 1100 * result.curves["free_energy"] + 101 * T * math.log(2)
    assert np.allclose(free, 999 * without.curves["free_energy"], rtol=1e-12)


def test_networks_with_couplings_from_data():
    """Real couplings, 63 hidden units: between the crossings with one and with all images lies the mean field."""
    widths, rng = (41, 21, 21, 21, 1), np.random.default_rng(1)
    teacher, inputs = rng.choice([-1.0, 1.0], 41), rng.choice([-1.0, 1.0], (2000, 41))
    couplings = gn.network.data_couplings(inputs, np.sign(inputs @ teacher), "all")
    glass = gn.ensembles.walks(widths, 30.0, seed=1, couplings=couplings)
    theory = gn.theory.aligned(widths, 30.0, couplings.mean)
    ordered = gn.network.hebb_state(glass, couplings.mean)
    T = theory.transition_temperature() * np.array([0.94, 1.06])
    result = gn.studies.two_branches(glass, T, ordered, sweeps=40, n_replicas=32, seed=1)
    assert result.kind == "first-order" and result.images == "gauge of 63 hidden units"
    assert result.one_sector.value < theory.transition_temperature() < result.temperature
    moved = result.temperature - result.one_sector.value
    heat = result.latent_heat.value
    assert moved == pytest.approx(result.temperature**2 * result.log_images / 1764 / heat, rel=0.1)
    middle = (result.temperature + result.one_sector.value) / 2
    assert middle == pytest.approx(theory.transition_temperature(), rel=0.01)


@pytest.mark.slow
def test_temperatures_of_many_ferromagnets_scatter_as_their_errors_say():
    """40 glasses of 999 weights with few lanes, so that errors are large against what glasses differ by."""
    deviations = []
    for seed in range(40):
        glass = gn.ensembles.regular(999, p=3, degree=4, bias=1.0, seed=seed)
        result = gn.studies.two_branches(glass, [1.1, 1.3], np.ones(999), n_replicas=32, seed=seed)
        heat = result.latent_heat
        deviations.append(
            (
                (result.temperature - T_C) / result.stderr,
                (heat.value - HEAT) / heat.stderr,
                result.colder.value / result.colder.stderr,
                result.drift,
            )
        )
    assert (np.abs(np.mean(deviations, axis=0)) < 3.5 / math.sqrt(40)).all()
    assert (np.mean(np.square(deviations), axis=0) < 73.4 / 40).all()
    assert (np.mean(np.square(deviations), axis=0) > 0.3).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None, [1.0, 1.2], np.ones(12)), TypeError, "glass must be a PathGlass"),
        (("glass", [1.0], np.ones(12)), ValueError, "temperatures must be at least two finite ones"),
        (("glass", [1.0, np.inf], np.ones(12)), ValueError, "temperatures must be at least two finite ones"),
        (("glass", [1.2, 1.0], np.ones(12)), ValueError, "temperatures must increase strictly"),
        (("glass", [1.0, 1.2]), ValueError, "ordered must be given: the glass has no planted state"),
        (("glass", [1.0, 1.2], np.zeros(12)), ValueError, r"ordered must be \+1 or -1 everywhere"),
        (("glass", [1.0, 1.2], np.ones(11)), ValueError, r"ordered must have shape \(12,\)"),
        (("glass", [1.0, 1.2], np.ones(12), 10), ValueError, "sweeps must be >= 40"),
        (("glass", [1.0, 1.2], np.ones(12), 40, 8), ValueError, r"n_replicas must be in \[32, "),
        (("glass", [1.0, 1.2], np.ones(12), 40), TypeError, "seed must be given"),
    ],
)
def test_refusals(arguments, error, message):
    glass = gn.ensembles.regular(12, p=3, degree=3, seed=1)
    with pytest.raises(error, match=message):
        gn.studies.two_branches(*(glass if isinstance(one, str) else one for one in arguments))
