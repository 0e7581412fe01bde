"""Every measurement against a plain recomputation from the recorded weights, and its symmetries."""

import itertools

import numpy as np
import pytest

import glassnet as gn
from glassnet.chains import schema

E = gn.ensembles
PAIRS = ["overlap", "weight_overlap", "path_overlap", "matched_overlap"]

GLASSES = {
    "regular p=3": lambda: E.regular(66, 3, 4, seed=1),
    "regular p=4": lambda: E.regular(66, 4, 4, seed=1),
    "gaussian p=2": lambda: E.poisson(130, 2, 1.5, seed=1, couplings="gaussian"),
    "layered p=3": lambda: E.layered(198, 3, 1.5, seed=1),
    "layered p=4 diluted": lambda: E.layered(40, 4, 2.5, seed=1, dilution=0.2),
    "layered with huge products": lambda: E.layered(7 * 700, 7, 0.5, seed=1),
    "walks p=3": lambda: E.walks((5, 6, 4, 3), 1.5, seed=1, couplings="gaussian"),
    "walks p=4 diluted": lambda: E.walks((3, 4, 5, 4, 3), 2.0, seed=1, dilution=0.3),
    "one output unit": lambda: E.walks((6, 6, 6, 1), 1.5, seed=1),
    "no paths": lambda: gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=9),
}


@pytest.fixture(params=GLASSES)
def glass(request):
    return GLASSES[request.param]()


def recorded(record):
    bits = np.unpackbits(record.weights.values, axis=-1, bitorder="little", count=record.attrs["n_weights"])
    return 2 * bits.astype(int) - 1


def patterns(record):
    """w w' of all pairs, (draw, temperature, pair, n_weights)."""
    weights = recorded(record)
    return weights[:, :, record.replica_a.values] * weights[:, :, record.replica_b.values]


def walks(glass, pattern):
    """Sum over all walks along present edges of the product of `pattern`, walk by walk."""
    edges = [{} for _ in range(glass.p)]
    for layer, (tail, head), value in zip(glass.layer, glass.edges.tolist(), pattern, strict=True):
        edges[layer].setdefault(tail, []).append((head, int(value)))
    ahead = dict.fromkeys(range(glass.widths[0]), 1)
    for layer in edges:
        following = {}
        for tail, amount in ahead.items():
            for head, value in layer.get(tail, []):
                following[head] = following.get(head, 0) + amount * value
        ahead = following
    return sum(ahead.values())


def invariant(glass, pattern):
    if glass.edges is not None:
        return walks(glass, pattern) / max(1, walks(glass, np.ones_like(pattern)))
    if glass.has_layers:
        return float(np.prod([pattern[glass.layer == number].mean() for number in range(glass.p)]))
    return pattern.mean()


def gauge_images(glass, pattern, rng, count=None):
    """Images of a pattern under the gauge group of E: all of them, or `count` random ones."""
    if glass.edges is not None:
        hidden = sum(glass.widths[1:-1])
        signs = itertools.product((1, -1), repeat=hidden) if count is None else rng.choice([1, -1], (count, hidden))
        first = np.concatenate([[0, 0], np.cumsum(glass.widths[1:-1])])
        for sign in signs:
            # inputs and outputs have no gauge: they all read the 1 at the end
            sign = np.append(sign, 1)
            tail = np.where(glass.layer == 0, hidden, first[glass.layer] + glass.edges[:, 0])
            head = np.where(glass.layer == glass.p - 1, hidden, first[glass.layer + 1] + glass.edges[:, 1])
            yield pattern * sign[tail] * sign[head]
    elif glass.has_layers:
        for sign in itertools.product((1, -1), repeat=glass.p):
            if np.prod(sign) == 1:
                yield pattern * np.array(sign)[glass.layer]
    else:
        yield pattern
        if glass.p % 2 == 0:
            yield -pattern


def sample(glass, n_replicas=5, temperatures=(0.7, 2.0)):
    chain = gn.ParallelTempering(glass, temperatures, n_replicas=n_replicas, seed=3)
    return chain.run(40, measure_every=10, measure=["energy", "weights", *PAIRS])


def test_energies_are_those_of_the_recorded_weights(glass):
    record = sample(glass)
    assert record.energy.values == pytest.approx(glass.energy(recorded(record)), rel=1e-12, abs=1e-12)
    assert record.energy.dtype == (np.int32 if glass.is_binary else np.float64)


def test_overlaps_are_those_of_the_recorded_weights(glass):
    record = sample(glass)
    products = patterns(record)
    assert record.weight_overlap.values == pytest.approx(products.mean(axis=-1), abs=1e-12)
    by_path = products[..., glass.paths].prod(axis=-1)
    expected = by_path.mean(axis=-1) if glass.n_paths else np.zeros(products.shape[:-1])
    assert record.path_overlap.values == pytest.approx(expected, abs=1e-12)
    expected = np.apply_along_axis(lambda pattern: invariant(glass, pattern), -1, products)
    assert record.overlap.values == pytest.approx(expected, rel=1e-12, abs=1e-12)
    if glass.edges is None:
        best = [
            [max(i.mean() for i in gauge_images(glass, p, None)) for p in row] for row in products.reshape(8, 10, -1)
        ]
        expected = np.reshape(best, record.overlap.shape)
        if not glass.has_layers and glass.p % 2:
            expected = products.mean(axis=-1)
        assert record.matched_overlap.values == pytest.approx(expected, abs=1e-12)


class Still(gn.Metropolis):
    """Measures where it was put."""

    def _record(self, recorder, n_draws, measure_every, stretch=None):
        for _ in range(n_draws):
            recorder.take()
        self.n_sweeps += n_draws * measure_every


def between(glass, first, second, names):
    """The named overlaps of two given configurations."""
    initial = np.stack([first, second])[None]
    record = Still(glass, 1.0, n_replicas=2, seed=1, initial=initial).run(1, measure=names)
    return {name: record[name].item() for name in names}


def test_overlaps_of_identical_and_of_gauge_equivalent_replicas_are_one(glass):
    rng = np.random.default_rng(2)
    state = rng.choice([-1, 1], glass.n_weights)
    same = between(glass, state, state, PAIRS)
    assert same["weight_overlap"] == same["matched_overlap"] == pytest.approx(1.0)
    assert same["path_overlap"] == pytest.approx(float(glass.n_paths > 0))
    connected = glass.edges is None or walks(glass, np.ones(glass.n_weights, dtype=int)) > 0
    assert same["overlap"] == pytest.approx(float(connected))
    for image in itertools.islice(gauge_images(glass, state, rng, count=8), 8):
        equivalent = between(glass, state, image, PAIRS)
        assert glass.energy(image) == pytest.approx(glass.energy(state), abs=1e-10)
        assert equivalent["path_overlap"] == same["path_overlap"]
        sign = -1 if glass.p % 2 == 0 and not glass.has_layers and image[0] != state[0] else 1
        assert equivalent["overlap"] == pytest.approx(sign * same["overlap"])
        assert equivalent["matched_overlap"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", [name for name in GLASSES if name.startswith(("layered", "walks", "one output"))])
def test_invariant_and_matched_overlaps_do_not_see_the_gauge(name):
    glass = GLASSES[name]()
    assert glass.has_layers
    rng = np.random.default_rng(3)
    first, second = rng.choice([-1, 1], (2, glass.n_weights))
    plain, invariants = set(), []
    for image in itertools.islice(gauge_images(glass, second, rng, count=10), 10):
        measured = between(glass, first, image, PAIRS)
        plain.add(round(measured["weight_overlap"], 9))
        invariants.append((measured["overlap"], measured["matched_overlap"]))
    assert np.ptp(invariants, axis=0).max() < 1e-12
    assert len(plain) > 1


@pytest.mark.parametrize("dilution", [0.0, 0.3])
@pytest.mark.parametrize("widths", [(6, 6, 6, 6), (3, 2, 4, 2, 3)])
def test_ties_in_networks_do_not_see_the_gauge(widths, dilution):
    """Even widths give hidden neurons whose field vanishes: what decides then must be a function of the orbit too."""
    glass = E.walks(widths, 0.7, seed=3, dilution=dilution)
    rng = np.random.default_rng(5)
    for _ in range(20):
        first, second = rng.choice([-1, 1], (2, glass.n_weights))
        images = itertools.islice(gauge_images(glass, second, rng, count=4), 4)
        assert len({between(glass, first, image, ["matched_overlap"])["matched_overlap"] for image in images}) == 1


def test_matched_overlaps_of_small_networks_are_local_maxima():
    """Never above the best of all images, never below the plain overlap, and no single neuron flip improves it."""
    rng = np.random.default_rng(4)
    for widths in ((2, 3, 2), (2, 2, 3, 2), (1, 2, 2, 2, 1)):
        glass = E.walks(widths, 2.0, seed=2)
        for _ in range(25):
            first, second = rng.choice([-1, 1], (2, glass.n_weights))
            images = [image.mean() for image in gauge_images(glass, first * second, rng)]
            matched = between(glass, first, second, ["matched_overlap"])["matched_overlap"]
            assert matched <= max(images) + 1e-12
            assert any(abs(matched - image) < 1e-12 for image in images)
            if len(widths) == 3:
                assert matched == pytest.approx(max(images))


def relaxed(glass, pattern):
    """Matched sum of a network in whole numbers: neurons follow their neighbours, ties the first that has a gauge."""
    matrices = [np.zeros(pair, dtype=int) for pair in itertools.pairwise(glass.widths)]
    for layer, (tail, head), value in zip(glass.layer, glass.edges, pattern, strict=True):
        matrices[layer][tail, head] = value
    gauge = [np.zeros(width, dtype=int) for width in glass.widths]
    gauge[0][:] = gauge[-1][:] = 1
    for sweep in range(100):
        before = [layer.copy() for layer in gauge]
        for k in range(1, glass.p):
            terms = gauge[k - 1][:, None] * matrices[k - 1]
            if sweep:
                terms = np.concatenate([terms, gauge[k + 1][:, None] * matrices[k].T])
            push = np.sign(terms.sum(axis=0))
            first = terms[(terms != 0).argmax(axis=0), np.arange(terms.shape[1])]
            gauge[k] = np.where(push != 0, push, np.where(gauge[k] != 0, gauge[k], first))
        if sweep and all(map(np.array_equal, before, gauge)):
            break
    return sum(int(here @ matrix @ there) for here, matrix, there in zip(gauge, matrices, gauge[1:], strict=False))


@pytest.mark.parametrize("dilution", [0.0, 0.3, 0.6])
def test_matched_overlaps_of_networks_replica_by_replica(dilution):
    """More pairs than are compared at a time, neurons without an edge among them."""
    for widths in ((3, 4, 2), (2, 5, 4, 3, 2), (9, 8, 1, 7)):
        glass = E.walks(widths, 0.5, seed=2, dilution=dilution)
        names = ["matched_overlap", "overlap", "weights"]
        record = gn.Metropolis(glass, 2.0, n_replicas=600, seed=2).run(1, measure=names)
        matched = record.matched_overlap.values.ravel() * glass.n_weights
        overlap = record.overlap.values.ravel() * max(1, walks(glass, np.ones(glass.n_weights, dtype=int)))
        for pattern, best, all_walks in zip(patterns(record)[0, 0], matched, overlap, strict=True):
            assert best == pytest.approx(relaxed(glass, pattern), abs=1e-9)
            assert all_walks == pytest.approx(walks(glass, pattern), abs=1e-9)


WIDE = [(width,) * (p + 1) for width, p in ((2, 14), (2, 15), (2, 31), (2, 32), (2, 60), (32, 6), (181, 2), (182, 2))]


@pytest.mark.parametrize("widths", WIDE, ids=lambda widths: f"{widths[0]}^{len(widths) - 1}")
def test_sums_over_walks_at_the_limits_of_the_integers_that_hold_them(widths):
    """2^15 and 2^31 walks to a neuron and more, all of one sign, or few of them of the other."""
    glass = E.walks(widths, 0.02, seed=1)
    rng = np.random.default_rng(6)
    state = rng.choice([-1, 1], glass.n_weights)
    scale = 1.0 / walks(glass, np.ones(glass.n_weights, dtype=int))
    for change in (0, 1, 2, glass.n_weights // 8, "layer"):
        pattern = np.ones(glass.n_weights, dtype=int)
        if change == "layer":
            pattern[glass.layer == 0] = -1
        else:
            pattern[rng.choice(glass.n_weights, change, replace=False)] = -1
        expected = float(walks(glass, pattern)) * scale
        assert between(glass, state, state * pattern, ["overlap"])["overlap"] == expected


def test_integers_stay_integers(glass):
    """Each overlap is an integer times the scale its encoding names, which a file stores instead of the float."""
    record = sample(glass)
    for name in PAIRS:
        encoding = record[name].encoding
        ratio = record[name].values / encoding["scale_factor"]
        if np.dtype(encoding["dtype"]).kind == "i":
            assert np.abs(ratio - np.rint(ratio)).max() < 1e-6 * max(1.0, np.abs(ratio).max())
        else:
            assert name == "overlap"
            assert np.bincount(glass.layer).astype(float).prod() > 2.0**62


def test_pairs_are_pairs_of_independent_replicas(glass):
    """All of them; in networks, where a pair costs more, each replica at most once."""
    record = sample(glass)
    pairs = list(zip(record.replica_a.values.tolist(), record.replica_b.values.tolist(), strict=True))
    everyone = list(itertools.combinations(range(5), 2))
    assert pairs == (everyone if glass.widths is None else [(0, 1), (2, 3)])


def test_overlap_with_the_planted_state():
    rng = np.random.default_rng(5)
    for draw in (lambda: E.regular(60, 3, 4, seed=1), lambda: E.regular(60, 4, 4, seed=1), GLASSES["layered p=3"]):
        glass = E.planted(draw(), 0.8, seed=1)
        record = gn.Metropolis(glass, 1.5, n_replicas=6, seed=1).run(20, measure=["planted_overlap", "weights"])
        products = recorded(record) * glass.planted
        images = [[max(i.mean() for i in gauge_images(glass, p, rng)) for p in row] for row in products[:, 0]]
        expected = np.array(images)
        if not glass.has_layers and glass.p % 2:
            expected = products[:, 0].mean(axis=-1)
        assert record.planted_overlap.values[:, 0] == pytest.approx(expected, abs=1e-12)


def test_planted_overlap_of_a_network_starts_at_one():
    glass = E.planted(E.walks((6, 6, 6, 6), 2.0, seed=1), 0.5, seed=2)
    image = next(gauge_images(glass, glass.planted.astype(int), np.random.default_rng(1), count=1))
    record = Still(glass, 1.0, n_replicas=2, seed=1, initial=image).run(1, measure=["planted_overlap"])
    assert record.planted_overlap.values.tolist() == [[[1.0, 1.0]]]


# defaults, names, the dataset


def test_what_is_measured_when_nothing_is_said():
    plain, real = E.regular(12, 3, 4, seed=1), E.regular(12, 3, 4, seed=1, couplings="gaussian")
    planted = E.planted(plain, 1.0, seed=1)
    expected = {
        ("plain", 4): {"energy", "overlap"},
        ("plain", 1): {"energy"},
        ("real", 2): {"energy", "overlap", "path_overlap"},
        ("planted", 2): {"energy", "overlap", "planted_overlap"},
        ("planted", 1): {"energy", "planted_overlap"},
    }
    for (kind, n_replicas), names in expected.items():
        glass = {"plain": plain, "real": real, "planted": planted}[kind]
        record = gn.Metropolis(glass, 1.0, n_replicas=n_replicas, seed=1).run(3)
        assert {name for name in record.data_vars if "draw" in record[name].dims} == names


def test_names_are_checked():
    glass = E.regular(12, 3, 4, seed=1)
    chain, alone = (gn.Metropolis(glass, 1.0, n_replicas=n, seed=1) for n in (2, 1))
    with pytest.raises(TypeError, match="measure must be a list of names, got 'energy'"):
        chain.run(1, measure="energy")
    with pytest.raises(ValueError, match=r"measure must hold names among energy, .* got 'magnetisation'"):
        chain.run(1, measure=["energy", "magnetisation"])
    with pytest.raises(ValueError, match="measure: 'planted_overlap' needs a planted glass"):
        chain.run(1, measure=["planted_overlap"])
    for name in PAIRS:
        with pytest.raises(ValueError, match=f"measure: '{name}' needs n_replicas >= 2, got 1"):
            alone.run(1, measure=[name])
    with pytest.raises(TypeError, match="measure"):
        chain.run(1, measure=[1])
    with pytest.raises(TypeError, match="measure"):
        chain.run(1, measure=7)
    assert chain.n_sweeps == alone.n_sweeps == 0


#: what tasks of field integration leave
FIELD = ("field_overlap", "local_fields", "degree_counts")


def test_every_measurement_is_in_the_schema():
    assert set(schema.MEASUREMENTS) <= set(schema.VARIABLES)
    glass = E.planted(E.regular(12, 3, 4, seed=1, couplings="gaussian"), 1.0, seed=1)
    record = gn.ParallelTempering(glass, [0.5, 1.0, 2.0], n_replicas=3, seed=1).run(
        4, measure=list(schema.MEASUREMENTS)
    )
    # field integration records planted states by lanes of its own, and scans what a dilution removed
    beside = {*FIELD, "removed_fraction", *schema.EXAMINED}
    of_samplers = {name: row for name, row in schema.VARIABLES.items() if name not in beside}
    assert set(record.data_vars) == set(of_samplers)
    for name, (dimensions, meaning) in of_samplers.items():
        assert record[name].dims == dimensions
        assert record[name].attrs["long_name"] == meaning
    sizes = {"draw": 4, "temperature": 3, "replica": 3, "pair": 3, "gap": 2, "walker": 9, "byte": 2}
    assert dict(record.sizes) == sizes
