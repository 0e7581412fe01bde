"""What can be measured on a set of replicas, as exact integers with their scale.

Symmetries decide what an overlap means (docs/symmetries.md): without layers and p odd the weight overlap q is an order
parameter; for p even w and -w are the same state; in layered glasses any two layers can be flipped, in networks of
walks all weights into and out of a hidden neuron. `overlap` is blind to these, `matched_overlap` picks the best image.
"""

import functools
from collections.abc import Collection, Iterable
from itertools import pairwise

import numpy as np

from glassnet.chains.schema import MEASUREMENTS, REQUIREMENTS, Setup, defaults, lacking
from glassnet.glass import PathGlass

#: order, first and size of a layout: see :class:`Overlaps`
Layout = tuple[np.ndarray, np.ndarray, np.ndarray]


def setup(glass: PathGlass, n_replicas: int, n_temperatures: int = 1) -> Setup:
    """What the table of measurements needs to know of so many replicas of a glass, but the terms of its overlap."""
    return Setup(
        n_replicas=n_replicas,
        n_temperatures=n_temperatures,
        n_weights=glass.n_weights,
        planted=glass.planted is not None,
        real_couplings=not glass.is_binary,
        layers=glass.has_layers and glass.widths is None,
        walks=glass.widths is not None,
    )


def default(glass: PathGlass, n_replicas: int) -> tuple[str, ...]:
    """Measurements taken when none are named: energy and overlap, and what is exactly known for these couplings."""
    own = setup(glass, n_replicas)
    names = defaults(own)
    impossible = {name for name, _ in lacking(names, own)}
    return tuple(name for name in names if name not in impossible)


def check(names: Collection[str] | None, glass: PathGlass, n_replicas: int) -> tuple[str, ...]:
    """The measurements asked for, or ValueError naming the one that cannot be taken on this glass."""
    if names is None:
        return default(glass, n_replicas)
    listed = isinstance(names, (list, tuple, set, frozenset))
    if not listed or not all(isinstance(name, str) for name in names):
        raise TypeError(f"measure must be a list of names, got {names!r}")
    for name in names:
        if name not in MEASUREMENTS:
            raise ValueError(f"measure must hold names among {', '.join(MEASUREMENTS)}, got {name!r}")
    own = setup(glass, n_replicas)
    for name, requirement in lacking(names, own):
        raise ValueError(f"measure: {REQUIREMENTS[requirement].in_program.format(name=name, setup=own)}")
    return tuple(name for name in MEASUREMENTS if name in names)


class Overlaps:
    """What the recording loop needs to know of a glass to compute overlaps.

    Parameters
    ----------
    glass : PathGlass
    n_replicas : int

    Attributes
    ----------
    pairs : (n_pairs, 2) int32
        All pairs a < b of replicas; in networks of walks, where a pair costs more, the disjoint (0, 1), (2, 3), ...
    unit : dict of str to float
        1 / (number of weights, paths and terms of `overlap`): factors that turn sums over these into measured values.
    layout, path_layout, plain_layout : tuple (order, first, size)
        Order in which weights (paths; weights as they are numbered) lie in 64-bit words, (64 n_words,) int32 with -1
        for padding; first word of each layer, (n_layers + 1,) int64; weights in each layer, (n_layers,) int32.
    layered, even : bool
        Whether any two layers can be flipped; whether w and -w are the same state.
    network : None or tuple (width, present)
        Neurons per layer, (n_layers + 1,) int64, and which entries of the weight matrices exist, (n_entries,) int8.
    planted : None or (n_words,) uint64
        The planted state in the order of `layout`.
    """

    def __init__(self, glass: PathGlass, n_replicas: int) -> None:
        own = setup(glass, n_replicas)
        self.even, self.layered, self.n_pairs = glass.p % 2 == 0, own.layers, own.n_pairs
        self.network: tuple[np.ndarray, np.ndarray] | None = None
        if glass.widths is None:
            self.layout = _segments(glass.layer)
        else:
            order, width, present = _network(glass)
            self.network = width, present
            whole = np.array([0, len(order) // 64], dtype=np.int64)
            self.layout = order, whole, np.array([glass.n_weights], dtype=np.int32)
        self.path_layout = _segments(np.zeros(glass.n_paths, dtype=np.int32))
        self.plain_layout = _segments(np.zeros(glass.n_weights, dtype=np.int32))
        self.planted = None if glass.planted is None else _packed(glass.planted > 0, self.layout[0])
        terms: float = glass.n_weights
        if self.layered:
            terms = float(np.prod(self.layout[2].astype(float)))
        elif self.network is not None:
            terms = self.all_walks()
        self._setup = own._replace(n_terms=terms)
        self.unit = {"weights": 1.0 / glass.n_weights, "paths": 1.0 / max(1, glass.n_paths), "terms": 1.0 / terms}

    def stored(self, names: Iterable[str]) -> dict[str, tuple[str, float]]:
        """Of the named measurements that are sums times a factor: the type these are stored in, and the factor."""
        rows = {name: MEASUREMENTS[name] for name in names}
        return {
            name: (row.stored(self._setup), self.unit[row.unit]) for name, row in rows.items() if row.unit is not None
        }

    def arrays(self, names: Iterable[str], n_draws: int, n_temperatures: int) -> dict[str, np.ndarray]:
        """Empty arrays for so many draws of the named measurements.

        Raises
        ------
        ValueError
            If there is a draw, and sums over the walks of a network do not fit into 64 bits.
        """
        own, result = self._setup._replace(n_temperatures=n_temperatures), {}
        for name in names:
            row = MEASUREMENTS[name]
            if n_draws and row.unit == "terms" and own.walks and own.n_terms >= 2**62:
                walks = f"2^62 or more walks lead through a network, got {own.n_terms:.3g}"
                raise ValueError(f"measure must leave out {name} where {walks}")
            result[name] = np.zeros((n_draws, *row.shape(own)), dtype=row.in_memory(own))
        return result

    @functools.cached_property
    def pairs(self) -> np.ndarray:
        """The pairs of replicas that are compared, (n_pairs, 2) int32; made when they are first needed."""
        if self.network is not None:
            return np.arange(2 * self.n_pairs, dtype=np.int32).reshape(-1, 2)
        # rows of first replicas, one after the other: index arrays of numpy would take four times the memory
        pairs, start, n_replicas = np.empty((self.n_pairs, 2), dtype=np.int32), 0, self._setup.n_replicas
        for first in range(n_replicas - 1):
            stop = start + n_replicas - 1 - first
            pairs[start:stop, 0] = first
            pairs[start:stop, 1] = np.arange(first + 1, n_replicas)
            start = stop
        return pairs

    def all_walks(self) -> int:
        """Number of input-to-output walks along present edges."""
        assert self.network is not None, "only networks have walks"
        width, present = self.network
        count, start = np.ones(width[0], dtype=object), 0
        for before, after in pairwise(width):
            count = count @ present[start : start + before * after].reshape(before, after).astype(object)
            start += before * after
        return max(1, int(count.sum()))


def _segments(layer: np.ndarray) -> Layout:
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


def _network(glass: PathGlass) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order of the weights as entries of full matrices (-1: removed, or padding), widths, and what is present."""
    assert glass.edges is not None, "a network has edges"
    width = np.array(glass.widths, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(width[:-1] * width[1:])])
    entry = first[glass.layer] + glass.edges[:, 0] * width[glass.layer + 1] + glass.edges[:, 1]
    order = np.full(-(-first[-1] // 64) * 64, -1, dtype=np.int32)
    order[entry] = np.arange(glass.n_weights, dtype=np.int32)
    return order, width, (order[: first[-1]] >= 0).astype(np.int8)


def _packed(up: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Boolean configurations (..., n_weights) as words in the given order."""
    bits = np.where(order >= 0, up[..., order], False)
    return np.packbits(bits, axis=-1, bitorder="little").view(np.uint64)
