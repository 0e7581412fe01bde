"""Planted states in a field along them: overlaps at all fields and temperatures, from one block of lanes.

In a field K along the planted state w* the energy is E - T K sum_i w_i w*_i. Every lane is planted for itself, at one
of the temperatures, and runs in one of eight fields, started on its planted state; as many plantings as fit into 512
lanes share the paths of one instance. :mod:`glassnet.analysis.field_integration.integrals` computes the complexity from
them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet import _checks
from glassnet._random import Seed
from glassnet.glass import PathGlass
from glassnet.kernels import arithmetic
from glassnet.sampling import independent_lanes

#: Gauss-Legendre nodes in x = exp(-K): fields 0.02 ... 3.9
NODES = 8
#: the positive ones on [-1, 1] and their weights (M. Abramowitz and I. Stegun, table 25.4): fields are stored with the
#: chains, and a solver of eigenvalues would give them other last digits on another machine
_POSITIVE = (0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959, 0.96028985649753623168)
_WEIGHTS = (0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054, 0.10122853629037625915)
#: sweeps between two draws, an odd number: in a weak field a weight without energy flips in nearly every sweep, back
#: and forth
EVERY = 9
#: two draws at least
FEWEST_SWEEPS = 8 * EVERY


class Stopped(Exception):
    """A run was asked to stop."""


class Overlaps(NamedTuple):
    """The overlaps of one instance, as integers.

    Attributes
    ----------
    aligned : (n_draws, n_lanes) int32
        sum_i w_i w*_i of every lane, in the second half of the sweeps.
    local_fields : (n_lanes, 2 top + 1) int32
        How many weights of the planted state of every lane have the local field -top ... top: k - 2 n with k paths of
        which n are violated.
    """

    aligned: np.ndarray
    local_fields: np.ndarray


def quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Fields K_j > 0 and weights of int_0^inf f dK = sum_j weight_j f(K_j): Gauss-Legendre in x = exp(-K).

    Exact for f = x, x^2, ..., x^16. What is integrated starts like x^2 and is smooth; at T_d it gets a square root at K
    = 0. Tests bound the error by 1e-5 up to 1 % below T_d.

    Returns
    -------
    fields, weights : (8,) float64
        By increasing field.
    """
    x = (np.array([*_POSITIVE[::-1], *(-node for node in _POSITIVE)]) + 1) / 2
    weights = np.array([*_WEIGHTS[::-1], *_WEIGHTS]) / 2
    return -arithmetic.log(x), weights / x


def n_plantings(n_temperatures: int) -> int:
    """Plantings at every temperature and field."""
    return independent_lanes.per_block(n_temperatures * NODES)


def n_draws(sweeps: int) -> int:
    """Draws in so many sweeps; an even number."""
    return 2 * (sweeps // 4 // EVERY)


def planted(glass: PathGlass, temperatures: np.ndarray, seed: Seed, sweeps: int, **options: Any) -> Overlaps:
    """Plant the couplings of an instance in every lane, run it, and record the overlaps.

    Parameters
    ----------
    glass : PathGlass
        Of :func:`glassnet.sampling.independent_lanes.draw`.
    temperatures : (n_temperatures,) float64
    seed : Seed
        Of the instance.
    sweeps : int
        Per lane, at least :data:`FEWEST_SWEEPS`.
    **options
        `top` and `proceed` of :func:`record`.

    Returns
    -------
    Overlaps
        Lanes in the order (temperature, field, planting).
    """
    lanes, fields, violated = planting(glass, temperatures, seed)
    return record(glass, lanes, fields, violated, seed, sweeps, **options)


def planting(
    glass: PathGlass, temperatures: np.ndarray, seed: Seed
) -> tuple[np.ndarray, np.ndarray, Iterable[tuple[int, np.ndarray]]]:
    """Temperature and field of every lane, and an iterator over the violated paths of each, as :func:`record` wants
    them; arguments as for :func:`planted`."""
    fields, _ = quadrature()
    plantings = n_plantings(len(temperatures))
    t, node, number = np.indices((len(temperatures), NODES, plantings)).reshape(3, -1)
    # other plantings in every field: their noise averages out in the sum over fields
    violated = independent_lanes.plantings(glass.n_paths, temperatures[t], node * plantings + number, seed)
    return temperatures[t], fields[node], violated


def record(
    glass: PathGlass,
    temperatures: np.ndarray,
    fields: np.ndarray,
    violated: Iterable[tuple[int, np.ndarray]],
    seed: Seed,
    sweeps: int,
    top: int | None = None,
    proceed: Callable[[float], bool] = lambda share: True,
) -> Overlaps:
    """Run lanes that are planted already, and record their overlaps in the second half of the sweeps.

    Parameters
    ----------
    glass : PathGlass
        Planted state +1 everywhere.
    temperatures, fields : (n_lanes,) float64
    violated : iterable of (lane, (n_paths,) bool)
        Which paths the planted state violates in each lane.
    seed : Seed
        Of the sweeps.
    sweeps : int
    top : int, optional
        Largest local field that has a place in the record; by default the largest degree.
    proceed : callable(share) -> bool
        Called with the share of the sweeps that is done, every fraction of a second; returns whether to go on.

    Raises
    ------
    ValueError
        If a weight has more than `top` paths.
    Stopped
        If `proceed` returns False.
    """
    degree = int(glass.degrees.max(initial=0))
    top = degree if top is None else top
    if degree > top:
        raise ValueError(f"top must be at least the largest degree {degree}, got {top}")
    laws = np.zeros((len(temperatures), 2 * top + 1), dtype=np.int32)

    def recorded() -> Iterator[tuple[int, np.ndarray]]:
        for lane, pattern in violated:
            h = glass.degrees - 2 * np.bincount(glass.paths[pattern].ravel(), minlength=glass.n_weights)
            laws[lane] = np.bincount(h + top, minlength=2 * top + 1)
            yield lane, pattern

    _checks.memory(f"sweeps: {n_draws(sweeps)} draws of {len(temperatures)} lanes", 4 * n_draws(sweeps) * len(laws))
    chains = independent_lanes.Lanes(glass, temperatures, seed, fields=fields, violated=recorded())
    done, aligned = 0, np.empty((n_draws(sweeps), len(temperatures)), dtype=np.int32)

    def advance(n_sweeps: int) -> None:
        nonlocal done
        while n_sweeps:
            stretch = min(n_sweeps, chains.stretch)
            chains.sweep(stretch)
            done, n_sweeps = done + stretch, n_sweeps - stretch
            if not proceed(done / sweeps):
                raise Stopped

    advance(sweeps // 2)
    for draw in aligned:
        advance(EVERY)
        draw[:] = chains.aligned()
    return Overlaps(aligned, laws)
