"""Which lane is on which rung: the permutation between lanes and rungs of exchange ladders, and its counters."""

import numpy as np

from glassnet._memory import aligned

#: what the continuation of a chain depends on; the counters belong to one call of run
_ARRAYS = ("lane_at", "rung_of", "heading", "rng", "step")


class Walkers:
    """State of `n_replicas` independent exchange ladders over the same temperatures.

    A configuration stays in its lane, and the temperatures move; ladder r owns the lanes
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

    def __init__(self, temperatures: np.ndarray, n_replicas: int, rng: np.ndarray) -> None:
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
        """Copies of all arrays the continuation of a chain depends on."""
        return {name: getattr(self, name).copy() for name in _ARRAYS}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over arrays that :meth:`state` returned, of the right shapes and kinds.

        Raises
        ------
        ValueError
            If lanes and rungs are no permutations of each other: the kernels would leave their memory.
        """
        own = np.arange(self.n_lanes).reshape(self.n_replicas, self.n_rungs)
        if not (np.sort(state["lane_at"], axis=1) == own).all():
            raise ValueError(
                "state: walkers_lane_at must hold each lane of a replica once, on the rungs of that replica"
            )
        inverse = np.empty(self.n_lanes, dtype=np.int32)
        inverse[state["lane_at"]] = np.arange(self.n_rungs)
        if not (state["rung_of"] == inverse).all():
            raise ValueError("state: walkers_rung_of must be the inverse of walkers_lane_at")
        for name in _ARRAYS:
            getattr(self, name)[...] = state[name]

    def reset_counters(self) -> None:
        """Set the counts of exchanges and round trips to zero; `heading` stays."""
        self.attempted[...] = 0
        self.accepted[...] = 0
        self.round_trips[...] = 0
