"""Speed of the kernels on this machine, as `glassnet bench` prints it, and the way in which everything is timed."""

import time
from typing import NamedTuple

import numpy as np

from glassnet import ensembles
from glassnet.kernels import recording
from glassnet.sampling import ladder, measurements
from glassnet.sampling.tempering import ParallelTempering

#: sweeps between two measurements in all timed runs
EVERY = 10
#: draws until the memory is used again
_DRAWS = 100


class Speed(NamedTuple):
    """Speed of one sampler on one core; an update is one Metropolis decision for one weight of one replica.

    Attributes
    ----------
    instruction_set : str
    bare, tempered, measured : float
        Updates per nanosecond of bare sweeps; of sweeps with an exchange after each and the energies of all replicas
        recorded every 10; of these with the default measurements every 10 sweeps. Recorded into memory in use before:
        what the operating system takes to hand out fresh pages is not counted.
    efficiency : float
        `tempered` as a fraction of `bare`.
    measurement : float
        What one default measurement costs beyond its energies, in sweeps.
    """

    instruction_set: str
    bare: float
    tempered: float
    measured: float
    efficiency: float
    measurement: float


def measure(glass, n_temperatures=32, n_replicas=16, *, seconds=0.2, repeats=5, **keywords) -> Speed:
    """Time the sampling of `glass` at temperatures from 0.5 to 1.5.

    Parameters
    ----------
    glass : PathGlass
    n_temperatures, n_replicas : int
    seconds : float
        Length of one timed stretch.
    repeats : int
        Stretches of each kind, taken in turn; medians are returned.
    **keywords
        Further keywords of :class:`glassnet.ParallelTempering`.
    """
    tempering = sampler(glass, n_temperatures, n_replicas, **keywords)
    actions = {
        "bare": lambda n: tempering.kernel.sweep_only(EVERY * n),
        "tempered": recording_loop(tempering, ["energy"]),
        "measured": recording_loop(tempering, None),
    }
    times = alternate(actions, seconds, repeats)
    updates = EVERY * glass.n_weights * n_temperatures * n_replicas * 1e-9
    return Speed(
        tempering.kernel.instruction_set,
        *(updates / float(np.median(times[name])) for name in actions),
        float(np.median(times["bare"] / times["tempered"])),
        float(np.median(EVERY * (times["measured"] - times["tempered"]) / times["bare"])),
    )


def standard(n_weights=999, couplings="binary"):
    """The regular glass (p = 3, degree 4) of that size all speeds are quoted for."""
    return ensembles.regular(n_weights=n_weights, p=3, degree=4, seed=1, couplings=couplings)


def sampler(glass, n_temperatures=32, n_replicas=16, **keywords):
    """The sampler all speeds are quoted for: `n_temperatures` from 0.5 to 1.5."""
    return ParallelTempering(glass, ladder.geometric(0.5, 1.5, n_temperatures), n_replicas, seed=1, **keywords)


def recording_loop(tempering, measure=None, draws=_DRAWS):
    """Function of n: `tempering.run(10 n, measure_every=10, measure=measure)`, but into the same room for `draws`."""
    names = measurements.check(measure, tempering.glass, tempering.n_replicas)
    arrays = tempering.overlaps.arrays(names, draws, len(tempering.temperatures))

    def record(n):
        for done in range(0, n, draws):
            recorder = recording.Recorder(tempering.kernel, tempering.walkers, tempering.overlaps, arrays)
            recorder.run(min(draws, n - done), EVERY)

    return record


def alternate(actions, seconds=0.2, repeats=5) -> dict[str, np.ndarray]:
    """Time several actions in turn, so that other work of the machine affects all of them alike.

    Parameters
    ----------
    actions : dict of str to callable(count)
        Each does `count` units of its work. It may return how many of the seconds on the clock went into the part
        to be timed: then this share of the processor time of the call counts.
    seconds : float
        About how long one stretch takes.
    repeats : int
        Stretches of each action.

    Returns
    -------
    dict of str to (repeats,) float64
        Processor seconds of one unit, stretch by stretch.
    """
    counts = {name: _count(action, seconds) for name, action in actions.items()}
    times = {name: np.empty(repeats) for name in actions}
    for repeat in range(repeats):
        for name, action in actions.items():
            times[name][repeat] = _seconds(action, counts[name]) / counts[name]
    return times


def _seconds(action, count):
    start, clock = time.process_time(), time.perf_counter()
    relevant = action(count)
    taken, passed = time.process_time() - start, time.perf_counter() - clock
    return taken if not isinstance(relevant, float) else taken * relevant / passed


def _count(action, seconds):
    """How many units of an action fit into so many seconds; warms it up on the way."""
    count = 1
    while True:
        taken = _seconds(action, count)
        if taken > seconds / 4:
            return max(1, round(count * seconds / taken))
        count *= 4
