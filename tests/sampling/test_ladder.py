"""Temperature ladders: exact ends, spacing, equal exchange rates from pilots, and the rate of round trips."""

import copy
import json
import pickle

import numpy as np
import pytest
import xarray as xr
from scipy import optimize

import glassnet as gn
from glassnet._random import Role, words

E = gn.ensembles


def test_geometric_ladder():
    ladder = gn.ladder.geometric(0.5, 1.7, 9)
    assert ladder[[0, -1]].tolist() == [0.5, 1.7]
    assert ladder[1:] / ladder[:-1] == pytest.approx((1.7 / 0.5) ** (1 / 8))
    assert gn.ladder.geometric(0.1, 0.3, 2).tolist() == [0.1, 0.3]


def test_linear_ladder():
    ladder = gn.ladder.linear(0.5, 1.7, 9)
    assert ladder[[0, -1]].tolist() == [0.5, 1.7]
    assert np.diff(ladder) == pytest.approx(0.15)


def exact_rejection(glass, beta):
    """Rejection rates between independent equilibrium copies, from the density of states."""
    energies, counts = gn.exact.density_of_states(glass)
    laws = counts * np.exp(-np.multiply.outer(beta, energies - energies.min()))
    laws /= laws.sum(axis=1, keepdims=True)
    accepted = [
        cold @ np.exp(np.minimum(0.0, dbeta * np.subtract.outer(energies, energies))) @ hot
        for dbeta, cold, hot in zip(-np.diff(beta), laws, laws[1:], strict=False)
    ]
    return 1.0 - np.array(accepted)


def exact_equal_parts(glass, t_min, t_max, n):
    """Inverse temperatures whose exact rejection rates are all alike."""
    ends = 1 / t_min, 1 / t_max

    def inverse(logits):
        gaps = np.exp(np.append(logits, 0.0))
        return ends[0] + np.append(0.0, np.cumsum(gaps / gaps.sum())) * (ends[1] - ends[0])

    found = optimize.root(lambda logits: np.diff(exact_rejection(glass, inverse(logits))), np.zeros(n - 2))
    assert found.success
    return inverse(found.x)


@pytest.mark.parametrize(
    ("couplings", "t_min", "t_max", "n"),
    [("binary", 0.5, 3.0, 7), ("gaussian", 0.5, 3.0, 7), ("binary", 0.7, np.inf, 3)],
)
def test_adaptive_ladder_is_that_of_the_exact_laws(couplings, t_min, t_max, n):
    """Every exact rate of the ladder within 0.02 of their mean and of what the ladder says, the barrier within 0.04.

    Some 1000 independent draws per rung: a rate near 0.5 is known to 0.01 or better.
    """
    glass = E.regular(12 if couplings == "binary" else 9, 3, 4, seed=1, couplings=couplings)
    ladder = gn.ladder.adaptive(glass, t_min, t_max, n, seed=5)
    exact = exact_rejection(glass, 1 / ladder)
    assert np.abs(exact - exact.mean()).max() < 0.02
    assert np.abs(exact - ladder.rejection).max() < 0.02
    assert ladder.barrier == pytest.approx(exact.sum(), abs=0.04)
    assert ladder.round_trip_bound == 1 / (2 + 2 * ladder.barrier)
    best = exact_equal_parts(glass, t_min, t_max, n)
    assert np.abs(1 / ladder - best).max() < 0.03 * (best[0] - best[-1])
    even = exact_rejection(glass, np.linspace(best[0], best[-1], n))
    assert n < 4 or np.ptp(even) > 0.1


def acceptance(glass, temperatures, n_sweeps=3000):
    chain = gn.ParallelTempering(glass, temperatures, n_replicas=16, seed=3)
    record = chain.run(n_sweeps, thermalization=n_sweeps, measure_every=n_sweeps, measure=["energy"])
    return record.swap_acceptance.values


@pytest.mark.parametrize(
    ("glass", "t_min", "t_max", "n"),
    [
        (E.regular(120, 3, 4, seed=1), 0.8, 4.0, 8),
        (E.regular(120, 3, 4, seed=1, couplings="gaussian"), 0.8, 4.0, 8),
        (E.regular(96, 3, 4, seed=1), 0.9, np.inf, 12),
        (E.poisson(120, 3, alpha=1.5, seed=1, dilution=0.2), 0.5, 3.0, 16),
        (E.planted(E.regular(240, 3, 4, seed=1), temperature=0.7, seed=2), 0.75, 2.0, 16),
    ],
    ids=["regular", "gaussian", "infinite", "diluted", "planted"],
)
def test_adaptive_ladder_has_equal_exchange_rates(glass, t_min, t_max, n):
    """In an independent run after 2000 sweeps of pilots every gap is within 0.05 of the mean acceptance."""
    ladder = gn.ladder.adaptive(glass, t_min, t_max, n, seed=5, sweeps=2000)
    assert ladder[[0, -1]].tolist() == [t_min, t_max]
    assert (ladder[1:] > ladder[:-1]).all()
    even = acceptance(glass, ladder)
    assert np.abs(even - even.mean()).max() < 0.05
    assert np.abs(1 - ladder.rejection - even).max() < 0.05
    uneven = acceptance(glass, 1 / np.linspace(1 / t_min, 1 / min(t_max, 1e6), n), 500)
    assert np.abs(uneven - uneven.mean()).max() > 0.1


def test_wide_gaps_are_cut_too():
    """1500 weights on 5 rungs: nothing is accepted, but the lengths between Gaussian energies still are equal."""
    glass = E.regular(1500, 3, 4, seed=1)
    ladder = gn.ladder.adaptive(glass, 0.8, np.inf, 5, seed=5, sweeps=800)
    assert ladder.rejection.min() > 0.99
    record = gn.ParallelTempering(glass, ladder, 4, seed=1).run(100, thermalization=200, measure=["energy"])
    energy = record.energy.mean(("draw", "replica")).values
    lengths = np.sqrt(-np.diff(1 / np.asarray(ladder)) * np.diff(energy))
    assert lengths == pytest.approx(lengths.mean(), rel=0.05)


def test_adaptive_ladder_of_a_glass_that_accepts_everything_is_even_in_beta():
    glass = gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=5)
    ladder = gn.ladder.adaptive(glass, 0.5, 2.0, 4, seed=1, sweeps=10)
    assert 1 / np.asarray(ladder) == pytest.approx(np.linspace(2.0, 0.5, 4))
    assert (ladder.rejection.tolist(), ladder.barrier, ladder.round_trip_bound) == ([0.0] * 3, 0.0, 0.5)


class Spy(gn.ParallelTempering):
    """Remembers what every pilot started from and ended in."""

    pilots = []  # noqa: RUF012 - each test brings its own

    def measured_arrays(self, *arguments, **keywords):
        before, begun = self.weights, self.n_sweeps
        arrays, draw = super().measured_arrays(*arguments, **keywords)
        record = self._dataset(arrays, draw)
        self.pilots.append((self.seed, self.temperatures, begun, before, self.weights, self.n_sweeps, record))
        return arrays, draw


@pytest.mark.parametrize("sweeps", [1, 7, 8, 9, 2003])
def test_pilots_keep_to_their_sweeps_and_streams(monkeypatch, sweeps):
    glass = E.regular(24, 3, 4, seed=1)
    monkeypatch.setattr(Spy, "pilots", [])
    monkeypatch.setattr(gn.ladder, "ParallelTempering", Spy)
    ladder = gn.ladder.adaptive(glass, 0.6, 2.0, 5, seed=3, n_replicas=6, sweeps=sweeps)
    seeds, rungs, begun, before, after, done, records = zip(*Spy.pilots, strict=True)
    assert sum(done) == sweeps == ladder.pilot_sweeps
    assert ladder.pilot_updates == sweeps * 24 * 5 * 6
    assert begun == (0,) * len(seeds)
    streams = {tuple(words(seed, role, 4)) for seed in [*seeds, 3] for role in Role}
    assert len(streams) == len(Role) * (len(seeds) + 1)
    for k in range(1, len(seeds)):
        nearest = np.abs(np.subtract.outer(1 / rungs[k], 1 / rungs[k - 1])).argmin(axis=1)
        assert (before[k] == after[k - 1][nearest]).all()
    assert ladder.round_trip_rate == gn.ladder.exchanges(records[-1]).round_trip_rate


def test_a_pilot_too_short_for_an_exchange_has_no_round_trips():
    """With two rungs every other sweep tries nothing; the second of two sweeps is recorded."""
    ladder = gn.ladder.adaptive(E.regular(24, 3, 4, seed=1), 0.6, 2.0, 2, seed=3, sweeps=2)
    assert (ladder.tolist(), ladder.round_trip_rate) == ([0.6, 2.0], 0.0)


def test_adaptive_ladders_are_repeatable():
    glass = E.regular(24, 3, 4, seed=1)
    one, two, other = (gn.ladder.adaptive(glass, 0.6, 2.0, 5, seed=s, sweeps=150) for s in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()
    assert one.rejection.tolist() == two.rejection.tolist()


def test_what_is_made_from_a_ladder_says_nothing_about_the_pilots():
    ladder = gn.ladder.adaptive(E.regular(12, 3, 4, seed=1), 0.6, 2.0, 5, seed=1, sweeps=100)
    assert ladder.dtype == np.float64
    names = ("rejection", "barrier", "round_trip_bound", "round_trip_rate", "pilot_sweeps", "pilot_updates")
    assert not any(getattr(ladder, name) is None for name in names)
    for other in (ladder[:-1], 2 * ladder, ladder.copy(), copy.deepcopy(ladder), pickle.loads(pickle.dumps(ladder))):
        assert [getattr(other, name) for name in names] == [None] * 6
    assert json.loads(json.dumps(ladder.tolist())) == ladder.tolist()


@pytest.mark.parametrize("n_rungs", [2, 3, 8])
def test_exchanges_when_everything_is_accepted(n_rungs):
    """Each of the n walkers returns every 2 n sweeps: half a round trip per sweep and replica, which is the bound."""
    glass = gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=10)
    chain = gn.ParallelTempering(glass, np.linspace(1, 2, n_rungs), n_replicas=3, seed=1)
    chain.run(0, thermalization=2 * n_rungs)
    found = gn.ladder.exchanges(chain.run(10 * n_rungs))
    assert found.rejection.tolist() == [0.0] * (n_rungs - 1)
    assert (found.barrier, found.round_trip_rate, found.round_trip_bound) == (0.0, 0.5, 0.5)


def test_exchanges_of_several_samples_are_counted_together():
    glass = E.regular(12, 3, 4, seed=1)
    records = [gn.ParallelTempering(glass, np.linspace(0.5, 2, 5), seed=seed).run(400) for seed in (1, 2)]
    alone = [gn.ladder.exchanges(record) for record in records]
    both = gn.ladder.exchanges(xr.concat(records, "sample"))
    assert both.rejection == pytest.approx((alone[0].rejection + alone[1].rejection) / 2)
    assert both.barrier == pytest.approx((alone[0].barrier + alone[1].barrier) / 2)
    assert both.round_trip_rate == pytest.approx((alone[0].round_trip_rate + alone[1].round_trip_rate) / 2)
    trips = sum(int(record.round_trips.sum()) for record in records)
    assert both.round_trip_rate == pytest.approx(trips / (2 * 4 * 400))
    assert trips > 100


@pytest.mark.parametrize(("n_rungs", "finite", "infinite"), [(8, 0.75, 0.3), (48, 0.92, 0.85)])
def test_round_trips_come_close_to_the_bound_where_mixing_is_fast(n_rungs, finite, infinite):
    """Independent pairs of weights at T >= 2 forget their energy in a few sweeps, the sooner the smaller a gap.

    At least the stated shares of the rates of Syed et al. for so many and for infinitely many rungs; never more, but
    for the noise of 3000 round trips or more, |z| < 4.5 (trips follow each other like clockwork: Poisson is ample).
    """
    glass = gn.PathGlass(np.arange(600).reshape(300, 2), np.ones(300), n_weights=600)
    ladder = gn.ladder.adaptive(glass, 2.0, np.inf, n_rungs, seed=5, sweeps=1000)
    chain = gn.ParallelTempering(glass, ladder, n_replicas=16, seed=3)
    found = gn.ladder.exchanges(chain.run(6000, thermalization=500, measure_every=6000, measure=["energy"]))
    expected = 1 / (2 + 2 * (found.rejection / (1 - found.rejection)).sum())
    noise = 4.5 / np.sqrt(3000)
    assert finite * expected < found.round_trip_rate < (1 + noise) * expected
    assert infinite * found.round_trip_bound < found.round_trip_rate < found.round_trip_bound
    assert ladder.round_trip_bound == pytest.approx(found.round_trip_bound, rel=0.02)
    assert ladder.round_trip_rate == pytest.approx(found.round_trip_rate, rel=0.2)


def test_records_without_exchanges_have_no_round_trip_rate():
    glass = E.regular(12, 3, 4, seed=1)
    for record in (
        gn.Metropolis(glass, 1.0, n_replicas=2, seed=1).run(4),
        gn.ParallelTempering(glass, [0.5, 1.0], seed=1).run(0),
    ):
        with pytest.raises(ValueError, match=r"record must hold exchanges between temperatures, got [01] gaps"):
            gn.ladder.exchanges(record)


@pytest.mark.parametrize("make", [gn.ladder.geometric, gn.ladder.linear])
def test_bad_bounds_of_simple_ladders(make):
    for arguments, word in (
        ((0.0, 1.0, 3), "t_min must be > 0, got 0"),
        ((-1.0, 1.0, 3), "t_min"),
        ((np.nan, 1.0, 3), "t_min"),
        ((np.inf, np.inf, 3), "t_min"),
        ((1.0, 1.0, 3), "t_max must be > t_min = 1, got 1"),
        ((1.0, 0.5, 3), "t_max"),
        ((1.0, np.nan, 3), "t_max"),
        ((1.0, np.inf, 3), "t_max must be finite"),
        ((1.0, 2.0, 1), "n must be in .* got 1"),
        ((1.0, 2.0, -1), "n must be"),
        ((1.0, 2.0, 2**63), "n must be"),
    ):
        with pytest.raises(ValueError, match=word):
            make(*arguments)
    for arguments, word in ((("1", 2.0, 3), "t_min"), ((1.0, [2.0, 3.0], 3), "t_max"), ((1.0, 2.0, 3.5), "n must be")):
        with pytest.raises(TypeError, match=word):
            make(*arguments)


def test_bad_arguments_of_the_adaptive_ladder():
    glass = E.regular(12, 3, 4, seed=1)
    with pytest.raises(TypeError, match="glass must be a PathGlass, got int"):
        gn.ladder.adaptive(3, 0.5, 1.0, 3, seed=1)
    with pytest.raises(ValueError, match="t_max must be > t_min"):
        gn.ladder.adaptive(glass, 0.5, 0.4, 3, seed=1)
    with pytest.raises(ValueError, match="t_min and t_max must be >= 1e-300, got 1e-310"):
        gn.ladder.adaptive(glass, 1e-310, 1.0, 3, seed=1)
    with pytest.raises(ValueError, match="sweeps must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=1, sweeps=0)
    with pytest.raises(ValueError, match="n_replicas must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=1, n_replicas=0)
    with pytest.raises(ValueError, match="seed must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=-1)
    with pytest.raises(TypeError, match="seed must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=None)
