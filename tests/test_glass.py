"""PathGlass: canonical content, energy and dilution."""

import copy
import hashlib
import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

import glassnet as gn
from glassnet import _wiring
from glassnet import glass as glass_module
from glassnet._random import Role, Seed, generator

ENSEMBLES = {
    "regular": lambda **kw: gn.ensembles.regular(24, 3, 4, **kw),
    "poisson": lambda **kw: gn.ensembles.poisson(25, 4, 1.5, **kw),
    "layered": lambda **kw: gn.ensembles.layered(24, 3, 2.0, **kw),
    "walks": lambda **kw: gn.ensembles.walks((3, 2, 4, 3), 2.0, **kw),
}


def brute_energy(paths, couplings, w):
    """The definition, path by path."""
    return -sum(J * np.prod([w[i] for i in path]) for path, J in zip(paths, couplings, strict=True))


def triangle(**kw):
    return gn.PathGlass([[0, 1], [1, 2], [0, 2]], [1.0, -1.0, 1.0], **kw)


# canonical content


def test_paths_are_kept_in_canonical_order():
    glass = gn.PathGlass([[4, 1, 3], [2, 0, 1], [3, 4, 1], [1, 0, 3]], [0.5, 2.0, -0.5, 3.0])
    assert glass.paths.tolist() == [[0, 1, 2], [0, 1, 3], [1, 3, 4], [1, 3, 4]]
    assert glass.couplings.tolist() == [2.0, 3.0, -0.5, 0.5]
    assert glass.paths.dtype == np.int32 and glass.couplings.dtype == np.float64
    assert glass.degrees.tolist() == [2, 4, 1, 3, 2] and glass.degrees.dtype == np.int32
    assert (glass.n_weights, glass.n_paths, glass.p, glass.ensemble) == (5, 4, 3, "given")
    assert not glass.is_binary and not glass.has_layers and triangle().is_binary


def test_layers_come_before_indices_in_a_path():
    glass = gn.PathGlass([[0, 3], [1, 3]], [1.0, -1.0], layer=[1, 1, 0, 0])
    assert glass.paths.tolist() == [[3, 0], [3, 1]]
    assert glass.has_layers and glass.layer.tolist() == [1, 1, 0, 0]


def test_a_layer_of_zeros_means_no_layers():
    assert not triangle(layer=[0, 0, 0]).has_layers
    assert triangle(layer=[0, 0, 0]) == triangle()


def test_widths_number_the_edges_of_the_full_network():
    glass = gn.PathGlass([[0 * 3 + 2, 6 + 2 * 2 + 1]], [1.0], widths=[2, 3, 2])
    assert glass.n_weights == 12 and glass.layer.tolist() == [0] * 6 + [1] * 6
    assert glass.edges[glass.paths[0]].tolist() == [[0, 2], [2, 1]]
    assert len({(layer, *edge) for layer, edge in zip(glass.layer, map(tuple, glass.edges), strict=True)}) == 12


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_content_does_not_depend_on_the_order_given(data):
    n_weights = data.draw(st.integers(3, 8))
    p = data.draw(st.integers(2, 3))
    every = list(itertools.combinations(range(n_weights), p))
    paths = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=12))
    couplings = data.draw(st.lists(st.sampled_from([-1.5, -1.0, 0.0, 1.0]), min_size=len(paths), max_size=len(paths)))
    order = data.draw(st.permutations(range(len(paths))))
    one = gn.PathGlass(paths, couplings, n_weights)
    two = gn.PathGlass([paths[a][::-1] for a in order], [couplings[a] for a in order], n_weights)
    assert one == two and hash(one) == hash(two) and one.digest == two.digest
    assert one.paths.tobytes() == two.paths.tobytes() and one.couplings.tobytes() == two.couplings.tobytes()
    assert gn.PathGlass(one.paths, one.couplings, n_weights) == one


def test_digest_sees_all_content_and_nothing_else():
    base = {"paths": [[0, 2], [1, 3]], "couplings": [1.0, -1.0], "n_weights": 4}
    variants = [
        base,
        base | {"couplings": [1.0, 1.0]},
        base | {"paths": [[0, 3], [1, 3]]},
        base | {"n_weights": 5},
        base | {"layer": [0, 0, 1, 1]},
        base | {"planted": [1, 1, 1, 1]},
        base | {"planted": [1, 1, 1, -1]},
        base | {"widths": (1, 2, 1)},
        base | {"widths": (2, 2, 2), "layer": [0, 0, 1, 1], "edges": [[0, 0], [0, 1], [0, 1], [1, 0]]},
        base | {"widths": (2, 2, 2), "layer": [0, 0, 1, 1], "edges": [[0, 0], [1, 1], [0, 1], [1, 0]]},
    ]
    digests = []
    for variant in variants[:7]:
        digests.append(gn.PathGlass(**variant).digest)
    for variant in variants[7:]:
        digests.append(gn.PathGlass(**variant | {"paths": [[0, 2]], "couplings": [1.0]}).digest)
    assert len(set(digests)) == len(variants)
    assert all(len(digest) == 32 and int(digest, 16) >= 0 for digest in digests)
    told = gn.PathGlass(**base, recipe={"seed": 1}, parent_index=[1, 4, 5, 9], ensemble="poisson")
    assert told.digest == digests[0]
    assert gn.PathGlass([[0, 1]], [-0.0]) == gn.PathGlass([[0, 1]], [0.0])
    assert triangle() != "triangle"


def test_digest_is_written_down():
    """Chain files keep digests: this one changes only together with the file format."""
    header = b'{"n_weights": 3, "shapes": {"couplings": [3], "layer": [3], "paths": [3, 2]}, "widths": null}'
    content = np.array([0, 1, 0, 2, 1, 2], "<i4").tobytes() + np.array([1, 1, -1], "<f8").tobytes() + bytes(12)
    assert triangle().digest == hashlib.blake2b(header + content, digest_size=16).hexdigest()


def test_glass_is_immutable_and_owns_its_arrays():
    layer, planted = np.array([0, 1, 1], dtype=np.int32), np.array([1, -1, 1], dtype=np.int8)
    parent = np.array([0, 2, 5], dtype=np.int32)
    glass = gn.PathGlass([[0, 1], [0, 2]], [1.0, -1.0], 3, layer, planted=planted, parent_index=parent)
    for source in (layer, planted, parent):
        source[:] = 7
    assert glass.layer.tolist() == [0, 1, 1] and glass.planted.tolist() == [1, -1, 1]
    assert glass.parent_index.tolist() == [0, 2, 5]
    with pytest.raises(AttributeError, match="immutable, cannot set n_paths"):
        glass.n_paths = 3
    with pytest.raises(AttributeError, match="immutable, cannot delete paths"):
        del glass.paths
    for twin in (glass, pickle.loads(pickle.dumps(glass)), copy.deepcopy(glass), copy.copy(glass)):
        assert twin == glass
        for name in ("paths", "couplings", "layer", "degrees", "planted", "parent_index"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(twin, name)[0] = 0


def test_recipe_is_a_copy():
    glass = triangle(recipe={"note": [1, 2]})
    glass.recipe["note"].append(3)
    assert glass.recipe == {"note": [1, 2]} and triangle().recipe == {}


def test_repr_says_what_it_is():
    glass = gn.ensembles.planted(ENSEMBLES["walks"](seed=1, couplings="gaussian"), 0.9, seed=2)
    text = repr(glass)
    for word in ("walks", "n_weights=26", "n_paths=52", "p=3", "widths=(3, 2, 4, 3)", "real", "planted"):
        assert word in text
    assert glass.digest[:8] in text


# energy


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("name", ENSEMBLES)
def test_energy_is_the_definition(name, couplings, monkeypatch):
    glass = ENSEMBLES[name](seed=3, couplings=couplings)
    w = generator(5, Role.INITIAL).choice([-1, 1], (2, 3, glass.n_weights))
    expected = [[brute_energy(glass.paths, glass.couplings, state) for state in block] for block in w]
    energy = glass.energy(w)
    assert energy.shape == (2, 3) and energy.dtype == np.float64
    np.testing.assert_allclose(energy, expected, rtol=0, atol=1e-12)
    # in small blocks of states and of paths
    for block in (1, 7, 60):
        monkeypatch.setattr(glass_module, "ENERGY_BLOCK", block)
        np.testing.assert_allclose(glass.energy(w), expected, rtol=0, atol=1e-12)


def test_energy_of_one_state_of_repeated_paths_and_of_no_paths():
    double = gn.PathGlass([[0, 1], [1, 0]], [1.0, 0.5])
    assert double.energy([1, -1]) == 1.5 and np.ndim(double.energy([1, -1])) == 0
    free = gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=4)
    assert free.energy(np.ones((5, 4))).tolist() == [0.0] * 5
    assert triangle().energy(np.ones((0, 3))).shape == (0,)


def test_energies_are_sums_in_the_order_of_the_paths():
    """Of real couplings: one rounding from the exact sum, and the same bits however many configurations come along."""
    glass = gn.ensembles.poisson(400, 3, 4.0, seed=3, couplings="gaussian")
    w = np.random.default_rng(4).choice([-1, 1], (300, 400))
    energies = glass.energy(w)
    exact = [-math.fsum(terms) for terms in glass.couplings * w[:, glass.paths].prod(axis=-1)]
    assert np.abs(energies - exact).max() <= 2e-15 * np.abs(glass.couplings).sum() / 1600
    for some in (slice(0, 1), slice(3, 36), slice(60, 124), slice(100, 165)):
        assert glass.energy(w[some]).tolist() == energies[some].tolist()
    assert glass.energy(w[7]) == energies[7]


# dilution


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.3, 0.55])
@pytest.mark.parametrize("name", ENSEMBLES)
def test_dilution_removes_exact_numbers_and_keeps_the_rest(name, fraction):
    parent = gn.ensembles.planted(ENSEMBLES[name](seed=4, couplings="gaussian"), 0.8, seed=5)
    glass = parent.dilute(fraction, seed=6)
    sizes, n_removed = np.bincount(parent.layer), round(fraction * parent.n_weights)
    assert parent.n_weights - glass.n_weights == n_removed
    # of each layer the whole number below or above its share
    assert (np.abs(sizes - np.bincount(glass.layer) - n_removed * sizes / parent.n_weights) < 1).all()
    assert (glass.ensemble, glass.p, glass.has_layers, glass.widths) == (
        name,
        parent.p,
        parent.has_layers,
        parent.widths,
    )
    kept = set(glass.parent_index.tolist())
    survivors = [a for a in range(parent.n_paths) if kept >= set(parent.paths[a].tolist())]
    assert glass.n_paths == len(survivors)
    np.testing.assert_array_equal(glass.parent_index[glass.paths], parent.paths[survivors])
    np.testing.assert_array_equal(glass.couplings, parent.couplings[survivors])
    np.testing.assert_array_equal(glass.layer, parent.layer[glass.parent_index])
    np.testing.assert_array_equal(glass.planted, parent.planted[glass.parent_index])
    if name == "walks":
        np.testing.assert_array_equal(glass.edges, parent.edges[glass.parent_index])
    w = generator(7, Role.INITIAL).choice([-1, 1], (4, parent.n_weights))
    restricted = [brute_energy(parent.paths[survivors], parent.couplings[survivors], state) for state in w]
    np.testing.assert_allclose(glass.energy(w[:, glass.parent_index]), restricted, rtol=0, atol=1e-12)
    assert fraction > 0 or glass == parent


def test_given_weights_are_removed_with_their_paths():
    glass = gn.PathGlass([[0, 1, 2], [1, 3, 4], [2, 3, 5]], [1.0, -1.0, 2.0])
    left = glass.without([0, 5], {"by": "hand"})
    assert (left.paths.tolist(), left.couplings.tolist()) == ([[0, 2, 3]], [-1.0])
    assert left.parent_index.tolist() == [1, 2, 3, 4]
    assert left.recipe["diluted"] == [{"by": "hand"}]
    assert glass.without([], {}).paths.tolist() == glass.paths.tolist()


def test_parent_index_composes():
    parent = ENSEMBLES["walks"](seed=1)
    first = parent.dilute(0.2, seed=1)
    second = first.dilute(0.3, seed=1)
    direct = np.isin(np.arange(parent.n_weights), second.parent_index)
    assert direct.sum() == second.n_weights and set(second.parent_index) < set(first.parent_index)
    np.testing.assert_array_equal(second.edges, parent.edges[second.parent_index])
    assert [event["fraction"] for event in second.recipe["diluted"]] == [0.2, 0.3]
    assert second.recipe["ensemble"] == "walks"


def _removed_twice(dilute):
    """Which weight of 4 goes first and which of the other 3 second, for 2400 seeds."""
    counts = np.zeros((4, 4), dtype=int)
    for seed in range(2400):
        counts[dilute(seed)] += 1
    return chisquare(counts[~np.eye(4, dtype=bool)]).pvalue


def test_dilution_is_uniform_also_when_repeated_with_one_seed():
    parent = gn.PathGlass([[0, 1]], [1.0], 4)

    def honest(seed):
        first = parent.dilute(0.25, seed=seed)
        second = first.dilute(0.34, seed=seed)
        (gone,) = set(range(4)) - set(first.parent_index.tolist())
        (then,) = set(first.parent_index.tolist()) - set(second.parent_index.tolist())
        return gone, then

    def one_stream_for_both(seed):
        left = list(range(4))
        gone = left.pop(generator(seed, Role.DILUTION).choice(4, 1)[0])
        return gone, left.pop(generator(seed, Role.DILUTION).choice(3, 1)[0])

    assert _removed_twice(honest) > 1e-4
    assert _removed_twice(one_stream_for_both) < 1e-9


def test_dilution_depends_on_seed_and_key_only():
    glass = ENSEMBLES["poisson"](seed=1)
    assert glass.dilute(0.3, seed=2) == glass.dilute(0.3, seed=Seed(2))
    others = [glass.dilute(0.3, seed=3), glass.dilute(0.3, seed=Seed(2, "sample=1"))]
    assert len({glass.dilute(0.3, seed=2), *others}) == 3


# networks


def test_network_size():
    assert _wiring.n_network_weights((2, 3, 4)) == 18
