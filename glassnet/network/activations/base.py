"""What every activation knows: its value, and how it maps Gaussian means and covariances, forwards and backwards."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _face

#: units of smaller variance are constants; their third powers would underflow
LEAST_VARIANCE = 1e-90


@_face.shown
class Activation(ABC):
    """An activation phi of one number, and its averages over Gaussian numbers z ~ N(mean, cov).

    Subclasses give the averages for units of positive variance; units without variance are handled here: they are
    constants phi(mean).

    `mean`, `variance` and `grad_mean` are (n_units,) float64, `cov` and `grad_cov` (n_units, n_units) float64 and
    symmetric. Methods take them as they are: the functions that networks are given to check them and raise the errors;
    only `derivative` raises ValueError, and `pullback` with it, where there is none.

    Attributes
    ----------
    name : str
    """

    name: str

    def __repr__(self) -> str:
        return self.name

    @abstractmethod
    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Value, entry by entry."""

    @abstractmethod
    def derivatives(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Return E phi, E phi', E phi'', E phi''' as rows of a (4, n_units) array."""

    @abstractmethod
    def variance(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Return the variance of phi, (n_units,)."""

    @abstractmethod
    def covariance(self, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
        """Return the covariances of phi_i and phi_j for i != j; the diagonal is ignored."""

    @abstractmethod
    def price(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return A_ij = E phi_i' phi_j', B_ij = Cov(phi_i', phi_j), D_ij = Cov(phi_i'', phi_j), diagonals included.

        By the theorem of Price they are the derivatives of the covariance of phi_i and phi_j with respect to cov_ij,
        mean_i and twice cov_ii.
        """

    def derivative(self, z: np.ndarray) -> np.ndarray:
        """Return phi'(z), entry by entry; ValueError where there is none to train with."""
        raise ValueError(f"activation must have a known derivative, got {self.name}, for which none is given")

    def moments(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and covariance of phi(z).

        Parameters
        ----------
        mean : (n_units,) float64
        cov : (n_units, n_units) float64
            Symmetric; units with variance <= `LEAST_VARIANCE` count as constant.
        """
        free = np.diagonal(cov) > LEAST_VARIANCE
        part, inner = mean[free], cov[np.ix_(free, free)]
        square = self.covariance(part, inner)
        np.fill_diagonal(square, self.variance(part, np.diagonal(inner)))
        out_mean, out_cov = np.asarray(self(mean), dtype=np.float64).copy(), np.zeros_like(cov)
        out_mean[free] = self.derivatives(part, np.diagonal(inner))[0]
        out_cov[np.ix_(free, free)] = square
        return out_mean, out_cov

    def pullback(
        self, mean: np.ndarray, cov: np.ndarray, grad_mean: np.ndarray, grad_cov: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients with respect to `mean` and `cov` from those with respect to what `moments` returns.

        Gradients with respect to a covariance are symmetric matrices: dL = sum_ij grad_ij dcov_ij. For units without
        variance those with respect to their covariances count as zero.
        """
        free = np.diagonal(cov) > LEAST_VARIANCE
        block = np.ix_(free, free)
        part, inner, upper = mean[free], cov[block], grad_cov[block]
        _, slope, curvature, _ = self.derivatives(part, np.diagonal(inner))
        a, b, d = self.price(part, inner)
        to_mean, to_cov = np.zeros_like(mean), np.zeros_like(cov)
        to_mean[~free] = grad_mean[~free] * self.derivative(mean[~free]) if not free.all() else 0.0
        to_mean[free] = grad_mean[free] * slope + 2.0 * (upper * b).sum(axis=1)
        square = upper * a
        square[np.diag_indices(len(part))] += 0.5 * grad_mean[free] * curvature + (upper * d).sum(axis=1)
        to_cov[block] = square
        return to_mean, to_cov


#: a name, an :class:`Activation`, or a function of an array, entry by entry
ActivationLike = str | Activation | Callable[[np.ndarray], ArrayLike]
#: one of them for all layers, or one for each
Layered = ActivationLike | Sequence[ActivationLike]


def correlations(cov: np.ndarray) -> np.ndarray:
    """Correlation coefficients of a covariance matrix with positive diagonal, within [-1, 1]."""
    deviation = np.sqrt(np.diagonal(cov))
    rho = np.clip(cov / np.outer(deviation, deviation), -1.0, 1.0)
    np.fill_diagonal(rho, 1.0)
    return rho


def mirrored(n: int, values: np.ndarray) -> np.ndarray:
    """Symmetric (n, n) matrix, zero on the diagonal, from its entries above it in the order of `triu_indices(n, 1)`."""
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = values
    return matrix + matrix.T
