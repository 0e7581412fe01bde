"""The couplings J_a of the active paths, one independent value for every path."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.ensembles.normal_numbers import standard_normal

#: couplings by name, one by one, or drawn by a function of the input unit and a generator
Couplings = str | ArrayLike | Callable[[int, np.random.Generator], float]


def check_couplings(couplings: Couplings, bias: float, n_paths: int, *, n_inputs: int) -> None:
    """Check the keywords `couplings` and `bias` before anything is drawn.

    Raises
    ------
    TypeError, ValueError
        If `couplings` is none of the kinds the ensemble takes (with `n_inputs` input units, 0 if it has none) or comes
        from examples of another number of inputs, or `bias` is outside [-1, 1] or given with couplings that are not
        "binary".
    """
    bias = _checks.real("bias", bias, minimum=-1, maximum=1)
    if isinstance(couplings, str):
        _checks.choice("couplings", couplings, ("binary", "gaussian"))
    elif callable(couplings):
        if not n_inputs:
            raise TypeError("couplings may be a function of the input unit for walks only, got a callable")
        if getattr(couplings, "n_inputs", n_inputs) != n_inputs:
            raise ValueError(f"couplings must come from examples of widths[0] = {n_inputs} inputs, got {couplings!r}")
    else:
        _checks.real_array("couplings", couplings, shape=(n_paths,))
    if bias != 0 and not (isinstance(couplings, str) and couplings == "binary"):
        raise ValueError(f"bias must be 0 unless couplings are 'binary', got {bias:g}")


def draw_couplings(
    couplings: Couplings, bias: float, n_paths: int, rng: np.random.Generator, inputs: np.ndarray | None = None
) -> np.ndarray:
    """Couplings of `n_paths` paths in the order the paths were drawn.

    Parameters
    ----------
    couplings : {"binary", "gaussian"}, (n_paths,) floats, or callable(input_unit, rng) -> float
    bias : float
        Mean of a binary coupling.
    n_paths : int
    rng : numpy.random.Generator
    inputs : (n_paths,) integers, optional
        Input unit at the head of each path, for callables.

    Returns
    -------
    (n_paths,) float64
    """
    if isinstance(couplings, str):
        if couplings == "gaussian":
            return standard_normal(rng, n_paths)
        return np.where(rng.random(n_paths) < (1 + bias) / 2, 1.0, -1.0)
    if callable(couplings):
        if inputs is None or not len(inputs):
            return np.empty(0)
        couplings = [couplings(unit, rng) for unit in inputs.tolist()]
    return _checks.real_array("couplings", couplings, shape=(n_paths,))


def label(couplings: object) -> str:
    """The couplings in the recipe of a glass: one word, for a callable its attribute `label`."""
    if isinstance(couplings, str):
        return couplings
    return str(getattr(couplings, "label", "callable")) if callable(couplings) else "given"
