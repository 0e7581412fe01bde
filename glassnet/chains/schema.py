"""The dataset a sampler returns and a chain file holds: names, dimensions, dtypes, and how two stretches join.

No storage here: samplers import this module on every rank. Overlaps are kept as exact integers times a known
denominator; a dataset holds ``integer * (1 / denominator)`` as float64 with the pair
(``dtype``, ``scale_factor``) in the variable's encoding, so that a file stores the integers themselves.
"""

from itertools import pairwise

import numpy as np
import xarray as xr

from glassnet import _face

__all__ = ["VARIABLES", "join"]
_face.public(__name__)

#: every variable with its dimensions and meaning; `docs/chains.md` says the same for readers with h5py only
VARIABLES = {
    "energy": (("draw", "temperature", "replica"), "total energy of a replica, units of |J|"),
    "overlap": (("draw", "temperature", "pair"), "order parameter of the ensemble, invariant under its gauge group"),
    "weight_overlap": (("draw", "temperature", "pair"), "mean over weights of w_i w'_i"),
    "path_overlap": (("draw", "temperature", "pair"), "mean over paths of tau_a tau'_a, tau_a = prod w"),
    "matched_overlap": (
        ("draw", "temperature", "pair"),
        "weight overlap after a gauge image was chosen that makes it large (walks: a local maximum)",
    ),
    "planted_overlap": (("draw", "temperature", "replica"), "overlap with the planted state, matched to its gauge"),
    "weights": (("draw", "temperature", "replica", "byte"), "weights packed 8 to a byte, lowest bit first, 1 = +1"),
    "swap_attempted": (("gap",), "exchanges proposed between rungs gap and gap + 1, all replicas"),
    "swap_accepted": (("gap",), "exchanges accepted between rungs gap and gap + 1, all replicas"),
    "swap_acceptance": (("gap",), "swap_accepted / swap_attempted, nan where none was attempted"),
    "round_trips": (("walker",), "trips coldest - hottest - coldest rung completed by each configuration"),
    "field_overlap": (
        ("draw", "temperature", "field", "planting"),
        "overlap with the planted state of each lane, in a field along it",
    ),
    "local_fields": (
        ("temperature", "field", "planting", "local_field"),
        "weights of the planted state of each lane with each local field: paths minus twice the violated ones",
    ),
    "degree_counts": (("degree",), "weights with so many paths"),
    "removed_fraction": (("layer",), "fraction of the connections of each layer that the dilution removed"),
}

_COUNTERS = ("swap_attempted", "swap_accepted", "round_trips")


def dataset(
    draws: dict[str, np.ndarray],
    *,
    stored: dict[str, tuple[str, float]],
    draw: np.ndarray,
    temperatures: np.ndarray,
    pairs: np.ndarray | None,
    n_replicas: int,
    swap_attempted: np.ndarray,
    swap_accepted: np.ndarray,
    round_trips: np.ndarray,
    attrs: dict,
) -> xr.Dataset:
    """Build the dataset of one stretch of a chain.

    Parameters
    ----------
    draws : dict of str to array, first axis `draw`
        Measurements by the names of :data:`VARIABLES`.
    stored : dict of str to (dtype, factor)
        Measurements that are integers times a factor (1 / n_weights for an overlap), and what holds these integers.
    draw : (n_draws,) int64
        Sweeps since the start of the chain at each measurement.
    temperatures : (n_temperatures,) float64
    pairs : (n_pairs, 2) int or None
        The two replicas of each pair; None where no pairs were compared.
    n_replicas : int
    swap_attempted, swap_accepted : (n_temperatures - 1,) int64
    round_trips : (n_temperatures * n_replicas,) int64
    attrs : dict
        What is needed to reproduce the chain.
    """
    variables = {}
    for name, values in draws.items():
        dimensions, meaning = VARIABLES[name]
        encoding = {}
        if name in stored:
            encoding = dict(zip(("dtype", "scale_factor"), stored[name], strict=True))
        variables[name] = (dimensions, values, {"long_name": meaning}, encoding)
    counters = (("swap_attempted", swap_attempted), ("swap_accepted", swap_accepted), ("round_trips", round_trips))
    for name, values in counters:
        variables[name] = (VARIABLES[name][0], values, {"long_name": VARIABLES[name][1]})
    coordinates = {
        "draw": ("draw", draw, {"long_name": "sweeps since the start of the chain"}),
        "temperature": ("temperature", temperatures, {"long_name": "temperature, k_B = 1"}),
        "replica": ("replica", np.arange(n_replicas, dtype=np.int32)),
        "gap": ("gap", np.arange(len(swap_attempted), dtype=np.int32)),
        "walker": ("walker", np.arange(len(round_trips), dtype=np.int32)),
    }
    if pairs is not None:
        coordinates["replica_a"] = ("pair", np.asarray(pairs, dtype=np.int32)[:, 0])
        coordinates["replica_b"] = ("pair", np.asarray(pairs, dtype=np.int32)[:, 1])
    return _with_acceptance(xr.Dataset(variables, coords=coordinates, attrs=attrs))


def removed_fraction(fractions: np.ndarray) -> xr.Variable:
    """Variable of the fraction of connections that were removed from each layer, (n_layers,) float64."""
    axes, meaning = VARIABLES["removed_fraction"]
    return xr.Variable(axes, fractions, {"long_name": meaning})


def join(*pieces: xr.Dataset) -> xr.Dataset:
    """Join a chain and its continuations: draws follow each other, counters add up; attributes are those of the last.

    Parameters
    ----------
    *pieces : xarray.Dataset
        What the runs of one sampler returned, in their order.

    Raises
    ------
    ValueError
        If a piece does not start after the last draw of the one before, or they differ in variables or temperatures.
    """
    last = pieces[-1]
    for first, second in pairwise(pieces):
        if set(first.data_vars) != set(second.data_vars):
            differ = ", ".join(sorted(set(first.data_vars) ^ set(second.data_vars)))
            raise ValueError(f"pieces must hold the same variables; they differ in {differ}")
        if not np.array_equal(first.temperature, second.temperature):
            raise ValueError("pieces must have the same temperatures")
    draw = np.concatenate([piece.draw.values for piece in pieces])
    for number in np.flatnonzero(np.diff(draw) <= 0)[:1]:
        raise ValueError(f"pieces must follow each other: after sweep {draw[number]} comes {draw[number + 1]}")
    variables = {}
    # a piece without draws does not name the replicas of its pairs
    named = next((piece for piece in reversed(pieces) if piece.sizes["draw"]), last)
    for name, variable in named.variables.items():
        values = variable.values
        if "draw" in variable.dims:
            values = np.concatenate([piece[name].values for piece in pieces])
        elif name in _COUNTERS:
            values = sum(piece[name].values for piece in pieces)
        variables[name] = xr.Variable(variable.dims, values, variable.attrs, variable.encoding)
    return _with_acceptance(xr.Dataset(variables, attrs=last.attrs).set_coords(list(named.coords)))


def _with_acceptance(dataset: xr.Dataset) -> xr.Dataset:
    attempted = dataset["swap_attempted"].values
    with np.errstate(invalid="ignore", divide="ignore"):
        acceptance = np.where(attempted > 0, dataset["swap_accepted"].values / attempted, np.nan)
    dataset["swap_acceptance"] = ("gap", acceptance, {"long_name": VARIABLES["swap_acceptance"][1]})
    return dataset
