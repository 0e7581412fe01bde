"""How the weights of a layered network are wired, and whether a glass fits into memory."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks

_INT32_MAX = 2**31 - 1


def n_network_weights(widths: tuple[int, ...]) -> int:
    """Edges of a fully connected layered network: sum_l n_{l-1} n_l."""
    return sum(before * after for before, after in pairwise(widths))


def n_weights(size: int | tuple[int, ...]) -> int:
    """Weights of a glass before dilution: its size, or those of a network of these widths."""
    return size if isinstance(size, int) else n_network_weights(size)


def layer_sizes(size: int | tuple[int, ...], n_layers: int = 1) -> list[int]:
    """Weights of each layer before dilution: of networks of these widths, or of `n_layers` equal layers."""
    if isinstance(size, tuple):
        return [before * after for before, after in pairwise(size)]
    return [size // n_layers] * n_layers


def check_widths(widths: Any) -> tuple[int, ...]:
    """Return the widths of a layered network as a tuple of at least 3 ints >= 1, or raise naming what is wrong."""
    try:
        entries = list(widths)
    except TypeError:
        raise TypeError(f"widths must be a sequence of integers, got {_checks.shown(widths)}") from None
    if len(entries) < 3:
        raise ValueError(
            f"widths must have at least 3 entries (p = len(widths) - 1 >= 2), got {_checks.shown(entries)}"
        )
    return tuple(_checks.integer(f"widths[{i}]", width, minimum=1) for i, width in enumerate(entries))


def require_memory(n_weights: int, n_paths: int, p: int) -> None:
    """Refuse a glass that cannot be held, before anything is allocated.

    Raises
    ------
    ValueError
        If indices would not fit into int32 or the arrays not into the memory available; it says the bytes needed.
    """
    # an upper bound to the peak while a glass is drawn, sorted, checked and diluted; a test measures it
    needed = n_paths * (24 * p + 80) + n_weights * 96
    what = f"a glass of {n_weights} weights and {n_paths} paths of length {p}"
    fewer = "fewer weights (n_weights, widths) or paths (degree, alpha) fit"
    if max(n_weights, n_paths) > _INT32_MAX:
        needs = f"{what} needs {needed} bytes"
        raise ValueError(f"{needs}, and indices beyond the {_INT32_MAX} that are allowed; {fewer}")
    try:
        _checks.memory(what, needed)
    except ValueError as error:
        raise ValueError(f"{error}; {fewer}") from None


def network(
    p: int, layer: ArrayLike | None, widths: Sequence[int] | None, edges: ArrayLike | None
) -> tuple[tuple[int, ...] | None, np.ndarray | None, np.ndarray | None]:
    """Check layer, widths and edges of :class:`PathGlass` against each other; derive those of a full network.

    Returns
    -------
    widths : tuple of int or None
    layer : (n_weights,) int32 or None
    edges : (n_weights, 2) int32 or None
    """
    if layer is not None:
        layer = _checks.integer_array("layer", layer, ndim=1, maximum=p - 1)
    if widths is None:
        if edges is not None:
            raise ValueError("edges need widths")
        return None, layer, None
    widths = check_widths(widths)
    if len(widths) != p + 1:
        raise ValueError(f"widths must have p + 1 = {p + 1} entries, got {widths}")
    if edges is None:
        return widths, *_full_network(widths, layer)
    if layer is None:
        raise ValueError("layer must be given with edges")
    edges = _checks.integer_array("edges", edges, shape=(len(layer), 2))
    sizes = np.array(widths, dtype=np.int64)
    beyond = edges >= np.stack([sizes[layer], sizes[layer + 1]], axis=1)
    if beyond.any():
        weight = int(np.argmax(beyond.any(axis=1)))
        raise ValueError(f"edges of weight {weight} must lie within widths {widths}, got {edges[weight].tolist()}")
    codes = (layer.astype(np.int64) * sizes.max() + edges[:, 0]) * sizes.max() + edges[:, 1]
    if len(np.unique(codes)) != len(codes):
        raise ValueError("edges must be distinct, two weights join the same neurons")
    return widths, layer, edges


def _full_network(widths: tuple[int, ...], layer: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    require_memory(n_network_weights(widths), 0, len(widths) - 1)
    sizes = [before * after for before, after in pairwise(widths)]
    expected = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    if layer is not None and not np.array_equal(layer, expected):
        raise ValueError(f"layer must be that of the full network of widths {widths} unless edges are given")
    blocks = [np.indices(pair, dtype=np.int32).reshape(2, -1).T for pair in pairwise(widths)]
    return expected, np.concatenate(blocks)


def check_walks(paths: np.ndarray, edges: np.ndarray) -> None:
    """Raise ValueError unless consecutive weights of every path meet in a neuron."""
    broken = (edges[paths[:, :-1], 1] != edges[paths[:, 1:], 0]).any(axis=1)
    if broken.any():
        path = paths[np.argmax(broken)]
        raise ValueError(f"paths must be walks through the network, got {path.tolist()} along {edges[path].tolist()}")


def dilution(name: str, value: float) -> float:
    """Return the fraction of removed connections as a float in [0, 1), or raise naming the argument."""
    fraction = _checks.real(name, value)
    if not 0 <= fraction < 1:
        raise ValueError(f"{name} must be in [0, 1), got {fraction:g}")
    return fraction
