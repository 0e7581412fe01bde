"""A first test of equilibrium while a scan runs, with the energies of a few finished samples of every node."""

import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.equilibrium import assessment
from glassnet.analysis.nodes import Node
from glassnet.chains.content import ChainError, opened, own
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.tasks.glass_tasks import Task

#: most samples of a node, seconds for all nodes, and evenly spaced draws of a chain that are read
SAMPLES, SECONDS, DRAWS = 8, 0.5, 1024
#: fewest draws in which a drift can be seen
FEWEST = 8
_AXES = ("sample", "draw", "temperature", "replica")


class Look(NamedTuple):
    """The number of samples that were tested, and warnings: (folder of the node, sample or None, reason)."""

    looked_at: int
    warnings: list[tuple[str, int | None, str]]


def look(
    directory: RunDirectory,
    finished: dict[str, list[Task]],
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Look:
    """Test whether the energies of the samples finished last drift or are stuck; nothing is written.

    The tests are those of :mod:`glassnet.analysis.equilibrium.assessment`, on every rung of a symmetric node and the
    planting temperature of a planted one. The analysis tests all samples, and their overlaps too.

    `finished` are the finished tasks of every node by its folder; of each at most 8 are read, those with the highest
    numbers. No further chain is opened after so many `seconds` of the `clock`.
    """
    end = clock() + seconds
    energies: dict[str, dict[int, xr.Dataset]] = {}
    planted = {task.folder: task.planted for tasks in finished.values() for task in tasks}
    for task in _by_turns(finished):
        if clock() > end:
            break
        chain = energies_of(directory, task)
        if chain is not None:
            energies.setdefault(task.folder, {})[task.sample] = chain
    result = assessment.assess([_node(folder, planted[folder], chains) for folder, chains in energies.items()])
    warnings: list[tuple[str, int | None, str]] = [(folder, None, reason) for folder, reason in result.nodes.items()]
    warnings += [(each.path, each.sample, f"{each.reason} at T = {each.temperature:g}") for each in result.failures]
    return Look(sum(map(len, energies.values())), warnings)


def _by_turns(finished: dict[str, list[Task]]) -> Iterator[Task]:
    """The last task of every node, then the last but one of every node, and so on."""
    last = [sorted(tasks, key=lambda task: -task.sample)[:SAMPLES] for tasks in finished.values()]
    return (task for turn in zip_longest(*last) for task in turn if task is not None)


def energies_of(directory: RunDirectory, task: Task) -> xr.Dataset | None:
    """Energies of one chain on the rungs that count; None where there are none, or too few."""
    try:
        path = directory.find(task)
        if path is None:
            return None
        with opened(path) as file:
            if "energy" not in file or len(own(file, "draw")) < FEWEST:
                return None
            energy, temperature = own(file, "energy")[:], own(file, "temperature")[:]
            attrs = {name: int(file.attrs[name]) for name in ("n_weights", "n_paths")}
    except ChainError:
        # it may have been moved or lengthened a moment ago
        return None
    step = -(-len(energy) // DRAWS)
    return xr.Dataset({"energy": (_AXES[1:], energy[::step])}, {"temperature": temperature}, attrs)


def _node(folder: str, planted: float | None, chains: dict[int, xr.Dataset]) -> Node:
    """A node of these samples, without the rest of what an analysis would need."""
    draws = min(chain.sizes["draw"] for chain in chains.values())
    first = next(iter(chains.values()))
    variables = {
        "energy": (_AXES, np.stack([chain["energy"].values[:draws] for chain in chains.values()])),
        "n_paths": ("sample", [chain.attrs["n_paths"] for chain in chains.values()]),
    }
    coordinates = {"sample": list(chains), "temperature": first["temperature"].values}
    whole = xr.Dataset(variables, coordinates, {"n_weights": first.attrs["n_weights"]})
    return Node(folder, first.attrs["n_weights"], 0.0, planted, whole)
