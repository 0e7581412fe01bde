"""Regular hypergraphs: feasible, regular, uniform, and never looping forever."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

import glassnet as gn
from glassnet._random import Role, generator
from glassnet.ensembles import regular_hypergraphs

E = gn.ensembles


def path_list(glass):
    """Paths in the order they were drawn, for a glass whose couplings were given as 0, 1, 2, ..."""
    return tuple(map(tuple, glass.paths[np.argsort(glass.couplings)].tolist()))


def p_value(observed: Counter, cells) -> float:
    """Chi-square against the uniform law on `cells`; 0 if something else was seen."""
    cells = list(cells)
    if set(observed) - set(cells):
        return 0.0
    return chisquare([observed[cell] for cell in cells]).pvalue


def regular_lists(n_weights, p, degree):
    """All lists of p-sets in which every weight occurs `degree` times."""
    sets = list(itertools.combinations(range(n_weights), p))

    def grow(left, n_paths):
        if n_paths == 0:
            yield ()
            return
        for members in sets:
            if all(left[i] for i in members):
                fewer = [left[i] - (i in members) for i in range(n_weights)]
                for rest in grow(fewer, n_paths - 1):
                    yield (members, *rest)

    return list(grow([degree] * n_weights, n_weights * degree // p))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_regular_is_regular_for_every_feasible_choice(data):
    n_weights = data.draw(st.integers(2, 13))
    p = data.draw(st.integers(2, n_weights))
    step = p // math.gcd(n_weights, p)
    degree = step * data.draw(st.integers(0, max(1, 12 // step)))
    glass = E.regular(n_weights, p, degree, seed=data.draw(st.integers(0, 10**6)))
    assert glass.n_paths * p == n_weights * degree
    assert (glass.degrees == degree).all()
    assert (np.diff(glass.paths, axis=1) > 0).all()
    assert set(np.unique(glass.couplings)) <= {-1.0, 1.0}
    assert glass.ensemble == "regular" and not glass.has_layers


@pytest.mark.parametrize(
    ("n_weights", "p", "degree"), [(10, 5, 30), (40, 20, 20), (60, 59, 118), (500, 10, 60), (6, 3, 400)]
)
def test_regular_ends_where_rejection_is_hopeless(n_weights, p, degree):
    glass = E.regular(n_weights, p, degree, seed=1)
    assert (glass.degrees == degree).all()


def test_number_of_regular_lists_is_the_known_one():
    """0-1 matrices with row and column sums 2 (OEIS A001499), and all choices of the two paths of each weight."""
    assert len(regular_lists(4, 2, 2)) == 90
    pairs = list(itertools.combinations(range(4), 2))
    choices = (Counter(itertools.chain(*choice)) for choice in itertools.product(pairs, repeat=6))
    assert len(regular_lists(6, 3, 2)) == sum(set(sizes.values()) == {3} for sizes in choices) == 1860


@pytest.mark.parametrize(("n_weights", "p", "degree"), [(4, 2, 2), (5, 4, 4), (6, 4, 2)])
def test_regular_is_uniform_over_all_lists_of_paths(n_weights, p, degree):
    labels = np.arange(n_weights * degree // p, dtype=float)
    glasses = [E.regular(n_weights, p, degree, seed=s, couplings=labels) for s in range(2000)]
    assert all(glass.recipe["method"] == "rejection" for glass in glasses)
    assert p_value(Counter(map(path_list, glasses)), regular_lists(n_weights, p, degree)) > 1e-4


def test_regular_is_uniform_over_1860_lists():
    rng = generator(5, Role.PATHS)
    seen = Counter()
    for _ in range(12000):
        paths, method = regular_hypergraphs.random_regular(6, 3, 2, rng)
        assert method == "rejection"
        seen[tuple(map(tuple, np.sort(paths, axis=1).tolist()))] += 1
    assert p_value(seen, regular_lists(6, 3, 2)) > 1e-4


def _switched(rounds, step=regular_hypergraphs.switch_round):
    """Lists after so many rounds from the cyclic hypergraph of 4 weights, p = degree = 2, 1000 times."""
    rng = generator(1, Role.PATHS)
    seen = Counter()
    for _ in range(1000):
        paths = np.arange(8, dtype=np.int32).reshape(4, 2) % 4
        for _ in range(rounds):
            step(paths, rng)
        seen[tuple(map(tuple, np.sort(paths, axis=1).tolist()))] += 1
    return seen


def test_switches_forget_the_cyclic_start_and_become_uniform():
    cells = regular_lists(4, 2, 2)
    assert p_value(_switched(20), cells) > 1e-4
    # too few rounds, and a step that prefers one direction, are seen
    assert p_value(_switched(3), cells) < 1e-9

    def reluctant(paths, rng):
        before = paths.copy()
        regular_hypergraphs.switch_round(paths, rng)
        if len({tuple(sorted(path)) for path in paths.tolist()}) == 4 and rng.random() < 0.5:
            paths[:] = before

    assert p_value(_switched(20, reluctant), cells) < 1e-9


def test_uniformity_test_sees_a_repaired_pairing():
    """Repairing a random pairing and stopping there, as quick generators do, is not uniform."""
    rng = generator(2, Role.PATHS)
    seen = Counter()
    for _ in range(6000):
        paths = rng.permutation(np.arange(8, dtype=np.int32) % 4).reshape(4, 2)
        while (paths[:, 0] == paths[:, 1]).any():
            regular_hypergraphs.switch_round(paths, rng)
        seen[tuple(map(tuple, np.sort(paths, axis=1).tolist()))] += 1
    assert p_value(seen, regular_lists(4, 2, 2)) < 1e-6


def test_switches_where_rejection_is_not_affordable(monkeypatch):
    monkeypatch.setattr(regular_hypergraphs, "REJECTION_BUDGET", 0)
    for n_weights, p, degree in [(12, 3, 4), (300, 3, 4), (9, 4, 8), (8, 4, 20)]:
        glass = E.regular(n_weights, p, degree, seed=3)
        assert glass.recipe["method"] == "switches"
        assert (glass.degrees == degree).all()


def test_cyclic_start_when_repetitions_do_not_go(monkeypatch):
    monkeypatch.setattr(regular_hypergraphs, "REJECTION_BUDGET", 0)
    monkeypatch.setattr(regular_hypergraphs, "repetitions", lambda paths: np.ones(len(paths), dtype=bool))
    assert (E.regular(30, 3, 4, seed=1).degrees == 4).all()


@pytest.mark.parametrize(
    ("build", "n_paths"),
    [
        (lambda: E.regular(999999, 3, 4, seed=1), 1333332),
        (lambda: E.poisson(10**6, 3, 1.5, seed=1), 1500000),
        (lambda: E.walks((600, 600, 600, 600), 1.0, seed=1), 1080000),
    ],
)
def test_a_million_weights(build, n_paths):
    glass = build()
    assert glass.n_weights >= 999999 and glass.n_paths == n_paths
    assert glass.ensemble != "regular" or (glass.degrees == 4).all()
