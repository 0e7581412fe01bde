"""The critical dilution: where, at one temperature, the glass gives way to the paramagnet."""

import xarray as xr

from glassnet._checks import real
from glassnet.analysis.along_dilution import reached
from glassnet.analysis.line import CriticalDilution
from glassnet.analysis.surveys import Surveys
from glassnet.analysis.transition import line_of


def critical_dilution(chains: xr.DataTree, temperature: float) -> CriticalDilution:
    """Dilution at which the glass gives way to the paramagnet, at one temperature.

    Parameters
    ----------
    chains : xarray.DataTree
        Of several sizes and dilutions, planted at this temperature or with ladders that enclose it.
    temperature : float
        A planting temperature, or any temperature within the ladders of symmetric scans; curves are interpolated
        linearly between neighbouring rungs.

    Returns
    -------
    CriticalDilution
        What :meth:`glassnet.analysis.line.TransitionLine.critical` says, of which
        :meth:`~glassnet.analysis.line.TransitionLine.critical_dilution` gives the value alone: one rule decides for
        both what may be claimed. Dilutions are effective ones.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no tree of chains, or none of them reaches this temperature.
    """
    surveys, temperature = Surveys(chains), real("temperature", temperature, minimum=0)
    if not any(reached(node, temperature) for node in surveys.nodes):
        planted = sorted({node.planted_temperature for node in surveys.nodes if node.planted_temperature})
        present = ", ".join(f"{t:g}" for t in planted) or "none"
        wanted = f"a planting temperature of the chains ({present}) or within the ladders of symmetric ones"
        raise ValueError(f"temperature must be {wanted}, got {temperature:g}")
    return line_of(surveys).critical(temperature)
