"""The time a run will take: a few of its glasses are sampled for two seconds, and the time of all tasks follows from
their speed."""

import functools
import platform
import socket
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from glassnet._random import Seed
from glassnet._wiring import n_weights
from glassnet.glass import PathGlass
from glassnet.kernels import bitsliced
from glassnet.sampling import speed
from glassnet.sampling.tempering import ParallelTempering
from glassnet.scan.cost.footprint import rungs
from glassnet.scan.runfile import examples
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks import field_tasks, glass_tasks
from glassnet.scan.tasks.glass_tasks import Task

#: seconds of sampling, over all glasses that are timed
SECONDS = 2.0
#: number of sizes of each kind of task that are timed, and the largest weights times lanes: beyond, the setup takes too
#: long
_SIZES, _MOST = 3, 2 * 10**7
#: number of stretches of each kind that are timed in turn; the fastest counts, as other work of the machine slows the
#: rest
_REPEATS = 3


class Probe(NamedTuple):
    """Times of sampling one glass, in seconds per unit of :func:`glassnet.scan.tasks.glass_tasks.cost`.

    Attributes
    ----------
    n_weights : int
        Before dilution.
    sweep : float
        Of a sweep with the exchange after it.
    draw : float
        Of a measurement in addition, per unit of one sweep.
    setup : float
        Of drawing the glass and setting up the sampler, per weight.
    network : float
        Of asking a network of a study about all examples, per weight; 0 elsewhere.
    """

    n_weights: int
    sweep: float
    draw: float
    setup: float
    network: float = 0.0


class Calibration(NamedTuple):
    """Speed of one core: `probes` of tasks by their kind ("symmetric", "planted", "field"), by increasing size, and of
    what."""

    probes: dict[str, list[Probe]]
    machine: str
    instruction_set: str

    @property
    def sizes(self) -> list[int]:
        """Weights of the glasses that were timed."""
        return sorted({probe.n_weights for probes in self.probes.values() for probe in probes})

    def seconds(self, task: Task, run_file: RunFile, reached: int = 0) -> float:
        """Time of one task on one core: its cost times a speed interpolated between the sizes in their logarithm.

        Beyond the sizes that were timed the speed of the nearest one is taken. Writing the chain is left out.

        Parameters
        ----------
        task : Task
        run_file : RunFile
        reached : int
            Sweeps of an earlier run, thermalization included.
        """
        probes = self.probes[task.kind]
        sizes, wanted = np.log([probe.n_weights for probe in probes]), np.log(n_weights(task.size))
        at = functools.partial(np.interp, wanted, sizes)
        if task.field:
            work = glass_tasks.cost(task, run_file) * at([probe.sweep for probe in probes])
            return float(work + at([probe.setup for probe in probes]) * n_weights(task.size))
        sampling = run_file.sampling_of(task.planted is not None)
        left = sampling.thermalization + sampling.sweeps - reached
        recorded = min(left, sampling.sweeps)
        of_sweep = at([probe.sweep for probe in probes])
        of_draw = at([probe.draw for probe in probes]) * recorded / sampling.measure_every
        cost = glass_tasks.cost(task, run_file, reached) / max(left, 1)
        size, asked = n_weights(task.size), 0
        if task.alpha is not None:
            asked = sampling.sweeps // sampling.measure_every * sampling.replicas * len(rungs(task, run_file))
        beside = at([probe.setup for probe in probes]) + at([probe.network for probe in probes]) * asked
        return float(cost * (of_sweep * left + of_draw) + beside * size)


def calibrate(every_task: Iterable[Task], run_file: RunFile, seconds: float = SECONDS) -> Calibration:
    """Time the sampling of a few glasses of a run, with its ladder, replicas and measurements.

    Parameters
    ----------
    every_task : iterable of Task
    run_file : RunFile
    seconds : float
        Of sampling altogether; glasses have to be drawn besides.
    """
    chosen = _chosen(every_task, run_file)
    stretch = seconds / (2 * (_REPEATS + 1.3) * sum(map(len, chosen.values())))
    with threadpool_limits(1):  # as tasks of a scan run
        probes = {kind: [probe(task, run_file, stretch) for task in group] for kind, group in chosen.items()}
    return Calibration(probes, f"{socket.gethostname()} ({_processor()})", bitsliced.chosen_instruction_set())


def _chosen(every_task: Iterable[Task], run_file: RunFile) -> dict[str, list[Task]]:
    """Tasks to be timed: of each kind the smallest, the largest that is not too large, and one between."""
    by_kind: dict[str, dict[int, Task]] = {}
    for task in every_task:
        by_kind.setdefault(task.kind, {}).setdefault(n_weights(task.size), task)
    chosen = {}
    for kind, by_size in by_kind.items():
        sizes = sorted(by_size)
        if kind == "field":
            lanes = field_tasks.n_lanes(run_file)
        else:
            lanes = len(rungs(by_size[sizes[0]], run_file)) * run_file.sampling_of(kind == "planted").replicas
        small = [size for size in sizes if size * lanes <= _MOST] or sizes[:1]
        positions = np.unique(np.linspace(0, len(small) - 1, _SIZES).round().astype(int))
        chosen[kind] = [by_size[small[position]] for position in positions]
    return chosen


def probe(task: Task, run_file: RunFile, stretch: float) -> Probe:
    if task.field:
        return _probe_in_field(task, run_file, stretch)
    sampling = run_file.sampling_of(task.planted is not None)
    before = time.process_time()
    glass = glass_tasks.draw_glass(task, run_file)
    # where pilots choose the temperatures, at geometric ones
    sampler = glass_tasks.first_sampler(task, run_file, rungs(task, run_file), glass)
    setup = time.process_time() - before
    draws = min(100, sampling.sweeps // sampling.measure_every)
    ten_sweeps_and_a_draw = speed.recording_loop(sampler, glass_tasks.measured(task, run_file), draws)
    actions = {"sweep": lambda n: sampler.run(0, thermalization=n), "draw": ten_sweeps_and_a_draw}
    times = {name: samples.min() for name, samples in speed.alternate(actions, stretch, _REPEATS).items()}
    draw = max(0.0, times["draw"] - speed.EVERY * times["sweep"])
    cost = glass_tasks.cost(task, run_file) / (sampling.thermalization + sampling.sweeps)
    size = n_weights(task.size)
    network = 0.0 if task.alpha is None else _asking(task, run_file, glass, sampler) / size
    return Probe(size, float(times["sweep"] / cost), float(draw / cost), setup / size, network)


def _asking(task: Task, run_file: RunFile, glass: PathGlass, sampler: ParallelTempering) -> float:
    """Seconds to ask one network about all examples."""
    # on first use, as in the tasks themselves
    from glassnet.studies import learned_networks

    assert isinstance(task.size, tuple), "a network"
    drawn = examples.draw(run_file.data, task.size[0], Seed(run_file.seed, task.text))
    chain = sampler.run(1, measure=learned_networks.MEASURE).isel(temperature=slice(1))
    before = time.process_time()
    learned_networks.examined(chain, glass, drawn)
    return (time.process_time() - before) / sampler.n_replicas


def _probe_in_field(task: Task, run_file: RunFile, stretch: float) -> Probe:
    """Speed of field integration; its draws are few."""
    before = time.process_time()
    chains = field_tasks.sampler(task.size, task.dilution, run_file, Seed(run_file.seed, task.text))
    setup = time.process_time() - before
    times = speed.alternate({"sweep": chains.sweep}, stretch, _REPEATS)["sweep"]
    size = n_weights(task.size)
    work = size * (1 - task.dilution) * bitsliced.LANES_PER_BLOCK * -(-chains.n_lanes // bitsliced.LANES_PER_BLOCK)
    return Probe(size, float(times.min() / work), 0.0, setup / size)


def _processor() -> str:
    """The name of the processor."""
    try:
        with open("/proc/cpuinfo") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            return next(names, platform.machine())
    except OSError:
        return platform.processor() or platform.machine()
