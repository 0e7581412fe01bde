"""The scalar loop a careful user would write with numba: one spin at a time, path products kept, no exp, no floats."""

import numpy as np
from numba import njit, uint64

#: the largest float64 below 2^64
LARGEST = 2.0**64 - 2.0**11


class ScalarLoop:
    """Metropolis sweeps of one configuration per temperature of a +-J glass whose weights all have the same degree.

    Parameters
    ----------
    glass : PathGlass
    temperatures : (n_temperatures,) floats
    branches : bool
        Whether moves that lower the energy skip the random number and refused ones skip the writes. The other way
        has no branch that the processor could mispredict.
    """

    def __init__(self, glass, temperatures, branches):
        self.glass = glass
        degree = int(glass.degrees[0])
        by_weight = np.argsort(glass.paths.ravel(), kind="stable") // glass.p
        self._links = by_weight.reshape(glass.n_weights, degree).astype(np.int32)
        rng = np.random.default_rng(1)
        self.weight = rng.choice(np.array([-1, 1], dtype=np.int8), size=(len(temperatures), glass.n_weights))
        #: J_a prod_{i in a} w_i of every path
        self.product = np.prod(self.weight[:, glass.paths], axis=2, dtype=np.int8) * glass.couplings.astype(np.int8)
        # flipping a weight with m = sum of its path products costs 2 m
        m = np.arange(-degree, degree + 1)
        probability = np.exp(-2.0 * np.maximum(m, 0) / np.asarray(temperatures)[:, None])
        self._threshold = np.minimum(probability * 2.0**64, LARGEST).astype(np.uint64)
        self._state = rng.integers(2**64, size=4, dtype=np.uint64)
        self._sweeps = _compiled(degree, branches)

    def sweep(self, count):
        """`count` sweeps at each temperature, one temperature after the other (its configuration stays in cache)."""
        self._sweeps(count, self.weight, self.product, self._links, self._threshold, self._state)


def _compiled(degree, branches):
    """The loop with its degree known to the compiler."""

    @njit(nogil=True)
    def sweeps(count, weights, products, links, thresholds, state):
        s0, s1, s2, s3 = state
        for t in range(weights.shape[0]):
            weight, product, threshold = weights[t], products[t], thresholds[t]
            for _ in range(count):
                for i in range(weight.shape[0]):
                    m = 0
                    for k in range(degree):
                        m += product[links[i, k]]
                    if branches and m <= 0:
                        accept = True
                    else:
                        # xoshiro256+ (Blackman and Vigna, ACM Trans. Math. Softw. 47, 36 (2021))
                        word = s0 + s3
                        mixed = s1 << uint64(17)
                        s2 ^= s0
                        s3 ^= s1
                        s1 ^= s2
                        s0 ^= s3
                        s2 ^= mixed
                        s3 = (s3 << uint64(45)) | (s3 >> uint64(19))
                        accept = word < threshold[m + degree]
                    if not branches:
                        sign = np.int8(1 - 2 * accept)
                        weight[i] *= sign
                        for k in range(degree):
                            product[links[i, k]] *= sign
                    elif accept:
                        weight[i] = -weight[i]
                        for k in range(degree):
                            product[links[i, k]] = -product[links[i, k]]
        state[0], state[1], state[2], state[3] = s0, s1, s2, s3

    return sweeps
