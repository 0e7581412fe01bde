"""Relaxation from the planted state brackets T_d."""

import importlib

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.verdict import external_results
from glassnet.sampling import independent_lanes
from glassnet.studies import planted_relaxation

E = gn.ensembles
#: the module, whose name in glassnet.studies is that of its function
relaxation = importlib.import_module("glassnet.studies.planted_relaxation")
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

    def cold(n_paths, temperatures, number, seed, plantings=independent_lanes.plantings):
        return plantings(n_paths, np.full_like(temperatures, 0.5), number, seed)

    monkeypatch.setattr(independent_lanes, "plantings", cold)
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
    times = relaxation.log_times(sweeps)
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
    (told,), silent = relaxation.verdicts([0.75], times, overlap)
    assert told == verdict
    assert not silent
    # weights turn against a path in exp(2 / T) sweeps: 485 million at T = 0.1
    (told,), silent = relaxation.verdicts([0.1], times, overlap)
    assert told == ("lost" if verdict == "lost" else "too short")
    assert silent == (told == "too short")


def test_noise_tells_nothing_and_is_passed_over():
    times, overlap = synthetic(lambda t: 0.99 + 0.0 * t, noise=0.1)
    assert relaxation.verdicts([0.75], times, overlap) == (["undecided"], True)
    T = np.array([1.0, 2.0, 3.0])
    assert relaxation.bracket(T, ["undecided", "held", "lost"], [True, False, False]) == (2.0, 3.0)
    assert relaxation.bracket(T, ["undecided", "held", "lost"]) == (0.0, 3.0)


def test_bracket_needs_neighbours_that_agree():
    T = np.array([1.0, 2.0, 3.0, 4.0])
    assert relaxation.bracket(T, ["held", "undecided", "held", "lost"]) == (1.0, 4.0)
    assert relaxation.bracket(T, ["held", "held", "decaying", "lost"]) == (2.0, 3.0)
    assert relaxation.bracket(T, ["lost", "lost", "lost", "undecided"]) == (0.0, np.inf)
    assert relaxation.bracket(T, ["held"] * 4) == (4.0, np.inf)


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
    monkeypatch.setattr(relaxation, "UNEVEN", 0.0)
    assert np.sqrt(np.mean(pulls() ** 2)) > 2


def test_rules_that_forget_the_plateau_or_the_activation_time_are_caught(monkeypatch):
    """Without either the brackets of 64 sweeps lie above T_d, or below."""
    monkeypatch.setattr(relaxation, "SLOW", 1.5)
    lower, _ = around(*ENSEMBLES[5], 64)[0]
    assert lower > 1
    monkeypatch.undo()
    monkeypatch.setattr(relaxation, "ACTIVATED", 0.0)
    cold = planted_relaxation(9000, [0.32, 0.33, 0.34], sweeps=128, seed=3, ensemble="poisson", p=3, alpha=0.85)
    assert cold.bracket[1] < 0.35993


def test_crossing_of_an_exponential():
    times = relaxation.log_times(1000)
    curve = np.exp(-times / 100.0)
    assert abs(relaxation.crossing(times, curve) / (100 * np.log(2)) - 1) < 0.02
    assert relaxation.crossing(times, 0.6 + 0 * curve) == np.inf


def test_times_are_whole_increasing_and_end_where_they_should():
    for longest in (16, 100, 4096):
        times = relaxation.log_times(longest)
        assert times[0] == 1
        assert times[-1] == longest
        assert (np.diff(times) > 0).all()


def test_figure_of_one_column():
    study = planted_relaxation(300, [0.6, 0.9, np.inf], sweeps=64, seed=1, p=3, degree=4)
    figure = study.plot()
    assert tuple(figure.get_size_inches()) == (3.4, 2.6)
    assert figure.axes[0].get_ylabel() == "overlap $C(t)$ with $w^*$"
    assert str(study) in study._repr_html_().replace("&lt;", "<").replace("&gt;", ">")


def relax(**keywords):
    given = {"n_weights": 30, "temperatures": [0.6], "sweeps": 64, "seed": 1, "p": 3, "degree": 4}
    return planted_relaxation(**(given | keywords))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: relax(temperatures=[]), ValueError, "temperatures must be a list of at least one"),
        (lambda: relax(sweeps=3), ValueError, "sweeps must be >= 64, got 3"),
        (lambda: relax(instances=0), ValueError, "instances must be >= 1, got 0"),
        (lambda: relax(seed=None), TypeError, "seed must be given"),
        (lambda: relax(p=2), ValueError, "p must be >= 3"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


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
