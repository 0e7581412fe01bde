"""Third cumulants of an input, as a tensor or as the samples that have them, and what a layer needs of them.

A layer z = W x + b reads nothing but G_ijj = sum_abc G_abc W_ia W_jb W_jc, n_units^2 numbers: of samples it is the mean
of dz_i dz_j^2, dz = W (x - mean). The tensor of 784 inputs takes 3.9 GB for each class, a sample 784 numbers.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face

#: rows of samples at a time
_BLOCK = 2048

#: from the gradient with respect to G_ijj to that with respect to W
Pullback = Callable[[np.ndarray], np.ndarray]


@_face.shown
class ThirdOfSamples:
    """Third cumulants of the empirical distribution of samples, which are kept instead of a tensor.

    Parameters
    ----------
    inputs : (n_samples, n_in) array
        One sample or more. Gaussian noise on top changes no third cumulant, and need not be sampled.

    Attributes
    ----------
    centred : (n_samples, n_in) float64
        The samples without their mean.

    Raises
    ------
    TypeError, ValueError
        If `inputs` is no array of real numbers of this shape, or empty.
    """

    def __init__(self, inputs: ArrayLike) -> None:
        inputs = _checks.real_array("inputs", inputs, ndim=2)
        if not inputs.size:
            raise ValueError(f"inputs must hold at least one sample of one input, got shape {inputs.shape}")
        self.centred = inputs - inputs.mean(axis=0)

    def __repr__(self) -> str:
        return f"ThirdOfSamples({len(self.centred)} samples of {self.n_in} inputs)"

    @property
    def n_in(self) -> int:
        """Number of inputs; nothing is raised."""
        return self.centred.shape[1]

    def along(self, weight: ArrayLike) -> np.ndarray:
        """Return the third cumulants G_ijj of z = W x at [i, j].

        The projection takes n_samples n_in n_units steps, as a forward pass does, the rest n_samples n_units^2.

        Parameters
        ----------
        weight : (n_units, n_in) array

        Returns
        -------
        (n_units, n_units) float64

        Raises
        ------
        TypeError, ValueError
            If `weight` is no such array.
        """
        weight = _checks.real_array("weight", weight, ndim=2)
        if weight.shape[1] != self.n_in:
            raise ValueError(f"weight must have {self.n_in} columns, got shape {weight.shape}")
        return contracted(self, weight)[0]

    def tensor(self) -> np.ndarray:
        """Return all of them, (n_in, n_in, n_in) float64; ValueError where memory does not hold them."""
        n_in = self.n_in
        _checks.memory(
            f"inputs: third cumulants of {n_in} inputs", 8 * n_in**3 + 8 * min(_BLOCK, len(self.centred)) * n_in**2
        )
        total = np.zeros((n_in, n_in * n_in))
        for start in range(0, len(self.centred), _BLOCK):
            part = self.centred[start : start + _BLOCK]
            total += part.T @ (part[:, :, None] * part[:, None, :]).reshape(len(part), -1)
        return total.reshape(n_in, n_in, n_in) / len(self.centred)


#: a tensor (n_in, n_in, n_in), or the samples
Third = np.ndarray | ThirdOfSamples


def contracted(third: Third, weight: np.ndarray) -> tuple[np.ndarray, Pullback]:
    """Return G_ijj (n_units, n_units) of the arguments of a layer, and how gradients go back to its weights.

    Arguments are taken as they are.
    """
    return _of_samples(third, weight) if isinstance(third, ThirdOfSamples) else _of_tensor(third, weight)


def checked(name: str, value: ArrayLike | ThirdOfSamples, n_in: int) -> Third:
    """Return third cumulants of `n_in` inputs, or raise an error that names them."""
    if not isinstance(value, ThirdOfSamples):
        return _checks.real_array(name, value, shape=(n_in,) * 3)
    if value.n_in != n_in:
        raise ValueError(f"{name} must be of {n_in} inputs, got {value!r}")
    return value


def _of_samples(third: ThirdOfSamples, weight: np.ndarray) -> tuple[np.ndarray, Pullback]:
    z, n_samples = third.centred @ weight.T, len(third.centred)
    skew = np.zeros((len(weight), len(weight)))
    for start in range(0, n_samples, _BLOCK):
        part = z[start : start + _BLOCK]
        skew += part.T @ np.square(part)

    def pullback(upper: np.ndarray) -> np.ndarray:
        to_weight = np.zeros_like(weight)
        for start in range(0, n_samples, _BLOCK):
            part = z[start : start + _BLOCK]
            to_z = np.square(part) @ upper.T + 2.0 * part * (part @ upper)
            to_weight += to_z.T @ third.centred[start : start + _BLOCK]
        return to_weight / n_samples

    return skew / n_samples, pullback


def _of_tensor(third: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, Pullback]:
    # (n_units, n_in): sum_bc G_abc w_jb w_jc
    along = np.einsum("jab,jb->ja", np.tensordot(weight, third, axes=(1, 2)), weight)

    def pullback(upper: np.ndarray) -> np.ndarray:
        inner = np.einsum("abc,ja,jc->jb", third, upper.T @ weight, weight, optimize=True)
        return upper @ along + 2.0 * inner

    return weight @ along.T, pullback
