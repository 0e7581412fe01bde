"""Replica exchange bookkeeping: the even/odd scheme, round trips, counters, permutations."""

import numpy as np
import pytest

import glassnet as gn
from glassnet import exact

E = gn.ensembles


def without_paths(n_weights=10):
    return gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=n_weights)


def deterministic_trips(n_rungs, n_steps, first=0):
    """Round trips of all walkers when every exchange is accepted: even steps swap (0,1)(2,3).., odd ones (1,2)(3,4)..

    Walkers are numbered by the rung they start on. A trip is coldest - hottest - coldest.
    """
    place = list(range(n_rungs))
    up, trips = [rung == 0 for rung in place], [0] * n_rungs
    down = [rung == n_rungs - 1 for rung in place]
    counted = []
    for step in range(first, first + n_steps):
        for rung in range(step % 2, n_rungs - 1, 2):
            place[rung], place[rung + 1] = place[rung + 1], place[rung]
        cold, hot = place[0], place[-1]
        if down[cold]:
            trips[cold] += 1
        up[cold], down[cold] = True, False
        up[hot], down[hot] = False, True
        counted.append(list(trips))
    return np.array(counted), place


@pytest.mark.parametrize("n_rungs", [2, 3, 4, 7, 8, 33])
@pytest.mark.parametrize("couplings", ["bits", "reals"])
def test_round_trips_when_everything_is_accepted(n_rungs, couplings):
    glass = without_paths()
    if couplings == "reals":
        glass = gn.PathGlass([[0, 1]], [0.0], n_weights=10)
    temperatures = np.linspace(0.5, 3.0, n_rungs)
    expected, _ = deterministic_trips(n_rungs, 200)
    chain = gn.ParallelTempering(glass, temperatures, n_replicas=3, seed=1)
    total = np.zeros((3, n_rungs), dtype=int)
    done = 0
    for n_sweeps in (1, 2, n_rungs, 2 * n_rungs, 50):
        record = chain.run(n_sweeps)
        done += n_sweeps
        total += record.round_trips.values.reshape(3, n_rungs)
        assert (total == expected[done - 1]).all()
        assert (record.swap_accepted == record.swap_attempted).all()
        attempted = record.swap_attempted.values > 0
        assert (record.swap_acceptance.values[attempted] == 1.0).all()
        assert np.isnan(record.swap_acceptance.values[~attempted]).all()


@pytest.mark.parametrize("n_rungs", [2, 3, 8, 33])
def test_a_round_trip_takes_twice_the_number_of_rungs(n_rungs):
    """Ballistic motion: with everything accepted each walker returns every 2 n steps exactly."""
    chain = gn.ParallelTempering(without_paths(), np.linspace(1, 2, n_rungs), n_replicas=2, seed=1)
    chain.run(0, thermalization=2 * n_rungs)
    assert (chain.run(2 * n_rungs * 5).round_trips == 5).all()


def test_random_alternation_would_be_noticed():
    """The twin that always tries the even gaps: nobody ever leaves a pair of rungs."""

    class EvenOnly(gn.ParallelTempering):
        def _record(self, recorder, n_draws, measure_every, stretch=None):
            for _ in range(n_draws * measure_every):
                self.walkers.step[...] = 0
                super()._record(recorder, 1, 1)

    record = EvenOnly(without_paths(), np.linspace(1, 2, 8), n_replicas=2, seed=1).run(160)
    assert (record.round_trips == 0).all()
    assert not (record.swap_attempted.values[1::2] > 0).any()


def test_attempts_alternate_between_even_and_odd_gaps():
    glass = E.regular(12, 3, 4, seed=1)
    chain = gn.ParallelTempering(glass, np.linspace(0.5, 2, 6), n_replicas=7, seed=1)
    record = chain.run(11)
    assert record.swap_attempted.values.tolist() == [42, 35, 42, 35, 42]
    record = chain.run(11)
    assert record.swap_attempted.values.tolist() == [35, 42, 35, 42, 35]
    assert (record.swap_accepted <= record.swap_attempted).all()
    assert record.swap_acceptance.values == pytest.approx(record.swap_accepted.values / record.swap_attempted.values)


def test_a_single_rung_has_no_gaps_and_no_trips():
    record = gn.Metropolis(E.regular(12, 3, 4, seed=1), 1.0, n_replicas=5, seed=1).run(20)
    assert record.sizes["gap"] == 0
    assert record.round_trips.values.tolist() == [0] * 5


def test_nothing_is_accepted_across_a_wide_gap():
    """Ferromagnet at T = 0.05 from its ground state beside T = 1000: exp(-20 * 60) never happens."""
    glass = E.regular(60, 3, 4, seed=1, bias=1.0)
    initial = np.ones((2, 4, 60), dtype=int)
    initial[1] = np.random.default_rng(1).choice([-1, 1], (4, 60))
    record = gn.ParallelTempering(glass, [0.05, 1000.0], n_replicas=4, seed=1, initial=initial).run(100)
    assert record.swap_accepted.values.tolist() == [0]
    assert record.swap_attempted.values.tolist() == [200]
    assert (record.round_trips == 0).all()


def test_thermalization_is_not_counted():
    glass = E.regular(12, 3, 4, seed=1)
    chain = gn.ParallelTempering(glass, np.linspace(0.5, 2, 4), n_replicas=5, seed=1)
    record = chain.run(10, thermalization=1000)
    assert record.swap_attempted.sum() == 5 * (5 * 2 + 5 * 1)
    assert record.draw.values.tolist() == list(range(1001, 1011))
    assert record.round_trips.sum() < 20


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_walkers_stay_in_their_ladder(couplings):
    """Lanes and rungs remain a permutation within every replica: nobody is lost, doubled or swapped between ladders."""
    glass = E.regular(12, 3, 4, seed=1, couplings=couplings)
    chain = gn.ParallelTempering(glass, np.linspace(0.5, 2, 5), n_replicas=6, seed=1)
    moved = 0
    for _ in range(30):
        chain.run(0, thermalization=3)
        state = chain.state()
        lane_at, rung_of = state["walkers_lane_at"], state["walkers_rung_of"]
        assert (np.sort(lane_at, axis=1) == np.arange(30).reshape(6, 5)).all()
        assert (rung_of[lane_at] == np.arange(5)).all()
        moved += (lane_at != np.arange(30).reshape(6, 5)).sum()
    assert moved > 300


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_exchange_rates_are_those_of_the_exact_laws(couplings):
    """Acceptance of a gap = sum over pairs of levels of p_t p_t+1 min(1, exp(dbeta dE)), |z| < 4.5."""
    glass = E.regular(10, 3, 3, seed=2, couplings=couplings)
    temperatures = np.array([0.8, 1.2, 2.5, np.inf])
    chain = gn.ParallelTempering(glass, temperatures, n_replicas=200, seed=2)
    record = chain.run(1000, thermalization=300, measure=["energy"])
    energy = glass.energy(exact.states(10))
    laws = [exact.probabilities(glass, T) for T in temperatures]
    for gap in range(3):
        difference = 1 / temperatures[gap] - 1 / temperatures[gap + 1]
        ratio = np.minimum(1.0, np.exp(difference * np.subtract.outer(energy, energy)))
        rate = laws[gap] @ ratio @ laws[gap + 1]
        inverted = laws[gap] @ np.minimum(1.0, np.exp(-difference * np.subtract.outer(energy, energy))) @ laws[gap + 1]
        # trials of one ladder follow each other: ten times the variance of independent ones covers their correlation
        error = np.sqrt(10 * rate * (1 - rate) / record.swap_attempted.values[gap])
        assert abs(record.swap_acceptance.values[gap] - rate) < 4.5 * error
        assert abs(record.swap_acceptance.values[gap] - inverted) > 4.5 * error
