"""Checks of public arguments: kernels rely on them and check nothing themselves."""

import math
import operator
import os
from pathlib import Path

import numpy as np

from glassnet import _meant


def integer(
    name: str, value, *, minimum: int | None = None, maximum: int | None = None, most: int | None = None
) -> int:
    """Return `value` as an int within [minimum, maximum], or raise an error that names the argument; `most` is a bound
    that only keeps later results within the integers of the machine.
    """
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {shown(value)}") from None
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ValueError(f"{name} must be {_range(minimum, maximum)}, got {shown(number)}")
    if most is not None and number > most:
        raise ValueError(f"{name} must be <= {most}, got {shown(number)}")
    return number


def real(
    name: str,
    value,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    exclusive: bool = False,
    finite: bool = True,
) -> float:
    """Return `value` as a float within the bounds (`exclusive`: not the lower one itself), or raise naming it."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or getattr(value, "ndim", False):
        raise TypeError(f"{name} must be a real number, got {shown(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a real number, got {shown(value)}") from None
    except OverflowError:
        raise ValueError(f"{name} must be a finite number, got {shown(value)}") from None
    if math.isnan(number) or (finite and math.isinf(number)):
        raise ValueError(f"{name} must be a finite number, got {number}")
    below = number <= minimum if exclusive else number < minimum
    if below or number > maximum:
        raise ValueError(f"{name} must be {_range(minimum, maximum, exclusive)}, got {number:g}")
    return number


def path(name: str, value) -> Path:
    """Return `value` as a Path, or raise an error that names the argument."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name} must be a path, got {shown(value)}")
    return Path(value)


def instance(name: str, value, kind: type) -> None:
    """Raise an error that names the argument unless `value` is a `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")


def choice(name: str, value, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is one of the allowed words, or raise an error that lists them."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}")
    if value not in allowed:
        meant = _meant.question(value[:60], allowed)
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}{meant}")
    return value


def real_array(name: str, value, *, ndim: int | None = None, shape: tuple | None = None) -> np.ndarray:
    """Return `value` as a finite, contiguous float64 array of the given rank or shape."""
    array = _array(name, value, "numbers")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    array = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    _shape(name, array, ndim, shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite everywhere, got {array[~np.isfinite(array)][0]}")
    return array


def integer_array(
    name: str, value, *, ndim: int | None = None, shape: tuple | None = None, minimum: int = 0, maximum: int = 2**31 - 1
) -> np.ndarray:
    """Return `value` as a contiguous int32 array with all entries in [minimum, maximum]."""
    array = _array(name, value, "integers")
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{name} must be an array of integers, got dtype {array.dtype}")
    _shape(name, array, ndim, shape)
    if array.size and (array.min() < minimum or array.max() > maximum):
        wrong = array.min() if array.min() < minimum else array.max()
        raise ValueError(f"{name} must be {_range(minimum, maximum)} everywhere, got {wrong}")
    return np.ascontiguousarray(array, dtype=np.int32).reshape(array.shape)


def is_single(name: str, value) -> bool:
    """Whether `value` is one number and no array of them; raises as the checks of arrays do."""
    return _array(name, value, "numbers").ndim == 0


def sign_array(name: str, value, *, n_weights: int | None = None, shape: tuple | None = None) -> np.ndarray:
    """Return `value` as a contiguous int8 array of +-1; its last axis has length `n_weights` if that is given."""
    array = _array(name, value, "+-1")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of +-1, got dtype {array.dtype}")
    _shape(name, array, None, shape)
    if n_weights is not None and (array.ndim == 0 or array.shape[-1] != n_weights):
        raise ValueError(f"{name} must have {n_weights} weights along its last axis, got shape {array.shape}")
    wrong = (array != 1) & (array != -1)
    if wrong.any():
        raise ValueError(f"{name} must be +1 or -1 everywhere, got {array[wrong][0]}")
    return np.ascontiguousarray(array, dtype=np.int8).reshape(array.shape)


def temperature_ladder(name: str, value) -> np.ndarray:
    """Return strictly increasing temperatures > 0 (k_B = 1); the last one may be inf."""
    _array(name, value, "temperatures")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be a list of temperatures, got {shown(value)}") from None
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a list of at least one temperature, got shape {array.shape}")
    if np.isnan(array).any() or (array <= 0).any():
        wrong = array[np.isnan(array) | (array <= 0)][0]
        raise ValueError(f"{name} must be > 0, got {wrong:g}")
    if array.size and array[0] < 1e-300:
        raise ValueError(f"{name} must be >= 1e-300, got {array[0]:g}: its inverse overflows")
    if (array[:-1] >= array[1:]).any():
        where = int(np.argmax(array[:-1] >= array[1:]))
        raise ValueError(f"{name} must increase strictly, got {array[where]:g} before {array[where + 1]:g}")
    return array


def temperatures(name: str, value) -> np.ndarray:
    """Return temperatures > 0 (k_B = 1) of any shape and order, a single number included; inf is allowed."""
    array = _array(name, value, "temperatures")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a temperature or an array of them, got {shown(value)}")
    wrong = np.isnan(array) | (array <= 0)
    if wrong.any():
        raise ValueError(f"{name} must be > 0, got {array[wrong][0]:g}")
    return array.astype(np.float64)


def shown(value) -> str:
    """A value as an error message shows it: not longer than a line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        # Python writes no numbers of more than 4300 digits
        return f"a number of {value.bit_length()} bits" if isinstance(value, int) else f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _array(name: str, value, of: str) -> np.ndarray:
    """`value` as an array; ValueError where numpy makes none, or some of its entries are masked."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        raise ValueError(f"{name} must be an array of {of} without masked entries, got {shown(value)}")
    try:
        return np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be a rectangular array of {of}: {error}") from None


def memory(what: str, needed: int) -> None:
    """Raise ValueError saying what is too large, and the bytes it needs, if they are not available."""
    available = available_memory()
    if needed > available:
        raise ValueError(f"{what} needs {needed} bytes, but only {available} bytes of memory are available")


def available_memory() -> int:
    """Bytes of memory that are free on this machine, as far as it says."""
    try:
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _shape(name: str, array: np.ndarray, ndim: int | None, shape: tuple | None) -> None:
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension{'s' * (ndim != 1)}, got shape {array.shape}")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def _range(minimum, maximum, exclusive: bool = False) -> str:
    if minimum in (None, -math.inf) and maximum in (None, math.inf):
        return "finite"
    if maximum in (None, math.inf):
        return f"{'>' if exclusive else '>='} {minimum}"
    if minimum in (None, -math.inf):
        return f"<= {maximum}"
    return f"in {'(' if exclusive else '['}{minimum}, {maximum}]"
