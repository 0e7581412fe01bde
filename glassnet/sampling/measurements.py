"""What can be measured on a set of replicas, as exact integers with their scale.

Symmetries decide what an overlap means (docs/symmetries.md): without layers and p odd the weight overlap q is an order
parameter; for p even w and -w are the same state; in layered glasses any two layers can be flipped, in networks of
walks all weights into and out of a hidden neuron. `overlap` is blind to these, `matched_overlap` picks the best image.
"""

import functools
from itertools import combinations, pairwise

import numpy as np

from glassnet.kernels import bitsliced

NAMES = (
    "energy",
    "overlap",
    "weight_overlap",
    "path_overlap",
    "matched_overlap",
    "planted_overlap",
    "weights",
)
PAIR_MEASUREMENTS = ("overlap", "weight_overlap", "path_overlap", "matched_overlap")


#: overlaps with the planted state compare no pairs
_NO_PAIRS = np.zeros((0, 2), dtype=np.int32)


def n_pairs(glass, n_replicas: int) -> int:
    """How many pairs of replicas are compared."""
    return n_replicas // 2 if glass.widths is not None else n_replicas * (n_replicas - 1) // 2


def default(glass, n_replicas: int) -> tuple[str, ...]:
    """Measurements taken when none are named: energy and overlap, and what the couplings make an exact test of."""
    names = ["energy"]
    if n_replicas > 1:
        names.append("overlap")
        if not glass.is_binary:
            names.append("path_overlap")
    if glass.planted is not None:
        names.append("planted_overlap")
    return tuple(names)


def check(names, glass, n_replicas: int) -> tuple[str, ...]:
    """The measurements asked for, or ValueError naming the one that cannot be taken on this glass."""
    if names is None:
        return default(glass, n_replicas)
    listed = isinstance(names, (list, tuple, set, frozenset))
    if not listed or not all(isinstance(name, str) for name in names):
        raise TypeError(f"measure must be a list of names, got {names!r}")
    for name in names:
        if name not in NAMES:
            raise ValueError(f"measure must hold names among {', '.join(NAMES)}, got {name!r}")
        if name in PAIR_MEASUREMENTS and n_replicas < 2:
            raise ValueError(f"measure: {name!r} needs n_replicas >= 2, got {n_replicas}")
        if name == "planted_overlap" and glass.planted is None:
            raise ValueError("measure: 'planted_overlap' needs a planted glass (gn.ensembles.planted)")
    return tuple(name for name in NAMES if name in names)


class Overlaps:
    """Overlaps between lanes of one glass, and with its planted state.

    Parameters
    ----------
    glass : PathGlass
    n_replicas : int

    Attributes
    ----------
    pairs : (n_pairs, 2) int32
        All pairs a < b of replicas; in networks of walks, where a pair costs more, the disjoint (0, 1), (2, 3), ...
    scales : dict of str to float
        Factor that turns the integers of a measurement into its value.
    """

    def __init__(self, glass, n_replicas: int):
        self.even = glass.p % 2 == 0
        self.layered = glass.has_layers and glass.widths is None
        self.network = None
        self._n_replicas = n_replicas
        if glass.widths is None:
            self.order, self.first, self.size = _segments(glass.layer)
        else:
            self.order, width, present = _network(glass)
            self.network = width, present
            self.first = np.array([0, len(self.order) // 64], dtype=np.int64)
            self.size = np.array([glass.n_weights], dtype=np.int32)
        self.path_order, self.path_first, self.path_size = _segments(np.zeros(glass.n_paths, dtype=np.int32))
        weight = 1.0 / glass.n_weights
        self.scales = {
            "weight_overlap": weight,
            "matched_overlap": weight,
            "planted_overlap": weight,
            "path_overlap": 1.0 / max(1, glass.n_paths),
            "overlap": weight,
        }
        if self.layered:
            # beyond 2^62 the product of the layers' sums is kept as a float
            states = float(np.prod(self.size.astype(float)))
            self.scales["overlap"] = 1.0 / states
            self.exact = states < 2.0**62
        elif self.network is not None:
            self.scales["overlap"] = 1.0 / self.all_walks()
        self.planted = None if glass.planted is None else _packed(glass.planted > 0, self.order)[None]

    @functools.cached_property
    def pairs(self) -> np.ndarray:
        """The pairs of replicas that are compared, (n_pairs, 2) int32; made when they are first needed."""
        if self.network is not None:
            pairs = [(a, a + 1) for a in range(0, self._n_replicas - 1, 2)]
        else:
            pairs = list(combinations(range(self._n_replicas), 2))
        return np.array(pairs, dtype=np.int32).reshape(-1, 2)

    def all_walks(self) -> int:
        """Number of input-to-output walks along present edges."""
        width, present = self.network
        count, start = np.ones(width[0], dtype=np.int64), 0
        for before, after in pairwise(width):
            count = count @ present[start : start + before * after].reshape(before, after).astype(np.int64)
            start += before * after
        return max(1, int(count.sum()))

    def between_replicas(self, kernel, walkers, names) -> dict[str, np.ndarray]:
        """Integers of the named pair measurements, each (n_temperatures, n_pairs)."""
        result = {}
        if set(names) - {"path_overlap"}:
            rows = kernel.rows(self.order)
            result = self._measure(rows, rows, walkers.lane_at, self.pairs, names)
        if "path_overlap" in names:
            rows = kernel.rows(self.path_order, paths=True)
            sums = bitsliced.layer_overlaps(rows, rows, walkers.lane_at, self.pairs, self.path_first, self.path_size)
            result["path_overlap"] = sums[..., 0]
        return result

    def with_planted(self, kernel, walkers) -> np.ndarray:
        """Integers of the matched overlap with the planted state, (n_temperatures, n_replicas)."""
        rows, name = kernel.rows(self.order), "matched_overlap"
        return self._measure(rows, self.planted, walkers.lane_at, _NO_PAIRS, [name])[name]

    def _measure(self, rows, others, lane_at, pairs, names) -> dict[str, np.ndarray]:
        sums = bitsliced.layer_overlaps(rows, others, lane_at, pairs, self.first, self.size)
        result = {}
        if not self.layered or "weight_overlap" in names:
            result["weight_overlap"] = sums[..., 0] if len(self.size) == 1 else sums.sum(axis=-1, dtype=np.int32)
        if self.layered:
            if "overlap" in names:
                result["overlap"] = _product(sums, np.int64 if self.exact else np.float64)
            if "matched_overlap" in names:
                result["matched_overlap"] = _best_image(sums)
        elif self.network is not None:
            wanted = {"walks": "overlap" in names, "matched": "matched_overlap" in names}
            if any(wanted.values()):
                both = bitsliced.network_overlaps(rows, others, lane_at, pairs, *self.network, **wanted)
                result |= {"overlap": both[..., 0], "matched_overlap": both[..., 1].astype(np.int32)}
        else:
            plain = result["weight_overlap"]
            result |= {"overlap": plain, "matched_overlap": np.abs(plain) if self.even else plain}
        return {name: result[name] for name in names if name in result}


def _product(sums, dtype):
    """Product over the layers; layer by layer, as numpy's product along a short last axis is slow."""
    result = sums[..., 0].astype(dtype)
    for layer in range(1, sums.shape[-1]):
        result *= sums[..., layer]
    return result


def _best_image(sums):
    """Largest sum_l s_l Q_l over signs with product +1: the gauge group flips two layers at a time."""
    total, least = np.abs(sums[..., 0]), np.abs(sums[..., 0])
    odd = sums[..., 0] < 0
    for layer in range(1, sums.shape[-1]):
        size = np.abs(sums[..., layer])
        total += size
        least = np.minimum(least, size)
        odd ^= sums[..., layer] < 0
    return total - 2 * odd * least


def _segments(layer):
    """Order of the weights layer by layer, every layer padded with -1 to whole words, and where its words start."""
    size = np.bincount(layer, minlength=1).astype(np.int32)
    words = -(-size // 64)
    first = np.concatenate([[0], np.cumsum(words)]).astype(np.int64)
    order = np.full(64 * first[-1], -1, dtype=np.int32)
    by_layer = np.argsort(layer, kind="stable").astype(np.int32)
    start = 0
    for number, count in enumerate(size):
        order[64 * first[number] : 64 * first[number] + count] = by_layer[start : start + count]
        start += count
    return order, first, size


def _network(glass):
    """Order of the weights as entries of full matrices (-1: removed, or padding), widths, and what is present."""
    width = np.array(glass.widths, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(width[:-1] * width[1:])])
    entry = first[glass.layer] + glass.edges[:, 0] * width[glass.layer + 1] + glass.edges[:, 1]
    order = np.full(-(-first[-1] // 64) * 64, -1, dtype=np.int32)
    order[entry] = np.arange(glass.n_weights, dtype=np.int32)
    return order, width, (order[: first[-1]] >= 0).astype(np.int8)


def _packed(up, order):
    """Boolean configurations (..., n_weights) as words in the given order."""
    bits = np.where(order >= 0, up[..., order], False)
    return np.packbits(bits, axis=-1, bitorder="little").view(np.uint64)
