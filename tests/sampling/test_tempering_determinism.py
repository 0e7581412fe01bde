"""Half and half is the whole: cutting, restoring and looking at a chain changes nothing in it."""

import copy
import pickle

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.chains import schema

E = gn.ensembles
TEMPERATURES = [0.5, 0.8, 1.3, 12.0, np.inf]
MEASURE = ["energy", "overlap", "weight_overlap", "path_overlap", "matched_overlap", "weights"]


@pytest.fixture(params=["binary", "gaussian", "walks"])
def glass(request):
    if request.param == "walks":
        return E.walks((3, 4, 4, 2), 1.5, seed=1)
    return E.poisson(37, 3, 1.7, seed=1, couplings=request.param)


def sampler(glass, seed=3, n_replicas=6):
    return gn.ParallelTempering(glass, TEMPERATURES, n_replicas=n_replicas, seed=seed)


def same_state(one, two):
    first, second = one.state(), two.state()
    assert first.keys() == second.keys()
    return all((first[name] == second[name]).all() for name in first)


def record_of(parts):
    whole = parts[0]
    for part in parts[1:]:
        whole = schema.join(whole, part)
    return whole


def test_twenty_random_cuts_make_the_same_chain(glass):
    rng = np.random.default_rng(5)
    whole_sampler = sampler(glass)
    whole = whole_sampler.run(120, measure_every=2, measure=MEASURE)
    for _ in range(20):
        cuts = np.sort(rng.choice(np.arange(1, 60), rng.integers(1, 6), replace=False))
        lengths = 2 * np.diff([0, *cuts, 60])
        pieces = sampler(glass)
        record = record_of([pieces.run(int(n), measure_every=2, measure=MEASURE) for n in lengths])
        assert record.identical(whole)
        assert same_state(pieces, whole_sampler)


def test_a_restored_sampler_continues_the_chain(glass):
    rng = np.random.default_rng(6)
    whole_sampler = sampler(glass)
    whole = whole_sampler.run(100, measure=MEASURE)
    for cut in rng.choice(np.arange(1, 100), 20, replace=False):
        before = sampler(glass)
        first = before.run(int(cut), measure=MEASURE)
        state = {name: array.copy() for name, array in before.state().items()}
        before.run(7)
        after = sampler(glass, seed=99)
        after.run(3)
        after.restore(state)
        second = after.run(100 - int(cut), measure=MEASURE)
        assert schema.join(first, second).drop_attrs().identical(whole.drop_attrs())
        assert same_state(after, whole_sampler)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_samplers_are_not_copied(duplicate):
    """A copy would advance the original's weights, with counters of its own."""
    chain = gn.ParallelTempering(E.regular(12, 3, 4, seed=1), [0.5, 1.0], seed=1)
    with pytest.raises(TypeError, match=r"state\(\) and restore\(\)"):
        duplicate(chain)


def test_state_is_a_copy(glass):
    chain = sampler(glass)
    chain.run(10)
    state = chain.state()
    before = {name: array.copy() for name, array in state.items()}
    chain.run(10)
    assert all((state[name] == before[name]).all() for name in state)


def test_what_is_measured_and_how_often_changes_nothing(glass):
    silent, often = sampler(glass), sampler(glass)
    silent.run(0, thermalization=60)
    often.run(60, measure=MEASURE, progress=lambda done, total: None)
    assert same_state(silent, often)
    chunks = sampler(glass)
    for _ in range(60):
        chunks.run(0, thermalization=1)
    assert chunks.weights.tolist() == often.weights.tolist()


def test_seeds_separate_chains(glass):
    energies = [
        sampler(glass, seed=seed).run(40, measure=["energy"]).energy.values.tobytes()
        for seed in (3, 4, Seed(3, "N=1"), Seed(3, "N=2"), 2**200)
    ]
    assert len(set(energies)) == len(energies)
    assert sampler(glass, seed=Seed(3)).run(40, measure=["energy"]).energy.values.tobytes() == energies[0]


def test_replicas_started_alike_part(glass):
    """Every lane has random numbers of its own: from one common start all configurations soon differ."""
    chain = gn.ParallelTempering(glass, [2.0], n_replicas=40, seed=1, initial=np.ones(glass.n_weights, dtype=int))
    chain.run(0, thermalization=20)
    assert len(np.unique(chain.weights[0], axis=0)) == 40


def test_a_state_of_another_system_is_refused(glass):
    chain = sampler(glass)
    state = chain.state()
    with pytest.raises(ValueError, match="state"):
        sampler(glass, n_replicas=5).restore(state)
    with pytest.raises(ValueError, match="state"):
        sampler(E.poisson(200, 3, 1.0, seed=1)).restore(state)
    for name in state:
        with pytest.raises(ValueError, match=f"state.*{name}"):
            chain.restore({other: array for other, array in state.items() if other != name})
    before = chain.state()
    assert all((before[name] == state[name]).all() for name in state)


def test_a_chain_that_forgets_a_part_of_its_state_is_caught(glass):
    """Twins of restore: without the exchange parity, the generators, or the permutation the chain goes elsewhere."""
    reference = sampler(glass)
    reference.run(31)
    state = reference.state()
    reference.run(40)
    for name in ("kernel_rng", "weights", "walkers_step", "walkers_rng", "walkers_lane_at"):
        twin = sampler(glass, seed=7)
        twin.run(10)
        broken = dict(state) | {name: twin.state()[name]}
        if name == "walkers_lane_at":
            broken |= {"walkers_rung_of": twin.state()["walkers_rung_of"]}
        twin.restore(broken)
        twin.run(40)
        assert not same_state(twin, reference)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_a_gauge_transformation_changes_no_energy(couplings):
    """w_i -> e_i w_i, J_a -> J_a prod e: energies and path overlaps are the same bit for bit, and so are overlaps."""
    glass = E.regular(60, 3, 4, seed=1, couplings=couplings)
    rng = np.random.default_rng(2)
    gauge, start = rng.choice([-1, 1], 60), rng.choice([-1, 1], (5, 6, 60))
    image = gn.PathGlass(glass.paths, glass.couplings * gauge[glass.paths].prod(axis=1), 60)
    names = ["energy", "path_overlap", "weight_overlap"]
    one, two, other = (
        gn.ParallelTempering(g, TEMPERATURES, n_replicas=6, seed=3, initial=w).run(60, measure=names)
        for g, w in ((glass, start), (image, start * gauge), (image, start))
    )
    for name in names:
        assert (one[name].values == two[name].values).all()
    assert (one.energy.values != other.energy.values).any()
