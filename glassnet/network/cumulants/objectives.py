"""What a classifier is trained to make small: squared error or cross-entropy, of samples and of class moments.

The squared error depends on nothing but mean and covariance of the output in each class. The cross-entropy of softmax
outputs, E log sum_k exp(y_k) - t mean(y), depends on the whole distribution of y: as a function of mean and covariance
it is a closure, y taken for Gaussian.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logsumexp, softmax

from glassnet import _checks
from glassnet.network.cumulants import log_sum_exp
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.populations import Population

#: name of an objective, a key of `OBJECTIVES`
ObjectiveName = Literal["mse", "cross_entropy"]
#: distance of the sum of probabilities from 1 that counts as rounding
_ROUNDING = 1e-9


def mse(outputs: Sequence[Moments], populations: Sequence[Population]) -> tuple[float, list[Moments]]:
    """Return the mean squared error sum_t p_t [abs(mean_t - t)^2 + tr cov_t], and its gradient.

    Parameters
    ----------
    outputs : sequence of Moments
        Of the last layer, one for each class.
    populations : sequence of Population

    Returns
    -------
    value : float
    gradients : list of Moments
        With respect to the mean and covariance of each class.

    Raises
    ------
    ValueError
        If the numbers of classes or of outputs differ.
    """
    _belong_together(outputs, populations)
    value, gradients = 0.0, []
    for out, population in zip(outputs, populations, strict=True):
        off = out.mean - population.target
        value += population.share * float(off @ off + np.trace(out.cov))
        gradients.append(Moments(2.0 * population.share * off, population.share * np.eye(len(off))))
    return value, gradients


def cross_entropy(outputs: Sequence[Moments], populations: Sequence[Population]) -> tuple[float, list[Moments]]:
    """Return the cross-entropy of softmax outputs, taken for Gaussian in each class, in nats, and its gradient.

    The value is sum_t p_t [E log sum_k exp(y_k) - t mean_t] with y ~ N(mean_t, cov_t), where targets t are
    probabilities. Other than for `mse` it is a closure: outputs that are not Gaussian have another cross-entropy. The
    average is over 4096 fixed points of a Sobol sequence, right to 2e-3 of its value (derived here, not from a paper).

    Parameters
    ----------
    outputs, populations
        As for `mse`. Targets are not negative and sum to 1.

    Returns
    -------
    value : float
    gradients : list of Moments
        As for `mse`; with respect to the covariance it is zero between directions without variance.

    Raises
    ------
    ValueError
        If the numbers of classes or of outputs differ, or a target is no distribution.
    """
    _belong_together(outputs, populations)
    value, gradients = 0.0, []
    for out, population in zip(outputs, populations, strict=True):
        target = probabilities("target", population.target)
        total, to_mean, to_cov = log_sum_exp.average(out.mean, out.cov)
        value += population.share * float(total - target @ out.mean)
        gradients.append(Moments(population.share * (to_mean - target), population.share * to_cov))
    return value, gradients


@dataclass(frozen=True)
class Objective:
    """An objective: of class moments, of samples and their targets with its gradient, and of every output and target.

    Attributes
    ----------
    of_moments : callable
        As :func:`mse`.
    of_samples : callable
        From outputs and targets, both (n_samples, n_out), to the value and its gradient with respect to the outputs.
    of_pairs : callable
        From outputs (n_samples, n_out) and targets (n_classes, n_out) to the values of all pairs, (n_samples,
        n_classes). The class with the smallest one is what a network answers.
    targets : callable
        Checks targets of the given name, and returns them.
    """

    of_moments: Callable[[Sequence[Moments], Sequence[Population]], tuple[float, list[Moments]]]
    of_samples: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
    of_pairs: Callable[[np.ndarray, np.ndarray], np.ndarray]
    targets: Callable[[str, np.ndarray], np.ndarray]


def probabilities(name: str, targets: np.ndarray) -> np.ndarray:
    """Return `targets` (..., n_out), or raise ValueError naming them if they are no distributions over the outputs."""
    if (targets < 0).any() or (np.abs(targets.sum(axis=-1) - 1.0) > _ROUNDING).any():
        raise ValueError(
            f"{name} must be probabilities that sum to 1 over the outputs for the cross-entropy, got "
            f"{_checks.shown(targets[0] if targets.ndim > 1 else targets)}"
        )
    return targets


def _squares(outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    off = outputs - targets
    return float(np.square(off).sum() / len(off)), 2.0 * off / len(off)


def _entropies(outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    value = float((logsumexp(outputs, axis=1) - (outputs * targets).sum(axis=1)).mean())
    return value, (softmax(outputs, axis=1) - targets) / len(outputs)


OBJECTIVES = {
    "mse": Objective(
        mse,
        _squares,
        lambda outputs, targets: np.square(outputs[:, None, :] - targets).sum(axis=2),
        lambda name, targets: targets,
    ),
    "cross_entropy": Objective(
        cross_entropy,
        _entropies,
        lambda outputs, targets: logsumexp(outputs, axis=1)[:, None] - outputs @ targets.T,
        probabilities,
    ),
}


def named(objective: str) -> Objective:
    """Return the objective of this name, or raise an error that lists the names."""
    return OBJECTIVES[_checks.choice("objective", objective, tuple(OBJECTIVES))]


def _belong_together(outputs: Sequence[Moments], populations: Sequence[Population]) -> None:
    if len(outputs) != len(populations):
        raise ValueError(f"outputs must be one for each of {len(populations)} classes, got {len(outputs)}")
    for out, population in zip(outputs, populations, strict=True):
        if out.mean.shape != population.target.shape:
            raise ValueError(f"target must have shape {out.mean.shape}, got {population.target.shape}")
