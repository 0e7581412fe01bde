"""How fast this machine's kernels are, on glasses drawn for the purpose."""

import time
from typing import NamedTuple

import numpy as np

from glassnet import ensembles
from glassnet.sampling import ladder
from glassnet.sampling.tempering import ParallelTempering


class Speed(NamedTuple):
    """Timings of one system on one core; an update is one Metropolis decision for one weight of one replica.

    Attributes
    ----------
    instruction_set : str
    sweep, exchange, record : float
        Processor seconds of one sweep of all replicas, of one exchange step with the energies of all of them, and of
        one measurement of what is measured by default (energies, and overlaps of all pairs).
    bare, tempered, measured : float
        Updates per nanosecond of sweeps alone, of sweeps with an exchange step after each, and of these with a
        measurement every 10 sweeps.
    """

    instruction_set: str
    sweep: float
    exchange: float
    record: float
    bare: float
    tempered: float
    measured: float


def measure(glass, n_temperatures=32, n_replicas=16, seconds=0.2, repeats=5) -> Speed:
    """Time the kernel of `glass` at temperatures from 0.5 to 1.5.

    Parameters
    ----------
    glass : PathGlass
    n_temperatures, n_replicas : int
    seconds : float
        Length of one timed stretch.
    repeats : int
        Stretches of each kind, taken in turn; medians are returned.

    Returns
    -------
    Speed
    """
    sampler = ParallelTempering(glass, ladder.geometric(0.5, 1.5, n_temperatures), n_replicas, seed=1)
    kernel = sampler._kernel
    actions = {
        "sweep": kernel.sweep_only,
        "tempered": kernel.advance,
        "measured": lambda n: sampler.run(10 * n, measure_every=10),
    }
    times = {name: [] for name in actions}
    counts = {name: _count(action, seconds) for name, action in actions.items()}
    for _ in range(repeats):
        for name, action in actions.items():
            start = time.process_time()
            action(counts[name])
            times[name].append((time.process_time() - start) / counts[name])
    sweep, tempered, measured = (float(np.median(times[name])) for name in actions)
    updates = glass.n_weights * n_temperatures * n_replicas * 1e-9
    return Speed(
        kernel.instruction_set,
        sweep,
        tempered - sweep,
        measured - 10 * tempered,
        updates / sweep,
        updates / tempered,
        10 * updates / measured,
    )


def standard(n_weights=999, couplings="binary"):
    """The regular glass (p = 3, degree 4) of that size all speeds are quoted for."""
    return ensembles.regular(n_weights=n_weights, p=3, degree=4, seed=1, couplings=couplings)


def _count(action, seconds):
    """How many times an action fits into so many seconds; warms it up on the way."""
    count = 1
    while True:
        start = time.process_time()
        action(count)
        taken = time.process_time() - start
        if taken > seconds / 4:
            return max(1, round(count * seconds / taken))
        count *= 4
