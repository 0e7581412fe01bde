"""Field integration: planted glasses of one size in fields along their planted states, and the zero of the complexity.

:mod:`glassnet.analysis.field_integration.integrals` has the formulas; a scan with `[scan] field` makes the same chains.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _catalogue, _checks
from glassnet.analysis.field_integration import integrals
from glassnet.sampling import independent_lanes, planted_field


def field_integration(
    n_weights: int | Sequence[int] | Sequence[Sequence[int]],
    temperatures: ArrayLike,
    instances: int = 4,
    seed: int | None = None,
    *,
    ensemble: str = "regular",
    sweeps: int = 400,
    **keywords: Any,
) -> integrals.FieldIntegration:
    """Complexity of the planted states at some temperatures by integration over a field, and its zero T_K.

    Every lane of a block is planted for itself, at one of the temperatures and with a fixed number of violated paths,
    and runs in one of eight fields; as many plantings as fit into 512 lanes share the paths of one instance. Different
    temperatures and dilutions use the same random numbers.

    Parameters
    ----------
    n_weights : int
        Before dilution; widths for ``ensemble="walks"``, or a list of three or more networks of one shape, whose
        complexities are extrapolated in one over their width. Corrections are of order 1/N, in walks 1/sqrt(N); the
        error of T_K holds their size where they are not extrapolated.
    temperatures : list of floats
        Strictly increasing, > 0, finite (k_B = 1, |J| = 1). Three of them around T_K give it: the complexity is
        interpolated by a parabola. Above T_d there is no state to integrate along: they are marked "state lost" if the
        overlap or the drift shows it, which is not so close above T_d.
    instances : int
        Independent sets of paths, >= 1. The known effect of random degrees is subtracted from their noise
        (:func:`glassnet.analysis.field_integration.instance_averages.average`).
    seed : int
    ensemble : str
        Name of a function of `glassnet.ensembles`, one whose glasses look like trees: "regular", "poisson", "layered",
        "walks".
    sweeps : int
        Per lane, >= 72; the second half is recorded. Near T_d the state relaxes slowly: see `drift`. At low temperature
        barriers take exp(2 / T) sweeps.
    **keywords
        Those of the ensemble: p, degree, alpha, dilution, rounding.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    if np.isinf(temperatures[-1]):
        raise ValueError("temperatures must be finite, got inf: the field is in units of T")
    instances = _checks.integer("instances", instances, minimum=1)
    sweeps = _checks.integer("sweeps", sweeps, minimum=planted_field.FEWEST_SWEEPS)
    measured = {}
    for size in _sizes(ensemble, n_weights):
        parts = []
        for instance in range(instances):
            own = independent_lanes.instance_seed(seed, instance)
            glass = independent_lanes.draw(ensemble, size, own, **keywords)
            overlaps = planted_field.planted(glass, temperatures, own, sweeps)
            parts.append(integrals.of_overlaps(overlaps, np.bincount(glass.degrees), glass.n_paths, temperatures))
        measured[size] = parts
    return integrals.integrated(ensemble, keywords, temperatures, measured, sweeps)


def _sizes(ensemble: str, n_weights: Any) -> list[Any]:
    """The sizes that were asked for: one, or several networks of walks."""
    nested = isinstance(n_weights, (list, tuple)) and len(n_weights) and isinstance(n_weights[0], (list, tuple))
    if not _catalogue.ensemble(ensemble).is_network or not nested:
        return [tuple(n_weights) if isinstance(n_weights, (list, tuple)) else n_weights]
    if len({len(widths) for widths in n_weights}) > 1 or len({tuple(widths) for widths in n_weights}) < 3:
        raise ValueError(f"n_weights must be one network or three different ones with as many layers, got {n_weights}")
    return [tuple(widths) for widths in n_weights]
