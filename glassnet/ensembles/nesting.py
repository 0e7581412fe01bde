"""Dilutions of one glass that differ by as little as they can: common random numbers along the dilution axis."""

import numpy as np

from glassnet import _checks, _meant, _wiring
from glassnet._random import Role, Seed, generator
from glassnet.glass import PathGlass, seed_record


@_meant.keywords(dilutions="fractions", rng="seed", random_state="seed")
def nested_dilutions(glass, fractions, seed) -> list[PathGlass]:
    """Dilute one glass to several fractions so that what is removed at one is removed at every larger one.

    Each dilution by itself has the law of :meth:`PathGlass.dilute`: round(fraction * N) weights (of each layer), drawn
    uniformly. Together they share one random order in which weights go, so a scan along the dilution axis sees the
    change and not the noise of new draws. The order depends on the seed and the number of weights only: more fractions
    leave the others as they are. (``glass.dilute`` at two fractions with one seed gives sets that are not nested.)

    Parameters
    ----------
    glass : PathGlass
    fractions : list of floats
        In [0, 1), in any order.
    seed : int or Seed

    Returns
    -------
    list of PathGlass
        In the order of `fractions`; `parent_index` maps weights to those of the first, undiluted glass. A planted state
        and its couplings are inherited, so that all are planted together.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a fraction would empty the glass or one of its layers.
    """
    if not isinstance(glass, PathGlass):
        raise TypeError(f"glass must be a PathGlass, got {type(glass).__name__}")
    fractions = [_wiring.dilution("fractions", value) for value in _checks.real_array("fractions", fractions, ndim=1)]
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    rng = generator(Seed(value, f"{key}|nested,n_weights={glass.n_weights}"), Role.DILUTION)
    layers = [np.flatnonzero(glass.layer == number) for number in range(glass.p if glass.has_layers else 1)]
    orders = [rng.permutation(members) for members in layers]
    return [_without(glass, fraction, orders, seed) for fraction in fractions]


def _without(glass, fraction, orders, seed):
    """Remove the first weights of every order, and every path through them."""
    keep = np.ones(glass.n_weights, dtype=bool)
    for number, order in enumerate(orders):
        n_removed = round(fraction * len(order))
        if n_removed == len(order):
            where = f" of layer {number}" if glass.has_layers else ""
            raise ValueError(f"fractions must leave a weight, got {fraction:g} which removes all {n_removed}{where}")
        keep[order[:n_removed]] = False
    alive = keep[glass.paths].all(axis=1)
    new_index = np.cumsum(keep, dtype=np.int32) - 1
    recipe = glass.recipe
    event = {"fraction": fraction, "nested": True, **seed_record(seed)}
    return glass._replace(
        paths=new_index[glass.paths[alive]],
        couplings=glass.couplings[alive],
        n_weights=int(keep.sum()),
        layer=glass.layer[keep],
        edges=None if glass.edges is None else glass.edges[keep],
        planted=None if glass.planted is None else glass.planted[keep],
        parent_index=glass.parent_index[keep],
        recipe=recipe | {"diluted": [*recipe.get("diluted", []), event]},
    )
