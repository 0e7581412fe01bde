"""Density evolution: the cavity equations of the planted glass, as distributions on a grid.

In the gauge where the planted state is all +1, a coupling is +1 with probability (1 + tanh beta)/2 and (A.
Montanari and F. Ricci-Tersenghi, Eur. Phys. J. B 33, 339 (2003))

    path to weight:  tanh u = tanh(beta) J prod_{j=1}^{p-1} tanh H_j,
    weight to path:  H = sum of u over the excess degree.

On the Nishimori line P(-H) = exp(-2H) P(H): a distribution is known from that of abs(H), and that is all that is kept.
Fields live on multiples of d = beta/n, which the largest u = beta hits, so results are smooth in T at fixed n. A
value between two grid points is shared between them linearly in tanh^2, which leaves the mean of tanh^2, and with it
the overlap, unbiased; what is left is an error of O(d^2) that extrapolation removes.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.fft
from scipy.sparse import csr_matrix

from glassnet.theory.paramagnet import log_cosh
from glassnet.theory.trees.degrees import Tree

CERTAIN = 40.0  # tanh of this is 1 in double precision


class DensityEvolution:
    """The cavity iteration of one tree at one temperature and resolution.

    Two kinds of distributions appear, both of absolute values: `messages`, (n_steps + 1,) masses of u on 0, d, 2d, ...,
    beta, and `fields`, masses of H on a grid that is sparse where tanh H is near 1 and ends in a point that stands for
    infinity.

    Parameters
    ----------
    tree : RegularTree or PoissonTree
        Degrees of the ensemble.
    beta : float
        Inverse temperature, > 0 (k_B = 1, abs(J) = 1).
    n_steps : int
        Grid steps from u = 0 to u = beta.
    stride : int
        Grid steps between two points of the fields' grid, where that is densest.
    """

    def __init__(self, tree: Tree, beta: float, n_steps: int, stride: int = 1) -> None:
        self.tree, self.beta, self.n_steps = tree, beta, n_steps
        step = beta / n_steps
        n_points = n_steps * _reach(tree, beta) + 1
        self._period = scipy.fft.next_fast_len(2 * n_points, real=True)
        self._sums = step * np.arange(n_points)
        self._messages = self._sums[: n_steps + 1]
        self._positive = (1.0 + np.tanh(self._messages)) / 2.0
        self._fields = _sparse_grid(self._sums, beta, stride)
        self._first, self._second = np.triu_indices(len(self._fields))
        self._diagonal = np.where(self._first == self._second, 0.5, 1.0)
        products = join(self._fields[self._first], self._fields[self._second])
        self._arguments = self._fields if tree.p == 2 else products
        self._thin, *self._tables = self._sharing(even_share)
        self._link = _binary_information(join(self._messages[:, None], self._fields[None, :]))

    def _sharing(self, share: Callable[..., Any]) -> tuple[csr_matrix, csr_matrix | None, csr_matrix]:
        """Tables of sums onto the fields' grid; of two fields' product onto it, and with the coupling the messages'."""
        pair = shares(self._fields, self._arguments, share) if self.tree.p > 3 else None
        last = shares(self._messages, np.minimum(join(self._arguments, self.beta), self.beta), share)
        return shares(self._fields, self._sums, share), pair, last

    def polarized(self) -> np.ndarray:
        """Return the fields of the planted state itself: every one infinite."""
        fields = np.zeros(len(self._fields))
        fields[-1] = 1.0
        return fields

    def step(self, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the messages that the fields send along the paths, and the fields that these add up to."""
        messages = self._path(fields, *self._tables)
        # Rounding of the total mass would be amplified at every step, by the mean number of neighbours.
        messages /= messages.sum()
        return messages, self._thin @ self._weight(messages, self.tree.excess)

    def trajectory(self) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        """Iterate from full polarisation without end: cavity overlap, messages and fields after every step."""
        fields, square = self.polarized(), np.tanh(self._fields) ** 2
        while True:
            messages, fields = self.step(fields)
            yield float(square @ fields), messages, fields

    def overlap(self, messages: np.ndarray) -> float:
        """Return q = E m = E m^2 of a weight with all its paths."""
        return min(1.0, float(np.tanh(self._sums) ** 2 @ self._weight(messages, self.tree.full)))

    def complexity(self, messages: np.ndarray, fields: np.ndarray) -> float:
        """Return Sigma = phi_paramagnet - phi_state (phi = -beta f, nats per weight) of the Bethe free energy."""
        total = log_cosh(self._sums) @ self._weight(messages, self.tree.full)
        single = log_cosh(self._messages) @ messages
        alpha = self.tree.mean_degree / self.tree.p
        return float(
            (self.tree.p - 1) * alpha * (messages @ self._link @ fields) - total + self.tree.mean_degree * single
        )

    def _path(self, fields: np.ndarray, pair: csr_matrix | None, last: csr_matrix) -> np.ndarray:
        product = fields
        for _ in range(self.tree.p - 3):
            product = pair @ self._pairs(product, fields)
        return last @ (fields if self.tree.p == 2 else self._pairs(product, fields))

    def _pairs(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        first, second = self._first, self._second
        return (one[first] * other[second] + one[second] * other[first]) * self._diagonal

    def _weight(self, messages: np.ndarray, generating_function: Callable[..., Any]) -> np.ndarray:
        """Distribution of the absolute sum of a random number of messages, by Fourier transform of the signed ones."""
        plus, minus = messages * self._positive, messages * (1.0 - self._positive)
        sums = self._signed_sums(plus, minus, messages[0], generating_function)
        masses = sums[: len(self._sums)].copy()
        masses[1:] += sums[: -len(self._sums) : -1]
        return np.maximum(masses, 0.0)

    def _signed_sums(
        self, plus: np.ndarray, minus: np.ndarray, zero: float, generating_function: Callable[..., Any]
    ) -> np.ndarray:
        """Masses of the sum of a random number of messages, on one period, from those of positive and negative ones."""
        signed = np.zeros(self._period)
        signed[: self.n_steps + 1] = plus
        signed[-self.n_steps :] = minus[:0:-1]
        signed[0] = zero
        return scipy.fft.irfft(generating_function(scipy.fft.rfft(signed)), self._period)


def join(one: Any, other: Any) -> Any:
    """Return atanh(tanh(one) tanh(other)) of fields >= 0, also where tanh is 1 in floating point."""
    together, apart = one + other, np.abs(one - other)
    return np.minimum(one, other) + (np.log1p(np.exp(-2.0 * together)) - np.log1p(np.exp(-2.0 * apart))) / 2.0


def melting_bracket(
    survives: Callable[[float], bool], start: float, factor: float, width: float, lowest: float = 0.0
) -> tuple[float, float]:
    """Two temperatures between which a state melts, the upper at most `width` times the lower one.

    They are looked for from `start` in steps of a `factor`; (0.0, 0.0) if the state melts down to `lowest`.
    """
    low = high = start
    while survives(high):
        low, high = high, factor * high
    while low == high or not survives(low):
        low, high = low / factor, low
        if low < lowest:
            return 0.0, 0.0
    while high > width * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if survives(middle) else (low, middle)
    return low, high


def _reach(tree: Tree, beta: float) -> int:
    """Largest field kept, in units of beta: no sum is larger, or only with a probability below 1e-14."""
    # By the Nishimori symmetry one message has mean E u tanh u <= beta tanh beta and is bounded by beta (Bernstein).
    bound = tree.mean_degree * math.tanh(beta) + 8.1 * math.sqrt(tree.mean_degree) + 22.0
    return max(1, min(tree.largest_degree, math.ceil(bound)))


def _sparse_grid(sums: np.ndarray, beta: float, stride: int) -> np.ndarray:
    """Points of `sums` that resolve functions of tanh: evenly up to 2, then ever sparser, and one for infinity."""
    points, index, widest = [], 0, 0.5 / sums[1]
    while index < len(sums) and sums[index] < 14.0:
        points.append(sums[index])
        index += max(stride, int(min(stride * math.exp(sums[index] - 2.0), widest)))
    return np.append(points, CERTAIN + beta)


def shares(grid: np.ndarray, values: np.ndarray, share: Callable[..., Any]) -> csr_matrix:
    """Matrix (grid, values) that divides the mass at each value between its neighbours on the grid.

    share(below, above, values) is what goes to the upper neighbour.
    """
    lower = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, len(grid) - 2)
    upper = np.clip(share(grid[lower], grid[lower + 1], values), 0.0, 1.0)
    column = np.arange(len(values))
    entries = (np.concatenate([1.0 - upper, upper]), (np.concatenate([lower, lower + 1]), np.tile(column, 2)))
    return csr_matrix(entries, shape=(len(grid), len(values)))


def even_share(below: np.ndarray, above: np.ndarray, values: np.ndarray) -> Any:
    """Linear in tanh^2."""
    return (1.0 - _sech_ratio(values, below)) / (1.0 - _sech_ratio(above, below))


def _sech_ratio(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return (sech x / sech reference)^2 without underflow; 1 - tanh^2 itself would lose all digits at large x."""
    return np.exp(2.0 * (reference - x)) * ((1.0 + np.exp(-2.0 * reference)) / (1.0 + np.exp(-2.0 * x))) ** 2


def _binary_information(x: np.ndarray) -> np.ndarray:
    """Return E ln(1 + X) for X = +-tanh x with probabilities (1 +- tanh x)/2."""
    return x * np.tanh(x) - log_cosh(x)
