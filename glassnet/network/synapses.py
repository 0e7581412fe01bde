"""Random weight matrices: Gaussian and binary ones with weakly correlated units, and orthogonal ones.

A matrix is (n_out, n_in), one row per unit. `variance` is G = n_in <w^2>. `covariance` is R = n_in^(3/2) <w_ik w_jk>
between the weights of any two units i != j from the same input k, so that their Pearson correlation is
rho = R / (G sqrt(n_in)): the only power of n_in at which it matters as much as the rest (J. Zhou and H. Huang, Phys.
Rev. E 103, 012315 (2021)).
"""

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator

__all__ = ["KINDS", "binary", "correlation", "gaussian", "measured", "orthogonal"]
_face.public(__name__)

KINDS = ("gaussian", "binary", "latent", "orthogonal")
#: units of a layer
MOST = 2**31 - 1


def correlation(n_in: int, variance: float, covariance: float) -> float:
    """Return rho = covariance / (variance sqrt(n_in)), in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, the variance is not > 0, or rho is negative or above 1.
    """
    n_in = _checks.integer("n_in", n_in, minimum=1, most=MOST)
    variance = _checks.real("variance", variance, minimum=0.0, exclusive=True)
    covariance = positive_covariance(covariance)
    rho = covariance / (variance * np.sqrt(n_in))
    if rho > 1.0:
        largest = variance * np.sqrt(n_in)
        raise ValueError(
            f"covariance must be <= variance sqrt(n_in) = {largest:g}, got {covariance:g}: correlation > 1"
        )
    return rho


def positive_covariance(covariance: float) -> float:
    """Return `covariance` if it is >= 0, or raise an error that says why it cannot be negative."""
    covariance = _checks.real("covariance", covariance)
    if covariance < 0:
        raise ValueError(
            f"covariance must be >= 0, got {covariance:g}: many units of which every two are anticorrelated "
            "have no positive definite covariance"
        )
    return covariance


def uncorrelated(covariance: float) -> None:
    """Raise an error if `covariance` is not 0, as orthogonal weights need it."""
    if covariance != 0:
        raise ValueError(f'covariance must be 0 for weights of the kind "orthogonal", got {covariance:g}')


def gaussian(n_out: int, n_in: int, variance: float = 1.0, covariance: float = 0.0, *, seed: int | Seed) -> np.ndarray:
    """Return weights sqrt(G / n_in) (sqrt(1 - rho) z_ik + sqrt(rho) u_k) with standard normal z, u.

    Parameters
    ----------
    n_out, n_in : int
        Units, and inputs of each.
    variance, covariance : float
        G > 0 and R in [0, G sqrt(n_in)].
    seed : int
        >= 0.

    Returns
    -------
    (n_out, n_in) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    n_out, rho = _checks.integer("n_out", n_out, minimum=1, most=MOST), correlation(n_in, variance, covariance)
    _require_memory(n_out, n_in)
    rng = generator(seed, Role.COUPLINGS)
    own, shared = rng.standard_normal((n_out, n_in)), rng.standard_normal(n_in)
    return np.sqrt(variance / n_in) * (np.sqrt(1.0 - rho) * own + np.sqrt(rho) * shared)


def binary(
    n_out: int, n_in: int, variance: float = 1.0, covariance: float = 0.0, *, latent: bool = False, seed: int | Seed
) -> np.ndarray:
    """Return weights +-sqrt(G / n_in) with prescribed correlation; parameters and errors as for `gaussian`.

    Parameters
    ----------
    latent : bool
        False: every weight copies the sign u_k that is shared by all units with probability sqrt(rho), and is a fresh
        sign otherwise. True: the signs of Gaussian weights with correlation sin(pi rho / 2). Pairs are alike in both,
        larger groups of units are not.
    """
    n_out, rho = _checks.integer("n_out", n_out, minimum=1, most=MOST), correlation(n_in, variance, covariance)
    if not isinstance(latent, bool | np.bool_):
        raise TypeError(f"latent must be True or False, got {_checks.shown(latent)}")
    _require_memory(n_out, n_in)
    if latent:
        inner = np.sin(0.5 * np.pi * rho)
        signs = np.sign(gaussian(n_out, n_in, 1.0, inner * np.sqrt(n_in), seed=seed))
    else:
        rng = generator(seed, Role.COUPLINGS)
        own, shared = rng.choice([-1.0, 1.0], (n_out, n_in)), rng.choice([-1.0, 1.0], n_in)
        signs = np.where(rng.random((n_out, n_in)) < np.sqrt(rho), shared, own)
    return np.sqrt(variance / n_in) * signs


def orthogonal(n_out: int, n_in: int, variance: float = 1.0, *, seed: int | Seed) -> np.ndarray:
    """Return weights drawn evenly (Haar measure) from all that are orthogonal, of the same variance as the others.

    With n_out <= n_in the units are orthogonal, W W^T = G 1. With n_out > n_in that many cannot be; the columns are,
    W^T W = G n_out / n_in 1, and G = n_in <w^2> all the same. From the QR decomposition of a Gaussian matrix, the
    diagonal of R made positive (F. Mezzadri, Notices AMS 54, 592 (2007)).

    Parameters
    ----------
    n_out, n_in : int
        Units, and inputs of each.
    variance : float
        G > 0.
    seed : int
        >= 0.

    Returns
    -------
    (n_out, n_in) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    n_out = _checks.integer("n_out", n_out, minimum=1, most=MOST)
    correlation(n_in, variance, 0.0)  # checks both
    _require_memory(n_out, n_in)
    q, r = np.linalg.qr(generator(seed, Role.COUPLINGS).standard_normal((max(n_out, n_in), min(n_out, n_in))))
    q *= np.sqrt(variance * max(n_out / n_in, 1.0)) * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return q if n_out > n_in else np.ascontiguousarray(q.T)


def _require_memory(n_out: int, n_in: int) -> None:
    """Room for the weights, and for what they are made of."""
    _checks.memory(f"n_out, n_in: {n_out} units of {n_in} inputs", 32 * n_out * n_in)


def draw(kind: str, n_out: int, n_in: int, variance: float, covariance: float, *, seed: int | Seed) -> np.ndarray:
    """Return weights of the kind "gaussian", "binary" (copied signs), "latent" (signs of Gaussians) or "orthogonal"."""
    if _checks.choice("kind", kind, KINDS) == "gaussian":
        return gaussian(n_out, n_in, variance, covariance, seed=seed)
    if kind == "orthogonal":
        uncorrelated(covariance)
        return orthogonal(n_out, n_in, variance, seed=seed)
    return binary(n_out, n_in, variance, covariance, latent=kind == "latent", seed=seed)


def measured(weights: ArrayLike) -> dict[str, float]:
    """Return variance and covariance scales of a given matrix.

    Parameters
    ----------
    weights : (n_out, n_in) array
        Rows of zeros do not count for the correlations.

    Returns
    -------
    dict
        `variance` G; `covariance_mean` = G sqrt(n_in) mean of rho_ij over the pairs of units, rho_ij the cosine of
        their weights; `covariance_rms` = G sqrt(n_in (mean rho_ij^2 - 1 / n_in)), which sees correlations of either
        sign and is 0 on average for independent weights. It is negative, -G sqrt(n_in (1 / n_in - mean rho_ij^2)), for
        rows more orthogonal than random ones. Both are NaN where there is no pair of units.

    Raises
    ------
    TypeError, ValueError
        If the weights are no matrix of finite numbers.
    """
    weights = _checks.real_array("weights", weights, ndim=2)
    n_in = weights.shape[1]
    length = np.linalg.norm(weights, axis=1)
    rows = weights[length > 0] / length[length > 0, None]
    variance = float(np.square(weights).mean() * n_in)
    if len(rows) < 2:
        return {"variance": variance, "covariance_mean": np.nan, "covariance_rms": np.nan}
    pairs = len(rows) * (len(rows) - 1)
    overlap = rows @ rows.T
    mean = (overlap.sum() - np.trace(overlap)) / pairs
    square = (np.square(overlap).sum() - np.square(np.diagonal(overlap)).sum()) / pairs
    rms = n_in * square - 1.0
    return {
        "variance": variance,
        "covariance_mean": float(variance * np.sqrt(n_in) * mean),
        "covariance_rms": float(variance * np.sign(rms) * np.sqrt(abs(rms))),
    }
