"""Who sits where: the permutation between lanes and rungs of a set of exchange ladders, and its counters."""

import numpy as np

from glassnet._memory import aligned

_ARRAYS = ("lane_at", "rung_of", "heading", "attempted", "accepted", "round_trips", "rng", "step")


class Walkers:
    """State of `n_replicas` independent exchange ladders over the same temperatures.

    A configuration stays in its lane for ever and the temperatures travel; ladder r owns the lanes
    r * n_rungs ... (r + 1) * n_rungs - 1. The kernels update the arrays in place.

    Attributes
    ----------
    beta : (n_rungs,) float64, inverse temperatures, 0 for T = inf
    lane_at : (n_replicas, n_rungs) int32, the lane on each rung
    rung_of : (n_lanes,) int32, its inverse
    heading : (n_lanes,) int8, +1 after the coldest rung, -1 after the hottest, 0 before either
    attempted, accepted : (n_rungs - 1,) int64, exchanges between rungs t and t + 1 over all replicas
    round_trips : (n_lanes,) int64, trips coldest - hottest - coldest
    rng : (4,) uint64, generator of the exchange decisions
    step : (1,) int64, exchange steps so far; its parity decides which gaps are tried
    exponent : scratch of the exchange step
    """

    def __init__(self, temperatures: np.ndarray, n_replicas: int, rng: np.ndarray):
        self.n_rungs, self.n_replicas = len(temperatures), n_replicas
        self.n_lanes = self.n_rungs * n_replicas
        self.beta = np.ascontiguousarray(1.0 / temperatures)
        self.lane_at = np.arange(self.n_lanes, dtype=np.int32).reshape(n_replicas, self.n_rungs)
        self.rung_of = np.tile(np.arange(self.n_rungs, dtype=np.int32), n_replicas)
        self.heading = np.zeros(self.n_lanes, dtype=np.int8)
        if self.n_rungs > 1:
            self.heading[self.lane_at[:, 0]] = 1
            self.heading[self.lane_at[:, -1]] = -1
        self.attempted = np.zeros(max(0, self.n_rungs - 1), dtype=np.int64)
        self.accepted = np.zeros_like(self.attempted)
        self.round_trips = np.zeros(self.n_lanes, dtype=np.int64)
        self.rng = np.array(rng, dtype=np.uint64)
        self.step = np.zeros(1, dtype=np.int64)
        self.exponent = aligned(n_replicas * self.n_rungs // 2 + 8).view(np.float64)

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all arrays that change."""
        return {name: getattr(self, name).copy() for name in _ARRAYS}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over arrays that :meth:`state` returned."""
        for name in _ARRAYS:
            getattr(self, name)[...] = state[name]

    def reset_counters(self) -> None:
        """Start counting exchanges and round trips anew; who heads where is remembered."""
        self.attempted[...] = 0
        self.accepted[...] = 0
        self.round_trips[...] = 0
