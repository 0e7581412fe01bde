"""Parallel pathways of wide deep linear networks with random starts: shares and trajectories by one root for each mode.

The law is that of :mod:`glassnet.network.pathways.wide_law`: each mode of strength s learns by itself, and the
amplitudes q_a of all pathways move along one clock until the strengths K_a add up to s. It takes all hidden
matrices for multiples of rotations at the start and is not exact for normal ones, see docs/network/pathways.md.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.polynomial import legendre
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network.pathways import wide_law
from glassnet.network.pathways.record import checked_times, listed_modes, record
from glassnet.network.pathways.starts import checked_modes

#: halvings that leave nothing of an interval of float64
_HALVINGS = 80
#: -ln of the share of the way that is left where the approach to the end is exponential to all digits
_LATE = 18.0
#: nodes of a panel, panels at first, and how often one may be halved
_NODES, _PANELS, _ROUNDS = 16, 24, 50
#: what a panel may leave of its integrand, relative
_TOLERANCE = 1e-13
#: below this, an error that does not fall with the width of a panel is one of digits
_FLOOR = 1e-9


def wide_shares(
    depths: Sequence[int] | np.ndarray, target: ArrayLike, strength0: ArrayLike, scale: ArrayLike
) -> np.ndarray:
    """Share of each pathway at the end, by the law of wide networks with random, unaligned starts.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
        D_a, the number of weight matrices of each pathway.
    target : float or (...) floats
        s > 0, the singular values of the map to be learned.
    strength0 : (n_pathways,) or (..., n_pathways) floats
        Initial K of each pathway, u^T P_a v in each mode, of either sign; `strength` of
        :func:`glassnet.network.pathways.gradient_descent` at time 0.
    scale : float, (n_pathways,) or (..., n_pathways) floats
        > 0, standard deviation of the weights times sqrt(width): `scale` of
        :func:`glassnet.network.pathways.random_start`. One for each pathway and mode if they are to differ.

    Returns
    -------
    (..., n_pathways) float64
        K_a / s; they sum to 1. Negative where a pathway starts with the wrong sign and is not turned round in time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    dp_a/dt = (p_a^2 + 1)^((D - 1)/2) (s - sum_b K_b), K_a = p_a (p_a^2 + 1)^((D - 1)/2) in units of scale^D (J. Shi,
    E. Shea-Brown and M. Buice, NeurIPS 35 (2022)). The root in the clock, and depths that differ, were derived for this
    program. For scale -> 0 the shares are those of :func:`glassnet.network.pathways.final_shares` with u0 = K^(1/D).
    """
    law = _Law(depths, target, strength0, scale)
    strengths = law.strength(law.final())
    return strengths / strengths.sum(axis=-1, keepdims=True)


def wide_trajectories(
    depths: Sequence[int] | np.ndarray, target: ArrayLike, strength0: ArrayLike, scale: ArrayLike, times: ArrayLike
) -> xr.Dataset:
    """The way to :func:`wide_shares` in time, by quadrature of dt = dtheta / (s - sum K) and without time steps.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
    target : float or (n_modes,) floats
        s > 0 of each mode.
    strength0 : (n_pathways,) or (n_modes, n_pathways) floats
    scale : float, (n_pathways,) or (n_modes, n_pathways) floats
        > 0.
    times : (n_times,) floats
        Increasing, >= 0; the time of gradient flow, learning rate times steps.

    Returns
    -------
    xarray.Dataset
        As of :func:`glassnet.network.pathways.trajectories`, with `p`, the amplitude in units of `scale`, in place of
        `u`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    law = _Law(depths, listed_modes(target), strength0, scale)
    if law.goal.ndim != 1:
        raise ValueError(f"strength0 must be one row for each of the modes of target, got shape {law.start.shape}")
    times = checked_times(times)
    final = law.final()
    q = np.stack([_at(law.mode(k), final[k], times) for k in range(len(final))], axis=1)
    return record(times, law.depths, law.target, law.strength(q)).assign(p=(("time", "mode", "pathway"), q / law.scale))


class _Law:
    """All modes of a problem, turned so that what is missing at the start is positive."""

    def __init__(self, depths: ArrayLike, target: ArrayLike, strength0: ArrayLike, scale: ArrayLike) -> None:
        self.depths, self.target, strengths = checked_modes(depths, target, "strength0", strength0)
        scale = _checks.real_array("scale", scale)
        if scale.shape not in ((), self.depths.shape, strengths.shape):
            shapes = f"(), {self.depths.shape} or {strengths.shape}"
            raise ValueError(f"scale must have shape {shapes}, got {scale.shape}")
        if (scale <= 0).any():
            raise ValueError(f"scale must be > 0, got {scale[scale <= 0][0]:g}")
        self.scale = np.broadcast_to(scale, strengths.shape)
        with np.errstate(over="ignore"):
            if not np.isfinite(self.scale ** (2.0 - self.depths)).all():
                raise ValueError(f"scale must be large enough for scale^(2 - depth) to be finite, got {scale.min():g}")
        missing = self.target - strengths.sum(axis=-1)
        # q -> -q, s -> -s leaves the law as it is
        self.sign = np.where(missing < 0, -1.0, 1.0)[..., None]
        self.missing = np.abs(missing)[..., None]
        self.goal = self.sign[..., 0] * self.target
        self.strength0 = self.sign * strengths
        self.start = wide_law.amplitude(self.depths, self.scale, self.strength0)

    def strength(self, q: np.ndarray) -> np.ndarray:
        return wide_law.strength(self.depths, self.scale, q)

    def final(self) -> np.ndarray:
        """Amplitudes (..., n_pathways) at the end, by bisection in that of the pathway that first gains its part."""
        part = wide_law.amplitude(self.depths, self.scale, self.strength0 + self.missing / len(self.depths))
        theta = wide_law.elapsed(self.depths, self.scale, self.start, part)
        leader = np.argmin(theta, axis=-1)[..., None]
        whole = wide_law.amplitude(self.depths, self.scale, self.strength0 + self.missing)
        # no pathway has gained more than its part at the one, and the leader has gained all at the other
        low, high = (np.take_along_axis(bound, leader, axis=-1) for bound in (part, whole))
        driven = _Driven(self.depths, self.scale, self.start, leader)
        goal = self.goal[..., None]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            with np.errstate(over="ignore", invalid="ignore"):
                above = self.strength(driven.states(middle)).sum(axis=-1, keepdims=True) >= goal
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return self.sign * driven.states(low)

    def mode(self, k: int) -> "_Mode":
        return _Mode(self.depths, self.scale[k], self.start[k], self.goal[k], self.missing[k, 0], self.sign[k, 0])


class _Driven:
    """All pathways as functions of the amplitude of one of them."""

    def __init__(self, depths: np.ndarray, scale: np.ndarray, start: np.ndarray, leader: np.ndarray) -> None:
        self._depths, self._scale = depths, scale
        self._lead = np.arange(len(depths)) == leader
        self._leader = depths[leader], np.take_along_axis(scale, leader, axis=-1)
        self._from = np.take_along_axis(start, leader, axis=-1)
        self._since = wide_law.since_zero(depths, scale, start)
        self._past = wide_law.remaining(depths, scale, -start)
        self._left = wide_law.remaining(depths, scale, start)
        self._ahead = self._left - np.take_along_axis(self._left, leader, axis=-1)

    def states(self, q: np.ndarray) -> np.ndarray:
        """Amplitudes (..., n_pathways) when that of the leader is q, (..., 1)."""
        theta = wide_law.elapsed(*self._leader, self._from, q)
        # of two pathways that run away together the difference of the clocks at the start decides
        together = self._ahead + wide_law.remaining(*self._leader, q)
        left = np.where(self._from > 0, together, self._left - theta)
        clocks = self._since + theta, left, self._past + theta
        return np.where(self._lead, q, wide_law.amplitude_at(self._depths, self._scale, *clocks))


class _Mode(NamedTuple):
    depths: np.ndarray
    scale: np.ndarray
    start: np.ndarray
    goal: float
    missing: float
    sign: float


def _at(mode: _Mode, final: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Amplitudes (n_times, n_pathways) of one mode.

    The variable of integration is z, with y = asinh(q / scale) of the pathway that sets the pace at the end going as
    y_0 + (y_end - y_0) (1 - e^-z): dt/dz is smooth and tends to a constant.
    """
    final = mode.sign * final
    pace = np.array([np.argmax(wide_law.growth(mode.depths, mode.scale, final))])
    depth, scale = mode.depths[pace], mode.scale[pace]
    y0, y1 = np.arcsinh(mode.start[pace] / scale), np.arcsinh(final[pace] / scale)
    driven = _Driven(mode.depths, mode.scale, mode.start, pace)
    if y1 <= y0:
        return mode.sign * np.tile(mode.start, (len(times), 1))

    def states(z: np.ndarray) -> np.ndarray:
        q = driven.states(scale * np.sinh(y0 - (y1 - y0) * np.expm1(-z))[:, None])
        return np.where(np.isfinite(q), q, final)

    def pace_of_time(z: np.ndarray) -> np.ndarray:
        q = states(z)
        lead = np.take_along_axis(q, pace[None], axis=-1)[:, 0]
        missing = mode.goal - wide_law.strength(mode.depths, mode.scale, q).sum(axis=-1)
        return (y1 - y0) * np.exp(-z) * (lead**2 + scale**2) ** (1 - depth / 2) / missing

    # what is missing is a difference of larger numbers
    strengths = np.abs(wide_law.strength(mode.depths, mode.scale, np.array([mode.start, final])))
    size = (abs(mode.goal) + strengths.sum(axis=1)).max()
    edges, series = _panels(pace_of_time, 8 * np.finfo(float).eps * size / mode.missing)
    lengths = np.diff(edges) / 2
    integrals = legendre.legint(series, lbnd=-1, axis=0) * lengths
    reached = np.concatenate([[0.0], np.cumsum(integrals.sum(axis=0))])
    late = times > reached[-1]
    panel = np.clip(np.searchsorted(reached, times, side="right") - 1, 0, len(lengths) - 1)
    low, high = np.full(len(times), -1.0), np.full(len(times), 1.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = legendre.legval(middle, integrals[:, panel], tensor=False) >= times - reached[panel]
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    z = edges[panel] + (low + 1) * lengths[panel]
    rate = wide_law.growth(mode.depths, mode.scale, final).sum()
    z = np.where(late, _LATE + (times - reached[-1]) * rate, z)
    q = states(z)
    q[times == 0] = mode.start
    return mode.sign * q


def _panels(integrand: Callable[[np.ndarray], np.ndarray], noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges (n + 1,) of panels of [0, _LATE] and Legendre coefficients (_NODES, n) of the integrand on each of them.

    `noise` is the relative error of the integrand at z = 0, which grows as e^z.
    """
    nodes, weights = legendre.leggauss(_NODES)
    orders = np.arange(_NODES)
    fit = (legendre.legvander(nodes, _NODES - 1) * weights[:, None]).T * (orders[:, None] + 0.5)
    left, width = np.linspace(0, _LATE, _PANELS, endpoint=False), np.full(_PANELS, _LATE / _PANELS)
    before = np.full(_PANELS, np.inf)
    done: list[tuple[np.ndarray, np.ndarray]] = []
    for turn in range(_ROUNDS):
        z = left[:, None] + (nodes + 1) / 2 * width[:, None]
        series = fit @ integrand(z.ravel()).reshape(z.shape).T
        tail = np.abs(series[-3:]).max(axis=0) / np.abs(series).max(axis=0)
        # where half the width has not helped, what is left are the digits of the clocks
        fine = (tail <= _TOLERANCE + noise * np.exp(left + width)) | ((tail < _FLOOR) & (tail > before / 4))
        fine |= turn == _ROUNDS - 1
        done.append((left[fine], series[:, fine]))
        left, width, before = left[~fine], width[~fine] / 2, tail[~fine]
        if not left.size:
            break
        left, width, before = np.concatenate([left, left + width]), np.tile(width, 2), np.tile(before, 2)
    edges, series = np.concatenate([one for one, _ in done]), np.concatenate([one for _, one in done], axis=1)
    order = np.argsort(edges)
    return np.append(edges[order], _LATE), series[:, order]
