"""How the rungs of the ladders exchange. It shows where walkers are slow, and proves no equilibrium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.analysis.nodes import nodes
from glassnet.plots import appearance, legends
from glassnet.sampling.ladder import exchanges, has_exchanged

if TYPE_CHECKING:
    from typing import Any

    import xarray as xr
    from matplotlib.figure import Figure

    from glassnet.analysis.nodes import Node
    from glassnet.analysis.transition import Transition


def exchange(result: Transition, chains: xr.DataTree) -> Figure:
    """Accepted share of the exchanges across each gap, and round trips compared with what the ladder could reach.

    Parameters
    ----------
    result : glassnet.Transition
    chains : xarray.DataTree
        The chains it was found in, as :func:`glassnet.open_chains` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide, two panels: above, filled symbols, the symmetric ladders (where there are none, the planted
        ones); below the round-trip rate over its bound 1 / (2 + 2 barrier), see
        :class:`glassnet.sampling.ladder.Exchanges`, against the lowest temperature of the ladder (against N if that is
        the same for all); open symbols for planted ladders.

    Raises
    ------
    ValueError
        If no ladder of this dilution has exchanged anything.
    """
    from matplotlib.ticker import MaxNLocator

    ladders = exchanging(result, chains)
    if not ladders:
        raise ValueError(f"chains must hold exchanges between temperatures at dilution {result.dilution:g}, got none")
    plain = [node for node in ladders if node.planted_temperature is None]
    # ladders that all begin at one temperature differ by size only
    several = len({float(node.chain["temperature"].values[0]) for node in ladders}) > 1
    best = 0.0
    with appearance.column(4.0, rows=2, sharex=False) as (figure, (top, bottom)):
        for node in ladders:
            colour, marker = appearance.style(result, node.size)
            measured = exchanges(node.chain)
            temperature = np.asarray(node.chain["temperature"].values, dtype=np.float64)[:-1]
            if node.planted_temperature is None or not plain:
                top.plot(temperature, 1 - measured.rejection, f"{marker}-", color=colour, linewidth=0.7)
            share = measured.round_trip_rate / measured.round_trip_bound
            best = max(best, np.nan_to_num(share))
            face = colour if node.planted_temperature is None else "white"
            bottom.plot(temperature[0] if several else node.size, share, marker, color=colour, markerfacecolor=face)
        top.set(xlabel="temperature $T$ of the colder rung", ylabel="accepted exchanges", ylim=(0, 1.03))
        across = "lowest temperature of the ladder" if several else "weights $N$"
        bottom.set(xlabel=across, ylabel="round trips / bound", ylim=(0, 1.1 * best or 1.0))
        bottom.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        _legend(figure, result, ladders)
    return figure


def exchanging(result: Transition, chains: xr.DataTree) -> list[Node]:
    """The nodes of a dilution whose ladders exchanged anything."""
    return [node for node in nodes(chains) if node.dilution == result.dilution and has_exchanged(node.chain)]


def _legend(figure: Figure, result: Transition, ladders: list[Any]) -> None:
    from matplotlib.lines import Line2D

    handles = legends.of_sizes(result, sorted({node.size for node in ladders}))
    for planted, face, label in ((False, "black", "symmetric"), (True, "white", "planted")):
        if any((node.planted_temperature is not None) == planted for node in ladders):
            handles.append(Line2D([], [], color="black", marker="o", markerfacecolor=face, lw=0, label=label))
    legends.below(figure, handles)
