"""The critical dilution: the dilution at which the glass becomes a paramagnet, at one temperature."""

import xarray as xr

from glassnet._checks import real
from glassnet.analysis.along_dilution import reached, span
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.analysis.transition import line_of
from glassnet.analysis.transition_line import CriticalDilution


def critical_dilution(chains: xr.DataTree, temperature: float) -> CriticalDilution:
    """Dilution at which the glass becomes a paramagnet, at one temperature.

    Parameters
    ----------
    chains : xarray.DataTree
        Of several sizes and dilutions.
    temperature : float
        A planting temperature, any temperature within the ladders of symmetric scans, between whose rungs curves are
        interpolated linearly, or one that the transition line passes; units of |J|.

    Returns
    -------
    CriticalDilution
        What :meth:`glassnet.analysis.transition_line.TransitionLine.critical` says, of which
        :meth:`~glassnet.analysis.transition_line.TransitionLine.critical_dilution` gives the value alone: both follow
        the same rule. Dilutions are effective ones.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or neither they nor their transition line reach this temperature.
    """
    reader, temperature = ChainReader(chains), real("temperature", temperature, minimum=0)
    line = line_of(reader)
    low, high = line.span
    if not low <= temperature <= high and not any(reached(node, temperature) for node in reader.nodes):
        planted = sorted({node.planted_temperature for node in reader.nodes if node.planted_temperature})
        present = ", ".join(f"{t:g}" for t in planted) or "none"
        wanted = f"a planting temperature of the chains ({present}), or within {_ladders(reader)}"
        reach = f"within the range of the transition line ({f'{low:.4g} to {high:.4g}' if low <= high else 'none'})"
        raise ValueError(f"temperature must be {wanted}, or {reach}, got {temperature:g}")
    return line.critical(temperature)


def _ladders(reader: ChainReader) -> str:
    """The ladders of symmetric scans that can be asked along the dilution, with their ends."""
    ladders = (span(node) for node in reader.nodes if node.planted_temperature is None)
    ends = sorted({ladder for ladder in ladders if ladder is not None})
    shown = ", ".join(f"{low:g} to {high:g}" for low, high in ends) or "none"
    return f"the ladders of symmetric ones that recorded an overlap ({shown})"
