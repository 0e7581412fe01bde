"""Activations: what they do to a number, and to the mean and covariance of Gaussian numbers.

`as_activation` turns a name or a function into an `Activation`; `quadratic` makes z + alpha z^2. "erf" means
erf(z / sqrt 2), and a tie of "sign" gives 0.

Import order: base, numeric, named.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet.network.activations.base import Activation, ActivationLike, Layered
from glassnet.network.activations.named import NAMED, Polynomial
from glassnet.network.activations.numeric import Numeric

__all__ = ["NAMES", "Activation", "as_activation", "quadratic"]
_face.public(__name__)

NAMES = tuple(NAMED)


def quadratic(alpha: float) -> Activation:
    """Return the activation z + alpha z^2.

    TypeError or ValueError if `alpha` is no finite number.
    """
    return Polynomial(_checks.real("alpha", alpha))


def as_activation(activation: ActivationLike) -> Activation:
    """Return the activation that a name or a function stands for.

    Parameters
    ----------
    activation : str, Activation or callable
        A name in `NAMES`: "linear", "relu", "erf", "sign", "tanh". A callable takes an array of floats and returns one
        of the same shape, entry by entry; it is evaluated up to 12 standard deviations from the mean. Kinks and jumps
        cost no accuracy where its argument is zero; elsewhere they cost some.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    if isinstance(activation, Activation):
        return activation
    if callable(activation):
        name = f"the function {getattr(activation, '__name__', activation)}"
        return Numeric(_entrywise(activation), name, None)
    if not isinstance(activation, str) or activation not in NAMED:
        kind = ValueError if isinstance(activation, str) else TypeError
        allowed = ", ".join(map(repr, NAMES))
        raise kind(f"activation must be one of {allowed}, quadratic(alpha) or a function, got {activation!r}")
    return NAMED[activation]


def sequence(activation: Layered, depth: int) -> list[Activation]:
    """Return one activation for each of `depth` layers, from one for all of them or a list with one for each."""
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return [as_activation(activation)] * depth
    if len(activation) != depth:
        raise ValueError(f"activation must be one, or one for each of {depth} layers, got {len(activation)}")
    return [as_activation(one) for one in activation]


def _entrywise(function: Callable[[np.ndarray], ArrayLike]) -> Callable[[np.ndarray], np.ndarray]:
    def checked(z: np.ndarray) -> np.ndarray:
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(function(z), dtype=np.float64)
        except TypeError as error:
            raise TypeError(f"activation must take an array of floats and return another one: {error}") from error
        if value.shape != np.shape(z):
            raise ValueError(f"activation must return an array of the shape it gets, {np.shape(z)}, got {value.shape}")
        if not np.isfinite(value).all():
            first = np.argmin(np.isfinite(value))
            raise ValueError(f"activation must be finite everywhere, got {value.flat[first]} at {np.ravel(z)[first]:g}")
        return value

    return checked
