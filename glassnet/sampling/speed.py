"""Speed of the kernels on this machine, as `glassnet bench` prints it, and how everything is timed."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet import ensembles
from glassnet.glass import PathGlass
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


def measure(
    glass: PathGlass,
    n_temperatures: int = 32,
    n_replicas: int = 16,
    *,
    seconds: float = 0.2,
    repeats: int = 5,
    **keywords: Any,
) -> Speed:
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
    bare, tempered, measured = (updates / float(np.median(times[name])) for name in actions)
    return Speed(
        tempering.kernel.instruction_set,
        bare,
        tempered,
        measured,
        float(np.median(times["bare"] / times["tempered"])),
        float(np.median(EVERY * (times["measured"] - times["tempered"]) / times["bare"])),
    )


def standard(n_weights: int = 999, couplings: str = "binary") -> PathGlass:
    """The regular glass (p = 3, degree 4) of that size all speeds are quoted for."""
    return ensembles.regular(n_weights=n_weights, p=3, degree=4, seed=1, couplings=couplings)


def sampler(glass: PathGlass, n_temperatures: int = 32, n_replicas: int = 16, **keywords: Any) -> ParallelTempering:
    """The sampler all speeds are quoted for: `n_temperatures` from 0.5 to 1.5."""
    return ParallelTempering(glass, ladder.geometric(0.5, 1.5, n_temperatures), n_replicas, seed=1, **keywords)


def recording_loop(
    tempering: ParallelTempering, measure: list[str] | None = None, draws: int = _DRAWS
) -> Callable[[int], None]:
    """Function of n: `tempering.run(10 n, measure_every=10, measure=measure)`, but into the same room for `draws`."""
    names = measurements.check(measure, tempering.glass, tempering.n_replicas)
    arrays = tempering.overlaps.arrays(names, draws, len(tempering.temperatures))

    def record(n: int) -> None:
        for done in range(0, n, draws):
            recorder = recording.Recorder(tempering.kernel, tempering.walkers, tempering.overlaps, arrays)
            recorder.run(min(draws, n - done), EVERY)

    return record


def alternate(
    actions: Mapping[str, Callable[[int], object]], seconds: float = 0.2, repeats: int = 5
) -> dict[str, np.ndarray]:
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


def _seconds(action: Callable[[int], object], count: int) -> float:
    start, clock = time.process_time(), time.perf_counter()
    relevant = action(count)
    taken, passed = time.process_time() - start, time.perf_counter() - clock
    return taken if not isinstance(relevant, float) else taken * relevant / passed


def _count(action: Callable[[int], object], seconds: float) -> int:
    """How many units of an action fit into so many seconds; warms it up on the way."""
    count = 1
    while True:
        taken = _seconds(action, count)
        if taken > seconds / 4:
            return max(1, round(count * seconds / taken))
        count *= 4
