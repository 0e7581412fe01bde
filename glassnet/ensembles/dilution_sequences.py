"""Dilutions of one glass that differ by as little as they can: common random numbers along the dilution axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _dilution, _meant, _wiring
from glassnet._random import Role, Seed, generator
from glassnet.glass import PathGlass, check_emptied, emptied, rounding_record, seed_record


@_meant.keywords
def nested_dilutions(
    glass: PathGlass, fractions: ArrayLike, seed: int | Seed, *, rounding: str = "nearest"
) -> list[PathGlass]:
    """Dilute one glass to several fractions so that what is removed at one is removed at every larger one.

    All share one random order in which weights go, so a scan along the dilution axis sees the change and not the noise
    of new draws. The order depends on the seed and the number of weights only: more fractions leave the others as they
    are. (``glass.dilute`` at two fractions with one seed gives sets that are not nested.)

    Without layers each dilution by itself has the law of :meth:`PathGlass.dilute`. With layers, weight k = 0, 1, ... of
    the N_l of a layer, in random order, goes at the time (k + u) / N_l, with u uniform in [0, 1) and independent for
    every weight. Of layers of equal size any n weights are then spread as evenly as can be, the remainder over layers
    drawn at random, again the law of ``dilute``. Of layers of unequal size what a layer loses lies within 1 + (p - 2)
    N_l / N of its share n N_l / N, and its mean is that share up to about a tenth of one weight: rounding each share up
    or down without bias, as ``dilute`` does, is not nested.

    Parameters
    ----------
    glass : PathGlass
    fractions : list of floats
        In [0, 1), in any order.
    seed : int or Seed
    rounding : {"nearest", "random", "layers"}
        As in :meth:`PathGlass.dilute`; with "random" all fractions are rounded by the same random number. "layers", the
        rule of release 0.3.0, removes round(fraction * N_l) of each layer.

    Returns
    -------
    list of PathGlass
        In the order of `fractions`; `parent_index` maps weights to those of the first, undiluted glass. A planted state
        and its couplings are inherited, so that all are planted together.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a fraction empties the glass or one of its layers.
    """
    _checks.instance("glass", glass, PathGlass)
    fractions = [_wiring.dilution("fractions", value) for value in _checks.real_array("fractions", fractions, ndim=1)]
    rounding = _checks.choice("rounding", rounding, _dilution.ROUNDINGS)
    rng, orders = removal_orders(_members(glass), seed)
    if rounding == "layers":
        counts = [[round(fraction * len(order)) for order in orders] for fraction in fractions]
    else:
        layer = layers_by_time(orders, rng)
        rounded = rng.random() if rounding == "random" else None
        totals = [_dilution.whole(fraction, glass.n_weights, rounded) for fraction in fractions]
        counts = [np.bincount(layer[:total], minlength=len(orders)).tolist() for total in totals]
    return [
        _shortened(glass, orders, removed, fraction, {"nested": True, **rounding_record(glass, rounding)}, seed)
        for fraction, removed in zip(fractions, counts, strict=True)
    ]


def coupled_dilution(glass: PathGlass, fraction: float, seed: int | Seed, rounding: str = "nearest") -> PathGlass:
    """Dilute with the law of :meth:`PathGlass.dilute`, so that other fractions with the same seed share what goes.

    The sets of two fractions are nested up to one weight in every layer; without layers they are nested, and those of
    :func:`nested_dilutions`. Parameters and errors are those of ``dilute``.
    """
    check_emptied("dilution", fraction, glass, rounding)
    rng, orders = removal_orders(_members(glass), seed)
    removed = _dilution.drawn(fraction, glass.layer_sizes, rounding, rng)
    return _shortened(glass, orders, removed, fraction, {"coupled": True, **rounding_record(glass, rounding)}, seed)


def removal_orders(layers: Sequence[np.ndarray], seed: int | Seed) -> tuple[np.random.Generator, list[np.ndarray]]:
    """The order in which the connections of every layer go, and the stream it was drawn from.

    Parameters
    ----------
    layers : sequence of (n_l,) int arrays
        The connections of each layer, by whatever number they have.
    seed : int or Seed
        The stream also depends on how many connections there are.
    """
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    total = np.concatenate(layers).size
    rng = generator(Seed(value, f"{key}|nested,n_weights={total}"), Role.DILUTION)
    return rng, [rng.permutation(members) for members in layers]


def layers_by_time(orders: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """The layer of the connection that goes first, second, ...: connections go at stratified times.

    `orders` are those of :func:`removal_orders`, of which only the lengths count, and `rng` is its stream.
    """
    if len(orders) == 1:
        return np.zeros(len(orders[0]), dtype=np.int64)
    times = np.concatenate([(np.arange(len(order)) + rng.random(len(order))) / len(order) for order in orders])
    layer = np.repeat(np.arange(len(orders)), [len(order) for order in orders])
    return layer[np.argsort(times, kind="stable")]


def _members(glass: PathGlass) -> list[np.ndarray]:
    return [np.flatnonzero(glass.layer == number) for number in range(len(glass.layer_sizes))]


def _shortened(
    glass: PathGlass,
    orders: list[np.ndarray],
    removed: Sequence[int],
    fraction: float,
    how: dict[str, Any],
    seed: int | Seed,
) -> PathGlass:
    """The glass without the first weights of every order, so many of each."""
    for layer, (order, n_removed) in enumerate(zip(orders, removed, strict=True)):
        if n_removed == len(order):
            raise emptied("fractions", fraction, glass, layer)
    first = [order[:n_removed] for order, n_removed in zip(orders, removed, strict=True)]
    return glass.without(np.concatenate(first), {"fraction": fraction, **how, **seed_record(seed)})
