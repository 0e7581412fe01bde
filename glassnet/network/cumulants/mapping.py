"""The mapping of means and covariances through the layers of a network, and of gradients back through them.

The input may have third and fourth cumulants besides; they count in the first layer. With G the third cumulants of its
arguments z, to first order in them (the theorem of Price; exact for quadratic activations),

    mean_i += G_iii E phi_i''' / 6,      Var_i: E phi_i^2 += G_iii E (phi_i^2)''' / 6,
    Cov_ij += (G_iij E phi_i'' E phi_j' + G_ijj E phi_i' E phi_j'') / 2.

For z + alpha z^2 the fourth cumulants k add alpha^2 k_iijj.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import factorial

from glassnet import _face
from glassnet.network.activations.base import LEAST_VARIANCE, Activation
from glassnet.network.activations.named import Polynomial
from glassnet.network.cumulants.third_cumulants import Pullback, Third, contracted
from glassnet.network.gaussian_averages import hermite

#: share of the largest possible variance of a sum below which it is rounding
_ROUNDING = 1e-13
#: the same of a negative one that is no rounding
_NEGATIVE = 1e-9


@dataclass(frozen=True)
@_face.shown
class Moments:
    """Mean `mean` (n_units,) and covariance `cov` (n_units, n_units) of a layer, float64."""

    mean: np.ndarray
    cov: np.ndarray


@dataclass(frozen=True)
class Passed:
    """What :func:`backward` needs of one layer: its input, W cov, its arguments, their third cumulants G_ijj and how
    gradients with respect to these go back to the weights, and the fourth cumulants of the input. And whether an
    argument has a negative variance, which counts as none."""

    weight: np.ndarray
    phi: Activation
    before: Moments
    weighted: np.ndarray
    argument: Moments
    third: tuple[np.ndarray, Pullback] | None = None
    fourth: np.ndarray | None = None
    negative: bool = False


def forward(
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    phis: Sequence[Activation],
    mean: np.ndarray,
    cov: np.ndarray,
    third: Third | None = None,
    fourth: np.ndarray | None = None,
) -> tuple[list[Moments], list[Passed]]:
    """Return the moments after every layer, and what `backward` needs; arguments are taken as they are."""
    now, outputs, passed = Moments(mean, cov), [], []
    for weight, bias, phi in zip(weights, biases, phis, strict=True):
        weighted = weight @ now.cov
        cov, negative = _sandwich(weight, weighted, now.cov)
        argument = Moments(weight @ now.mean + bias, cov)
        out = Moments(*phi.moments(argument.mean, argument.cov))
        skew = None if third is None else contracted(third, weight)
        if skew is not None:
            out = _skewed(phi, argument, out, skew[0])
        if fourth is not None:
            if not isinstance(phi, Polynomial):
                raise ValueError(f"fourth cumulants enter quadratic activations only, got {phi.name}")
            tail = np.einsum("ia,jab,ib->ij", weight, _fourth_along(fourth, weight), weight, optimize=True)
            out = Moments(out.mean, out.cov + phi.alpha**2 * tail)
        passed.append(Passed(weight, phi, now, weighted, argument, skew, fourth, negative))
        outputs.append(out)
        now, third, fourth = out, None, None
    return outputs, passed


def backward(
    passed: list[Passed], grad_mean: np.ndarray, grad_cov: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the gradients of a loss with respect to weights and biases, from those with respect to the last moments.

    Raises
    ------
    ValueError
        If an activation has no derivative.
    """
    weights, biases = [], []
    for layer in reversed(passed):
        weight, argument = layer.weight, layer.argument
        to_weight, skewed = np.zeros_like(weight), None
        if layer.third is not None:
            skewed = _skewed_pullback(layer, grad_mean, grad_cov)
            grad_mean = skewed.gaussian
        to_mean, to_cov = layer.phi.pullback(argument.mean, argument.cov, grad_mean, grad_cov)
        if skewed is not None:
            to_weight += skewed.weight
            to_mean, to_cov = to_mean + skewed.mean, to_cov + np.diag(skewed.variance)
        if layer.fourth is not None:
            assert isinstance(layer.phi, Polynomial)
            along = _fourth_along(layer.fourth, weight)
            tail = np.einsum("ij,jab,ib->ia", grad_cov, along, weight, optimize=True)
            to_weight += 4.0 * layer.phi.alpha**2 * tail
        weights.append(to_weight + np.outer(to_mean, layer.before.mean) + 2.0 * to_cov @ layer.weighted)
        biases.append(to_mean)
        grad_mean, grad_cov = weight.T @ to_mean, weight.T @ to_cov @ weight
    return weights[::-1], biases[::-1]


def _sandwich(weight: np.ndarray, weighted: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, bool]:
    """W cov W^T from `weighted` = W cov, symmetric, with a zero where the variance of a unit is negative or nothing but
    rounding, and whether one is negative.
    """
    result = weighted @ weight.T
    result = 0.5 * (result + result.T)
    largest = np.square(np.abs(weight) @ np.sqrt(np.maximum(np.diagonal(cov), 0.0)))
    negative = bool((np.diagonal(result) < -_NEGATIVE * largest).any())
    constant = np.diagonal(result) <= _ROUNDING * largest
    result[constant], result[:, constant] = 0.0, 0.0
    return result, negative


def _fourth_along(fourth: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n_out, n_in, n_in): sum_cd k_abcd w_jc w_jd."""
    return np.einsum("abcd,jc,jd->jab", fourth, weight, weight, optimize=True)


def _skewed(phi: Activation, argument: Moments, out: Moments, skew: np.ndarray) -> Moments:
    """`skew` (n, n) holds G_ijj."""
    free = np.diagonal(argument.cov) > LEAST_VARIANCE
    block = np.ix_(free, free)
    mean, variance = argument.mean[free], np.diagonal(argument.cov)[free]
    _, slope, curvature, third = phi.derivatives(mean, variance)
    part, own = 0.5 * np.outer(slope, curvature) * skew[block], np.diagonal(skew)[free] / 6.0
    centre, cov = out.mean.copy(), out.cov.copy()
    centre[free] += own * third
    square = hermite(lambda z: np.square(phi(z)), mean, np.sqrt(variance), 3)[3] * np.sqrt(6.0) / variance**1.5
    diagonal = np.diagonal(cov)[free] + np.square(out.mean[free]) + own * square - np.square(centre[free])
    inner = cov[block] + part + part.T
    np.fill_diagonal(inner, diagonal)
    cov[block] = inner
    return Moments(centre, cov)


@dataclass(frozen=True)
class _Skewed:
    """Gradients that third cumulants add: with respect to weights, means and variances of the arguments; and that with
    respect to the mean of the layer as it would be without them."""

    weight: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    gaussian: np.ndarray


def _skewed_pullback(layer: Passed, grad_mean: np.ndarray, grad_cov: np.ndarray) -> _Skewed:
    """Back through :func:`_skewed`: a derivative of an average with respect to the mean is the average of a derivative,
    and half of that of the second derivative with respect to the variance (Price).
    """
    assert layer.third is not None
    skew, pullback = layer.third
    mean, variance = layer.argument.mean, np.diagonal(layer.argument.cov)
    free = variance > LEAST_VARIANCE
    block = np.ix_(free, free)
    slopes = _mean_derivatives(layer.phi, mean[free], variance[free])
    squares = _mean_derivatives(lambda z: np.square(layer.phi(z)), mean[free], variance[free])
    upper, inner = grad_cov[block].copy(), skew[block]
    own, to_second = np.diagonal(inner) / 6.0, np.diagonal(upper).copy()
    np.fill_diagonal(upper, 0.0)
    # variance = second moment - square of the mean `centre`, which is the Gaussian one plus own * slopes[3]
    to_centre = grad_mean[free] - 2.0 * to_second * (slopes[0] + own * slopes[3])
    gaussian = to_centre + 2.0 * to_second * slopes[0]
    left, right = (upper * inner) @ slopes[2], (upper * inner).T @ slopes[1]

    def shifted(n: int) -> np.ndarray:
        pairs = left * slopes[1 + n] + right * slopes[2 + n]
        return pairs + own * (to_centre * slopes[3 + n] + to_second * squares[3 + n])

    to_skew = upper * np.outer(slopes[1], slopes[2])
    to_skew[np.diag_indices(len(own))] = (to_centre * slopes[3] + to_second * squares[3]) / 6.0
    full = np.zeros((3, len(mean)))
    full[:, free] = shifted(1), 0.5 * shifted(2), gaussian
    full[2, ~free] = grad_mean[~free]
    spread = np.zeros_like(skew)
    spread[block] = to_skew
    return _Skewed(pullback(spread), full[0], full[1], full[2])


def _mean_derivatives(
    function: Callable[[np.ndarray], np.ndarray], mean: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """(6, n_units): E f, E f', .., up to the fifth derivative."""
    order = np.arange(6)[:, None]
    return hermite(function, mean, np.sqrt(variance), 5) * np.sqrt(factorial(order)) / variance ** (0.5 * order)
