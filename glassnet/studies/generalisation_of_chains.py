"""What the networks of a run with ``study = "generalisation"`` know of their task, at all sizes and temperatures."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from glassnet import _face, _tables, ensembles
from glassnet._random import Seed
from glassnet.chains.content import kept_open
from glassnet.network.tasks import named
from glassnet.statistics.estimate import with_error
from glassnet.statistics.standard_errors import standard_error
from glassnet.studies import learning_averages
from glassnet.studies.learned_networks import STARTS

#: of the variables of a result, in which order
_AXES = ("size", "dilution", "alpha", "temperature", "start", "vote", "layer")


class _Node(NamedTuple):
    """One (size, dilution, alpha) of a study: its chains as they are opened, and the unit of its temperatures."""

    size: int
    dilution: float
    alpha: float
    unit: float
    chain: xr.Dataset

    @property
    def place(self) -> dict[str, Any]:
        """The coordinates of the node."""
        return {"size": self.size, "dilution": self.dilution, "alpha": self.alpha}

    def in_unit(self, table: xr.Dataset) -> xr.Dataset:
        """A table at the temperatures of the run file, whose products with the unit were rounded."""
        listed = [float(f"{rung / self.unit:.12g}") for rung in table["temperature"].values.tolist()]
        return table.assign_coords(temperature=listed)


@dataclass(frozen=True)
@_face.shown
class StudiedNetworks:
    """Answer of :func:`generalisation_of`; ``str()`` is a table.

    Attributes
    ----------
    mean, stderr : xarray.Dataset
        Mean over samples and its standard error (nan for one sample), over `size` (weights before dilution),
        `dilution`, `alpha` (paths per weight before dilution), `temperature` (in `unit`) and `start` ("ordered": in
        the Hebb state, "random"); nan where no sample is finished. `energy`, `drift` (the energy in the second half of
        the draws less that in the first) and `hebb_energy`, that of the Hebb state, per path; `walk_overlap` with the
        Hebb state; `train_error` and `test_error` of single networks; `vote_train_error` and `vote_test_error` over
        `vote`. Where hidden layers were asked for also `dimension` and `covariance_strength` over `layer`, and
        `mean_death`.
    n_samples : xarray.DataArray
        Finished samples (size, dilution, alpha), int64.
    widths : dict of int to tuple of int
        Neurons in each layer, by size.
    unit : str
        Of temperatures: "1" (that of the couplings), "sqrt(alpha)" or "alpha".
    task : dict
        The table [data] of the run file.
    """

    mean: xr.Dataset
    stderr: xr.Dataset
    n_samples: xr.DataArray
    widths: dict[int, tuple[int, ...]]
    unit: str
    task: dict[str, Any]

    @property
    def title(self) -> str:
        """The task in words."""
        classes = f" {self.task['classes'][0]} and {self.task['classes'][1]}" if "classes" in self.task else ""
        strength = f", m0 = {self.task['strength']:g}" if "strength" in self.task else ""
        control = ", labels shuffled" if self.task.get("shuffled") else ""
        count = self.task.get("examples", 1)
        examples = "all examples" if count == "all" else f"{count} example{'s' * (count != 1)}"
        return f"{self.task['task']}{classes}{strength}{control}, {examples} per path"

    def nodes(self) -> list[dict[str, Any]]:
        """`size`, `dilution` and `alpha` of all that have finished samples."""
        counts = self.n_samples
        return [
            {"size": size, "dilution": dilution, "alpha": alpha}
            for size in counts["size"].values.tolist()
            for dilution in counts["dilution"].values.tolist()
            for alpha in counts["alpha"].values.tolist()
            if counts.sel(size=size, dilution=dilution, alpha=alpha) > 0
        ]

    def shown(self, name: str, at: Mapping[str, Any]) -> str:
        """One value with its error in the last digits, 0.1234(56).

        Parameters
        ----------
        name : str
            Of a variable.
        at : mapping
            The value of every coordinate that it has.

        Raises
        ------
        KeyError
            If there is no such variable or value.
        """
        return with_error(float(self.mean[name].sel(at)), float(self.stderr[name].sel(at)))

    def __str__(self) -> str:
        vote = int(self.mean["vote"].values[-1])
        rows = []
        for node in self.nodes():
            names = "-".join(map(str, self.widths[node["size"]])), f"{node['dilution']:g}", f"{node['alpha']:g}"
            for temperature in self.mean["temperature"].values.tolist():
                at = node | {"temperature": temperature}
                cells = [self.shown("test_error", at | {"start": start}) for start in STARTS]
                cells += [self.shown("vote_test_error", at | {"start": start, "vote": vote}) for start in STARTS]
                rows.append([*names, f"{temperature:g}", *cells])
        header = ["widths", "dilution", "alpha", "T", "test error, ordered", "random", f"vote of {vote}, ordered"]
        header += ["random"]
        return f"{self.title}; T in units of {self.unit}\n{_tables.table([''] * len(header), [header, *rows])}"


def generalisation_of(chains: xr.DataTree, *, hidden_layers: bool = False) -> StudiedNetworks:
    """Average what the networks of a run with ``study = "generalisation"`` know of their task.

    Parameters
    ----------
    chains : xarray.DataTree
        As :func:`glassnet.open_chains` returns them.
    hidden_layers : bool
        Whether to look at the hidden layers of some of the networks that the chains end in as well, which takes some
        ten milliseconds for each of up to four networks of a start, temperature and sample: examples and removed
        connections are drawn again.

    Returns
    -------
    StudiedNetworks

    Raises
    ------
    TypeError, ValueError
        If `chains` is no such tree, or none of its samples is finished.
    """
    if not isinstance(chains, xr.DataTree):
        raise TypeError(f"chains must be an xarray.DataTree as glassnet.open_chains returns it, got {type(chains)}")
    nodes = [_node(branch) for branch in chains.subtree if is_studied(branch)]
    if not nodes:
        raise ValueError("chains hold no finished sample of study = 'generalisation'")
    seed = int(chains.attrs["seed"])
    means, stderrs = [], []
    for node in nodes:
        tables = [_of_sample(node, number, seed, hidden_layers) for number in range(node.chain.sizes["sample"])]
        samples = xr.concat(tables, "sample", combine_attrs="drop")
        means.append(samples.mean("sample"))
        stderrs.append(samples.map(_stderr))
    grid = _grid(nodes, means)
    counts = xr.DataArray(
        0, {name: grid[name] for name in ("size", "dilution", "alpha")}, ("size", "dilution", "alpha")
    )
    for node in nodes:
        counts.loc[node.place] = node.chain.sizes["sample"]
    attrs = nodes[0].chain.attrs
    return StudiedNetworks(
        _laid_out(nodes, means, grid),
        _laid_out(nodes, stderrs, grid),
        counts,
        {node.size: _widths(node.chain) for node in sorted(nodes, key=lambda node: node.size)},
        str(attrs["unit"]),
        json.loads(attrs["data"]),
    )


def is_studied(branch: xr.DataTree | xr.Dataset) -> bool:
    """Whether a node of a tree holds finished samples of this study."""
    return branch.attrs.get("study") == "generalisation" and "test_error" in branch.data_vars


def _node(branch: xr.DataTree) -> _Node:
    attrs = branch.attrs
    alpha = float(attrs["paths_per_weight"])
    unit = {"1": 1.0, "sqrt(alpha)": math.sqrt(alpha), "alpha": alpha}[attrs["unit"]]
    return _Node(int(attrs["n_weights_parent"]), float(attrs["dilution"]), alpha, unit, branch.to_dataset())


def _widths(chain: xr.Dataset) -> tuple[int, ...]:
    return tuple(json.loads(chain.attrs["glass"])["widths"])


def _of_sample(node: _Node, number: int, seed: int, hidden_layers: bool) -> xr.Dataset:
    """Averages of one sample, by its position."""
    names = ("energy", "train_error", "test_error", "walk_overlap", "vote_train_error", "vote_test_error")
    with kept_open():
        chain = node.chain[list(names)].isel(sample=number).load()
        n_paths = int(node.chain["n_paths"][number])
        if hidden_layers:
            chain = chain.merge(_hidden_layers(node, number, seed))
    table = learning_averages.summary(chain, n_paths)
    return node.in_unit(table).assign(hebb_energy=float(node.chain["planted_energy"][number]) / max(1, n_paths))


def _hidden_layers(node: _Node, number: int, seed: int) -> xr.Dataset:
    """What hidden layers of the networks that a chain ends in make of the test examples."""
    sample = int(node.chain["sample"][number])
    named_seed = Seed(seed, f"N={node.size},dilution={node.dilution!r},alpha={node.alpha!r},sample={sample}")
    widths, rounding = _widths(node.chain), node.chain.attrs.get("rounding", "nearest")
    task = named.draw(json.loads(node.chain.attrs["data"]), widths[0], named_seed)
    # which connections are left does not depend on the paths
    layout = ensembles.walks(widths, 0.0, named_seed, dilution=node.dilution, rounding=rounding)
    packed = node.chain["final_weights"].isel(sample=number).values
    return learning_averages.hidden_layers(packed[:, None], layout, task, node.chain["temperature"].values)


def _grid(nodes: list[_Node], tables: list[xr.Dataset]) -> dict[str, list[Any]]:
    """Every coordinate that occurs, in order."""
    grid = {name: sorted({node.place[name] for node in nodes}) for name in _AXES[:3]}
    for name in ("temperature", "vote", "layer"):
        if values := sorted(
            {value for table in tables if name in table.sizes for value in table[name].values.tolist()}
        ):
            grid[name] = values
    return grid | {"start": list(STARTS)}


def _laid_out(nodes: list[_Node], tables: list[xr.Dataset], grid: dict[str, list[Any]]) -> xr.Dataset:
    """The tables of all nodes in one, nan where there is none."""
    variables = {}
    for name, first in tables[0].data_vars.items():
        axes = [axis for axis in _AXES if axis in (*_AXES[:3], *first.dims)]
        whole = xr.DataArray(np.nan, {axis: grid[axis] for axis in axes}, axes)
        for node, table in zip(nodes, tables, strict=True):
            part = table[name].transpose(*axes[3:])
            whole.loc[node.place | {axis: part[axis].values for axis in axes[3:]}] = part.values
        variables[name] = whole
    return xr.Dataset(variables)


def _stderr(values: xr.DataArray) -> xr.DataArray:
    return values.isel(sample=0).copy(data=standard_error(values.transpose(..., "sample").values))
