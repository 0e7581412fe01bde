"""The same seed gives the same chain, bit for bit, on every instruction set, every machine and in every release.

The pinned values are regression hashes: they may change only together with a line in the changelog.
"""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Role, Seed, words
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.walkers import Walkers

E = gn.ensembles
ISAS = bitsliced.instruction_sets()


def digest(sampler, dataset):
    """sha256 over the end state and everything recorded."""
    hasher = hashlib.sha256()
    arrays = sampler.state() | {name: dataset[name].values for name in dataset.data_vars}
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        hasher.update(f"{name}{array.dtype.str}{array.shape}".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()


def run(monkeypatch, isa, glass, temperatures, n_replicas, n_sweeps, *, seed=11, field=None):
    monkeypatch.setenv("GLASSNET_ISA", isa)
    chain = gn.ParallelTempering(glass, temperatures, n_replicas=n_replicas, seed=seed, field=field)
    record = chain.run(n_sweeps, measure_every=n_sweeps // 4, measure=["energy", "overlap", "path_overlap", "weights"])
    return digest(chain, record)


CASES = {
    **{f"N={n}": (lambda J, n=n: E.poisson(n, 3, 1.6, seed=n, couplings=J), 40) for n in (3, 7, 63, 64, 65, 70)},
    "all degrees": (lambda J: E.poisson(60, 3, 3.0, seed=1, couplings=J), 100),
    "walks": (lambda J: E.walks((5, 5, 5, 5), 1.5, seed=1, couplings=J), 40),
    "memory far away": (lambda J: E.regular(6000, 3, 4, seed=3, couplings=J), 8),
    "N=1000": (lambda J: E.regular(1000, 4, 4, seed=2, couplings=J), 40),
}


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("case", CASES)
def test_every_instruction_set_gives_the_same_chain(monkeypatch, case, couplings):
    """Energies, overlaps, weights and end states; rungs of both kinds, several blocks with idle lanes."""
    draw, n_sweeps = CASES[case]
    glass = draw(couplings)
    temperatures = [0.4, 0.7, 1.2, 4.0, 25.0, np.inf]
    n_replicas = 90 if couplings == "binary" else 12
    digests = {run(monkeypatch, isa, glass, temperatures, n_replicas, n_sweeps) for isa in ISAS}
    assert len(digests) == 1
    assert run(monkeypatch, ISAS[0], glass, temperatures, n_replicas, n_sweeps, seed=12) not in digests


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_every_instruction_set_gives_the_same_chain_in_a_field(monkeypatch, couplings):
    glass = E.planted(E.poisson(65, 3, 2.0, seed=1, couplings=couplings), 0.8, seed=1)
    temperatures = [0.4, 1.2, 25.0, np.inf]
    digests = {run(monkeypatch, isa, glass, temperatures, 40, 40, field=0.3) for isa in ISAS}
    assert len(digests) == 1
    assert run(monkeypatch, ISAS[0], glass, temperatures, 40, 40, field=0.31) not in digests


@pytest.mark.slow
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_every_instruction_set_gives_the_same_long_chain(monkeypatch, couplings):
    for n_weights in range(3, 71):
        glass = E.poisson(n_weights, 3, 1.6, seed=n_weights, couplings=couplings)
        assert len({run(monkeypatch, isa, glass, [0.5, 0.9, 2.0, np.inf], 8, 10_000) for isa in ISAS}) == 1


def test_the_chosen_instruction_set_is_named(monkeypatch):
    glass = E.regular(12, 3, 4, seed=1)
    for module in (bitsliced, realvalued):
        for isa in ISAS:
            monkeypatch.setenv("GLASSNET_ISA", isa)
            assert module.chosen_instruction_set() == isa
        monkeypatch.setenv("GLASSNET_ISA", "")
        assert module.chosen_instruction_set() == module.instruction_sets()[0]
        monkeypatch.setenv("GLASSNET_ISA", "sse9")
        with pytest.raises(ValueError, match=f"GLASSNET_ISA must be one of .*{ISAS[-1]}.*'sse9'"):
            module.chosen_instruction_set()
    with pytest.raises(ValueError, match="GLASSNET_ISA"):
        gn.Metropolis(glass, 1.0, seed=1)


def test_a_fresh_process_gives_the_same_chain():
    """Nothing depends on addresses, hash seeds or what ran before."""
    program = (
        "import glassnet as gn; g = gn.ensembles.poisson(50, 3, 1.5, seed=1);"
        "pt = gn.ParallelTempering(g, [0.5, 1.0, 2.0], n_replicas=40, seed=3);"
        "print(pt.run(200, measure=['energy']).energy.values.tobytes().hex()[-400:], pt.weights.tobytes().hex()[-400:])"
    )
    outputs = set()
    for hash_seed, isa in (("1", ISAS[0]), ("2", ISAS[-1])):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "GLASSNET_ISA": isa}
        command = [sys.executable, "-P", "-c", program]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(outputs) == 1


# pinned


def fixed_glass(couplings):
    """Drawn by nobody: paths and couplings by a rule."""
    number = np.arange(60)
    paths = np.stack([number % 31, (7 * number + 1) % 31 + 31, (11 * number + 5) % 31 + 62], axis=1)
    values = np.where(number % 3 == 0, -1.0, 1.0)
    return gn.PathGlass(paths, values if couplings == "binary" else values * (1 + number / 64), 93)


PINNED = {
    "binary": "562afbd0c0a261e94cb1c80776a8099f",
    "gaussian": "bb231a0bf051a4d85915b8063a60c156",
}


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_pinned_chain_of_100_sweeps(monkeypatch, couplings, isa):
    monkeypatch.setenv("GLASSNET_ISA", isa)
    initial = np.where(np.arange(93) % 5 == 0, -1, 1)
    chain = gn.ParallelTempering(fixed_glass(couplings), [0.5, 0.75, 1.5, 12.0], 24, seed=2024, initial=initial)
    record = chain.run(100, measure_every=10, measure=["energy", "weight_overlap"])
    hasher = hashlib.sha256()
    for array in (record.energy.values, chain.weights, record.swap_accepted.values, record.round_trips.values):
        hasher.update(np.ascontiguousarray(array))
    overlap = np.rint(record.weight_overlap.values * 93).astype("<i4")
    hasher.update(np.ascontiguousarray(overlap))
    assert hasher.hexdigest()[:32] == PINNED[couplings]


def test_pinned_seeds_of_the_streams():
    assert words(Seed(1), Role.SWEEPS, 4).tolist() == [
        5387740552888043964,
        10059688073535976303,
        7903077463227430903,
        17350313014062009431,
    ]
    assert words(Seed(1, "N=96,dilution=0.0,sample=3"), Role.EXCHANGES, 4).tolist() == [
        9999327325346143897,
        15562034493791836012,
        198748405764134987,
        15562706751706834053,
    ]


def xoshiro(state):
    """xoshiro256++ in plain integers: the next word; `state` is advanced (D. Blackman and S. Vigna)."""
    mask = 2**64 - 1

    def rotate(x, k):
        return (x << k | x >> (64 - k)) & mask

    result = (rotate((state[0] + state[3]) & mask, 23) + state[0]) & mask
    shifted = state[1] << 17 & mask
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = rotate(state[3], 45)
    return result


def test_the_reference_generator_is_xoshiro256plusplus():
    """First outputs from the state 1, 2, 3, 4, as published with the generator's Rust and Julia implementations."""
    state = [1, 2, 3, 4]
    assert [xoshiro(state) for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


@pytest.mark.parametrize("isa", ISAS)
def test_kernels_draw_xoshiro256plusplus_words(monkeypatch, isa):
    """A free weight takes over one random bit per lane and sweep: eight words of every stream read back from it."""
    monkeypatch.setenv("GLASSNET_ISA", isa)
    glass = gn.PathGlass(np.empty((0, 2), dtype=int), [], n_weights=1)
    walkers = Walkers(np.array([1.0]), 600, words(1, Role.EXCHANGES, 4))
    kernel = bitsliced.BitSliced(glass, walkers, words(1, Role.SWEEPS, 2 * bitsliced.RNG_WORDS))
    kernel.set_weights(np.zeros((600, 1), dtype=bool))
    states = [[int(word) for word in kernel.rng[block, :, number]] for block in range(2) for number in range(8)]
    before = kernel.weight.copy()
    for _ in range(8):
        kernel.advance(1)
        drawn = (kernel.weight ^ before).ravel().tolist()
        before = kernel.weight.copy()
        assert drawn == [xoshiro(state) for state in states]
    assert [[int(word) for word in kernel.rng[block, :, number]] for block in range(2) for number in range(8)] == states


def test_exchanges_draw_one_word_per_pair():
    walkers = Walkers(np.array([0.5, 1.0, 2.0, 4.0]), 3, words(1, Role.EXCHANGES, 4))
    state = [int(word) for word in walkers.rng]
    kernel = bitsliced.BitSliced(E.regular(12, 3, 4, seed=1), walkers, words(1, Role.SWEEPS, bitsliced.RNG_WORDS))
    kernel.set_weights(np.ones((12, 12), dtype=bool))
    kernel.advance(2)
    for _ in range(3 * (2 + 1)):
        xoshiro(state)
    assert walkers.rng.tolist() == state
