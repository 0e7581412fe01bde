"""The transition along the dilution axis: the critical dilution at a fixed temperature, from planted scans."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.equilibration import Equilibration, Examination, conclude
from glassnet.analysis.evidence import number
from glassnet.analysis.location import Estimate, locate
from glassnet.analysis.nodes import nodes, readings, run_seed
from glassnet.analysis.planted import PlantedWeights


class CriticalDilution(NamedTuple):
    """Result of :func:`critical_dilution`; `dilution` and `stderr` are nan where the curves do not cross within the
    dilutions of the scan, or a sample has not proved its equilibrium (then `estimates` still holds what they say)."""

    temperature: float
    dilution: float
    stderr: float
    estimates: tuple[Estimate, ...]
    equilibration: Equilibration

    def __str__(self) -> str:
        head = f"critical dilution at T = {self.temperature:g}: "
        head += number(self.dilution, self.stderr) if np.isfinite(self.dilution) else "undecided"
        lines = [head, *(f"{number(one.value, one.stderr):>12}  {one.name}" for one in self.estimates)]
        failing = len(self.equilibration.failing)
        return "\n".join([*lines, f"{failing} samples have not proved their equilibrium"] if failing else lines)


def critical_dilution(chains: xr.DataTree, temperature: float) -> CriticalDilution:
    """Where planted weights of different sizes cross along the dilution axis, at one planting temperature.

    The complexity rises with dilution as it does with temperature, so that this is the crossing of
    :mod:`glassnet.analysis.location` with the dilution in place of the temperature and N before dilution.

    Parameters
    ----------
    chains : xarray.DataTree
        With planted nodes of at least two sizes and dilutions at this planting temperature.
    temperature : float
        One of the planting temperatures.

    Returns
    -------
    CriticalDilution

    Raises
    ------
    ValueError
        If there are no planted nodes at this temperature.
    """
    planted = [node for node in nodes(chains) if node.planted_temperature is not None]
    own = [node for node in planted if node.planted_temperature == temperature]
    if not own:
        present = ", ".join(f"{t:g}" for t in sorted({node.planted_temperature for node in planted}))
        raise ValueError(f"temperature must be a planting temperature of the chains ({present}), got {temperature:g}")
    examinations, rows = [], []
    for node in own:
        examination, weights = Examination(node), PlantedWeights(node)
        for reading in readings(node):
            examination.add(reading)
            weights.add(reading)
        examinations.append(examination)
        rows.append(weights.result()._replace(n_weights=node.size, temperature=node.dilution))
    equilibration = conclude(examinations)
    located = locate([row for row in rows if equilibration.passes(row.path)], seed=run_seed(chains))
    value = stderr = np.nan
    if located is not None and located.found and not equilibration.failures and not equilibration.nodes:
        value, stderr = located.temperature, located.stderr
    estimates = () if located is None else located.estimates
    return CriticalDilution(float(temperature), value, stderr, estimates, equilibration)
