"""The averages that one pass over the samples of a node takes: the one table of them, a row each."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import xarray as xr

from glassnet import _face
from glassnet.analysis.averages.energy_phases import EnergyPhases
from glassnet.analysis.averages.overlaps import OverlapAverages
from glassnet.analysis.averages.path_overlap import PathOverlap
from glassnet.analysis.averages.thermodynamics import ThermalAverages
from glassnet.analysis.nodes import Node, Reading, order_parameter

__all__ = ["AVERAGES", "Average", "Collector", "of_node", "shown"]
_face.public(__name__)


class Collector(Protocol):
    """Takes in one sample after the other, so that chains need not fit into memory."""

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""

    def dataset(self, *, seed: int = 0) -> xr.Dataset | None:
        """Averages over the samples so far, with a dimension temperature; None where there is nothing to average.
        `seed` of the run is that of the bootstrap."""


class Average(NamedTuple):
    """One row of :data:`AVERAGES`.

    Attributes
    ----------
    key : str
        By which :attr:`glassnet.Transition.averages` holds it.
    collector : callable(Node) -> Collector
        Begins to collect from a node.
    planted : bool
        Whether it is taken of planted nodes, at their planting temperature, or of symmetric ones, on all rungs.
    applies : callable(Node) -> bool
        Whether such a node recorded what it needs.
    label : str
        What it is called, with its units, in the tables and in a figure that the report makes of the variables `key`
        and `key_stderr`; "" for averages that have tables and figures of their own.
    """

    key: str
    collector: Callable[[Node], Collector]
    planted: bool = False
    applies: Callable[[Node], bool] = lambda node: True
    label: str = ""


#: in the order in which they are shown
AVERAGES = (
    Average("thermodynamics", ThermalAverages),
    Average("phases", EnergyPhases),
    Average("overlaps", OverlapAverages, applies=lambda node: order_parameter(node) is not None),
    Average("path_overlap", PathOverlap, applies=lambda node: "path_overlap" in node.chain, label="path overlap"),
)


def of_node(node: Node) -> list[Average]:
    """The rows that apply to a node."""
    planted = node.planted_temperature is not None
    return [row for row in AVERAGES if row.planted == planted and row.applies(node)]


def shown(averages: dict[str, dict[int, xr.Dataset]], *, planted: bool | None = None) -> list[Average]:
    """The rows that tables and figures show by their label, as far as there is something; `averages` by key and size.
    Those of planted or of symmetric scans alone where `planted` says so."""
    wanted = (planted,) if planted is not None else (False, True)
    return [row for row in AVERAGES if row.label and row.planted in wanted and averages.get(row.key)]
