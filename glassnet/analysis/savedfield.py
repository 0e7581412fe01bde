"""Field integration from what a scan saved: the instances of one dilution, read and integrated."""

import json
import warnings
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.complexity import Instance
from glassnet.analysis.field import FieldIntegration, integrated, of_overlaps
from glassnet.chains.content import ChainError, Unreadable
from glassnet.sampling.planted_field import EVERY, Overlaps

#: networks from which on they are extrapolated
_NETWORKS = 3


class SavedField(NamedTuple):
    """What was found, None without any instance; a line for each file that turned out to be damaged."""

    result: FieldIntegration | None
    damaged: tuple[str, ...] = ()


def saved_field(chains: xr.DataTree, dilution: float) -> SavedField:
    """Integrate what the tasks of field integration of one dilution recorded.

    Parameters
    ----------
    chains : xarray.DataTree
        As :func:`glassnet.open_chains` returns it.
    dilution : float

    Raises
    ------
    Unreadable
        If a file cannot be read here and now.
    """
    measured, damaged, found = {}, [], []
    for branch in chains.subtree:
        asked = branch.attrs.get("kind") == "field" and branch.attrs["dilution"] == dilution
        if asked and "field_overlap" in branch.data_vars:
            found.append(branch.to_dataset())
    for node in sorted(found, key=lambda node: node.attrs["n_weights_parent"]):
        size, parts = _size(node), []
        for place in range(node.sizes["sample"]):
            try:
                parts.append(_instance(node.isel(sample=place)))
            except Unreadable:
                raise
            except ChainError as error:
                damaged.append(f"field integration, instance {int(node['sample'][place])}: {error}")
                warnings.warn(f"{damaged[-1]}; the instance counts as missing", stacklevel=3)
        if parts:
            measured[size] = parts
    if not measured:
        return SavedField(None, tuple(damaged))
    if len(measured) < _NETWORKS:
        # an unfinished scan of networks: the largest one alone, with the shift of its size in the error
        measured = dict([list(measured.items())[-1]])
    glass = json.loads(found[0].attrs["glass"])
    keywords = {name: glass[name] for name in ("p", "degree", "alpha") if name in glass}
    keywords |= {"dilution": dilution} if dilution else {}
    # the first half is not recorded
    sweeps = 2 * (int(found[0]["draw"][0]) - EVERY)
    temperatures = found[0]["temperature"].values
    return SavedField(
        integrated(glass["ensemble"], keywords, temperatures, measured, sweeps),
        tuple(damaged),
    )


def _size(node: xr.Dataset) -> int | tuple[int, ...]:
    widths = json.loads(node.attrs["glass"]).get("widths")
    return int(node.attrs["n_weights_parent"]) if widths is None else tuple(widths)


def _instance(sample: xr.Dataset) -> Instance:
    """The complexity of one instance."""
    n_weights = int(sample["degree_counts"].sum())
    aligned = np.rint(sample["field_overlap"].values * n_weights).astype(np.int64)
    counts = sample["local_fields"].values
    overlaps = Overlaps(aligned.reshape(len(aligned), -1), counts.reshape(-1, counts.shape[-1]))
    temperatures = sample["temperature"].values
    return of_overlaps(overlaps, sample["degree_counts"].values, int(sample["n_paths"]), temperatures)
