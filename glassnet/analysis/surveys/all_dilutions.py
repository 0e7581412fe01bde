"""The chains of all dilutions, each read when it is asked for, and only once."""

import numpy as np
import xarray as xr

from glassnet._checks import real
from glassnet.analysis.dilution.common_dilution import Measured
from glassnet.analysis.nodes import Node, nodes, run_seed
from glassnet.analysis.surveys.one_dilution import DilutionAverages, read_dilution
from glassnet.chains.content import ChainError, Unreadable


class ChainReader:
    """Read the chains of each dilution, as :func:`glassnet.open_chains` returns them, once, when they are asked for.

    Temperatures below `above` are left out.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or `above` no temperature.
    """

    def __init__(self, chains: xr.DataTree, above: float = 0.0):
        self.chains, self.nodes, self.seed = chains, nodes(chains), run_seed(chains)
        self.above = real("above", above, minimum=0)
        self._read: dict[float, DilutionAverages] = {}

    @property
    def dilutions(self) -> list[float]:
        """The dilutions that were asked for, increasing."""
        return sorted({node.dilution for node in self.nodes})

    def at(self, dilution: float) -> DilutionAverages:
        """What the chains of one dilution hold; ChainError where a node of it has no sound file, ValueError where
        nothing of it is left `above`."""
        if dilution not in self._read:
            own = above([node for node in self.nodes if node.dilution == dilution], self.above)
            self._read[dilution] = read_dilution(own, self.seed)
        return self._read[dilution]

    def measured(self, dilution: float) -> Measured:
        """The curves of one dilution, to which slopes are fitted."""
        read = self.at(dilution)
        return Measured(read.nodes, read.sound(), read.trusted(read.overlaps))

    def neighbours(self, dilution: float) -> list[Measured]:
        """The curves at the next lower and the next higher dilution, as far as they can be read."""
        order = self.dilutions
        index, measured = order.index(dilution), []
        for near in (index - 1, index + 1):
            if not 0 <= near < len(order):
                continue
            try:
                measured.append(self.measured(order[near]))
            except Unreadable:
                raise
            except (ChainError, ValueError):
                # the error is raised where that dilution itself is asked for
                continue
        return measured


def above(nodes: list[Node], lowest: float) -> list[Node]:
    """The nodes without their rungs below a temperature."""
    kept = []
    for node in nodes:
        if node.planted_temperature is not None and node.planted_temperature < lowest:
            continue
        warm = np.flatnonzero(node.chain["temperature"].values >= lowest)
        if warm.size < node.chain.sizes["temperature"]:
            node = node._replace(chain=node.chain.isel(temperature=warm))
        if warm.size:
            kept.append(node)
    rungs = np.concatenate([node.chain["temperature"].values for node in nodes])
    highest = rungs[np.isfinite(rungs)].max(initial=0.0)
    if not kept or lowest > highest > 0:
        raise ValueError(
            f"above must leave some temperatures of the chains, the highest is {highest:g}, got {lowest:g}"
        )
    return kept
