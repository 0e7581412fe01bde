"""Order parameters without order, against exact moments, and what a distribution looks like."""

from itertools import combinations

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.averages import overlaps, random_pairs
from glassnet.analysis.nodes import nodes, order_parameter


def only(synthetic, data, path="/N16/dilution0.0"):
    (node,) = nodes(synthetic.tree({path: data}))
    return node


def paired(synthetic, overlap, n_weights, **attrs):
    shape = (*overlap.shape[:3], 4)
    data = synthetic.node([1.0, 2.0], np.zeros(shape), n_weights, overlap=overlap, **attrs)
    return only(synthetic, data, f"/N{n_weights}/dilution0.0")


@pytest.fixture
def independent_node(synthetic):
    overlap = synthetic.independent(np.random.default_rng(1), 16, None, (40, 2000, 2, 6))
    return paired(synthetic, overlap, 16)


def test_binder_cumulant_of_independent_pairs_vanishes(independent_node):
    averages = overlaps.averages(independent_node)
    assert np.abs(averages["binder"].values / averages["binder_stderr"].values).max() < 4.5
    assert averages["susceptibility"].values == pytest.approx(1, abs=0.01)


def test_binder_cumulant_with_the_gaussian_ratio_three_does_not_vanish(independent_node, monkeypatch):
    wrong = random_pairs.IndependentPairs(0.0, 1 / 16, 3.0)
    monkeypatch.setattr(overlaps, "independent_pairs", lambda node: wrong)
    averages = overlaps.averages(independent_node)
    assert (averages["binder"].values / averages["binder_stderr"].values).min() > 10


def test_one_sharp_overlap_has_binder_cumulant_one(synthetic):
    averages = overlaps.averages(paired(synthetic, np.full((3, 10, 2, 6), 0.75), 16))
    assert averages["binder"].values == pytest.approx(1)
    assert averages["peak_weight"].values == pytest.approx(1)
    assert averages["q2"].values == pytest.approx(0.5625)


def test_layered_glass_without_order_has_binder_cumulant_zero_and_its_product_has_not(synthetic):
    rng = np.random.default_rng(2)
    sums = 10 - 2 * rng.binomial(10, 0.5, size=(40, 500, 2, 6, 3))
    size = np.abs(sums)
    best = (size.sum(-1) - 2 * ((sums < 0).sum(-1) % 2) * size.min(-1)) / 30
    attrs = {"ensemble": "layered", "p": 3}
    data = paired(synthetic, np.prod(sums / 10, axis=-1), 30, **attrs).chain
    data["matched_overlap"] = (("sample", "draw", "temperature", "pair"), best)
    node = only(synthetic, data, "/N30/dilution0.0")
    assert order_parameter(node) == "matched_overlap"
    averages = overlaps.averages(node)
    assert np.abs(averages["binder"].values / averages["binder_stderr"].values).max() < 4.5
    assert averages.attrs["threshold"] > 0.5
    product_overlap = node.chain["overlap"].values
    ratio = (product_overlap**4).mean() / (product_overlap**2).mean() ** 2
    assert (3 - 2 / 30 - ratio) / (2 - 2 / 30) < -5


def test_gauged_ensembles_without_the_matched_overlap_have_no_order_parameter(synthetic):
    overlap = np.zeros((1, 4, 2, 6))
    assert order_parameter(paired(synthetic, overlap, 30, ensemble="layered")) is None
    assert order_parameter(paired(synthetic, overlap, 30, ensemble="poisson")) == "overlap"


def test_walks_at_infinite_temperature_have_susceptibility_one_and_no_binder_cumulant(synthetic):
    widths = (4, 4, 4, 4)
    columns = []
    for sample in range(8):
        glass = gn.ensembles.walks(widths=widths, alpha=1.0, seed=100 + sample)
        sampler = gn.ParallelTempering(glass, [np.inf], n_replicas=128, seed=sample)
        columns.append(sampler.run(100, measure=("matched_overlap",))["matched_overlap"].values)
    matched = np.array(columns)
    n_weights = glass.n_weights
    data = synthetic.node([np.inf], np.zeros((8, 100, 1, 128)), n_weights, ensemble="walks", p=3)
    data["matched_overlap"] = (("sample", "draw", "temperature", "pair"), matched)
    data.attrs["glass"] = '{"alpha": 1.0, "widths": [4, 4, 4, 4]}'
    averages = overlaps.averages(only(synthetic, data, f"/N{n_weights}/dilution0.0"))
    # the reference comes from 51200 pairs, as many as here: its error is that of the measurement
    deviation = (averages["susceptibility"].values[0] - 1) / averages["susceptibility_stderr"].values[0]
    assert abs(deviation) < 4.5 * np.sqrt(2)
    assert np.isnan(averages["binder"].values).all()
    plain = averages["q2"].values[0] / random_pairs.plain_pairs(n_weights).square
    assert plain > 3


def test_thermal_error_of_q2_is_that_of_repeated_measurements(synthetic):
    """200 samples of one and the same paramagnet, 3 replicas: the spread of their <q^2> is all thermal."""
    rng = np.random.default_rng(6)
    spins = rng.choice([-1, 1], size=(200, 400, 1, 3, 20)).astype(np.int8)
    # every configuration is recorded four times in a row
    spins = np.repeat(spins[:, :100], 4, axis=1)
    pairs = [(spins[..., a, :] * spins[..., b, :]).mean(axis=-1) for a, b in ((0, 1), (0, 2), (1, 2))]
    data = synthetic.node([1.0], np.zeros((200, 400, 1, 3)), 20, overlap=np.stack(pairs, axis=-1))
    averages = overlaps.averages(only(synthetic, data, "/N20/dilution0.0"))
    bootstrap, thermal = averages["q2_stderr"].values[0], averages["q2_thermal_stderr"].values[0]
    # a standard deviation from 200 values has a relative error of 5 %; the larger of two estimates is taken
    assert thermal == pytest.approx(bootstrap, rel=0.25)
    assert abs(thermal / 2 - bootstrap) > 0.25 * bootstrap


@pytest.mark.parametrize("n_weights", [1, 2, 7, 24, 47, 48, 72, 96, 120, 1000])
def test_bins_hold_every_possible_overlap_away_from_their_edges(n_weights):
    edges = overlaps.bin_edges(n_weights)
    possible = 1 - 2 * np.arange(n_weights + 1) / n_weights
    assert edges[0] < -1
    assert edges[-1] > 1
    assert np.abs(possible[:, None] - edges[None, :]).min() > 0.4 * 2 / n_weights
    density = overlaps.density(possible.reshape(-1, 1, 1), edges)
    assert (density @ np.diff(edges)) == pytest.approx(1)
    full = density[0, 1:] * (n_weights + 1) * np.diff(edges)[1:]
    assert full == pytest.approx(full[-1])


def test_samples_that_differ_by_one_weight_share_bins():
    """Overlaps of 25 weights in bins of 24: each is spread over the step around it. In the bins of 24 some would hold
    two of 26 equally frequent overlaps, and show a peak where there is none."""
    edges, n = overlaps.bin_edges(24), 25
    possible = (1 - 2 * np.arange(n + 1) / n).reshape(-1, 1, 1)
    shared = overlaps.density(possible, edges, 24, n)[0]
    assert shared @ np.diff(edges) == pytest.approx(1, abs=1 / 24)
    inside = slice(1, -1)
    np.testing.assert_allclose(shared[inside], n / 2 / (n + 1), rtol=1e-12)
    assert overlaps.density(possible, edges)[0][inside].max() > 1.5 * n / 2 / (n + 1)


@pytest.mark.parametrize("n_samples", [8, 16])
def test_bars_of_independent_configurations_cover(synthetic, n_samples):
    """Chains at T = inf: [q^2] = 1/N and a Binder cumulant of 0, exactly. The rungs are so many scans."""
    rng, n_weights, hits = np.random.default_rng(n_samples), 24, []
    for scan in range(50):
        spins = rng.integers(0, 2, size=(n_samples, 30, 20, 4, n_weights), dtype=np.int8) * 2 - 1
        pairs = [(spins[..., a, :] * spins[..., b, :]).mean(axis=-1) for a, b in combinations(range(4), 2)]
        shape = (n_samples, 30, 20, 4)
        data = synthetic.node(np.arange(1.0, 1 + 20), np.zeros(shape), n_weights, overlap=np.stack(pairs, axis=-1))
        (node,) = nodes(synthetic.tree({f"/N{n_weights}/dilution0.0": data}))
        found = overlaps.averages(node, seed=scan)
        inside = [
            np.abs(found["q2"] - 1 / n_weights) < found["q2_stderr"],
            np.abs(found["binder"]) < found["binder_stderr"],
        ]
        hits.append([one.values for one in inside])
    for covered in np.mean(hits, axis=(0, 2)):
        assert 0.64 <= covered <= 0.73
