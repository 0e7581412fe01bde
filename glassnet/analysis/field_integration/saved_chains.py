"""Field integration from what a scan saved: the instances of one dilution, read and integrated."""

import json
import warnings
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import _catalogue
from glassnet.analysis.field_integration.complexity import Instance
from glassnet.analysis.field_integration.integrals import FieldIntegration, integrated, of_overlaps
from glassnet.analysis.nodes import Node
from glassnet.chains.content import ChainError, Unreadable
from glassnet.sampling.planted_field import EVERY, Overlaps

#: number of networks from which on they are extrapolated
_NETWORKS = 3


class SavedField(NamedTuple):
    """The integrated `result`, None without any instance; in `damaged` a line for each file that turned out to be
    damaged; in `missing` by node the instances that the run file asks for and that do not exist or cannot be read.
    `dilutions` are the effective dilutions of the glasses, and `sizes` their numbers of weights before dilution, by
    increasing size."""

    result: FieldIntegration | None
    damaged: tuple[str, ...]
    missing: dict[str, list[int]]
    dilutions: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()


def saved_field(chains: xr.DataTree, dilution: float, above: float = 0.0) -> SavedField:
    """Integrate what the tasks of field integration of one dilution recorded.

    Parameters
    ----------
    chains : xarray.DataTree
        As :func:`glassnet.open_chains` returns it.
    dilution : float
    above : float
        A zero below this temperature is left out, and so is a complexity that was only measured below.

    Raises
    ------
    Unreadable
        If a file cannot be read at the moment.
    """
    measured, damaged, branches, missing = {}, [], {}, {}
    dilutions: list[float] = []
    sizes: list[int] = []
    for branch in chains.subtree:
        if branch.attrs.get("kind") == "field" and branch.attrs["dilution"] == dilution:
            missing[branch.path] = [int(number) for number in np.atleast_1d(branch.attrs.get("samples_missing", []))]
            if "field_overlap" in branch.data_vars:
                branches[branch.path] = branch.to_dataset()
    for path, node in sorted(branches.items(), key=lambda item: item[1].attrs["n_weights_parent"]):
        size, parts = _size(node), []
        for index in range(node.sizes["sample"]):
            try:
                parts.append(_instance(node.isel(sample=index)))
            except Unreadable:
                raise
            except ChainError as error:
                number = int(node["sample"][index])
                missing[path] = sorted([*missing[path], number])
                damaged.append(f"field integration, instance {number}: {error}")
                warnings.warn(f"{damaged[-1]}; the instance counts as missing", stacklevel=3)
        if parts:
            measured[size] = parts
            sizes.append(int(node.attrs["n_weights_parent"]))
            dilutions.append(Node(path, sizes[-1], dilution, None, node).effective_dilution)
    missing = {path: numbers for path, numbers in missing.items() if numbers}
    result = _integrated(measured, next(iter(branches.values())), dilution) if measured else None
    if result is not None and _ends_below(result, above):
        result = None
    return SavedField(result, tuple(damaged), missing, tuple(dilutions), tuple(sizes))


def _ends_below(result: FieldIntegration, above: float) -> bool:
    """Whether the zero lies below a temperature; of a complexity without one, whether it was only measured there."""
    last = result.temperature if np.isfinite(result.temperature) else result.complexity["temperature"].values[-1]
    return bool(last < above)


def _integrated(measured: dict, node: xr.Dataset, dilution: float) -> FieldIntegration:
    """Integrate the instances of one dilution, by size; `node` is one of its nodes."""
    if len(measured) < _NETWORKS:
        # an unfinished scan of networks: the largest one alone, with the shift of its size in the error
        measured = dict([list(measured.items())[-1]])
    glass = json.loads(node.attrs["glass"])
    keywords = _catalogue.of_chain(glass).own(glass)
    # chains that do not name their rule follow that of release 0.3.0
    keywords |= {"dilution": dilution, "rounding": node.attrs.get("rounding", "layers")} if dilution else {}
    # the first half is not recorded
    sweeps = 2 * (int(node["draw"][0]) - EVERY)
    return integrated(glass["ensemble"], keywords, node["temperature"].values, measured, sweeps)


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
