"""Ground states by linear algebra against enumeration, planted states, and a plain elimination in numpy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet import theory
from glassnet.kernels import instance


@given(st.integers(2, 5), st.integers(6, 16), st.floats(0.2, 1.5), st.integers(0, 10**6))
@settings(derandomize=True, deadline=None, max_examples=80)
def test_against_enumeration(p, n_weights, alpha, seed):
    glass = gn.ensembles.poisson(n_weights, p, alpha, seed=seed)
    energies, counts = gn.exact.density_of_states(glass)
    found = theory.ground_states(glass)
    assert found.satisfiable == (energies[0] == -glass.n_paths)
    assert found.count == (counts[0] if found.satisfiable else 0)
    assert found.bound == -glass.n_paths <= energies[0]
    if found.satisfiable:
        assert found.energy == energies[0]
        assert found.log2_count == math.log2(counts[0])
        assert (glass.energy(found.states(5, seed=1)) == -glass.n_paths).all()
    else:
        assert found.log2_count == -math.inf
        # its energy and the number of configurations that have it are not what linear algebra knows
        assert math.isnan(found.energy)
        assert math.isnan(found.entropy)


def test_enumeration_sees_both_kinds():
    glasses = [gn.ensembles.poisson(12, 3, 0.9, seed=seed) for seed in range(40)]
    satisfiable = [theory.ground_states(glass).satisfiable for glass in glasses]
    assert 0 < sum(satisfiable) < 40
    assert satisfiable == [gn.exact.density_of_states(g)[0][0] == -g.n_paths for g in glasses]


def plain_rank(rows):
    """Rank over GF(2), one pivot at a time."""
    rows, rank = rows.copy(), 0
    for column in range(rows.shape[1]):
        pivots = np.flatnonzero(rows[rank:, column])
        if len(pivots):
            rows[[rank, rank + pivots[0]]] = rows[[rank + pivots[0], rank]]
            below = rank + 1 + np.flatnonzero(rows[rank + 1 :, column])
            rows[below] ^= rows[rank]
            rank += 1
    return rank


@pytest.mark.parametrize("n_columns", [1, 63, 64, 65, 128, 300])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.5])
def test_echelon_form(n_columns, ratio):
    # Equal rows among them, so that ranks fall short of both sides.
    rng = np.random.default_rng(n_columns)
    p = min(n_columns, 5)
    n_rows = max(1, round(ratio * n_columns))
    paths = np.array([rng.choice(n_columns, p, replace=False) for _ in range(n_rows)], dtype=np.int32)
    paths[n_rows // 2 :: 3] = paths[0]
    right = rng.integers(2, size=n_rows).astype(np.uint64)
    rows, pivots = instance.echelon(paths, right, n_columns)
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    matrix = np.zeros((n_rows, n_columns + 1), dtype=np.uint8)
    np.add.at(matrix, (np.arange(n_rows)[:, None], paths), 1)
    matrix[:, -1] = right
    assert len(pivots) == plain_rank(matrix[:, :-1])
    assert (np.diff(pivots) > 0).all()
    assert not bits[len(pivots) :, :n_columns].any()
    assert [int(np.argmax(row)) for row in bits[: len(pivots)]] == pivots.tolist()
    # the same space of rows, right-hand sides included
    assert plain_rank(np.vstack([matrix, bits[:, : n_columns + 1]])) == plain_rank(matrix)
    assert plain_rank(bits[:, : n_columns + 1]) == plain_rank(matrix)


@pytest.mark.parametrize("draw", [
    lambda: gn.ensembles.regular(1500, 3, 4, seed=3),
    lambda: gn.ensembles.poisson(2000, 3, 0.95, seed=3),
    lambda: gn.ensembles.layered(2000, 4, 1.2, seed=3),
    lambda: gn.ensembles.walks((20, 20, 20, 20), 1.1, seed=3),
    lambda: gn.ensembles.poisson(1500, 3, 1.2, seed=3, couplings="gaussian"),
])  # fmt: skip
def test_planted_at_zero_temperature(draw):
    glass = gn.ensembles.planted(draw(), 1e-6, seed=4)
    found = theory.ground_states(glass)
    assert found.satisfiable
    assert found.energy == pytest.approx(glass.energy(glass.planted), rel=1e-12)
    assert glass.energy(found.states(3, seed=5)) == pytest.approx(np.full(3, found.energy), rel=1e-12)
    assert found.rank <= min(glass.n_weights, glass.n_paths)


def test_thresholds_of_satisfiability():
    # alpha_s = 0.9179 for p = 3; at N = 3000 the width of the transition is about N^-1/2.
    share = [
        np.mean([theory.ground_states(gn.ensembles.poisson(3000, 3, alpha, seed=s)).satisfiable for s in range(6)])
        for alpha in (0.89, 0.95)
    ]
    assert share == [1.0, 0.0]


def test_states_are_drawn_uniformly():
    glass = gn.ensembles.planted(gn.ensembles.poisson(10, 3, 0.7, seed=8), 1e-3, seed=2)
    found = theory.ground_states(glass)
    assert 8 <= found.count <= 128
    n_draws = 400 * found.count
    states = found.states(n_draws, seed=9)
    _, counts = np.unique(states, axis=0, return_counts=True)
    assert len(counts) == found.count
    # Pearson's statistic: mean count - 1, standard deviation sqrt(2 count); bound of 4.5 of them
    statistic = ((counts - 400) ** 2 / 400).sum()
    assert abs(statistic - (found.count - 1)) < 4.5 * math.sqrt(2 * found.count)
    assert (found.states(5, seed=9) == found.states(5, seed=9)).all()


def test_paths_without_coupling_ask_for_nothing():
    glass = gn.PathGlass([[0, 1, 2], [0, 1, 2], [0, 1, 3]], [2.0, 0.0, -0.5], 5)
    found = theory.ground_states(glass)
    assert (found.n_paths, found.rank, found.count, found.energy) == (2, 2, 8, -2.5)


def test_contradiction_and_tables():
    glass = gn.PathGlass([[0, 1, 2], [0, 1, 2]], [1, -1], 3)
    found = theory.ground_states(glass)
    assert not found.satisfiable
    assert (found.rank, found.count) == (1, 0)
    assert (found.bound, math.isnan(found.energy), math.isnan(found.entropy)) == (-2.0, True, True)
    assert str(found).startswith("not all paths can be satisfied: ground-state energy not known, above the bound -2\n")
    with pytest.raises(ValueError, match="paths can all be satisfied"):
        found.states(1, seed=1)
    good = theory.ground_states(gn.PathGlass([[0, 1, 2], [0, 1, 2]], [1, 1], 3))
    assert "2^2 ground states, entropy 0.462098 per weight" in str(good)
    assert good.entropy == pytest.approx(2 / 3 * np.log(2))
    free = theory.ground_states(gn.PathGlass(np.zeros((0, 3), dtype=int), [], 4))
    assert (free.count, free.satisfiable) == (16, True)
    assert free.states(3, seed=1).shape == (3, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: theory.ground_states(3), TypeError, "glass must be a PathGlass, got int"),
        (lambda: GOOD.states(0, seed=1), ValueError, "count must be >= 1, got 0"),
        (lambda: GOOD.states(1, seed=-1), ValueError, "seed must be >= 0, got -1"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


GOOD = theory.ground_states(gn.PathGlass([[0, 1, 2]], [1], 3))


def test_too_large_a_core_is_refused(monkeypatch):
    glass = gn.ensembles.regular(3000, 3, 4, seed=1)
    monkeypatch.setattr("glassnet._checks.available_memory", lambda: 10**6)
    with pytest.raises(ValueError, match="2-core of 3000 weights needs 1536000 bytes"):
        theory.ground_states(glass)
