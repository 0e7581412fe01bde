"""The ensembles of random active paths: regular, Poisson, layered, walks through a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet import _checks, _dilution, _meant, _wiring
from glassnet._random import Role, Seed, generator
from glassnet.ensembles.couplings import Couplings, check_couplings, draw_couplings, label
from glassnet.ensembles.regular_hypergraphs import random_regular
from glassnet.glass import PathGlass, seed_record


@_meant.keywords
def regular(
    n_weights: int,
    p: int,
    degree: int,
    seed: int | Seed,
    *,
    couplings: Couplings = "binary",
    bias: float = 0.0,
    dilution: float = 0.0,
    rounding: str = "nearest",
) -> PathGlass:
    """Every weight on exactly `degree` paths: a random regular hypergraph.

    Parameters
    ----------
    n_weights : int
        Number of weights, >= p.
    p : int
        Weights per path, >= 2.
    degree : int
        Paths through each weight, >= 0; ``n_weights * degree`` must be divisible by p.
    seed : int or Seed
        Paths, couplings and dilution are drawn from independent streams of this seed.
    couplings : {"binary", "gaussian"} or (n_paths,) floats
        +-1, standard normal, or the coupling of each path in the order the paths are drawn.
    bias : float
        Mean of a binary coupling, in [-1, 1].
    dilution : float
        Fraction of the connections removed afterwards, in [0, 1), as :meth:`PathGlass.dilute` with the same seed does.
    rounding : {"nearest", "random", "layers"}
        How many that are where `dilution` times their number is not whole: see :meth:`PathGlass.dilute`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, the combination has no such hypergraph, or memory is too small.

    Notes
    -----
    Uniform over all lists of n_paths sets of p distinct weights in which every weight occurs `degree` times (equal
    paths are allowed) whenever the random pairing with rejection is affordable, which includes p = 3, degree 4 up to
    N = 10^6. Beyond that the list comes from a Markov chain that is uniform in the limit of many steps; see
    :func:`glassnet.ensembles.regular_hypergraphs.random_regular`. ``recipe["method"]`` says which of the two it was.
    """
    p = _checks.integer("p", p, minimum=2)
    n_weights = _at_least_p(n_weights, p)
    degree = _checks.integer("degree", degree, minimum=0)
    if n_weights * degree % p:
        raise ValueError(f"n_weights * degree must be divisible by p = {p}, got {n_weights} * {degree}")
    n_paths = n_weights * degree // p
    disorder = Disorder(n_weights, n_paths, p, seed, couplings, bias, dilution, rounding)
    paths, method = random_regular(n_weights, p, degree, disorder.paths_rng())
    return disorder.glass(paths, {"ensemble": "regular", "n_weights": n_weights, "degree": degree, "method": method})


@_meant.keywords
def poisson(
    n_weights: int,
    p: int,
    alpha: float,
    seed: int | Seed,
    *,
    couplings: Couplings = "binary",
    bias: float = 0.0,
    dilution: float = 0.0,
    rounding: str = "nearest",
) -> PathGlass:
    """``round(alpha * n_weights)`` paths, each a uniform choice of p distinct weights.

    Degrees are Poisson with mean p * alpha for large N. Equal paths are allowed and add up.

    Parameters
    ----------
    n_weights : int
        Number of weights, >= p.
    p : int
        Weights per path, >= 2.
    alpha : float
        Paths per weight before dilution, >= 0.
    seed, couplings, bias, dilution, rounding
        As in :func:`regular`, and so are the errors raised.
    """
    p = _checks.integer("p", p, minimum=2)
    n_weights = _at_least_p(n_weights, p)
    alpha, n_paths = _path_count(alpha, n_weights)
    disorder = Disorder(n_weights, n_paths, p, seed, couplings, bias, dilution, rounding)
    paths = random_subsets(n_weights, p, n_paths, disorder.paths_rng())
    return disorder.glass(paths, {"ensemble": "poisson", "n_weights": n_weights, "alpha": alpha})


@_meant.keywords
def layered(
    n_weights: int,
    p: int,
    alpha: float,
    seed: int | Seed,
    *,
    couplings: Couplings = "binary",
    bias: float = 0.0,
    dilution: float = 0.0,
    rounding: str = "nearest",
) -> PathGlass:
    """``round(alpha * n_weights)`` paths, each with one uniform weight from each of p equal layers.

    Weights ``l * n_weights / p, ...`` are layer l. Equal paths are allowed and add up. The energy is invariant under
    flipping all weights of any two layers; dilution removes equally many of every layer, up to a remainder.

    Parameters
    ----------
    n_weights : int
        Number of weights, divisible by p.
    p : int
        Number of layers and weights per path, >= 2.
    alpha : float
        Paths per weight before dilution, >= 0.
    seed, couplings, bias, dilution, rounding
        As in :func:`regular`, and so are the errors raised.
    """
    p = _checks.integer("p", p, minimum=2)
    n_weights = _at_least_p(n_weights, p)
    if n_weights % p:
        raise ValueError(f"n_weights must be divisible by p = {p}, got {n_weights}")
    alpha, n_paths = _path_count(alpha, n_weights)
    disorder = Disorder(n_weights, n_paths, p, seed, couplings, bias, dilution, rounding)
    size = n_weights // p
    layers = np.arange(p, dtype=np.int32)
    paths = disorder.paths_rng().integers(size, size=(n_paths, p), dtype=np.int32) + size * layers
    return disorder.glass(
        paths, {"ensemble": "layered", "n_weights": n_weights, "alpha": alpha}, layer=np.repeat(layers, size)
    )


@_meant.keywords
def walks(
    widths: Sequence[int],
    alpha: float,
    seed: int | Seed,
    *,
    couplings: Couplings = "binary",
    bias: float = 0.0,
    dilution: float = 0.0,
    rounding: str = "nearest",
) -> PathGlass:
    """Paths through a layered network: neurons i_0 ... i_p drawn uniformly, weight l is the edge (i_{l-1}, i_l).

    The energy is invariant under flipping all weights into and out of a hidden neuron. Equal paths are allowed and add
    up: on average there are n_paths (n_paths - 1) / 2 / prod(widths) pairs of them, that is alpha^2 p^2 n^(3-p) / 2 at
    equal widths n. For p = 3 this is 9 alpha^2 / 2 at every size; for p = 2 it grows with n, for p > 3 it vanishes.

    Parameters
    ----------
    widths : sequence of at least 3 ints
        Neurons per layer from input to output, each >= 1; p = len(widths) - 1 and
        n_weights = sum_l widths[l-1] * widths[l].
    alpha : float
        Paths per weight before dilution, >= 0; n_paths = round(alpha * n_weights).
    seed, bias, dilution, rounding
        As in :func:`regular`, and so are the errors raised; the edges that are removed are spread over the layers in
        proportion to their size.
    couplings : {"binary", "gaussian"}, (n_paths,) floats, or callable(input_unit, rng) -> float
        A callable is called once for every path, in the order the paths are drawn, with the index of the input neuron
        at its head and the generator of the couplings; :func:`glassnet.network.data_couplings` makes one from
        examples.

    Returns
    -------
    PathGlass
        `edges` and `layer` say which neurons each weight joins.
    """
    widths = _wiring.check_widths(widths)
    n_weights = _wiring.n_network_weights(widths)
    p = len(widths) - 1
    alpha, n_paths = _path_count(alpha, n_weights)
    disorder = Disorder(n_weights, n_paths, p, seed, couplings, bias, dilution, rounding, widths[0])
    rng = disorder.paths_rng()
    paths = np.empty((n_paths, p), dtype=np.int32)
    inputs = neurons = rng.integers(widths[0], size=n_paths, dtype=np.int32)
    first = 0
    for column, (before, after) in enumerate(pairwise(widths)):
        following = rng.integers(after, size=n_paths, dtype=np.int32)
        paths[:, column] = first + neurons * after + following
        neurons, first = following, first + before * after
    recipe = {"ensemble": "walks", "widths": list(widths), "alpha": alpha}
    return disorder.glass(paths, recipe, widths=widths, inputs=inputs)


@dataclass(frozen=True)
class Disorder:
    """The keywords all ensembles share: checked before anything is allocated, then turned into a glass."""

    n_weights: int
    n_paths: int
    p: int
    seed: int | Seed
    couplings: Couplings
    bias: float
    dilution: float
    rounding: str
    n_inputs: int = 0

    def __post_init__(self) -> None:
        _wiring.require_memory(self.n_weights, self.n_paths, self.p)
        check_couplings(self.couplings, self.bias, self.n_paths, n_inputs=self.n_inputs)
        _wiring.dilution("dilution", self.dilution)
        _checks.choice("rounding", self.rounding, _dilution.ROUNDINGS)

    def paths_rng(self) -> np.random.Generator:
        """The stream of the paths."""
        return generator(self.seed, Role.PATHS)

    def glass(
        self,
        paths: np.ndarray,
        recipe: dict[str, Any],
        *,
        layer: np.ndarray | None = None,
        widths: tuple[int, ...] | None = None,
        inputs: np.ndarray | None = None,
    ) -> PathGlass:
        """Draw the couplings of `paths` and dilute."""
        rng = generator(self.seed, Role.COUPLINGS)
        couplings = draw_couplings(self.couplings, float(self.bias), self.n_paths, rng, inputs)
        how = {"p": self.p, "couplings": label(self.couplings), "bias": float(self.bias)}
        glass = PathGlass(
            paths,
            couplings,
            self.n_weights,
            layer,
            widths,
            ensemble=recipe["ensemble"],
            recipe=recipe | how | seed_record(self.seed),
        )
        return glass.dilute(self.dilution, seed=self.seed, rounding=self.rounding) if self.dilution else glass


def random_subsets(n_weights: int, p: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` independent uniform subsets of p of `n_weights` weights, shape (count, p).

    R. W. Floyd's algorithm (Comm. ACM 30, 754 (1987)) on all subsets at once: no rejection, whatever p / n_weights.
    """
    chosen = np.empty((count, p), dtype=np.int32)
    for column, last in enumerate(range(n_weights - p, n_weights)):
        candidate = rng.integers(last + 1, size=count, dtype=np.int32)
        taken = (chosen[:, :column] == candidate[:, None]).any(axis=1)
        chosen[:, column] = np.where(taken, last, candidate)
    return chosen


def _at_least_p(n_weights: int, p: int) -> int:
    n_weights = _checks.integer("n_weights", n_weights)
    if n_weights < p:
        raise ValueError(f"n_weights must be at least p = {p}, got {n_weights}")
    return n_weights


def _path_count(alpha: float, n_weights: int) -> tuple[float, int]:
    alpha = _checks.real("alpha", alpha, minimum=0)
    try:
        return alpha, round(alpha * n_weights)
    except OverflowError:
        raise ValueError(f"alpha * n_weights must be a finite number of paths, got {alpha:g} * {n_weights}") from None
