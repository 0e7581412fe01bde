"""Classes of data as their cumulants."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet.network.cumulants import third_cumulants
from glassnet.network.cumulants.third_cumulants import Third, ThirdOfSamples


@dataclass(frozen=True)
@_face.shown
class Population:
    """One class: its share of the data, the output wanted for it, and the cumulants of its inputs.

    Parameters
    ----------
    share : float
        Probability of the class.
    target : (n_out,) array
    mean : (n_in,) array
    cov : (n_in, n_in) array
        Symmetric and positive semi-definite.
    third : (n_in, n_in, n_in) array or ThirdOfSamples, optional
    fourth : (n_in, n_in, n_in, n_in) array, optional
        Higher cumulants.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range.
    """

    share: float
    target: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    third: Third | None = None
    fourth: np.ndarray | None = None

    def __post_init__(self) -> None:
        n_in = np.shape(self.mean)[0] if np.ndim(self.mean) == 1 else 0
        checked = {
            "share": _checks.real("share", self.share, minimum=0.0, maximum=1.0),
            "target": _checks.real_array("target", self.target, ndim=1),
            "mean": _checks.real_array("mean", self.mean, ndim=1),
            "cov": checked_cov("cov", self.cov, n_in),
        }
        if self.third is not None:
            checked["third"] = third_cumulants.checked("third", self.third, n_in)
        if self.fourth is not None:
            checked["fourth"] = _checks.real_array("fourth", self.fourth, shape=(n_in,) * 4)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def up_to(self, order: int) -> Self:
        """Return the class with its cumulants up to `order`, 1 to 4, and zero or None beyond; ValueError otherwise."""
        order = _checks.integer("order", order, minimum=1, maximum=4)
        result = copy.copy(self)  # not `replace`, which would check again what has been checked
        for least, name, nothing in ((2, "cov", np.zeros_like(self.cov)), (3, "third", None), (4, "fourth", None)):
            if order < least:
                object.__setattr__(result, name, nothing)
        return result


def of_samples(
    inputs: ArrayLike,
    labels: ArrayLike,
    targets: ArrayLike,
    order: int = 2,
    *,
    third: Literal["tensor", "samples"] = "tensor",
) -> list[Population]:
    """Return the classes of a data set.

    Parameters
    ----------
    inputs : (n_samples, n_in) array
    labels : (n_samples,) array of int
        In 0 .. n_classes - 1, each at least once.
    targets : (n_classes, n_out) array
    order : int
        Highest cumulant, 1 (covariances are set to zero) to 4.
    third : "tensor" or "samples"
        How third cumulants are held: as n_in^3 numbers, or as the samples themselves (:class:`ThirdOfSamples`), from
        which a layer takes what it needs. Both come to the same; the samples take less memory and time as soon as there
        are fewer of them than n_in^2.

    Returns
    -------
    list of Population
        Cumulants of the empirical distribution (divided by the number of samples).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape, a class is empty, or a tensor does not fit into memory.
    """
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    targets = _checks.real_array("targets", targets, ndim=2)
    labels = _checks.integer_array("labels", labels, shape=(len(inputs),), maximum=len(targets) - 1)
    order = _checks.integer("order", order, minimum=1, maximum=4)
    sampled = _checks.choice("third", third, ("tensor", "samples")) == "samples"
    n_in, result = inputs.shape[1], []
    if order == 4 or (order == 3 and not sampled):
        needed = 8 * len(targets) * n_in**order
        _checks.memory(f"order: tensors of cumulants of order {order} of {n_in} inputs, {len(targets)} classes", needed)
    for label, target in enumerate(targets):
        members = inputs[labels == label]
        if not len(members):
            raise ValueError(f"labels must hold every class at least once, got no {label}")
        one = of_points(members, len(members) / len(inputs), target, 2 if order == 3 and sampled else order)
        if order >= 3 and sampled:
            object.__setattr__(one, "third", ThirdOfSamples(members))
        result.append(one)
    return result


def of_points(
    points: np.ndarray, share: float, target: ArrayLike, order: int, noise_variance: float = 0.0
) -> Population:
    """Return the cumulants of equally likely points (n_points, n_in) with Gaussian noise of given variance on top."""
    target, mean, n_in = np.asarray(target), points.mean(axis=0), points.shape[1]
    d = points - mean
    pairs = d.T @ d / len(d)
    if order == 1:
        return Population(share, target, mean, np.zeros((n_in, n_in)))
    third = np.einsum("sa,sb,sc->abc", d, d, d, optimize=True) / len(d) if order >= 3 else None
    fourth = None
    if order == 4:
        squares = (d[:, :, None] * d[:, None, :]).reshape(len(d), -1)
        fourth = (squares.T @ squares / len(d)).reshape((n_in,) * 4)
        both = np.multiply.outer(pairs, pairs)
        fourth -= both + both.transpose(0, 2, 1, 3) + both.transpose(0, 3, 2, 1)
    return Population(share, target, mean, pairs + noise_variance * np.eye(n_in), third, fourth)


def checked_orders(orders: int | Sequence[int]) -> list[int]:
    """Return orders of cumulants, one or a sequence of them, as a list, or raise an error that says what is wrong."""
    listed = list(orders) if isinstance(orders, Sequence | np.ndarray) else [orders]
    if not listed:
        raise ValueError("orders must hold at least one order, got none")
    return [_checks.integer("orders", order, minimum=1, maximum=4) for order in listed]


def checked_cov(name: str, value: ArrayLike, n: int) -> np.ndarray:
    """Return `value` as a symmetric positive semi-definite (n, n) matrix, or raise an error that says what is wrong.

    Asymmetry and negative eigenvalues up to 1e-9 of the largest entry (1e-5 in single precision) count as rounding.
    """
    matrix = _checks.real_array(name, value, shape=(n, n))
    rounding = 1e-5 if getattr(value, "dtype", None) == np.float32 else 1e-9
    largest = np.abs(matrix).max(initial=0.0)
    off = np.abs(matrix - matrix.T).max(initial=0.0)
    if off > rounding * largest:
        i, j = np.unravel_index(np.abs(matrix - matrix.T).argmax(), matrix.shape)
        raise ValueError(
            f"{name} must be symmetric, got {matrix[i, j]:g} at [{i}, {j}] and {matrix[j, i]:g} at [{j}, {i}]"
        )
    matrix = 0.5 * (matrix + matrix.T)
    lowest = np.linalg.eigvalsh(matrix)[0] if n else 0.0
    if lowest < -rounding * largest * n:
        raise ValueError(f"{name} must be positive semi-definite, got the eigenvalue {lowest:g}")
    return matrix
