"""Complexity of the planted state from its overlap in a field along it, and the temperature where it vanishes.

An instance planted at T has its planted state w* as an equilibrium configuration. In a field K along it, with energy
E - T K sum_i w_i w*_i, the free energy of the state changes with K by the overlap m(K), and at K = infinity only w* is
left. So the state around w* has -beta f = -beta e(w*) + int_0^inf (1 - m(K)) dK, the paramagnet has
ln 2 + alpha ln cosh beta, and with e(w*) = -alpha tanh beta the complexity is

    Sigma(T) = s_ann(T) - int_0^inf (1 - m(K)) dK,   s_ann = ln 2 + alpha (ln cosh beta - beta tanh beta).

T_K is where it vanishes. Two things make this cheap. A block of 512 lanes holds all fields, all temperatures and many
plantings on the same paths (:mod:`glassnet.sampling.independent_lanes`). And of m(K) only the difference to weights
that follow their local field h_i in the planted state, <w_i w*_i> = tanh(K + beta h_i), is measured and integrated: the
law of these fields is known exactly, and the difference is small and decays fast with K.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from glassnet import _checks, _face, _tables, _wiring
from glassnet.analysis.field_integration import complexity, finite_size, local_fields
from glassnet.analysis.field_integration.complexity_zero import zero
from glassnet.analysis.field_integration.instance_averages import Averages, side_by_side
from glassnet.analysis.field_integration.known_degrees import expected
from glassnet.analysis.questions import several
from glassnet.sampling import independent_lanes, planted_field
from glassnet.statistics.estimate import with_error

#: the state is lost where the overlap in the weakest field is below the first, or Sigma still moves by the second
_LEAST_OVERLAP, _MOST_DRIFT = 0.5, 0.004


@dataclass(frozen=True)
@_face.shown
class FieldIntegration:
    """Answer of :func:`glassnet.studies.field_integration`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    complexity : xarray.Dataset
        Per temperature: `complexity` (temperature, instance), per weight, nan where the planted state was lost; its
        `mean` and `stderr`; `drift`, the mean from the second half of the recorded sweeps minus that from the first;
        `overlap` (temperature, field), m(K) averaged over instances.
    temperature, stderr : float
        T_K, where the complexity vanishes, and its standard error; nan where it does not change sign between two of
        the temperatures.
    name : str
        "field integration".
    """

    complexity: xr.Dataset
    temperature: float
    stderr: float
    name: str = "field integration"

    @property
    def glass(self) -> dict:
        """Keywords of the ensemble, and the dilution."""
        return json.loads(self.complexity.attrs["glass"])

    def __str__(self) -> str:
        data = self.complexity
        known = np.isfinite(self.temperature)
        text = f"T_K = {with_error(self.temperature, self.stderr)}" if known else "complexity has no zero in this range"
        lines = [f"{self.name}: {text}", f"{data.attrs['system']}, {data.attrs['effort']}", ""]
        columns, rows = {"T": ".4g", "complexity": "", "drift": ".1e", "overlap, weakest field": "<.4f"}, []
        for t, temperature in enumerate(data.temperature.values):
            row = data.isel(temperature=t)
            value = with_error(float(row["mean"]), float(row["stderr"])) if np.isfinite(row["mean"]) else "state lost"
            rows.append([temperature, value, float(row["drift"]), float(row["overlap"][0])])
        lines.append(_tables.table(columns, rows))
        lines.append("discretisation of the field: below 1e-5 up to 1 % below T_d")
        return "\n".join(lines)

    def potential(self, n_fields: int = 200) -> xr.Dataset:
        """Franz-Parisi potential of the planted state, by Legendre transform of the same runs.

        V(q) is the free energy per weight, over T, that holding one configuration at overlap q with another one in
        equilibrium costs: V = phi_paramagnet - (phi(K) - K q) at q = m(K), phi = -beta f (S. Franz and G. Parisi,
        Phys. Rev. Lett. 79, 2486 (1997)). Its local minimum is at q_EA = m(0) and equals the complexity; runs at K > 0
        give the branch q >= q_EA.

        Parameters
        ----------
        n_fields : int
            Points of the curve, >= 2.

        Returns
        -------
        xarray.Dataset
            `overlap` and `potential` (temperature, field), from K = 0 on; nan where the state was lost.

        Raises
        ------
        TypeError, ValueError
            If `n_fields` is no integer >= 2.
        """
        data = self.complexity
        n_fields = _checks.integer("n_fields", n_fields, minimum=2)
        fields = -np.log(np.linspace(1.0, 0.02, n_fields))
        j = np.arange(1, data.sizes["field"] + 1)
        powers = np.exp(-np.outer(fields, j))
        at_nodes = np.exp(-np.outer(data.field.values, j))
        overlap = np.full((data.sizes["temperature"], n_fields), np.nan)
        potential = overlap.copy()
        for t in np.flatnonzero(np.isfinite(data["mean"].values)):
            beta, law = 1 / data.temperature.values[t], data["local_field_law"].values[t]
            h = data.local_field.values
            own, beyond = (law @ rule(beta, h, fields) for rule in (local_fields.missing, local_fields.missing_beyond))
            at_node = law @ local_fields.missing(beta, h, data.field.values)
            rest = np.linalg.solve(at_nodes, 1 - data["overlap"].values[t] - at_node)
            overlap[t] = 1 - own - powers @ rest
            left = beyond + powers @ (rest / j)
            potential[t] = float(data["annealed_entropy"][t]) - left - fields * (1 - overlap[t])
        dims = ("temperature", "field")
        variables = {"overlap": (dims, overlap), "potential": (dims, potential)}
        return xr.Dataset(variables, coords={"temperature": data.temperature.values, "field": fields})

    def plot(self, ax: Any = None) -> Any:
        """Draw the complexity against temperature, with T_K; see :func:`glassnet.plots.complexity`.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        from glassnet import plots

        return plots.complexity(self, ax)


def of_overlaps(overlaps: Any, degrees: np.ndarray, n_paths: int, temperatures: np.ndarray) -> complexity.Instance:
    """Complexity of one instance from what :func:`glassnet.sampling.planted_field.planted` recorded.

    `degrees` says how many weights have 0, 1, ... paths.
    """
    fields, _ = planted_field.quadrature()
    shape = (len(temperatures), len(fields), overlaps.aligned.shape[1] // (len(temperatures) * len(fields)))
    t, node, _ = np.indices(shape).reshape(3, -1)
    rest = complexity.beyond_local_fields(overlaps, int(degrees.sum()), temperatures[t], fields[node])
    return complexity.of_instance(degrees, n_paths, temperatures, rest.reshape(2, *shape))


def integrated(
    ensemble: str, keywords: dict[str, Any], temperatures: np.ndarray, measured: dict[Any, Any], sweeps: int
) -> FieldIntegration:
    """Averages over instances and the zero of the complexity.

    `keywords` are p, degree, alpha and dilution, those of the ensemble; `measured` holds the instances by size before
    dilution, and several sizes are extrapolated.
    """
    averages, dilution = [], keywords.get("dilution", 0.0)
    for size, parts in measured.items():
        known = complexity.known_controls(expected(ensemble, size, dilution, keywords), temperatures)
        averages.append(side_by_side(parts, known, sweeps))
    sizes = [size if isinstance(size, int) else _wiring.n_network_weights(size) for size in measured]
    shown = next(iter(measured)) if len(measured) == 1 else " and ".join(map(str, measured))
    whole = averages[0] if len(averages) == 1 else finite_size.extrapolated(sizes, averages)
    instances = whole.complexity.shape[1]
    plantings = planted_field.n_plantings(len(temperatures))
    fields = f"{plantings} plantings in each of {planted_field.NODES} fields"
    effort = f"{several(instances, 'instance')} x {fields}, {sweeps} sweeps"
    what = independent_lanes.describe(ensemble, shown, keywords)
    attrs = {
        "system": what,
        "effort": effort,
        "glass": independent_lanes.keywords_text(ensemble, next(iter(measured)), keywords),
    }
    data = _dataset(whole, temperatures, attrs)
    p = keywords.get("p") or len(next(iter(measured))) - 1
    shift = finite_size.finite_size(ensemble, sizes, p, dilution)
    shifts = finite_size.of_complexity(ensemble, sizes, shift)
    temperature, stderr = zero(temperatures, whole, data["mean"].values, data["stderr"].values, shifts)
    return FieldIntegration(data, temperature, float(np.hypot(stderr, temperature * shift)))


def _dataset(instances: Averages, temperatures: np.ndarray, attrs: dict[str, Any]) -> xr.Dataset:
    fields, _ = planted_field.quadrature()
    # instances are the first axis here, as in earlier releases, so that averages have the same digits
    overlap, drift = 1 - instances.missing, np.ascontiguousarray(instances.drift.T).mean(axis=0)
    lost = (overlap[:, 0] < _LEAST_OVERLAP) | (np.abs(drift) > _MOST_DRIFT)
    instances.complexity[lost] = np.nan
    averages = np.array([instances.at(np.ones(1), np.array([t]), temperatures) for t in range(len(temperatures))])
    along = ("temperature",)
    return xr.Dataset(
        {
            "complexity": (("temperature", "instance"), instances.complexity),
            "mean": (along, averages[:, 0]),
            "stderr": (along, averages[:, 1]),
            "drift": (along, drift),
            "overlap": (("temperature", "field"), overlap),
            "annealed_entropy": (along, instances.entropy),
            "local_field_law": (("temperature", "local_field"), instances.law),
        },
        coords={
            "temperature": temperatures,
            "field": fields,
            "local_field": np.arange(instances.law.shape[1]) - instances.law.shape[1] // 2,
        },
        attrs=attrs,
    )
