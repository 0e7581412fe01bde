"""Random regular hypergraphs: every weight on exactly `degree` paths, no weight twice on a path.

All laws here are about lists of n_paths sets of p distinct weights (equal sets allowed): the couplings are drawn
independently for every entry of the list.
"""

import math

import numpy as np

from glassnet.kernels import arithmetic

#: random pairings are tried where a success is expected within this many stubs: 2 s, and 30 times that at worst
REJECTION_BUDGET = 10**8
#: stubs drawn in one call when many small pairings are tried
_BATCH = 2**16


def random_regular(n_weights: int, p: int, degree: int, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Draw a regular hypergraph; `n_weights * degree` must be divisible by p and p <= n_weights.

    Parameters
    ----------
    n_weights, p, degree : int
    rng : numpy.random.Generator

    Returns
    -------
    paths : (n_weights * degree / p, p) int32
    method : {"rejection", "switches"}
        "rejection": exactly uniform over all such lists. A random pairing of stubs with slots has no weight twice on a
        path with probability about exp(-(degree - 1)(p - 1) / 2) at every size, so it is redrawn until it has none
        (B. Bollobas, Eur. J. Comb. 1, 311 (1980)), where that is affordable.
        "switches": a random pairing whose few repetitions are switched away, or the cyclic hypergraph if they do not
        go, followed by rounds of random switches that leave the uniform law invariant (:func:`switch_round`): uniform
        in the limit of many. There are 10 p rounds, in which every slot is drawn five times on average, and up to 1000
        for small hypergraphs.

    Notes
    -----
    Where p > n_weights / 2 the sets of absent weights are drawn instead; they are regular too, and sparser.
    """
    n_paths = n_weights * degree // p
    if p == n_weights or n_paths == 0:
        return np.broadcast_to(np.arange(p, dtype=np.int32), (n_paths, p)), "rejection"
    if 2 * p > n_weights:
        absent, method = random_regular(n_weights, n_weights - p, n_paths - degree, rng)
        return _complement(absent, n_weights), method
    stubs = np.arange(n_weights * degree, dtype=np.int32) % n_weights
    expected = float(arithmetic.exp(min(500.0, (degree - 1) * (p - 1) / 2)))
    if expected * len(stubs) <= REJECTION_BUDGET:
        paths = _by_rejection(stubs, p, math.ceil(30 * expected), rng)
        if paths is not None:
            return paths, "rejection"
    return _by_switches(stubs, p, rng), "switches"


def _complement(absent: np.ndarray, n_weights: int) -> np.ndarray:
    present = np.ones((len(absent), n_weights), dtype=bool)
    np.put_along_axis(present, absent, False, axis=1)
    return np.nonzero(present)[1].astype(np.int32).reshape(len(absent), n_weights - absent.shape[1])


def _by_rejection(stubs: np.ndarray, p: int, tries: int, rng: np.random.Generator) -> np.ndarray | None:
    batch = min(tries, max(1, _BATCH // len(stubs)))
    for _ in range(math.ceil(tries / batch)):
        pairings = rng.permuted(np.broadcast_to(stubs, (batch, len(stubs))), axis=1).reshape(batch, -1, p)
        simple = np.flatnonzero(~repetitions(pairings).any(axis=1))
        if len(simple):
            return pairings[simple[0]]
    return None


def _by_switches(stubs: np.ndarray, p: int, rng: np.random.Generator) -> np.ndarray:
    # a repetition goes with probability of about 1/p a round; small dense lists may never lose them all
    paths = rng.permutation(stubs).reshape(-1, p)
    for _ in range(40 * p):
        if not repetitions(paths).any():
            break
        switch_round(paths, rng)
    else:
        paths = stubs.reshape(-1, p).copy()
    for _ in range(max(10 * p, min(1000, 10**7 // len(stubs)))):
        switch_round(paths, rng)
    return paths


def switch_round(paths: np.ndarray, rng: np.random.Generator) -> None:
    """One round of random switches, in place: a step of a reversible chain on lists of paths.

    Paths are paired at random; each pair picks one slot of either path at random and exchanges the two weights with
    probability 1/2, unless one of them would then be on its new path twice. Every switch is as likely as its reverse,
    so the uniform law is invariant, and single switches connect all lists (H. J. Ryser, Can. J. Math. 9, 371 (1957)).
    Repetitions may disappear but never appear.
    """
    n_paths, p = paths.shape
    order = rng.permutation(np.arange(n_paths, dtype=np.int32))
    n_moving = rng.binomial(n_paths // 2, 0.5)
    one, two = order[:n_moving], order[n_moving : 2 * n_moving]
    slot_one, slot_two = rng.integers(p, size=(2, n_moving), dtype=np.int32)
    weight_one, weight_two = paths[one, slot_one], paths[two, slot_two]
    allowed = (paths[one] != weight_two[:, None]).all(axis=1) & (paths[two] != weight_one[:, None]).all(axis=1)
    paths[one[allowed], slot_one[allowed]] = weight_two[allowed]
    paths[two[allowed], slot_two[allowed]] = weight_one[allowed]


def repetitions(paths: np.ndarray) -> np.ndarray:
    """Whether each path (last axis) holds a weight twice."""
    p = paths.shape[-1]
    repeats = np.zeros(paths.shape[:-1], dtype=bool)
    for i in range(p):
        for j in range(i):
            repeats |= paths[..., i] == paths[..., j]
    return repeats
