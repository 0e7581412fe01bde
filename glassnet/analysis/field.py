"""Complexity of the planted state from its overlap in a field along it, and the temperature where it vanishes.

An instance planted at T has its planted state w* as an equilibrium configuration. In a field K along it, with energy
E - T K sum_i w_i w*_i, the free energy of the state changes with K by the overlap m(K), and at K = infinity only w* is
left. So the state around w* has -beta f = -beta e(w*) + int_0^inf (1 - m(K)) dK, the paramagnet has
ln 2 + alpha ln cosh beta, and with e(w*) = -alpha tanh beta the complexity is

    Sigma(T) = s_ann(T) - int_0^inf (1 - m(K)) dK,   s_ann = ln 2 + alpha (ln cosh beta - beta tanh beta).

T_K is where it vanishes. Two things make this cheap. A block of 512 lanes holds all fields, all temperatures and many
plantings on the same paths (:mod:`glassnet.analysis.lanes`). And of m(K) only the difference to weights that follow
their local field h_i in the planted state, <w_i w*_i> = tanh(K + beta h_i), is measured and integrated: the law of
these fields is known exactly, and the difference is small and decays fast with K.
"""

import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import _checks
from glassnet.analysis import lanes, localfields
from glassnet.analysis.evidence import number
from glassnet.analysis.shown import Shown

#: an odd spacing: in a weak field a weight without energy flips in nearly every sweep, back and forth
_EVERY = 9
#: the state is lost where the overlap in the weakest field is below the first, or Sigma still moves by the second
_LEAST_OVERLAP, _MOST_DRIFT = 0.5, 0.004


@dataclass(frozen=True)
class FieldIntegration(Shown):
    """Answer of :func:`field_integration`; ``str()`` is a table, :meth:`plot` a figure.

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
        found = f"T_K = {number(self.temperature, self.stderr)}" if known else "complexity has no zero in this range"
        lines = [f"{self.name}: {found}", f"{data.attrs['system']}, {data.attrs['effort']}", ""]
        lines.append(f"{'T':>7}  {'complexity':>13}  {'drift':>8}  overlap, weakest field")
        for t, temperature in enumerate(data.temperature.values):
            row = data.isel(temperature=t)
            value = number(float(row["mean"]), float(row["stderr"])) if np.isfinite(row["mean"]) else "state lost"
            overlap = float(row["overlap"][0])
            lines.append(f"{temperature:7.4g}  {value:>13}  {float(row['drift']):8.1e}  {overlap:.4f}")
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
            own, beyond = (law @ rule(beta, h, fields) for rule in (localfields.missing, localfields.missing_beyond))
            at_node = law @ localfields.missing(beta, h, data.field.values)
            rest = np.linalg.solve(at_nodes, 1 - data["overlap"].values[t] - at_node)
            overlap[t] = 1 - own - powers @ rest
            left = beyond + powers @ (rest / j)
            potential[t] = float(data["annealed_entropy"][t]) - left - fields * (1 - overlap[t])
        dims = ("temperature", "field")
        variables = {"overlap": (dims, overlap), "potential": (dims, potential)}
        return xr.Dataset(variables, coords={"temperature": data.temperature.values, "field": fields})

    def plot(self, ax=None):
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


def field_integration(
    n_weights, temperatures, instances=4, seed=None, *, ensemble="regular", sweeps=400, **keywords
) -> FieldIntegration:
    """Complexity of the planted states at some temperatures by integration over a field, and its zero T_K.

    Every lane of a block is planted for itself, at one of the temperatures and with a fixed number of violated paths,
    and runs in one of eight fields; as many plantings as fit into 512 lanes share the paths of one instance. At
    different temperatures and dilutions the same random numbers are used.

    Parameters
    ----------
    n_weights : int
        Before dilution; widths for ``ensemble="walks"``. Corrections are of order 1/N, in walks 1/sqrt(N).
    temperatures : list of floats
        Strictly increasing, > 0, finite (k_B = 1, |J| = 1). Three of them around T_K give it: the complexity
        is interpolated by a parabola. Above T_d there is no state to integrate along: those are marked "state lost".
    instances : int
        Independent sets of paths, >= 1.
    seed : int
    ensemble : {"regular", "poisson", "layered", "walks"}
    sweeps : int
        Per lane, >= 72; the second half is recorded. Near T_d the state relaxes slowly: see `drift`.
    **keywords
        Those of the ensemble: p, degree, alpha, dilution.

    Returns
    -------
    FieldIntegration

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    if np.isinf(temperatures[-1]):
        raise ValueError("temperatures must be finite, got inf: the field is in units of T")
    instances = _checks.integer("instances", instances, minimum=1)
    sweeps = _checks.integer("sweeps", sweeps, minimum=8 * _EVERY)
    fields, _ = localfields.quadrature()
    n_plantings = lanes.per_block(len(temperatures) * localfields.NODES)
    t, node, planting = np.indices((len(temperatures), localfields.NODES, n_plantings)).reshape(3, -1)
    parts = []
    for instance in range(instances):
        own = lanes.instance_seed(seed, instance)
        glass = lanes.draw(ensemble, n_weights, own, **keywords)
        # other plantings in every field: their noise averages out in the sum over fields
        violated = lanes.plantings(glass.n_paths, temperatures[t], node * n_plantings + planting, own)
        rest = _measure(glass, temperatures[t], fields[node], violated, own, sweeps)
        parts.append(_reduced(glass, temperatures, rest.reshape(2, len(temperatures), localfields.NODES, n_plantings)))
    what = lanes.describe(ensemble, n_weights, keywords)
    effort = f"{instances} instances x {n_plantings} plantings in each of {localfields.NODES} fields, {sweeps} sweeps"
    attrs = {"system": what, "effort": effort, "glass": lanes.keywords_text(ensemble, keywords)}
    return _result(parts, temperatures, attrs)


def _measure(glass, temperatures, fields, violated, seed, sweeps):
    """One instance: 1 - m of every lane in either half of the recorded sweeps, minus what weights in the local fields
    of its planting miss; (2, n_lanes)."""
    top = int(glass.degrees.max(initial=0))
    own, missing = np.arange(-top, top + 1), np.empty(len(temperatures))

    def noted():
        for lane, pattern in violated:
            h = glass.degrees - 2 * np.bincount(glass.paths[pattern].ravel(), minlength=glass.n_weights)
            law = np.bincount(h + top, minlength=2 * top + 1) / glass.n_weights
            missing[lane] = (law @ localfields.missing(1 / temperatures[lane], own, fields[lane]))[0]
            yield lane, pattern

    chains = lanes.Lanes(glass, temperatures, seed, fields=fields, violated=noted())
    chains.sweep(sweeps // 2)
    n_draws = sweeps // 4 // _EVERY
    halves = np.zeros((2, len(temperatures)))
    for half in halves:
        for _ in range(n_draws):
            chains.sweep(_EVERY)
            half += (1 - chains.overlap()) / n_draws
    return halves - missing


class _Instance(NamedTuple):
    """What one set of paths gives, by temperature."""

    complexity: np.ndarray
    within: np.ndarray
    drift: np.ndarray
    missing: np.ndarray
    law: np.ndarray
    entropy: np.ndarray


def _reduced(glass, temperatures, rest):
    """Integrate one instance: `rest` (2, temperature, field, planting) of :func:`_measure`."""
    fields, weights = localfields.quadrature()
    top, beta = int(glass.degrees.max(initial=0)), 1 / temperatures
    law = localfields.expected_law(glass.degrees, top, temperatures)
    own = np.arange(-top, top + 1)
    alpha = glass.n_paths / glass.n_weights
    entropy = np.log(2) + alpha * (np.logaddexp(beta, -beta) - np.log(2) - beta * np.tanh(beta))
    pairs = list(zip(law, beta, strict=True))
    independent = np.array([row @ localfields.missing_beyond(b, own, 0.0)[:, 0] for row, b in pairs])
    missing = np.array([row @ localfields.missing(b, own, fields) for row, b in pairs])
    n = rest.shape[-1]
    mean = rest.mean(axis=(0, -1))
    spread = rest.mean(axis=0).var(axis=-1, ddof=1) / n if n > 1 else np.full(mean.shape, np.nan)
    halves = -rest.mean(axis=-1) @ weights
    return _Instance(
        entropy - independent - mean @ weights,
        np.sqrt(spread @ weights**2),
        halves[1] - halves[0],
        missing + mean,
        law,
        entropy,
    )


def _result(parts, temperatures, attrs):
    """Averages over instances and the zero of the complexity."""
    fields, _ = localfields.quadrature()
    values = np.array([part.complexity for part in parts]).T
    within = np.array([part.within for part in parts]).T
    drift = np.mean([part.drift for part in parts], axis=0)
    overlap = 1 - np.mean([part.missing for part in parts], axis=0)
    lost = (overlap[:, 0] < _LEAST_OVERLAP) | (np.abs(drift) > _MOST_DRIFT)
    values[lost] = np.nan
    wide = max(part.law.shape[1] for part in parts)
    law = np.mean([np.pad(part.law, ((0, 0), ((wide - part.law.shape[1]) // 2,) * 2)) for part in parts], axis=0)
    along = ("temperature",)
    data = xr.Dataset(
        {
            "complexity": (("temperature", "instance"), values),
            "mean": (along, values.mean(axis=1)),
            "stderr": (along, _stderr(values, within)),
            "drift": (along, drift),
            "overlap": (("temperature", "field"), overlap),
            "annealed_entropy": (along, np.mean([part.entropy for part in parts], axis=0)),
            "local_field_law": (("temperature", "local_field"), law),
        },
        coords={"temperature": temperatures, "field": fields, "local_field": np.arange(wide) - wide // 2},
        attrs=attrs,
    )
    return FieldIntegration(data, *_zero(temperatures, values, within))


def _stderr(values, within):
    """Standard error of the mean over instances (last axis): their spread, or that of the plantings if it is larger."""
    n = values.shape[-1]
    inner = np.sqrt((within**2).sum(axis=-1)) / n
    outer = values.std(axis=-1, ddof=1) / np.sqrt(n) if n > 1 else np.full(values.shape[:-1], np.nan)
    return np.fmax(inner, outer)


def _zero(temperatures, values, within):
    """Where the mean of values (temperature, instance) turns positive, and its standard error; nan if nowhere.

    A parabola through the two temperatures around and the nearest third one, if there is one.
    """
    mean = values.mean(axis=1)
    rising = np.flatnonzero((mean[:-1] < 0) & (mean[1:] >= 0))
    if not rising.size:
        return np.nan, np.nan
    low, high = temperatures[rising[0]], temperatures[rising[0] + 1]
    known = np.flatnonzero(np.isfinite(mean))
    near = known[np.argsort(np.abs(temperatures[known] - (low + high) / 2), kind="stable")[:3]]
    t = temperatures[near] - low
    # rows: coefficients of 1, t, t^2 of the polynomial through unit values
    lagrange = np.linalg.inv(np.vander(t, increasing=True))
    polynomial = np.polynomial.Polynomial(lagrange @ mean[near])
    roots = polynomial.roots()
    root = float(np.real(roots[np.argmin(np.abs(roots - (high - low) / 2))]))
    share = np.vander([root], len(near), increasing=True)[0] @ lagrange
    # temperatures share their random numbers: the errors of the plantings add up
    stderr = _stderr(share @ values[near], np.abs(share) @ within[near])
    return low + root, float(stderr / abs(polynomial.deriv()(root)))
