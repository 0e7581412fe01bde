"""What the ensembles draw, how it is distributed, and what is refused."""

import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

import glassnet as gn
from glassnet._random import Role, Seed, generator
from glassnet.ensembles import random_paths

E = gn.ensembles
#: one small draw of each ensemble, with whatever keywords are added
DRAWS = {
    "regular": lambda **kw: E.regular(12, 3, 3, **kw),
    "poisson": lambda **kw: E.poisson(11, 4, 1.5, **kw),
    "layered": lambda **kw: E.layered(12, 3, 1.5, **kw),
    "walks": lambda **kw: E.walks((2, 2, 2, 2), 1.5, **kw),
}


def p_value(observed: Counter, cells) -> float:
    """Chi-square against the uniform law on `cells`; 0 if something else was seen."""
    cells = list(cells)
    if set(observed) - set(cells):
        return 0.0
    return chisquare([observed[cell] for cell in cells]).pvalue


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_poisson_layered_walks_invariants(data):
    p = data.draw(st.integers(2, 5))
    alpha = data.draw(st.floats(0, 3))
    seed = data.draw(st.integers(0, 10**6))
    size = data.draw(st.integers(1, 4))
    poisson = E.poisson(p + size, p, alpha, seed)
    layered = E.layered(p * size, p, alpha, seed)
    widths = tuple(data.draw(st.lists(st.integers(1, 4), min_size=p + 1, max_size=p + 1)))
    walks = E.walks(widths, alpha, seed)
    for glass in (poisson, layered, walks):
        assert glass.n_paths == round(alpha * glass.n_weights) and glass.p == p
        assert glass.degrees.sum() == p * glass.n_paths
    assert (np.diff(poisson.paths, axis=1) > 0).all()
    assert layered.layer.tolist() == [i // size for i in range(p * size)]
    for glass in (layered, walks):
        np.testing.assert_array_equal(glass.layer[glass.paths], np.tile(np.arange(p), (glass.n_paths, 1)))
    assert walks.n_weights == sum(a * b for a, b in itertools.pairwise(widths)) and walks.widths == widths


@pytest.mark.parametrize("dilution", [0.0, 0.3])
def test_walks_are_true_paths_from_input_to_output(dilution):
    widths = (3, 4, 2, 5)
    glass = E.walks(widths, 3.0, seed=2, dilution=dilution)
    first = np.cumsum([0, 12, 8, 10])
    for path in glass.parent_index[glass.paths].tolist():
        end = None
        for layer, weight in enumerate(path):
            before, after = divmod(weight - first[layer], widths[layer + 1])
            assert 0 <= before < widths[layer] and end in (None, before)
            end = after


def _biased_subsets(n_weights, p, count, rng):
    """Broken twin: a weight drawn twice is replaced by the smallest absent one."""
    chosen = []
    for row in rng.integers(n_weights, size=(count, p)):
        members = set(row.tolist())
        members |= set(sorted(set(range(n_weights)) - members)[: p - len(members)])
        chosen.append(sorted(members))
    return np.array(chosen)


@pytest.mark.parametrize(("n_weights", "p"), [(5, 3), (6, 5), (7, 2), (4, 4)])
def test_poisson_paths_are_uniform_subsets(n_weights, p):
    cells = list(itertools.combinations(range(n_weights), p))

    def law(subsets):
        drawn = subsets(n_weights, p, 20000, generator(3, Role.PATHS))
        return p_value(Counter(map(tuple, np.sort(drawn, axis=1).tolist())), cells)

    if len(cells) > 1:
        assert law(random_paths.random_subsets) > 1e-4
        assert law(_biased_subsets) < 1e-9
    glass = E.poisson(n_weights, p, 2000.0, seed=4)
    assert len(cells) == 1 or p_value(Counter(map(tuple, glass.paths.tolist())), cells) > 1e-4


def test_poisson_degrees_are_binomial():
    """The degree of one weight is Bin(n_paths, p / N), which tends to Poisson(p alpha)."""
    degrees = [E.poisson(40, 3, 1.0, seed=s).degrees[17] for s in range(1500)]
    edges = np.arange(8)
    expected = binom.pmf(edges, 40, 3 / 40)
    expected[-1] = binom.sf(6, 40, 3 / 40)
    observed = np.bincount(np.minimum(degrees, 7), minlength=8)
    assert chisquare(observed, 1500 * expected).pvalue > 1e-4


def test_layered_and_walks_are_uniform_over_their_paths():
    layered = E.layered(6, 3, 3000.0, seed=5)
    assert p_value(Counter(map(tuple, layered.paths.tolist())), itertools.product((0, 1), (2, 3), (4, 5))) > 1e-4
    walks = E.walks((2, 3, 2), 1500.0, seed=6)
    cells = [(3 * i + j, 6 + 2 * j + k) for i in range(2) for j in range(3) for k in range(2)]
    assert p_value(Counter(map(tuple, walks.paths.tolist())), cells) > 1e-4
    # a walk of p = 3 is no independent choice of edges
    free = E.layered(12, 2, 1500.0, seed=6)
    assert p_value(Counter(map(tuple, free.paths.tolist())), cells) == 0


def equal_pairs(glass):
    return sum(math.comb(count, 2) for count in Counter(map(tuple, glass.paths.tolist())).values())


@pytest.mark.parametrize(("width", "p", "limit"), [(6, 3, 18.0), (14, 3, 18.0), (8, 2, 64.0), (4, 4, 8.0)])
def test_equal_paths_in_walks(width, p, limit):
    """M (M - 1) / 2 / prod(widths) pairs; alpha^2 p^2 n^(3-p) / 2 for large n: at p = 3 the same at every size."""
    alpha, n_seeds = 2.0, 200
    pairs = [equal_pairs(E.walks((width,) * (p + 1), alpha, seed=s)) for s in range(n_seeds)]
    n_paths = round(alpha * p * width**2)
    expected = math.comb(n_paths, 2) / width ** (p + 1)
    assert abs(np.mean(pairs) - expected) < 4.5 * np.std(pairs) / np.sqrt(n_seeds)
    assert abs(alpha**2 * p**2 * width ** (3 - p) / 2 - limit) < 1e-9 and abs(expected / limit - 1) < 0.01


@pytest.mark.parametrize("name", DRAWS)
def test_streams_depend_on_seed_and_key_alone(name):
    base = DRAWS[name](seed=1)
    assert base == DRAWS[name](seed=Seed(1)) == DRAWS[name](seed=np.int64(1))
    assert base not in (DRAWS[name](seed=2), DRAWS[name](seed=Seed(1, "sample=2")))
    # paths, couplings and dilution have streams of their own
    np.testing.assert_array_equal(base.paths, DRAWS[name](seed=1, couplings="gaussian").paths)
    assert DRAWS[name](seed=1, dilution=0.3) == base.dilute(0.3, seed=1)
    assert DRAWS[name](seed=1, dilution=0.3).recipe == base.dilute(0.3, seed=1).recipe


@pytest.mark.parametrize("name", DRAWS)
def test_recipe_says_how_it_was_drawn(name):
    recipe = E.planted(DRAWS[name](seed=Seed(3, "sample=4"), dilution=0.2), 0.7, seed=5, unsatisfied="fixed").recipe
    assert json.loads(json.dumps(recipe)) == recipe
    assert recipe["ensemble"] == name and recipe["couplings"] == "binary" and recipe["bias"] == 0.0
    assert (recipe["seed"], recipe["seed_key"]) == (3, "sample=4")
    rule = {"rounding": "nearest"} if name in ("layered", "walks") else {}
    assert recipe["diluted"] == [{"fraction": 0.2, "seed": 3, "seed_key": "sample=4"} | rule]
    assert recipe["planted"] == {"temperature": 0.7, "unsatisfied": "fixed", "seed": 5, "seed_key": ""}


def _levels(glass, flips):
    w = generator(8, Role.INITIAL).choice([-1, 1], (50, glass.n_weights))
    return np.abs(glass.energy(w) - glass.energy(w * np.where(flips, -1, 1))).max()


@pytest.mark.parametrize("dilution", [0.0, 0.2])
def test_energy_is_invariant_under_the_gauge_group(dilution):
    layered = E.layered(24, 4, 2.0, seed=1, couplings="gaussian", dilution=dilution)
    for one, two in itertools.combinations(range(4), 2):
        assert _levels(layered, np.isin(layered.layer, (one, two))) == 0
    assert _levels(layered, layered.layer == 1) > 0.1

    walks = E.walks((3, 3, 4, 3), 2.0, seed=1, couplings="gaussian", dilution=dilution)
    for hidden, neuron in [(1, 0), (1, 2), (2, 0), (2, 3)]:
        into = (walks.layer == hidden - 1) & (walks.edges[:, 1] == neuron)
        out = (walks.layer == hidden) & (walks.edges[:, 0] == neuron)
        assert _levels(walks, into | out) == 0
        assert _levels(walks, into) > 0.1

    for glass in (E.poisson(20, 4, 2.0, seed=1, dilution=dilution), E.regular(20, 2, 3, seed=1, dilution=dilution)):
        assert _levels(glass, np.ones(glass.n_weights, dtype=bool)) == 0
    odd = E.poisson(20, 3, 2.0, seed=1, dilution=dilution)
    assert _levels(odd, np.ones(odd.n_weights, dtype=bool)) > 0.1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: E.regular(10, 3, 4, 1), ValueError, r"n_weights \* degree must be divisible by p = 3, got 10 \* 4"),
        (lambda: E.regular(2, 3, 3, 1), ValueError, "n_weights must be at least p = 3, got 2"),
        (lambda: E.regular(6, 1, 3, 1), ValueError, "p must be >= 2, got 1"),
        (lambda: E.regular(6, 3, -1, 1), ValueError, "degree must be >= 0, got -1"),
        (lambda: E.regular(6, 3, 2.0, 1), TypeError, r"degree must be an integer, got 2\.0"),
        (lambda: E.regular("6", 3, 2, 1), TypeError, "n_weights must be an integer, got '6'"),
        (lambda: E.regular(6, 3, 2, -1), ValueError, "seed must be >= 0, got -1"),
        (lambda: E.regular(6, 3, 2, 0.5), TypeError, r"seed must be an integer, got 0\.5"),
        (lambda: E.regular(6, 3, 2, None), TypeError, "seed must be an integer, got None"),
        (lambda: E.poisson(2, 3, 1.0, 1), ValueError, "n_weights must be at least p = 3, got 2"),
        (lambda: E.poisson(6, 3, -0.1, 1), ValueError, r"alpha must be >= 0, got -0\.1"),
        (lambda: E.poisson(6, 3, np.nan, 1), ValueError, "alpha must be a finite number, got nan"),
        (lambda: E.poisson(6, 3, np.inf, 1), ValueError, "alpha must be a finite number, got inf"),
        (lambda: E.poisson(6, 3, 1e308, 1), ValueError, r"alpha \* n_weights must be a finite number of paths"),
        (lambda: E.poisson(6, 3, 1e300, 1), ValueError, r"needs \d+ bytes, and indices beyond the 2147483647"),
        (lambda: E.poisson(10**400, 3, 1.0, 1), ValueError, r"alpha \* n_weights must be a finite number of paths"),
        (lambda: E.layered(10, 3, 1.0, 1), ValueError, "n_weights must be divisible by p = 3, got 10"),
        (lambda: E.layered(0, 3, 1.0, 1), ValueError, "n_weights must be at least p = 3, got 0"),
        (lambda: E.walks((3, 3), 1.0, 1), ValueError, r"widths must have at least 3 entries .*, got \[3, 3\]"),
        (lambda: E.walks((3, 0, 3), 1.0, 1), ValueError, r"widths\[1\] must be >= 1, got 0"),
        (lambda: E.walks((3, 2.5, 3), 1.0, 1), TypeError, r"widths\[1\] must be an integer, got 2\.5"),
        (lambda: E.walks(3, 1.0, 1), TypeError, "widths must be a sequence of integers, got 3"),
        (lambda: E.walks((10**6,) * 3, 1.0, 1), ValueError, r"needs \d+ bytes, and indices beyond"),
        (lambda: E.walks((3, 3, 3), 1.0, 1, dilution=1.0), ValueError, r"dilution must be in \[0, 1\), got 1"),
        (lambda: E.walks((3, 3, 3), 1.0, 1, dilution=-0.5), ValueError, r"dilution must be in \[0, 1\), got -0\.5"),
        (lambda: E.poisson(6, 3, 1.0, 1, dilution="0.1"), TypeError, "dilution must be a real number, got '0.1'"),
        (lambda: E.poisson(6, 3, 1.0, 1, bias=1.5), ValueError, r"bias must be in \[-1, 1\], got 1\.5"),
        (
            lambda: E.poisson(6, 3, 1.0, 1, bias=0.1, couplings="gaussian"),
            ValueError,
            r"bias must be 0 unless couplings are 'binary', got 0\.1",
        ),
        (lambda: E.poisson(2, 2, 1.0, 1, bias=0.1, couplings=[1.0, 1.0]), ValueError, "bias must be 0 unless"),
        (
            lambda: E.poisson(6, 3, 1.0, 1, couplings="uniform"),
            ValueError,
            "couplings must be one of 'binary', 'gaussian'",
        ),
        (lambda: E.poisson(6, 3, 1.0, 1, couplings=[1.0]), ValueError, r"couplings must have shape \(6,\), got \(1,\)"),
        (lambda: E.poisson(6, 3, 1.0, 1, couplings=[np.inf] * 6), ValueError, "couplings must be finite everywhere"),
        (lambda: E.poisson(6, 3, 1.0, 1, couplings=None), TypeError, "couplings must be an array of real numbers"),
        (lambda: E.poisson(6, 3, 1.0, 1, couplings=max), TypeError, "couplings may be a function .* for walks only"),
        (
            lambda: E.walks((2, 2, 2), 1.0, 1, couplings=lambda unit, rng: np.nan),
            ValueError,
            "couplings must be finite everywhere, got nan",
        ),
        (
            lambda: E.walks((2, 2, 2), 1.0, 1, couplings=lambda unit, rng: "x"),
            TypeError,
            "couplings must be an array of real numbers",
        ),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
