"""Every bad argument is refused with its name, its value and what is allowed; nothing a user passes crashes."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import glassnet as gn
from glassnet._random import Seed

E = gn.ensembles


@pytest.fixture(scope="module")
def glass():
    return E.regular(12, 3, 4, seed=1)


def refused(error, words, function, *args, **keywords):
    with pytest.raises(error, match=words):
        function(*args, **keywords)


@pytest.mark.parametrize("wrong", [None, 3, "glass", np.zeros(3)])
def test_no_glass(wrong):
    refused(TypeError, "glass must be a PathGlass, got", gn.ParallelTempering, wrong, [1.0], seed=1)
    refused(TypeError, "glass must be a PathGlass, got", gn.Metropolis, wrong, 1.0, seed=1)


@pytest.mark.parametrize(
    ("temperatures", "error", "words"),
    [
        ([], ValueError, "temperatures must be a list of at least one temperature"),
        (1.0, ValueError, "temperatures must be a list"),
        ([[1.0, 2.0]], ValueError, r"temperatures .* shape \(1, 2\)"),
        ([0.0, 1.0], ValueError, "temperatures must be > 0, got 0"),
        ([-1.0], ValueError, "temperatures must be > 0, got -1"),
        ([1.0, np.nan], ValueError, "temperatures must be > 0, got nan"),
        ([1.0, 1.0], ValueError, "temperatures must increase strictly, got 1 before 1"),
        ([2.0, 1.0], ValueError, "temperatures must increase strictly, got 2 before 1"),
        ([1.0, np.inf, np.inf], ValueError, "temperatures must increase strictly"),
        (["a"], TypeError, "temperatures must be"),
        (None, (TypeError, ValueError), "temperatures"),
        ([1.0 + 1j], TypeError, "temperatures must be"),
        ([[1.0], [1.0, 2.0]], (TypeError, ValueError), "temperatures must be"),
    ],
)
def test_bad_temperatures(glass, temperatures, error, words):
    refused(error, words, gn.ParallelTempering, glass, temperatures, seed=1)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, -np.inf])
def test_bad_temperature_of_metropolis(glass, temperature):
    refused(ValueError, "temperature must be", gn.Metropolis, glass, temperature, seed=1)


@pytest.mark.parametrize("temperature", ["1", None, [1.0, 2.0], True])
def test_no_temperature_of_metropolis(glass, temperature):
    refused(TypeError, "temperature must be a real number", gn.Metropolis, glass, temperature, seed=1)


@pytest.mark.parametrize("n_replicas", [0, -1, 2**31, 2**63, 2**200])
def test_bad_n_replicas(glass, n_replicas):
    refused(ValueError, f"n_replicas must be .* got {n_replicas}", gn.Metropolis, glass, 1.0, n_replicas, seed=1)


@pytest.mark.parametrize("wrong", [1.0, "4", None, True, [4], np.nan])
def test_integers_must_be_integers(glass, wrong):
    refused(TypeError, "n_replicas must be an integer", gn.Metropolis, glass, 1.0, wrong, seed=1)
    chain = gn.Metropolis(glass, 1.0, n_replicas=2, seed=1)
    refused(TypeError, "n_sweeps must be an integer", chain.run, wrong)
    refused(TypeError, "thermalization must be an integer", chain.run, 1, thermalization=wrong)
    refused(TypeError, "measure_every must be an integer", chain.run, 1, measure_every=wrong)


def test_bad_seeds(glass):
    refused(TypeError, "seed must be given", gn.Metropolis, glass, 1.0)
    refused(ValueError, "seed must be >= 0, got -1", gn.Metropolis, glass, 1.0, seed=-1)
    for wrong in (1.5, "1", True, [1]):
        refused(TypeError, "seed must be an integer", gn.Metropolis, glass, 1.0, seed=wrong)
    refused(ValueError, "seed must be >= 0, got -1", gn.Metropolis, glass, 1.0, seed=Seed(-1, "N=1"))
    refused(TypeError, "seed must be an integer", gn.Metropolis, glass, 1.0, seed=Seed(1.5, "N=1"))


def test_bad_initial_weights(glass):
    def start(initial):
        gn.ParallelTempering(glass, [1.0, 2.0], n_replicas=3, seed=1, initial=initial)

    refused(ValueError, r"initial must be \+1 or -1 everywhere, got 0", start, np.zeros(12))
    refused(ValueError, "initial must be .* got nan", start, np.full(12, np.nan))
    refused(ValueError, "initial must be .* got inf", start, np.full(12, np.inf))
    refused(ValueError, r"initial must have 12 weights .* \(13,\)", start, np.ones(13))
    refused(ValueError, "initial must have 12 weights", start, np.ones(()))
    refused(ValueError, r"initial must have shape .* got \(3, 2, 12\)", start, np.ones((3, 2, 12)))
    refused(ValueError, r"initial must have shape", start, np.ones((3, 12)))
    refused(TypeError, "initial must be an array of", start, ["a"] * 12)
    refused(TypeError, "initial must be an array of", start, np.ones(12, dtype=bool))
    refused(TypeError, "initial must be an array of", start, np.ones(12, dtype=complex))
    refused(ValueError, "initial must be", start, [[1] * 12, [1] * 11])


def test_odd_memory_layouts_of_initial_weights(glass):
    rng = np.random.default_rng(1)
    whole = rng.choice([-1, 1], (2, 3, 12))
    expected = gn.ParallelTempering(glass, [1.0, 2.0], n_replicas=3, seed=1, initial=whole).run(5).energy.values
    for same in (
        np.asfortranarray(whole),
        np.repeat(whole, 2, axis=2)[..., ::2],
        whole[:, ::-1][:, ::-1],
        whole.astype(">i8"),
        whole.astype(np.float32),
        whole.tolist(),
    ):
        chain = gn.ParallelTempering(glass, [1.0, 2.0], n_replicas=3, seed=1, initial=same)
        assert (chain.run(5).energy.values == expected).all()
    before = whole.copy()
    gn.ParallelTempering(glass, [1.0, 2.0], n_replicas=3, seed=1, initial=whole).run(5)
    assert (whole == before).all()


def test_bad_arguments_of_run(glass):
    chain = gn.Metropolis(glass, 1.0, n_replicas=2, seed=1)
    refused(ValueError, "n_sweeps must be >= 0, got -1", chain.run, -1)
    refused(ValueError, "thermalization must be >= 0, got -1", chain.run, 1, thermalization=-1)
    refused(ValueError, "measure_every must be >= 1, got 0", chain.run, 1, measure_every=0)
    refused(ValueError, "measure_every must be >= 1, got -1", chain.run, 1, measure_every=-1)
    refused(ValueError, "measure_every must divide n_sweeps = 10, got 3", chain.run, 10, measure_every=3)
    assert chain.n_sweeps == 0


@pytest.mark.parametrize("n_sweeps", [2**31 * 1000, 2**62, 2**63, 2**64, 2**200])
def test_more_draws_than_memory_are_refused_before_anything_runs(glass, n_sweeps):
    chain = gn.Metropolis(glass, 1.0, n_replicas=64, seed=1)
    refused(ValueError, "n_sweeps", chain.run, n_sweeps)
    assert chain.n_sweeps == 0


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_a_glass_too_large_for_memory_is_refused_with_the_bytes(couplings):
    glass = E.poisson(200_000, 3, 0.5, seed=1, couplings=couplings)
    refused(ValueError, r"n_replicas: .* needs \d+ bytes", gn.Metropolis, glass, 1.0, 2**20, seed=1)


def test_more_pairs_than_memory_are_refused_or_never_made():
    """10^5 replicas of 12 weights are small, their 5e9 pairs are not: a run of energies in 1.5 GB, or ValueError."""
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 * 2**29, 3 * 2**29))\n"
        "import glassnet as gn\n"
        "glass = gn.ensembles.regular(12, 3, 4, seed=1)\n"
        "try:\n"
        "    print(gn.Metropolis(glass, 1.0, 100_000, seed=1).run(2, measure=['energy']).sizes['replica'])\n"
        "except ValueError as error:\n"
        "    assert 'n_replicas' in str(error)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True)


def test_bad_fields(glass):
    planted = E.planted(glass, 1.0, seed=1)
    refused(ValueError, "field .*planted", gn.Metropolis, glass, 1.0, seed=1, field=0.5)
    for wrong in (-0.5, np.nan, np.inf):
        refused(ValueError, "field must be", gn.Metropolis, planted, 1.0, seed=1, field=wrong)
    for wrong in ("1", [1.0], True):
        refused(TypeError, "field must be a real number", gn.Metropolis, planted, 1.0, seed=1, field=wrong)


# anything at all

NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**63, 2**64, -(2**63), 10**400]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([1e-320, 1e-300, 1e300, 1.7e308]),
)
ODD = st.one_of(
    NUMBERS, st.none(), st.booleans(), st.text(max_size=3), st.lists(NUMBERS, max_size=4), st.complex_numbers()
)
ARRAYS = st.one_of(
    ODD,
    arrays(
        st.sampled_from([np.int8, np.int64, np.uint64, np.float32, np.float64, np.bool_, "U2", object]), array_shapes()
    ),
    st.lists(st.sampled_from([0.5, 1.0, 2.0, np.inf, np.nan, 0.0, 1e-320]), max_size=4),
)


def harmless(function):
    """Whether a call is accepted or refused politely; anything else, warnings included, is an error of the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return function()
        except (TypeError, ValueError) as error:
            assert any(name in str(error) for name in NAMES), f"no argument is named: {error}"
            return None


NAMES = ("temperature", "n_replicas", "seed", "initial", "n_sweeps", "thermalization", "measure", "field", "t_min",
         "t_max", "n must be", "state")  # fmt: skip
FUZZ = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@FUZZ
@given(temperatures=ARRAYS, n_replicas=st.one_of(st.integers(-1, 3), ODD), seed=ODD, initial=ARRAYS)
@example(temperatures=[1e-320, 1.0], n_replicas=2, seed=1, initial=None)
@example(temperatures=[1.0, 1e308], n_replicas=2, seed=2**300, initial=None)
def test_samplers_take_or_refuse_anything(temperatures, n_replicas, seed, initial):
    glass = E.regular(6, 3, 2, seed=1, couplings="binary" if str(seed) > "1" else "gaussian")
    chain = harmless(lambda: gn.ParallelTempering(glass, temperatures, n_replicas, seed, initial))
    if chain is not None:
        record = chain.run(4, measure=["energy"])
        assert np.isfinite(record.energy).all()


@FUZZ
@given(n_sweeps=st.one_of(st.integers(0, 9), ODD), every=st.one_of(st.integers(1, 3), ODD), measure=ODD)
def test_run_takes_or_refuses_anything(glass, n_sweeps, every, measure):
    chain = gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=2, seed=1)
    record = harmless(lambda: chain.run(n_sweeps, measure_every=every, measure=measure))
    if record is not None:
        assert record.sizes["draw"] * every == n_sweeps
    else:
        assert chain.n_sweeps == 0


@FUZZ
@given(t_min=ODD, t_max=ODD, n=st.one_of(st.integers(0, 5), ODD))
def test_ladders_take_or_refuse_anything(t_min, t_max, n):
    for make in (gn.ladder.geometric, gn.ladder.linear):
        ladder = harmless(lambda make=make: make(t_min, t_max, n))
        if ladder is not None:
            assert len(ladder) == n
            assert (ladder[0], ladder[-1]) == (t_min, t_max)
            assert (np.diff(ladder) > 0).all()


def spoiled_states(state):
    """Every way in which one array of a state can be absent or of another shape or kind."""
    for name, array in state.items():
        yield name, {other: value for other, value in state.items() if other != name}
        for wrong in (np.zeros((3, 3, 3)), None, "text", array[..., None], np.full(array.shape, "x")):
            yield name, state | {name: wrong}


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_damaged_states_are_refused(couplings):
    glass = E.regular(12, 3, 4, seed=1, couplings=couplings)
    chain, other = (gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=2, seed=1) for _ in range(2))
    for name, state in spoiled_states(chain.state()):
        refused((TypeError, ValueError), f"state.*{name}", chain.restore, state)
    assert (chain.run(5).energy == other.run(5).energy).all()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("walkers_lane_at", lambda array: array + 1000),
        ("walkers_lane_at", np.zeros_like),
        ("walkers_rung_of", lambda array: array - 5),
        ("n_sweeps", lambda array: array * 0 - 1),
        ("kernel_rng", lambda array: array.astype(float) + 0.5),
    ],
)
def test_states_that_would_address_foreign_memory_are_refused(glass, name, spoil):
    """The kernels trust their arguments: a permutation out of range must not reach them."""
    chain = gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=2, seed=1)
    state = chain.state()
    with pytest.raises((TypeError, ValueError), match=f"state.*{name}"):
        chain.restore(state | {name: spoil(state[name])})


def test_networks_with_too_many_walks_for_their_overlap():
    chain = gn.ParallelTempering(E.walks((9,) * 22, 0.5, seed=1), [1.0], 2, seed=1)
    with pytest.raises(ValueError, match=r"measure must leave out overlap .* 2\^62 .* got 9.85e\+20"):
        chain.run(1)
    assert (abs(chain.run(2, measure=["energy", "matched_overlap"]).matched_overlap) <= 1).all()
