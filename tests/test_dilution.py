"""How many connections a dilution removes of each layer, against enumeration, and the effective dilution."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

import glassnet as gn
from glassnet import _dilution
from glassnet._random import Role, Seed, generator
from glassnet.ensembles.dilution_sequences import coupled_dilution

#: equal layers, those of networks, one layer of one weight, no layers
SIZES = ([8, 8, 8, 8], [6, 8, 20], [9, 12, 12, 3, 1], [16])


@pytest.mark.parametrize("delta", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("sizes", [[7], [4, 4, 4], [20, 30, 50]])
def test_equal_fractions_are_that_dilution(delta, sizes):
    p = 3
    assert _dilution.effective(np.full(len(sizes), delta), sizes, p) == pytest.approx(delta, abs=1e-14)


def test_unequal_layers_by_hand():
    # alpha'/alpha = .8 * 1 * 1 / (1 - .2 / 3)
    expected = 1 - np.sqrt(0.8 / (1 - 0.2 / 3))
    assert _dilution.effective([0.2, 0.0, 0.0], [10, 10, 10], 3) == pytest.approx(expected, abs=1e-14)
    assert _dilution.effective(np.zeros((5, 3)), [10, 10, 10], 3).shape == (5,)


def counted(fraction, sizes, rounding, draws, drawn=_dilution.drawn):
    rng = np.random.default_rng(1)
    return np.array([drawn(fraction, sizes, rounding, rng) for _ in range(draws)])


@pytest.mark.parametrize("rounding", ["nearest", "random"])
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.17, 0.3])
@pytest.mark.parametrize("sizes", SIZES)
def test_each_layer_loses_its_share_rounded_up_or_down(sizes, fraction, rounding):
    total = sum(sizes)
    removed = counted(fraction, sizes, rounding, 60)
    allowed = {round(fraction * total)} if rounding == "nearest" else set(_dilution.totals(fraction, sizes, rounding))
    assert set(removed.sum(axis=1)) <= allowed
    assert all(abs(number - fraction * total) < 1 for number in allowed)
    assert (np.abs(removed - removed.sum(axis=1, keepdims=True) * np.array(sizes) / total) < 1).all()


@pytest.mark.parametrize("rounding", ["nearest", "random"])
@pytest.mark.parametrize("sizes", SIZES)
def test_shares_are_unbiased(sizes, rounding):
    """The outcomes are enumerated, so this is exact: every layer loses n N_l / N on average; and by "random" the whole
    glass loses fraction * N. Of layers of equal size the outcomes stand for any order."""
    for fraction in (0.05, 0.1, 0.17, 0.3):
        outcomes = _dilution.outcomes(fraction, sizes, rounding)
        totals = _dilution.totals(fraction, sizes, rounding)
        mean = sum(number * share for number, share in totals.items())
        if rounding == "random":
            assert mean == pytest.approx(fraction * sum(sizes), abs=1e-12)
        removed = sum(probability * np.array(counts) for probability, counts in outcomes)
        assert sum(probability for probability, _ in outcomes) == pytest.approx(1, abs=1e-12)
        if len(set(sizes)) == 1:
            assert removed.sum() == pytest.approx(mean, abs=1e-12)
        else:
            np.testing.assert_allclose(removed, mean * np.array(sizes) / sum(sizes), atol=1e-12)


def largest_remainders(fraction, sizes, rounding, rng):
    """The broken twin: odd ones always go to the layers with the largest remainders."""
    shares = round(fraction * sum(sizes)) * np.array(sizes) / sum(sizes)
    counts = np.floor(shares).astype(int)
    missing = round(shares.sum()) - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    return counts


@pytest.mark.parametrize("sizes", [[6, 8, 20], [8, 8, 8]])
def test_draws_follow_the_enumerated_law(sizes):
    """2000 draws against their probabilities, chi square at p > 1e-4; odd ones by largest remainders fail."""
    outcomes = {}
    for probability, counts in _dilution.outcomes(0.2, sizes, "nearest"):
        # of layers of equal size one outcome stands for all orders
        orders = {tuple(np.roll(counts, k)) for k in range(3)} if len(set(sizes)) == 1 else {tuple(counts)}
        outcomes |= dict.fromkeys(orders, probability / len(orders))

    def agrees(drawn):
        found, times = np.unique(counted(0.2, sizes, "nearest", 2000, drawn), axis=0, return_counts=True)
        seen = dict(zip(map(tuple, found.tolist()), times.tolist(), strict=True))
        assert seen.keys() <= outcomes.keys()
        observed = [seen.get(counts, 0) for counts in outcomes]
        return chisquare(observed, [2000 * share for share in outcomes.values()]).pvalue > 1e-4

    assert agrees(_dilution.drawn)
    assert not agrees(largest_remainders)


def test_totals_of_random_rounding_have_the_mean_that_is_asked_for():
    """Of 4000 glasses of 30 weights at .11, 3.3 of which go: 4.5 standard errors."""
    removed = counted(0.11, [10, 10, 10], "random", 4000).sum(axis=1)
    assert set(removed) == {3, 4}
    assert abs(removed.mean() - 3.3) < 4.5 * np.sqrt(0.3 * 0.7 / 4000)


def test_effective_dilution_on_average():
    """Over draws, against the mean that is reckoned from the outcomes: 4.5 standard errors."""
    for sizes, rounding in (([16] * 4, "nearest"), ([16] * 4, "random"), ([6, 8, 20], "random")):
        p, numbers = len(sizes), counted(0.1, sizes, rounding, 2000)
        each = _dilution.effective(numbers / np.array(sizes), sizes, p)
        expected = _dilution.expected(0.1, sizes, p, rounding)
        assert abs(each.mean() - expected) <= 4.5 * each.std() / np.sqrt(len(each)) + 1e-12


def test_small_layers_lose_what_was_asked_for():
    """Layered p = 4: rounded in each layer, N = 32 at .05 lost nothing, and N = 64 at .10 and .15 were the same."""
    L = gn.ensembles.layered
    assert [32 - L(32, 4, 2.0, 1, dilution=0.05, rounding=rule).n_weights for rule in ("layers", "nearest")] == [0, 2]
    removed = {
        rule: [64 - L(64, 4, 2.0, 1, dilution=delta, rounding=rule).n_weights for delta in (0.1, 0.15)]
        for rule in ("layers", "nearest")
    }
    assert removed == {"layers": [8, 8], "nearest": [6, 10]}
    for delta, n_weights in ((0.1, 64), (0.15, 64), (0.05, 32)):
        old, new = (abs(_dilution.expected(delta, [n_weights // 4] * 4, 4, rule) - delta) for rule in removed)
        assert new < 0.016 < 0.024 < old


# the rule of release 0.3.0


def release_0_3_0(glass, fraction, seed):
    """What PathGlass.dilute of that release kept, word by word."""
    rng = generator(Seed(seed, f"|n_weights={glass.n_weights}"), Role.DILUTION)
    keep = np.ones(glass.n_weights, dtype=bool)
    for number in range(glass.p if glass.has_layers else 1):
        members = np.flatnonzero(glass.layer == number)
        keep[rng.choice(members, round(fraction * len(members)), replace=False)] = False
    return np.flatnonzero(keep)


PARENTS = {
    "regular": gn.ensembles.regular(60, 3, 4, seed=1),
    "poisson": gn.ensembles.poisson(60, 3, 2.0, seed=1),
    "layered": gn.ensembles.layered(60, 3, 2.0, seed=1),
    "walks": gn.ensembles.walks((3, 4, 5, 4), 2.0, seed=1),
}


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.27])
@pytest.mark.parametrize("name", PARENTS)
def test_the_rule_of_release_0_3_0_is_kept_bit_for_bit(name, fraction):
    parent = PARENTS[name]
    kept = release_0_3_0(parent, fraction, 5)
    old = parent.dilute(fraction, seed=5, rounding="layers")
    np.testing.assert_array_equal(old.parent_index, kept)
    # that release named no rule
    assert old.recipe["diluted"] == [{"fraction": fraction, "seed": 5, "seed_key": ""}]
    if not parent.has_layers:
        new = parent.dilute(fraction, seed=5)
        assert new == old and new.recipe == old.recipe


def nested_in_release_0_3_0(glass, fraction, seed):
    """What nested_dilutions of that release kept of one fraction, word by word; field integration drew by it."""
    rng = generator(Seed(seed, f"|nested,n_weights={glass.n_weights}"), Role.DILUTION)
    layers = [np.flatnonzero(glass.layer == number) for number in range(glass.p if glass.has_layers else 1)]
    keep = np.ones(glass.n_weights, dtype=bool)
    for order in [rng.permutation(members) for members in layers]:
        keep[order[: round(fraction * len(order))]] = False
    return np.flatnonzero(keep)


@pytest.mark.parametrize("name", PARENTS)
def test_nested_dilutions_of_release_0_3_0_are_kept_bit_for_bit(name):
    parent, fractions = PARENTS[name], [0.05, 0.1, 0.27]
    old = gn.ensembles.nested_dilutions(parent, fractions, seed=5, rounding="layers")
    for glass, fraction in zip(old, fractions, strict=True):
        np.testing.assert_array_equal(glass.parent_index, nested_in_release_0_3_0(parent, fraction, 5))
        assert glass.recipe["diluted"] == [{"fraction": fraction, "nested": True, "seed": 5, "seed_key": ""}]
        assert coupled_dilution(parent, fraction, 5, "layers") == glass
    if not parent.has_layers:
        new = gn.ensembles.nested_dilutions(parent, fractions, seed=5)
        assert new == old and [one.recipe for one in new] == [one.recipe for one in old]


def test_recipes_name_the_rule_where_it_matters():
    for name, parent in PARENTS.items():
        rules = {rule: parent.dilute(0.1, seed=5, rounding=rule).recipe["diluted"][0] for rule in _dilution.ROUNDINGS}
        named = {rule: event.get("rounding") for rule, event in rules.items()}
        layers = name in ("layered", "walks")
        assert named == {"nearest": "nearest" if layers else None, "random": "random", "layers": None}


@pytest.mark.parametrize("name", PARENTS)
def test_ensembles_dilute_like_glasses(name):
    parent = PARENTS[name]
    keywords = {"seed": 1, "dilution": 0.13, "rounding": "random"}
    draws = {
        "regular": lambda: gn.ensembles.regular(60, 3, 4, **keywords),
        "poisson": lambda: gn.ensembles.poisson(60, 3, 2.0, **keywords),
        "layered": lambda: gn.ensembles.layered(60, 3, 2.0, **keywords),
        "walks": lambda: gn.ensembles.walks((3, 4, 5, 4), 2.0, **keywords),
    }
    glass, own = draws[name](), parent.dilute(0.13, seed=1, rounding="random")
    assert glass == own and glass.recipe == own.recipe


def test_wrong_rules_are_named():
    with pytest.raises(ValueError, match="rounding must be one of 'nearest', 'random', 'layers', got 'up'"):
        gn.ensembles.layered(12, 3, 1.0, 1, rounding="up")
    with pytest.raises(TypeError, match=r"rounding must be one of .+, got None"):
        PARENTS["layered"].dilute(0.1, seed=1, rounding=None)


# along the dilution


@pytest.mark.parametrize("rounding", _dilution.ROUNDINGS)
@pytest.mark.parametrize("name", PARENTS)
def test_dilutions_are_nested_under_every_rule(name, rounding):
    parent, fractions = PARENTS[name], [0.02 * k for k in range(30)]
    found = gn.ensembles.nested_dilutions(parent, fractions, seed=4, rounding=rounding)
    kept = [set(glass.parent_index.tolist()) for glass in found]
    assert all(larger <= smaller for smaller, larger in pairwise(kept))
    totals = [_dilution.totals(fraction, parent.layer_sizes, rounding) for fraction in fractions]
    assert all(parent.n_weights - len(one) in allowed for one, allowed in zip(kept, totals, strict=True))


def test_nested_layers_of_equal_size_differ_by_one():
    """At most; and which ones are ahead is uniform, as dilute draws it: chi square of 600 seeds at p > 1e-4."""
    parent = gn.ensembles.layered(24, 3, 1.0, seed=1)
    ahead = np.zeros(3, dtype=int)
    for seed in range(600):
        few, more = gn.ensembles.nested_dilutions(parent, [0.2, 0.3], seed=seed)
        for glass in (few, more):
            assert np.ptp(glass.layer_sizes) <= 1
        # 5 of 24 go, one of three layers loses one connection less
        ahead[np.argmax(few.layer_sizes)] += 1
    assert chisquare(ahead).pvalue > 1e-4


def test_nested_layers_of_unequal_size_lose_about_their_share():
    """Layers of 6, 8 and 20, of which 7 go in all: the mean loss is the share within .1 of a weight (600 seeds)."""
    parent = gn.ensembles.walks((3, 2, 4, 5), 1.0, seed=1)
    sizes = np.array(parent.layer_sizes)
    found = [gn.ensembles.nested_dilutions(parent, [0.2], seed=seed)[0].layer_sizes for seed in range(600)]
    removed = sizes - np.array(found)
    stderr = removed.std(axis=0) / np.sqrt(600)
    assert (np.abs(removed.mean(axis=0) - 7 * sizes / 34) < 0.1 + 4 * stderr).all()


@pytest.mark.parametrize("name", PARENTS)
def test_instances_of_a_study_follow_dilute_and_share_what_goes(name):
    """The law of dilute for each, and at two fractions nested up to one weight of every layer."""
    parent = PARENTS[name]
    for seed in range(20):
        few, more = (coupled_dilution(parent, fraction, seed) for fraction in (0.1, 0.2))
        for glass, fraction in ((few, 0.1), (more, 0.2)):
            n_removed, sizes = round(fraction * parent.n_weights), np.array(parent.layer_sizes)
            share = n_removed * sizes / parent.n_weights
            assert parent.n_weights - glass.n_weights == n_removed
            assert (np.abs(sizes - np.array(glass.layer_sizes) - share) < 1).all()
        back = np.setdiff1d(more.parent_index, few.parent_index)
        assert (np.bincount(parent.layer[back], minlength=parent.p) <= 1).all()
        if not parent.has_layers:
            assert not back.size
            (nested,) = gn.ensembles.nested_dilutions(parent, [0.1], seed)
            assert nested == few
