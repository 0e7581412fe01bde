"""Relaxation from the planted state brackets T_d, crystals melt elsewhere, quenched glasses age."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.verdict import external_results
from glassnet.statistics.estimate import with_error
from glassnet.studies import aging, melting, planted_relaxation

E = gn.ensembles
T_D = 0.75279
#: overlap of the planted state at N = infinity
PLATEAU = {0.60: 0.989432, 0.70: 0.958808}


@pytest.fixture(scope="module")
def study():
    temperatures = [0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.9, np.inf]
    return planted_relaxation(30_000, temperatures, sweeps=512, seed=1, p=3, degree=4)


def test_the_dynamical_temperature_is_bracketed(study):
    lower, upper = study.bracket
    assert 0.65 <= lower < T_D < upper <= 0.85


def test_the_bracket_is_handed_on_with_the_glass_it_belongs_to(study):
    lower, upper = study.bracket
    assert (study.temperature - study.stderr, study.temperature + study.stderr) == pytest.approx((lower, upper))
    assert study.glass == {"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.0}
    assert external_results.check("arrest", study, {"ensemble": "regular", "p": 3, "degree": 4}, 0.0) is study
    with pytest.raises(ValueError, match=r"arrest was measured with degree = 4, the chains have degree = 6"):
        external_results.check("arrest", study, {"ensemble": "regular", "p": 3, "degree": 6}, 0.0)


def test_plateaus_are_the_overlaps_of_the_cavity_equations(study):
    for temperature, expected in PLATEAU.items():
        t = int(np.flatnonzero(study.temperatures == temperature)[0])
        assert abs(study.plateau[t] - expected) < 4 * study.plateau_stderr[t]
        assert study.plateau_stderr[t] < 6e-4


def test_relaxation_gets_faster_with_temperature(study):
    tau = study.relaxation_time
    assert np.isinf(tau[study.temperatures < T_D]).all()
    assert tau[-1] == 1
    known = tau[np.isfinite(tau)]
    assert known.size >= 3
    assert (np.diff(known) < 0).all()


def test_nothing_is_left_after_one_sweep_at_infinite_temperature(study):
    """T = inf draws afresh: 64 plantings x 30000 weights at every recorded time, |z| < 4.5."""
    row = study.curves["mean"].sel(temperature=np.inf).values
    assert np.abs(row).max() < 4.5 / np.sqrt(64 * 30_000)


def test_a_crystal_followed_instead_of_new_instances_is_caught(monkeypatch):
    """One planting temperature for all: nothing is lost at 0.85, as instances planted at T = 0.5 melt far above T_d."""

    def cold(n_paths, temperatures, number, seed, plantings=planted_relaxation.lanes.plantings):
        return plantings(n_paths, np.full_like(temperatures, 0.5), number, seed)

    monkeypatch.setattr(planted_relaxation.lanes, "plantings", cold)
    wrong = planted_relaxation(9000, [0.7, 0.85, 0.9], sweeps=256, seed=1, p=3, degree=4)
    assert wrong.bracket == (0.9, np.inf)


def test_poisson_glass_and_instances():
    """T_d = 1.14214; two sets of paths."""
    result = planted_relaxation(
        6000, [0.8, 0.9, 1.3, 1.5], sweeps=300, instances=2, seed=1, ensemble="poisson", p=3, alpha=2.0
    )
    assert result.curves["overlap"].dims == ("temperature", "time", "instance")
    assert result.curves.sizes["instance"] == 2
    lower, upper = result.bracket
    assert 0.8 <= lower < 1.14214 < upper <= 1.5
    assert abs(result.plateau[0] - 0.96274) < 4 * result.plateau_stderr[0] + 1e-3


def synthetic(law, noise=1e-4, sweeps=2000):
    """Overlaps (1, time, 4, 16) that follow a law."""
    times = planted_relaxation.log_times(sweeps)
    rng = np.random.default_rng(1)
    return times, law(times)[None, :, None, None] + noise * rng.normal(size=(1, len(times), 4, 16))


@pytest.mark.parametrize(
    ("law", "verdict"),
    [
        (lambda t: 0.93 + 0.05 * t**-0.5 * np.exp(-t / 500), "held"),
        (lambda t: 0.865 + 0.115 * t**-0.3, "undecided"),
        (lambda t: 0.978 + 0.019 * t**-0.3, "undecided"),
        (lambda t: 0.85 + 0.11 * t**-0.3 - 0.0005 * t**0.6, "decaying"),
        (lambda t: 0.86 * np.exp(-t / 500.0), "lost"),
    ],
)
def test_verdicts_of_known_laws(law, verdict):
    """A state, decays at T_d to a plateau in the middle and to one near 1, one just above T_d, and one far above."""
    times, overlap = synthetic(law)
    (told,), silent = planted_relaxation._verdicts([0.75], times, overlap)
    assert told == verdict
    assert not silent
    # weights turn against a path in exp(2 / T) sweeps: 485 million at T = 0.1
    (told,), silent = planted_relaxation._verdicts([0.1], times, overlap)
    assert told == ("lost" if verdict == "lost" else "too short")
    assert silent == (told == "too short")


def test_noise_tells_nothing_and_is_passed_over():
    times, overlap = synthetic(lambda t: 0.99 + 0.0 * t, noise=0.1)
    assert planted_relaxation._verdicts([0.75], times, overlap) == (["undecided"], True)
    T = np.array([1.0, 2.0, 3.0])
    assert planted_relaxation._bracket(T, ["undecided", "held", "lost"], [True, False, False]) == (2.0, 3.0)
    assert planted_relaxation._bracket(T, ["undecided", "held", "lost"]) == (0.0, 3.0)


def test_bracket_needs_neighbours_that_agree():
    T = np.array([1.0, 2.0, 3.0, 4.0])
    assert planted_relaxation._bracket(T, ["held", "undecided", "held", "lost"]) == (1.0, 4.0)
    assert planted_relaxation._bracket(T, ["held", "held", "decaying", "lost"]) == (2.0, 3.0)
    assert planted_relaxation._bracket(T, ["lost", "lost", "lost", "undecided"]) == (0.0, np.inf)
    assert planted_relaxation._bracket(T, ["held"] * 4) == (4.0, np.inf)


ENSEMBLES = [
    *(("regular", {"p": p, "degree": degree}) for p, degree in ((3, 4), (3, 3), (4, 5), (5, 6), (6, 8), (8, 10))),
    ("poisson", {"p": 3, "alpha": 2.0}),
    # T_d = 0.36: everything takes exp(2 / T) = 260 sweeps or more
    ("poisson", {"p": 3, "alpha": 0.85}),
]
#: temperatures over T_d, about as dense as one would choose them
AROUND = np.array([0.85, 0.92, 0.97, 1.01, 1.02, 1.04, 1.1, 1.25])


def around(ensemble, keywords, sweeps, n_weights=9000, seed=3):
    """The study around T_d of the cavity theory: its bracket over T_d, and plateaus less theory's over their errors."""
    theory = getattr(gn.theory, ensemble)(**keywords)
    arrest = theory.dynamic_temperature()
    found = planted_relaxation(n_weights, AROUND * arrest, sweeps=sweeps, seed=seed, ensemble=ensemble, **keywords)
    held = np.flatnonzero(np.isfinite(found.plateau))
    expected = np.array([theory.overlap(found.temperatures[t]) for t in held])
    pulls = (found.plateau[held] - expected) / found.plateau_stderr[held]
    assert [found.verdict[t] for t in held] == ["held"] * len(held)
    return np.array(found.bracket) / arrest, pulls


@pytest.fixture(scope="module")
def brackets():
    return {
        (place, sweeps): around(*ENSEMBLES[place], sweeps) for place in range(len(ENSEMBLES)) for sweeps in (64, 256)
    }


def test_brackets_hold_the_dynamical_temperature_of_every_ensemble(brackets):
    """Or are open: 16 of them, after 64 and 256 sweeps, at plateaus from 0.68 to 0.97 and T_d from 0.36 to 1.14."""
    assert all(lower < 1 < upper for (lower, upper), _ in brackets.values())
    # and they say something where plateaus are reached
    assert np.mean([lower > 0 for (lower, _), _ in brackets.values()]) > 0.5
    assert np.mean([upper < np.inf for (_, upper), _ in brackets.values()]) > 0.7


def test_plateaus_hold_the_overlap_of_theory(brackets):
    """Bars hold the decay that is left; there is no value where the overlap still falls as it would at T_d."""
    pulls = np.concatenate([pull for _, pull in brackets.values()])
    assert len(pulls) > 12
    assert np.abs(pulls).max() < 3.5
    assert 0.5 < np.mean(np.abs(pulls) < 1) < 0.95


def test_one_set_of_paths_with_uneven_degrees_does_not_tell_how_others_differ(monkeypatch):
    """10 Poisson glasses, 512 plantings on each: their plateaus differ by more than the plantings do."""
    expected = gn.theory.poisson(p=3, alpha=2.0).overlap(0.95)

    def pulls():
        found = [
            planted_relaxation(900, [0.95], sweeps=128, seed=seed, ensemble="poisson", p=3, alpha=2.0)
            for seed in range(10)
        ]
        return np.array([(one.plateau[0] - expected) / one.plateau_stderr[0] for one in found])

    # the root mean square of 10 pulls has a standard error of 0.22
    assert np.sqrt(np.mean(pulls() ** 2)) < 1.5
    monkeypatch.setattr(planted_relaxation, "_UNEVEN", 0.0)
    assert np.sqrt(np.mean(pulls() ** 2)) > 2


def test_rules_that_forget_the_plateau_or_the_activation_time_are_caught(monkeypatch):
    """Without either the brackets of 64 sweeps lie above T_d, or below."""
    monkeypatch.setattr(planted_relaxation, "_SLOW", 1.5)
    lower, _ = around(*ENSEMBLES[5], 64)[0]
    assert lower > 1
    monkeypatch.undo()
    monkeypatch.setattr(planted_relaxation, "_ACTIVATED", 0.0)
    cold = planted_relaxation(9000, [0.32, 0.33, 0.34], sweeps=128, seed=3, ensemble="poisson", p=3, alpha=0.85)
    assert cold.bracket[1] < 0.35993


def test_crossing_of_an_exponential():
    times = planted_relaxation.log_times(1000)
    curve = np.exp(-times / 100.0)
    assert abs(planted_relaxation._crossing(times, curve) / (100 * np.log(2)) - 1) < 0.02
    assert planted_relaxation._crossing(times, 0.6 + 0 * curve) == np.inf


def test_times_are_whole_increasing_and_end_where_they_should():
    for longest in (16, 100, 4096):
        times = planted_relaxation.log_times(longest)
        assert times[0] == 1
        assert times[-1] == longest
        assert (np.diff(times) > 0).all()


@pytest.fixture(scope="module")
def crystal():
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 0.5, seed=2)
    return melting(glass, [0.5, 0.8, 1.1, 1.3, 1.4, 1.5, 1.6, 2.0], sweeps=1000, seed=3)


def test_a_crystal_melts_far_above_the_dynamical_temperature(crystal):
    """Planted at T = 0.5: it melts at 1.48; at 2.0 nothing is left but noise, at 0.5 it is in equilibrium."""
    assert 1.4 < crystal.temperature < 1.6
    assert crystal.planted_temperature == 0.5
    last = crystal.curves.isel(time=-1)
    assert abs(last["mean"][-1]) < 4.5 / np.sqrt(6000 * 64) * 1.2
    assert abs(last["mean"][0] - 0.997685) < 0.002
    assert "not the dynamical temperature" in str(crystal)


def test_the_melting_temperature_has_an_error_that_the_table_shows(crystal):
    """Not below half of the distance of the temperatures around it, 0.1 here."""
    assert 0.05 <= crystal.stderr < 0.1
    assert f"melts at T = {with_error(crystal.temperature, crystal.stderr)} within 1000 sweeps" in str(crystal)
    assert "this one instance, others melt elsewhere" in str(crystal)
    assert crystal.instances.tolist() == [crystal.temperature]


MELTING = {0.4: 1.577, 0.5: 1.484, 0.65: 1.241}


def crystals(planted_temperature, seed, n_weights=3000):
    return [
        E.planted(E.regular(n_weights, 3, 4, seed=seed + k), planted_temperature, seed=seed + k, unsatisfied="fixed")
        for k in range(3)
    ]


@pytest.mark.parametrize("planted_temperature", MELTING)
def test_crystals_melt_where_theory_follows_their_state_to(planted_temperature):
    """At infinite size, by the cavity equations (:mod:`glassnet.theory.planted.state_following`), within 2.5 bars of at
    most 4 %."""
    exact = MELTING[planted_temperature]
    result = melting(crystals(planted_temperature, 40), exact + np.linspace(-0.2, 0.25, 16), sweeps=500, seed=3)
    assert abs(result.temperature - exact) < 2.5 * result.stderr
    assert result.stderr < 0.04 * exact
    assert result.temperature == pytest.approx(result.instances.mean())
    assert result.curves["overlap"].dims == ("temperature", "time", "instance", "replica")
    assert "limit of superheating of 3 instances" in str(result)


def test_melting_of_one_crystal_again_is_within_its_bar():
    """New sweeps and shifted temperatures against a dense grid of the same crystal; bars hold half of the spacing."""
    (glass, *_) = crystals(0.5, 70, 1500)
    exact = melting(glass, np.arange(1.30, 1.50, 0.0125), sweeps=1024, seed=9).temperature
    again = [melting(glass, 1.25 + 0.003 * k + 0.05 * np.arange(8), sweeps=1024, seed=20 + k) for k in range(8)]
    assert np.mean([abs(one.temperature - exact) < one.stderr for one in again]) >= 0.68
    assert max(abs(one.temperature - exact) / one.stderr for one in again) < 3
    assert max(one.stderr for one in again) < 0.05


def test_melting_and_relaxation_are_the_same_at_the_planting_temperature():
    """One instance at its own temperature, above T_d: gone after 1000 sweeps."""
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 0.9, seed=2)
    result = melting(glass, [0.9], sweeps=1000, seed=3)
    assert abs(result.curves["mean"][0, -1]) < 0.05
    assert np.isnan(result.temperature)


def test_a_glass_ages_below_the_dynamical_temperature():
    """The longer it waited the less it forgets, by many standard errors."""
    glass = E.regular(6000, 3, 4, seed=1)
    data = aging(glass, 0.5, [1, 10, 100], [0, 3, 30, 300], seed=1).correlation
    assert (data["mean"].sel(time=0) == 1).all()
    gain = np.diff(data["mean"].values[:, 1:], axis=0)
    error = np.hypot(data["stderr"].values[1:, 1:], data["stderr"].values[:-1, 1:])
    assert (gain > 10 * error).all()
    assert (np.diff(data["energy"].values) < -0.02).all()


def test_a_paramagnet_is_stationary():
    """Far above T_d no waiting time matters: |z| < 4.5, and the correlation is that of a planted start."""
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 1.5, seed=2)
    data = aging(glass, 1.5, [200, 400], [1, 3, 10, 30], seed=1).correlation
    difference = data["mean"].values[1] - data["mean"].values[0]
    error = np.hypot(data["stderr"].values[0], data["stderr"].values[1])
    assert (np.abs(difference) < 4.5 * error).all()
    chain = gn.Metropolis(glass, 1.5, n_replicas=64, seed=9, initial=glass.planted)
    record = chain.run(30, measure=["planted_overlap"]).planted_overlap.values[:, 0]
    for column, time in enumerate(data.time.values):
        start = record[time - 1]
        bound = 4.5 * np.hypot(data["stderr"].values[1, column], start.std(ddof=1) / 8)
        # one planted state against 64 starts: its own scatter, of order 1 / sqrt(N)
        assert abs(data["mean"].values[1, column] - start.mean()) < bound + 2.5 / np.sqrt(6000)


def test_correlations_at_infinite_temperature_are_gone_after_one_sweep():
    glass = E.regular(3000, 3, 4, seed=1)
    data = aging(glass, np.inf, [0, 5], [0, 1, 2, 7], seed=1).correlation
    assert (data["mean"].sel(time=0) == 1).all()
    assert np.abs(data["mean"].values[:, 1:]).max() < 4.5 / np.sqrt(64 * 3000)


def test_aging_is_what_one_chain_does():
    """Against configurations recorded sweep by sweep by the same chain."""
    glass = E.regular(60, 3, 4, seed=1, couplings="gaussian")
    result = aging(glass, 0.7, [2, 5], [0, 1, 3], seed=4, n_replicas=8).correlation
    record = gn.Metropolis(glass, 0.7, n_replicas=8, seed=4).run(8, measure=["weights"])
    bits = np.unpackbits(record.weights.values[:, 0], axis=-1, bitorder="little", count=60)
    weights = 2.0 * bits - 1
    for row, wait in enumerate((2, 5)):
        for column, time in enumerate((0, 1, 3)):
            expected = (weights[wait - 1] * weights[wait + time - 1]).mean(axis=-1)
            assert np.abs(result["correlation"].values[row, column] - expected).max() < 1e-12


def test_figures_of_one_column(crystal):
    study = planted_relaxation(300, [0.6, 0.9, np.inf], sweeps=64, seed=1, p=3, degree=4)
    aged = aging(E.regular(60, 3, 4, seed=1), 0.5, [1, 4], [1, 2, 4], seed=1)
    for result, y in (
        (study, "overlap $C(t)$ with $w^*$"),
        (crystal, "overlap with $w^*$"),
        (aged, "$C(t_w, t_w + t)$"),
    ):
        figure = result.plot()
        assert tuple(figure.get_size_inches()) == (3.4, 2.6)
        assert figure.axes[0].get_ylabel() == y
        assert str(result) in result._repr_html_().replace("&lt;", "<").replace("&gt;", ">")
    assert "not $T_d$" in crystal.plot().axes[0].get_title()


def relax(**keywords):
    given = {"n_weights": 30, "temperatures": [0.6], "sweeps": 64, "seed": 1, "p": 3, "degree": 4}
    return planted_relaxation(**(given | keywords))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda glass: relax(temperatures=[]), ValueError, "temperatures must be a list of at least one"),
        (lambda glass: relax(sweeps=3), ValueError, "sweeps must be >= 64, got 3"),
        (lambda glass: relax(instances=0), ValueError, "instances must be >= 1, got 0"),
        (lambda glass: relax(seed=None), TypeError, "seed must be given"),
        (lambda glass: relax(p=2), ValueError, "p must be >= 3"),
        (
            lambda glass: melting("glass", [1.0], seed=1),
            TypeError,
            "glass must be a PathGlass or a list of them, got str",
        ),
        (lambda glass: melting([], [1.0], seed=1), ValueError, "glass must be a PathGlass or a list of at least one"),
        (lambda glass: melting(glass, [1.0], seed=1), ValueError, "glass must be .-J and planted"),
        (
            lambda glass: melting([E.planted(glass, t, seed=1) for t in (0.5, 0.6)], [1.0], seed=1),
            ValueError,
            r"glass must be planted at one temperature, got \[0\.5, 0\.6\]",
        ),
        (lambda glass: aging(glass, 1.0, [3, 2], [1], seed=1), ValueError, "waiting_times must be whole numbers"),
        (lambda glass: aging(glass, 1.0, [3], [-1], seed=1), ValueError, "times must be in"),
        (lambda glass: aging(glass, 1.0, [3], [1], seed=1, n_replicas=1), ValueError, "n_replicas must be >= 2, got 1"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(E.regular(30, 3, 4, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("sweeps", [64, 256, 1024])
@pytest.mark.parametrize("place", range(len(ENSEMBLES)))
def test_brackets_and_plateaus_of_large_systems(place, sweeps):
    """N = 36000, where noise hides nothing."""
    bracket, pulls = around(*ENSEMBLES[place], sweeps, n_weights=36_000, seed=4)
    print(
        f"{ENSEMBLES[place]}, {sweeps} sweeps: bracket / T_d {bracket.round(3)}, plateaus off by {pulls.round(1)} bars"
    )
    assert bracket[0] < 1 < bracket[1]
    assert np.abs(pulls).max(initial=0) < 3.5


@pytest.mark.slow
def test_bracket_of_three_percent():
    """N = 10^5, 4096 sweeps: T_d = 0.75279 between 0.74 and 0.77, plateaus to 1e-4."""
    temperatures = [0.60, 0.65, 0.70, 0.72, 0.74, 0.75, 0.76, 0.77, 0.78, 0.80]
    result = planted_relaxation(99_999, temperatures, sweeps=4096, seed=1, p=3, degree=4)
    lower, upper = result.bracket
    assert 0.72 <= lower < T_D < upper <= 0.78
    for temperature, expected in PLATEAU.items():
        t = temperatures.index(temperature)
        assert abs(result.plateau[t] - expected) < 4 * result.plateau_stderr[t]
