"""Averages between the rungs against exact enumeration and pymbar, and the errors they state."""

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.analysis.averages import overlaps
from glassnet.analysis.averages.all_rungs import Combined
from glassnet.analysis.nodes import nodes
from glassnet.statistics import bootstrap, multihistogram, standard_errors

TEMPERATURES = np.array([0.5, 0.65, 0.85, 1.1, 1.5, 2.5, np.inf])
#: on rungs and between them
WANTED = np.array([0.5, 0.57, 0.74, 0.85, 1.3, 2.0])
QUANTITIES = ("energy", "heat_capacity", "entropy", "free_energy", "q2", "binder")
PAIRS = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
N = 12
#: pymbar's other solvers pass options to scipy that scipy warns about
ADAPTIVE = ({"method": "adaptive", "options": {"tol": 1e-12}},)


def drawn(rng, glass, temperatures, shape, stay=0.0):
    """Energies and pair overlaps of chains that stay where they are with probability `stay`, else start afresh.

    In equilibrium from the first draw, tau = (1 + stay) / (2 (1 - stay)); shape (n_draws, n_replicas).
    """
    n_draws, n_replicas = shape
    states = gn.exact.states(glass.n_weights).astype(np.int64)
    law = [gn.exact.probabilities(glass, temperature) for temperature in temperatures]
    place = np.stack([rng.choice(len(states), size=shape, p=p) for p in law], axis=1)
    for draw in range(1, n_draws if stay else 0):
        place[draw] = np.where(rng.random(place.shape[1:]) < stay, place[draw - 1], place[draw])
    pairs = PAIRS[PAIRS[:, 1] < n_replicas]
    overlap = np.einsum("dtpw,dtpw->dtp", states[place[:, :, pairs[:, 0]]], states[place[:, :, pairs[:, 1]]])
    return glass.energy(states)[place], overlap / glass.n_weights


def glass_of(sample, couplings="binary"):
    return gn.ensembles.regular(n_weights=N, p=3, degree=4, couplings=couplings, seed=sample)


@pytest.fixture(scope="module")
def chain(synthetic):
    """Three glasses of 12 weights, 2000 x 4 independent configurations on every rung."""
    rng = np.random.default_rng(1)
    energy, overlap = zip(*(drawn(rng, glass_of(k), TEMPERATURES, (2000, 4)) for k in range(3)), strict=True)
    return synthetic.node(TEMPERATURES, np.array(energy), N, overlap=np.array(overlap))


def exact(glass, temperatures, names=QUANTITIES):
    """The quantities of one glass, by enumeration."""
    thermal = gn.exact.thermodynamics(glass, temperatures)
    n = glass.n_weights
    values = (thermal.energy / n, thermal.heat_capacity / n, thermal.entropy / n, -temperatures * thermal.log_z / n)
    if "q2" not in names:
        return dict(zip(names, values, strict=True))
    moments = []
    for temperature in temperatures:
        q, probability = gn.exact.overlap_distribution(glass, temperature)
        moments.append([probability @ q**2, probability @ q**4])
    q2, q4 = np.array(moments).T
    reference = 3 - 2 / n
    return dict(zip(QUANTITIES, (*values, q2, (reference - q4 / q2**2) / (reference - 1)), strict=True))


def deviations(chain, glass, names=QUANTITIES):
    """In standard errors, (quantity, temperature)."""
    combined, truth = gn.analysis.reweight(chain), exact(glass, WANTED)
    curves = [getattr(combined, name)(WANTED) for name in names]
    return np.array([(curve.value - truth[name]) / curve.stderr for name, curve in zip(names, curves, strict=True)])


def test_every_quantity_equals_enumeration_on_and_between_the_rungs(chain):
    z = np.array([deviations(chain.isel(sample=[sample]), glass_of(sample)) for sample in range(3)])
    assert np.abs(z).max() < 4.5
    # and not because the errors are too large
    assert np.sqrt((z**2).mean()) > 0.5


def test_weights_that_are_ten_per_cent_off_fail_the_same_test(chain, monkeypatch):
    right = multihistogram.log_weights
    monkeypatch.setattr(
        multihistogram, "log_weights", lambda levels, betas, log_z, n: right(levels, betas, 0.9 * log_z, n)
    )
    assert np.abs(deviations(chain.isel(sample=[0]), glass_of(0))).max() > 4.5


@pytest.mark.parametrize(("couplings", "n_weights"), [("binary", 20), ("gaussian", 16)])
def test_a_run_of_the_sampler_equals_enumeration(couplings, n_weights):
    glass = gn.ensembles.poisson(n_weights=n_weights, p=3, alpha=4 / 3, couplings=couplings, seed=2)
    run = gn.ParallelTempering(glass, TEMPERATURES, n_replicas=4, seed=3).run(6000, thermalization=500, measure_every=2)
    # the overlaps of 2^20 configurations take long
    names = QUANTITIES if n_weights <= 16 else QUANTITIES[:4]
    combined, truth = gn.analysis.reweight(run), exact(glass, WANTED, names)
    for name in names:
        curve = getattr(combined, name)(WANTED)
        assert np.abs((curve.value - truth[name]) / curve.stderr).max() < 4.5, name
    assert combined.n_effective.shape == (1, len(TEMPERATURES))
    assert (combined.n_effective <= 4 * 3000).all()


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_pymbar_finds_the_same(couplings):
    pymbar = pytest.importorskip("pymbar")
    energy, overlap = drawn(np.random.default_rng(2), glass_of(4, couplings), TEMPERATURES, (40, 4))
    combined = Combined(energy, TEMPERATURES, N * np.log(2), overlap, PAIRS, blocks=False)
    by_rung, betas = energy.transpose(1, 0, 2).reshape(len(TEMPERATURES), -1), 1 / TEMPERATURES
    mbar = pymbar.MBAR(np.outer(betas, by_rung), np.full(len(betas), by_rung.shape[1]), solver_protocol=ADAPTIVE)
    free = mbar.compute_free_energy_differences(compute_uncertainty=False)["Delta_f"]
    assert combined.log_z[0] - N * np.log(2) == pytest.approx(free[:, -1], abs=1e-6 if couplings == "binary" else 1e-4)
    reduced = np.outer(1 / WANTED, by_rung)
    for place, energies in enumerate(combined.at(1 / WANTED)["energy"][0]):
        mean = mbar.compute_expectations(by_rung.ravel(), reduced[place], compute_uncertainty=False)["mu"][0]
        assert energies == pytest.approx(mean, abs=1e-6 if couplings == "binary" else 1e-3)


def test_the_energy_is_the_slope_of_the_free_energy_and_the_heat_capacity_that_of_the_energy(chain):
    """Identities of the estimate itself, whatever the noise."""
    combined, step = gn.analysis.reweight(chain), 1e-4
    below, above = 1 / (1 / WANTED[1:] + step), 1 / (1 / WANTED[1:] - step)
    slope = lambda curve: (curve(below).value - curve(above).value) / (2 * step)  # noqa: E731
    minus_log_z = lambda t: gn.analysis.reweighting.Curve(combined.free_energy(t).value / t, None)  # noqa: E731
    assert slope(minus_log_z) == pytest.approx(combined.energy(WANTED[1:]).value, abs=1e-6)
    capacity = combined.heat_capacity(WANTED[1:]).value
    assert -slope(combined.energy) / WANTED[1:] ** 2 == pytest.approx(capacity, abs=1e-6)


@pytest.mark.parametrize(
    ("stay", "replicates", "n_draws"),
    [(0.7, 200, 300), *(pytest.param(stay, 400, 1000, marks=pytest.mark.slow) for stay in (0.0, 0.7))],
)
def test_one_sigma_bars_cover_68_percent(synthetic, stay, replicates, n_draws):
    """4.5 standard deviations of the coverage: 15 % for 200 replicates, 10.5 % for 400."""
    ladder, glass = np.array([0.7, 1.0, 2.0, np.inf]), gn.ensembles.regular(n_weights=6, p=3, degree=2, seed=1)
    rng, wanted, hits = np.random.default_rng(5), np.array([0.85, 1.4]), []
    truth = exact(glass, wanted)
    for _ in range(replicates):
        energy, overlap = drawn(rng, glass, ladder, (n_draws, 2), stay)
        node = synthetic.node(ladder, energy[None], 6, overlap=overlap[None])
        combined = gn.analysis.reweight(node)
        curves = {name: getattr(combined, name)(wanted) for name in QUANTITIES}
        hits.append([np.abs(curve.value - truth[name]) < curve.stderr for name, curve in curves.items()])
    assert np.abs(np.mean(hits, axis=0) - 0.683).max() < 4.5 * np.sqrt(0.683 * 0.317 / replicates)


def test_errors_over_samples_hold_thermal_noise_and_disorder(chain):
    table = gn.analysis.reweight(chain).dataset(WANTED)
    each = [gn.analysis.reweight(chain.isel(sample=[k])).dataset(WANTED) for k in range(3)]
    for name in QUANTITIES[:5]:
        rows = np.array([one[name].values for one in each])
        assert table[name].values == pytest.approx(rows.mean(axis=0))
        expected = standard_errors.student_factor(3) * rows.std(axis=0, ddof=1) / np.sqrt(3)
        assert table[f"{name}_stderr"].values == pytest.approx(expected, rel=0.2)
        thermal = np.sqrt(np.sum([one[f"{name}_stderr"].values ** 2 for one in each], axis=0)) / 3
        # Student's quantile of 20 blocks and of three times as many
        thermal *= standard_errors.student_factor(58) / standard_errors.student_factor(20)
        assert table[f"{name}_thermal_stderr"].values == pytest.approx(thermal, rel=0.2)
    assert table["binder_resampled"].shape == (401, len(WANTED))
    for name in ("q2", "binder"):
        plain = bootstrap.bootstrap_error(table[f"{name}_resampled"].values, 3)
        assert (table[f"{name}_stderr"].values >= plain).all()
    assert (table["energy_thermal_stderr"] < table["energy_stderr"]).all()


def test_one_rung_alone_gives_its_own_averages(chain, synthetic):
    """Reweighted to itself; the Binder cumulant is normalised like the one on the rungs."""
    alone = chain.isel(temperature=[2])
    combined = gn.analysis.reweight(alone)
    (node,) = nodes(synthetic.tree({f"/N{N}/dilution0.0": alone}))
    plain = overlaps.averages(node)
    for name in ("q2", "binder"):
        assert getattr(combined, name)(0.85).value == pytest.approx(plain[name].values[0], rel=1e-12)
    assert combined.energy(0.85).value == pytest.approx(float(alone.energy.mean()) / N)


def test_pairs_are_matched_with_the_energies_of_their_own_replicas(chain):
    order = np.array([4, 0, 5, 2, 1, 3])
    named = {"replica_a": ("pair", PAIRS[order, 0]), "replica_b": ("pair", PAIRS[order, 1])}
    shuffled = chain.isel(pair=order).assign_coords(named)
    expected = gn.analysis.reweight(chain).q2(WANTED).value
    assert gn.analysis.reweight(shuffled).q2(WANTED).value == pytest.approx(expected, rel=1e-12)
    wrong = {"replica_a": ("pair", PAIRS[:, 0]), "replica_b": ("pair", PAIRS[:, 1])}
    assert gn.analysis.reweight(shuffled.assign_coords(wrong)).q2(0.57).value != pytest.approx(expected[1], rel=1e-9)


def test_infinite_temperature_is_exact(chain):
    combined = gn.analysis.reweight(chain)
    assert combined.entropy(np.inf).value == pytest.approx(np.log(2))
    assert combined.entropy(np.inf).stderr == pytest.approx(0, abs=1e-12)
    assert combined.heat_capacity(np.inf).value == 0
    assert combined.free_energy(np.inf).value == -np.inf
    assert combined.anchor == "n_weights ln 2 at T = inf"
    assert gn.analysis.reweight(chain.isel(temperature=slice(0, -1))).anchor == "the paramagnet at T = 2.5"


def test_nodes_of_a_tree_and_the_seed_of_their_run(chain, synthetic):
    tree = synthetic.tree({"/N12/dilution0.0": chain}, seed=5)
    one, other = gn.analysis.reweight(tree["/N12/dilution0.0"]), gn.analysis.reweight(tree["N12/dilution0.0"], seed=5)
    assert (one.energy(WANTED).stderr == other.energy(WANTED).stderr).all()
    assert (
        one.energy(WANTED).stderr != gn.analysis.reweight(tree["N12/dilution0.0"], seed=6).energy(WANTED).stderr
    ).any()
    alone = gn.analysis.reweight(tree["/N12/dilution0.0"].to_dataset().isel(sample=1))
    assert alone.energy(0.9).value == gn.analysis.reweight(chain.isel(sample=[1])).energy(0.9).value
    assert one.energy(0.9).value.shape == ()
    assert one.energy(WANTED.reshape(2, 3)).stderr.shape == (2, 3)


def test_samples_are_read_one_after_the_other(chain):
    read, isel = [], xr.Variable.isel

    def counted(self, *args, **kwargs):
        if "sample" in kwargs and kwargs["sample"] not in read[-1:]:
            read.append(kwargs["sample"])
        return isel(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xr.Variable, "isel", counted)
        gn.analysis.reweight(chain)
    assert read == [0, 1, 2]


def test_the_table_shows_every_rung(chain):
    combined = gn.analysis.reweight(chain)
    lines = str(combined).splitlines()
    assert "N = 12, 3 samples; entropy from n_weights ln 2 at T = inf" in lines[0]
    for title in ("T", "energy/N", "heat cap./N", "entropy/N", "free en./N", "<q^2>", "Binder", "draws"):
        assert title in lines[1]
    assert len(lines) == 2 + len(TEMPERATURES)
    assert combined._repr_html_().startswith("<pre>")


def test_temperatures_outside_the_ladder_are_refused(chain):
    combined = gn.analysis.reweight(chain.isel(temperature=slice(0, -1)))
    assert np.isfinite(combined.energy(np.linspace(0.5, 2.5, 7)).value).all()
    with pytest.raises(ValueError, match=r"temperature must lie within the ladder, 0\.5 to 2\.5, got 0\.4"):
        combined.energy([0.6, 0.4])
    with pytest.raises(ValueError, match="got inf: reweighting does not extrapolate"):
        combined.q2(np.inf)
    with pytest.raises(ValueError, match="temperature must be > 0, got -1"):
        combined.energy(-1)
    with pytest.raises(TypeError, match="temperature must be a temperature"):
        combined.energy("cold")
    with pytest.raises(ValueError, match=r"temperature must have 1 dimension, got shape \(\)"):
        combined.dataset(0.6)


def test_what_a_chain_does_not_hold_is_said(chain):
    bare = gn.analysis.reweight(chain.drop_vars("overlap"))
    with pytest.raises(ValueError, match="q2: the chain holds no overlap that is an order parameter"):
        bare.q2(0.6)
    assert "binder" not in bare.dataset()
    assert "Binder" not in str(bare)


@pytest.mark.parametrize("attrs", [{"couplings": "given"}, {"ensemble": "given"}, {"p": 2}])
def test_absolute_entropies_that_are_not_known_are_nan_and_say_which_rung_gives_them(chain, attrs):
    known = gn.analysis.reweight(chain.assign_attrs(attrs))
    assert (known.anchor, known.anchor_stderr, known.lacks) == ("n_weights ln 2 at T = inf", 0.0, "")
    unknown = gn.analysis.reweight(chain.isel(temperature=slice(0, -1)).assign_attrs(attrs))
    assert (unknown.anchor, unknown.lacks) == ("unknown", "a rung at T = inf")
    table = unknown.dataset()
    assert (table.attrs["anchor"], table.attrs["lacks"]) == ("unknown", "a rung at T = inf")
    for name in ("entropy", "free_energy"):
        curve = getattr(unknown, name)(WANTED)
        assert np.isnan([curve.value, curve.stderr]).all()
        assert np.isnan(table[name]).all() and np.isnan(table[f"{name}_stderr"]).all()
    lines = str(unknown).splitlines()
    assert "absolute entropy and free energy not known: a rung at T = inf would give them" in lines[0]
    assert lines[2].split()[3:5] == ["-", "-"]
    # what needs no anchor is as it was
    for name in ("energy", "heat_capacity", "q2"):
        other = getattr(known, name)(WANTED)
        assert getattr(unknown, name)(WANTED).value == pytest.approx(other.value, abs=4 * other.stderr.max())


def test_chains_that_cannot_be_reweighted_are_refused(chain, synthetic):
    with pytest.raises(TypeError, match=r"chain must be a node of glassnet\.open_chains or .* a run, got dict"):
        gn.analysis.reweight({})
    two = synthetic.tree({"/N12/dilution0.0": chain, "/N24/dilution0.0/symmetric": chain})
    with pytest.raises(ValueError, match=r"choose among: /N12/dilution0\.0, /N24/dilution0\.0/symmetric"):
        gn.analysis.reweight(two)
    assert (
        gn.analysis.reweight(two["/N24/dilution0.0"]).energy(1.0).value == gn.analysis.reweight(chain).energy(1.0).value
    )
    with pytest.raises(ValueError, match=r"chain must be symmetric, got one planted at T = 0\.65"):
        gn.analysis.reweight(chain.assign_attrs(planted_temperature=0.65))
    with pytest.raises(ValueError, match=r"chain must be recorded without a field, got field = 0\.1"):
        gn.analysis.reweight(chain.assign_attrs(field=0.1))
    with pytest.raises(ValueError, match="chain must have at least 2 draws, got 1"):
        gn.analysis.reweight(chain.isel(draw=[0]))
    with pytest.raises(ValueError, match="chain must have at least 1 sample, got 0"):
        gn.analysis.reweight(chain.isel(sample=[]))
