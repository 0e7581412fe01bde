"""How many connections a dilution removes from each layer, and what that does to the paths that are left."""

import itertools
import math
from collections import Counter

import numpy as np

#: what becomes of a number of connections that is not whole; the last is the rule of release 0.3.0
ROUNDINGS = ("nearest", "random", "layers")
#: half a unit of the last digit that is shown of a dilution
_SHOWN = 5e-5
#: layers of unequal sizes up to which all orders of them are gone through
_MOST_ORDERED = 6


def drawn(fraction: float, layer_sizes, rounding: str, rng: np.random.Generator) -> list[int]:
    """Connections to be removed from each layer.

    With "nearest" and "random" layer l loses the whole number below or above its share n N_l / N of all n that go: by
    systematic sampling, with layers in random order, so that its mean is n N_l / N (W. G. Madow, Ann. Math. Stat. 20,
    333 (1949)). Without layers and with "nearest" nothing is drawn.

    Parameters
    ----------
    fraction : float
        In [0, 1).
    layer_sizes : sequence of int
        Connections of each layer before; one entry where the ensemble has no layers.
    rounding : {"nearest", "random", "layers"}
        round(fraction N) go in all; the whole number below or above fraction N, with that mean; or
        round(fraction N_l) of each layer.
    rng : numpy.random.Generator
    """
    if rounding == "layers":
        return [round(fraction * size) for size in layer_sizes]
    total = sum(layer_sizes)
    removed = whole(fraction, total, None if rounding == "nearest" else rng.random())
    if len(layer_sizes) == 1:
        return [removed]
    return _shared(removed, layer_sizes, rng.permutation(len(layer_sizes)), int(rng.integers(total)))


def whole(fraction: float, total: int, draw: float | None) -> int:
    """Connections that go of `total`: the nearest whole number, or by a `draw` in [0, 1) the one below or above."""
    return round(fraction * total) if draw is None else int(fraction * total + draw)


def _shared(removed: int, layer_sizes, order, offset: int) -> list[int]:
    """Systematic sampling in whole numbers: the shares one after the other on a line, cut where it is offset / N."""
    total, counts, before, line = sum(layer_sizes), [0] * len(layer_sizes), offset, offset
    for layer in order:
        line += removed * layer_sizes[layer]
        counts[layer] = line // total - before // total
        before = line
    return counts


def totals(fraction: float, layer_sizes, rounding: str) -> dict[int, float]:
    """Connections that are removed in all, with the probability of each number."""
    if rounding == "layers":
        return {sum(round(fraction * size) for size in layer_sizes): 1.0}
    mean = fraction * sum(layer_sizes)
    if rounding == "nearest":
        return {round(mean): 1.0}
    low, above = math.floor(mean), mean - math.floor(mean)
    return {low: 1.0 - above} | ({low + 1: above} if above > 0 else {})


def emptied(fraction: float, layer_sizes, rounding: str) -> int | None:
    """The first layer that a dilution empties, or empties in some of its draws; None without one."""
    removed, total = max(totals(fraction, layer_sizes, rounding)), sum(layer_sizes)
    for layer, size in enumerate(layer_sizes):
        most = round(fraction * size) if rounding == "layers" else -(-removed * size // max(total, 1))
        if most >= size:
            return layer
    return None


def outcomes(fraction: float, layer_sizes, rounding: str) -> list[tuple[float, list[float]]]:
    """What :func:`drawn` may give, with the probability of each; layers of equal size stand for each other.

    Up to six layers of unequal sizes this is exact, for more of them the shares n N_l / N are left as they are.
    """
    if rounding == "layers":
        return [(1.0, [round(fraction * size) for size in layer_sizes])]
    odds: Counter = Counter()
    for removed, probability in totals(fraction, layer_sizes, rounding).items():
        for counts, share in _shares(removed, list(layer_sizes)):
            odds[tuple(counts)] += probability * share
    return [(probability, list(counts)) for counts, probability in odds.items()]


def _shares(removed: int, layer_sizes: list[int]):
    """What :func:`_shared` may give of one number, each with its probability."""
    n_layers, total = len(layer_sizes), sum(layer_sizes)
    if len(set(layer_sizes)) == 1:
        each, more = divmod(removed, n_layers)
        yield [each + 1] * more + [each] * (n_layers - more), 1.0
    elif n_layers > _MOST_ORDERED:
        yield [removed * size / total for size in layer_sizes], 1.0
    else:
        orders = list(itertools.permutations(range(n_layers)))
        for order in orders:
            places = itertools.accumulate(removed * layer_sizes[layer] for layer in order)
            cuts = sorted({0, total} | {-cut % total for cut in places})
            for start, stop in itertools.pairwise(cuts):
                yield _shared(removed, layer_sizes, order, start), (stop - start) / total / len(orders)


def expected(fraction: float, layer_sizes, p: int, rounding: str) -> float:
    """Mean over draws of the :func:`effective` dilution."""
    odds = outcomes(fraction, layer_sizes, rounding)
    sizes = np.array(layer_sizes, dtype=np.float64)
    return float(sum(weight * effective(np.array(counts) / sizes, sizes, p) for weight, counts in odds))


def differ(asked: float, effective: float) -> bool:
    """Whether an effective dilution is another number than the one that was asked for where both are shown, with four
    decimals; tables, titles and sentences name both only then."""
    return abs(effective - asked) >= _SHOWN


def fractions(kept, layer_sizes) -> np.ndarray:
    """Fraction removed from each layer, (n_layers,) float64, from the numbers of connections that are left."""
    sizes = np.asarray(layer_sizes, dtype=np.float64)
    return (sizes - np.asarray(kept, dtype=np.float64)) / sizes


def effective(fractions, layer_sizes, p: int):
    """Dilution at which the limit of many weights has as many paths per weight as are left.

    A path survives with all its connections, and those that are left share the paths: with a fraction f_l of the
    connections of each layer removed, alpha'/alpha = prod_l (1 - f_l) / (1 - mean f), which a dilution delta of every
    layer makes (1 - delta)^(p - 1). With layers that is exact on the average over glasses. Where there are none, the
    weights of a path are different ones, so that it survives with prod_{i < p} (n - i) / (N - i) if n of N are left:
    the dilution is then the larger one by p delta / (2 N) to leading order, and this one holds up to
    p / (2 N (1 - delta)).

    Parameters
    ----------
    fractions : (..., n_layers) float64
        Removed from each layer; one entry where the ensemble has no layers.
    layer_sizes : (n_layers,) int
        Connections of each layer before.
    p : int
        Connections on a path, at least 2.

    Returns
    -------
    (...) float64
    """
    kept = 1.0 - np.asarray(fractions, dtype=np.float64)
    sizes = np.asarray(layer_sizes, dtype=np.float64)
    survival = kept[..., 0] ** p if len(sizes) == 1 else np.multiply.reduce(kept, axis=-1)
    left = np.add.reduce(kept * sizes, axis=-1) / sizes.sum()
    return 1.0 - (survival / left) ** (1.0 / (p - 1))
