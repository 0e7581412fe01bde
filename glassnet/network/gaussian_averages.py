"""Averages over one and two Gaussian numbers: Hermite coefficients of any function, and the bivariate normal.

The panels of the quadrature meet where the argument of the function is zero, so that a kink or a jump there, as most
activations have one, costs no accuracy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

#: numbers further out than this many standard deviations have probability 4e-33 and are ignored
REACH = 12.0
#: arguments of normal probabilities beyond which they are 0 or 1 to all digits
FAR = 37.0

_OFFSETS = np.concatenate([[0.0, 0.02, 0.06, 0.2, 0.5], np.arange(1.0, 2 * REACH + 1)])
#: Gauss-Legendre points of a panel: He_n oscillates with sqrt(n)
_PANEL = np.polynomial.legendre.leggauss(12)
_FINE_PANEL = np.polynomial.legendre.leggauss(32)
_FINE_ORDER = 80
_ANGLES = np.polynomial.legendre.leggauss(32)
#: correlation beyond which the integrand over angles is too sharp for 32 points (A. Genz, Stat. Comput. 14, 251 (2004))
_STRONG = 0.925


def density(x: ArrayLike) -> np.ndarray:
    """Standard normal density."""
    return np.exp(-0.5 * np.square(x)) / np.sqrt(2.0 * np.pi)


def nodes(*anchors: ArrayLike, fine: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an average over a standard normal number, fine around the anchors.

    Parameters
    ----------
    *anchors : (...) float64
        Where the function may have kinks; those beyond `REACH` are moved there.
    fine : bool
        More nodes, for oscillating functions.

    Returns
    -------
    x, weight : (..., n_nodes) float64
    """
    places = np.clip(np.stack(anchors, axis=-1), -REACH, REACH)[..., None]
    edges = np.concatenate([places - _OFFSETS, places + _OFFSETS[1:]], axis=-1)
    edges = edges.reshape(*places.shape[:-2], edges.shape[-2] * edges.shape[-1])
    # of the edges of an anchor some 2 REACH lie beyond the reach: all go to its upper end and are cut off
    edges = np.where(np.abs(edges) < REACH, edges, REACH)
    edges = np.sort(np.concatenate([np.full((*edges.shape[:-1], 1), -REACH), edges], axis=-1), axis=-1)
    edges = edges[..., : edges.shape[-1] - (int(2 * REACH) - 1) * len(anchors)]
    centre, half = 0.5 * (edges[..., 1:] + edges[..., :-1]), 0.5 * np.diff(edges, axis=-1)
    abscissa, share = _FINE_PANEL if fine else _PANEL
    x = centre[..., None] + half[..., None] * abscissa
    weight = half[..., None] * share * density(x)
    shape = (*centre.shape[:-1], centre.shape[-1] * len(abscissa))
    return x.reshape(shape), weight.reshape(shape)


def hermite(
    function: Callable[[np.ndarray], np.ndarray], mean: np.ndarray, deviation: np.ndarray, order: int
) -> np.ndarray:
    """Return c_n / sqrt(n!) with c_n = E[He_n(x) f(mean + deviation x)], x standard normal, for n = 0 .. order.

    Parameters
    ----------
    function : callable
        Takes and returns an array of floats.
    mean, deviation : (n_units,) float64
        `deviation` > 0.
    order : int
        At most 512.

    Returns
    -------
    (order + 1, n_units) float64
        Their squares for n >= 1 sum to the variance of f; c_n / deviation^n is the mean of the n-th derivative of f.
    """
    x, weight = nodes(-mean / deviation, fine=order > _FINE_ORDER)
    value = weight * function(mean[:, None] + deviation[:, None] * x)
    coefficients = np.empty((order + 1, len(mean)))
    before, now = np.zeros_like(x), np.ones_like(x)
    for n in range(order + 1):
        coefficients[n] = np.einsum("ix,ix->i", now, value)
        before, now = now, (x * now - np.sqrt(n) * before) / np.sqrt(n + 1.0)
    return coefficients


def excess(a: ArrayLike, b: ArrayLike, rho: ArrayLike) -> np.ndarray:
    """Return P(x < a, y < b) - P(x < a) P(y < b) of standard normal x, y with correlation rho.

    Exact to 1e-14 for all correlations in [-1, 1]. Weak ones by the integral over the angle t, from 0 to asin(rho), of
    exp(-(a^2 - 2 a b sin t + b^2) / (2 cos^2 t)) / (2 pi), strong ones by Genz' expansion around abs(rho) = 1.

    Parameters
    ----------
    a, b, rho : float or arrays that broadcast
    """
    a, b, rho = np.broadcast_arrays(np.clip(a, -FAR, FAR), np.clip(b, -FAR, FAR), np.clip(rho, -1.0, 1.0))
    result = np.empty(rho.shape)
    strong = np.abs(rho) > _STRONG
    result[~strong] = _weak(a[~strong], b[~strong], rho[~strong])
    result[strong] = _strong(a[strong], b[strong], rho[strong])
    return result[()]


def _weak(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    angle, product, squares = np.arcsin(rho), a * b, 0.5 * (a * a + b * b)
    total = np.zeros(rho.shape)
    for node, weight in zip(*_ANGLES, strict=True):
        sine = np.sin(0.5 * (1.0 + node) * angle)
        total += weight * np.exp((sine * product - squares) / (1.0 - sine * sine))
    return angle * total / (4.0 * np.pi)


def _strong(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Genz 2004, section 2.4, for P(x > h, y > k) with h = -a, k = -b; negative correlations by reflecting k."""
    h, k = -a, -b * np.sign(rho)
    hk, gap = h * k, np.square(h - k)
    rest = np.maximum((1.0 - np.abs(rho)) * (1.0 + np.abs(rho)), 1e-300)
    root, c, d = np.sqrt(rest), (4.0 - hk) / 8.0, (12.0 - hk) / 80.0
    near = np.exp(-0.5 * np.minimum(gap / rest + hk, 1e3))
    part = root * near * (1.0 - c * (gap - rest) * (1.0 - d * gap) / 3.0 + c * d * rest * rest)
    tail = np.exp(-0.5 * np.maximum(hk, -100.0)) * np.sqrt(2.0 * np.pi) * ndtr(-np.sqrt(gap) / root)
    part -= np.where(hk > -100.0, tail * np.sqrt(gap) * (1.0 - c * gap * (1.0 - d * gap) / 3.0), 0.0)
    total = np.zeros(rho.shape)
    for node, weight in zip(*_ANGLES, strict=True):
        square = np.maximum(rest * (0.5 * (1.0 + node)) ** 2, 1e-300)
        cosine = np.sqrt(1.0 - square)
        exact = np.exp(-0.5 * hk * square / np.square(1.0 + cosine)) / cosine
        series = 1.0 + c * square * (1.0 + 5.0 * d * square)
        total += weight * np.exp(-0.5 * np.clip(gap / square + hk, -1400.0, 1400.0)) * (series - exact)
    part = (0.5 * root * total - part) / (2.0 * np.pi)
    equal = ndtr(np.minimum(a, b))
    opposite = np.where(h < 0, ndtr(k) - ndtr(h), ndtr(-h) - ndtr(-k))
    joint = np.where(rho > 0, equal + part, np.where(h >= k, 0.0, opposite) - part)
    return joint - ndtr(a) * ndtr(b)
