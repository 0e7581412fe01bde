"""The public face of ParallelTempering and Metropolis: starts, counters, datasets, progress, memory."""

import signal
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import glassnet as gn
from glassnet import _checks
from glassnet._random import Seed
from glassnet.chains import schema
from glassnet.sampling import tempering
from glassnet.sampling.measurements import Overlaps

E = gn.ensembles


@pytest.fixture
def glass():
    return E.regular(24, 3, 4, seed=1)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_starting_weights_are_taken_over(couplings):
    glass = E.regular(24, 3, 4, seed=1, couplings=couplings)
    rng = np.random.default_rng(1)
    whole = rng.choice([-1, 1], (3, 5, 24))
    chain = gn.ParallelTempering(glass, [0.5, 1.0, np.inf], n_replicas=5, seed=1, initial=whole)
    assert (chain.weights == whole).all()
    assert chain.weights.dtype == np.int8
    same = gn.ParallelTempering(glass, [0.5, 1.0, np.inf], n_replicas=5, seed=1, initial=whole[0, 0])
    assert (same.weights == whole[0, 0]).all()
    single = gn.Metropolis(glass, 0.7, n_replicas=5, seed=1, initial=whole[:1].astype(float))
    assert (single.weights == whole[:1]).all()


def test_random_starts_are_random(glass):
    """360 configurations of 24 weights: mean 0 and no correlation between replicas, |z| < 4.5."""
    chain = gn.ParallelTempering(glass, np.linspace(1, 2, 60), n_replicas=6, seed=1)
    weights = chain.weights.reshape(360, 24).astype(float)
    assert abs(weights.mean()) < 4.5 / np.sqrt(weights.size)
    assert len(np.unique(weights, axis=0)) == 360
    overlaps = (weights @ weights.T)[np.triu_indices(360, 1)] / np.sqrt(24)
    assert abs(overlaps.var() - 1) < 4.5 * np.sqrt(2 / overlaps.size)


def test_a_sampler_seeded_like_the_planted_state_does_not_start_on_it():
    glass = E.planted(E.regular(300, 3, 4, seed=1), 1.0, seed=1)
    chain = gn.Metropolis(glass, 1.0, n_replicas=4, seed=1)
    assert np.abs(chain.weights[0] @ glass.planted / 300).max() < 4.5 / np.sqrt(300)


def test_counters_and_the_draw_coordinate(glass):
    chain = gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=3, seed=1)
    first = chain.run(20, thermalization=7, measure_every=5)
    assert first.draw.values.tolist() == [12, 17, 22, 27]
    assert chain.n_updates == 27 * 24 * 6
    second = chain.run(4, measure_every=2)
    assert second.draw.values.tolist() == [29, 31]
    assert chain.n_updates == 31 * 24 * 6
    nothing = chain.run(0)
    assert nothing.sizes["draw"] == 0
    assert chain.n_updates == 31 * 24 * 6


@pytest.mark.parametrize(
    "make",
    [
        lambda: gn.Metropolis(E.regular(24, 3, 4, seed=1), 1.0, n_replicas=2048, seed=1),
        lambda: gn.ParallelTempering(E.walks((4, 4, 4), 2.0, seed=1), [0.5, 1.0], n_replicas=4, seed=1),
        lambda: gn.ParallelTempering(E.layered(24, 3, 1.5, seed=1, couplings="gaussian"), [0.5, 1.0], seed=1),
    ],
)
def test_a_run_without_draws_prepares_nothing_for_them(make, monkeypatch):
    """Pairs of 2048 replicas took longer than many sweeps."""

    def never(*_):
        raise AssertionError("prepared for draws")

    chain = make()
    with monkeypatch.context() as patch:
        patch.setattr(Overlaps, "pairs", property(never))
        patch.setattr(tempering.recording, "Recorder", never)
        patch.setattr(_checks, "memory", never)
        nothing = [chain.run(0), chain.run(0, thermalization=3), chain.run(0, 1, measure=["overlap", "weights"])]
    assert chain.n_sweeps == 4
    if chain.n_replicas > 100:
        return
    record = chain.run(2)
    assert {*nothing[0].data_vars} == {*nothing[1].data_vars} == {*record.data_vars}
    assert {name: nothing[1][name].dims for name in record.data_vars} == {
        name: record[name].dims for name in record.data_vars
    }
    assert all(nothing[1].sizes[name] == size for name, size in record.sizes.items() if name != "draw")
    assert all("replica_a" not in one.coords and one.sizes["draw"] == 0 for one in nothing)
    # nothing is lost where chains are joined, whichever piece is empty
    ends = chain.run(0)
    for pieces in ((nothing[1], record), (record, ends), (nothing[1], record, ends)):
        assert schema.join(*pieces).drop_attrs().identical(record.drop_attrs())


def test_the_dataset_says_where_it_comes_from():
    glass = E.planted(E.poisson(24, 3, 1.5, seed=1), 0.9, seed=2)
    chain = gn.ParallelTempering(glass, [0.5, 1.0, np.inf], n_replicas=2, seed=Seed(7, "N=24"))
    record = chain.run(3)
    expected = {
        "glassnet_version": gn.__version__,
        "glass_digest": glass.digest,
        "ensemble": "poisson",
        "n_weights": 24,
        "n_paths": 36,
        "p": 3,
        "sampler": "ParallelTempering",
        "seed": 7,
        "seed_key": "N=24",
        "n_replicas": 2,
    }
    assert expected.items() <= record.attrs.items()
    assert record.temperature.values.tolist() == [0.5, 1.0, np.inf]
    assert gn.Metropolis(glass, 1.0, seed=1, n_replicas=2).run(1).attrs["sampler"] == "Metropolis"


def test_the_state_records_the_energy_it_ends_with(glass):
    chain = gn.ParallelTempering(glass, [0.5, 1.0, 2.0], n_replicas=4, seed=1)
    record = chain.run(30, measure=["energy"])
    assert (record.energy.values[-1] == glass.energy(chain.weights)).all()


def test_progress_is_told_to_a_function(glass, monkeypatch):
    monkeypatch.setattr(tempering, "STRETCH", 500 * 2 * 2 * glass.n_weights)
    seen = []
    chain = gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=2, seed=1)
    chain.run(40, thermalization=2500, measure_every=10, progress=lambda *told: seen.append(told))
    done = [first for first, _ in seen]
    assert {total for _, total in seen} == {2540}
    assert done == [500, 1000, 1500, 2000, 2500, 2540]


def test_recording_in_one_go_is_recording_draw_by_draw(glass):
    """The loop in C against single steps through the public face."""
    whole, single = (gn.ParallelTempering(glass, [0.5, 1.0, 2.0], n_replicas=9, seed=4) for _ in range(2))
    measure = ["energy", "overlap", "path_overlap", "weights"]
    record = whole.run(60, measure_every=5, measure=measure)
    draws = [single.run(5, measure_every=5, measure=measure) for _ in range(12)]
    for name in measure:
        assert (record[name].values == np.concatenate([draw[name].values for draw in draws])).all()
    assert (whole.weights == single.weights).all()


def test_progress_bar_and_silence(glass, capsys):
    chain = gn.Metropolis(glass, 1.0, n_replicas=2, seed=1)
    chain.run(5)
    assert capsys.readouterr().out == ""
    chain.run(5, progress=True)


def test_an_error_in_the_progress_function_leaves_a_usable_chain(glass):
    def stop(done, total):
        raise KeyboardInterrupt

    chain, other = (gn.Metropolis(glass, 1.0, n_replicas=2, seed=1) for _ in range(2))
    with pytest.raises(KeyboardInterrupt):
        chain.run(5, progress=stop)
    other.run(chain.n_sweeps)
    assert chain.run(5).energy.values.tolist() == other.run(5).energy.values.tolist()


def test_infinite_temperature_alone_and_on_top(glass):
    energy = gn.Metropolis(glass, np.inf, n_replicas=512, seed=1).run(100, measure=["energy"]).energy.values
    assert abs(energy.mean() / np.sqrt(glass.n_paths / energy.size)) < 4.5
    gn.ParallelTempering(glass, [1.0, np.inf], seed=1).run(10)


def test_one_weight_more_paths_than_words_and_no_paths():
    for glass in (
        gn.PathGlass(np.empty((0, 2), dtype=int), [], n_weights=1),
        gn.PathGlass([[0, 1]] * 100, [1.0] * 100),
        gn.PathGlass([[0, 1]] * 100, [0.5] * 100),
        gn.PathGlass([[0, 1]], [0.0]),
    ):
        chain = gn.ParallelTempering(glass, [0.5, 5.0, np.inf], n_replicas=3, seed=1)
        record = chain.run(50)
        assert (record.energy.values[-1] == glass.energy(chain.weights)).all()


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_sweeps_allocate_nothing(couplings):
    """A call of run with 10 000 sweeps in each phase needs and keeps as much memory as one with 10, within 64 kB."""
    glass = E.regular(12, 3, 4, seed=1, couplings=couplings)
    chain = gn.ParallelTempering(glass, [0.5, 1.0, 2.0], n_replicas=4, seed=1)
    chain.run(10, thermalization=10, measure_every=10)
    peaks = []
    tracemalloc.start()
    try:
        for n_sweeps in (10, 10_000):
            tracemalloc.reset_peak()
            chain.run(n_sweeps, thermalization=n_sweeps, measure_every=n_sweeps // 2)
            peaks.append(np.array(tracemalloc.get_traced_memory()))
        assert (peaks[1] - peaks[0] < 64 * 1024).all()
    finally:
        tracemalloc.stop()


def test_chains_of_many_threads_do_not_disturb_each_other(glass):
    """Kernels release the GIL; samplers share nothing."""

    def energies(seed):
        chain = gn.ParallelTempering(glass, [0.5, 1.0, 2.0], n_replicas=40, seed=seed)
        return chain.run(100, thermalization=500, measure=["energy"]).energy.values.tobytes()

    alone = [energies(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(energies, range(6))) == alone


def test_an_interrupt_leaves_the_count_of_sweeps_right():
    """Raised when the kernel returns: what it did is counted."""
    chain = gn.ParallelTempering(E.regular(300, 3, 4, seed=1), [0.5, 1.0], n_replicas=64, seed=1)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for thermalization, sweeps in ((10**7, 0), (0, 10**7)):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                chain.run(sweeps, thermalization, measure_every=10**5, measure=["energy"])
            assert chain.n_sweeps == chain.walkers.step[0] > 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
