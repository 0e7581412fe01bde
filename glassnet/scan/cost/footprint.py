"""How many bytes a task takes on the disk and in memory, from the shapes of its arrays."""

import math
from typing import NamedTuple

from glassnet._wiring import n_weights
from glassnet.chains.schema import MEASUREMENTS
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling import ladder
from glassnet.scan.runfile.consistency import setup_of
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks import field_tasks, glass_tasks
from glassnet.scan.tasks.glass_tasks import Task
from glassnet.scan.tasks.ladders import in_units

#: what HDF5 takes for itself: headers, attributes, dimension scales
_HDF5 = 40_000
#: copies of a chain while its file is made: the draws, their joined copy, and what turns them into integers
_COPIES = 4.5

#: examples of two classes where the files of images say how many there are
_IMAGES = 12_000


class Footprint(NamedTuple):
    """Bytes of one task, none of them compressed.

    Attributes
    ----------
    chain : int
        Draws in the chain file.
    state : int
        The rest of it: glass, end state, counters, HDF5's own. Every segment holds this and the draws since the last.
    memory : int
        Most that the task takes at a time, beside the interpreter and its libraries.
    dropped : int
        Draws that only segments hold: in a study the weights, unless they are asked for.
    """

    chain: int
    state: int
    memory: int
    dropped: int = 0

    @property
    def file(self) -> int:
        """The chain file."""
        return self.chain + self.state


def rungs(task: Task, run_file: RunFile) -> list[float]:
    """As many temperatures as the task will have, and about those: where pilots choose them, geometric ones."""
    asked = run_file.sampling_of(task.planted is not None).temperatures
    if not isinstance(asked, list):
        spread = ladder.linear if asked.spacing == "linear" else ladder.geometric
        asked = [*spread(asked.min, asked.max, asked.n).tolist(), *([math.inf] if asked.infinite else [])]
    return glass_tasks.temperatures(task, in_units(task, run_file, asked))


def footprint(task: Task, run_file: RunFile) -> Footprint:
    """Bytes of a task, upper bounds but for the number of paths a dilution leaves, which is taken at its mean."""
    if task.field:
        draws, rest, memory = field_tasks.footprint(task.size, task.dilution, run_file)
        return Footprint(draws, rest + len(run_file.text) + _HDF5, memory)
    sampling = run_file.sampling_of(task.planted is not None)
    n_rungs, replicas = len(rungs(task, run_file)), sampling.replicas
    lanes, draws = n_rungs * replicas, sampling.sweeps // sampling.measure_every
    weights, paths, p = _glass(task, run_file)
    setup = setup_of(run_file, task.planted is not None, n_rungs, weights)
    rows = {name: MEASUREMENTS[name] for name in glass_tasks.measured(task, run_file)}
    # a draw has the number of its sweep, too
    of_segments, in_memory = 8, 8
    for row in rows.values():
        of_segments, in_memory = of_segments + row.file_bytes(setup), in_memory + row.memory_bytes(setup)
    dropped = rows.keys() - set(sampling.measure or ())
    stored = of_segments - sum(rows[name].file_bytes(setup) for name in dropped)
    if task.alpha is not None:
        # what the networks know: three numbers each; votes are few
        stored += 3 * 8 * lanes
    of_glass = paths * (4 * p + 8) + weights * 17
    state = lanes * (weights // 8 + 40) + of_glass + len(run_file.text) + _HDF5
    # drawing a glass takes more memory, as in glassnet._wiring
    drawing = paths * (24 * p + 80) + n_weights(task.size) * 96
    sampler = _sampler(lanes, weights, paths, p, run_file.is_binary)
    memory = int(max(drawing, of_glass + sampler + _COPIES * draws * in_memory + 2 * state))
    memory += 0 if task.alpha is None else _asking(draws * sampling.replicas, weights, run_file)
    return Footprint(draws * stored, state, memory, draws * max(0, of_segments - stored))


def _glass(task: Task, run_file: RunFile) -> tuple[int, int, int]:
    """Weights and paths that are left of a glass, and weights on a path."""
    p, paths = run_file.glass.p_of(task.size), run_file.glass_of(task.alpha).n_paths(task.size)
    weights = math.ceil(n_weights(task.size) * (1 - task.dilution))
    return weights, math.ceil(paths * (1 - task.dilution) ** p), p


def _asking(networks: int, weights: int, run_file: RunFile) -> int:
    """Bytes of networks that are asked together, as matrices and copies of these, and of the answers of a rung."""
    from glassnet.studies.learned_networks import TOGETHER

    data = run_file.data
    assert data is not None, "a study has examples"
    examples = (data.train or _IMAGES) + (data.test or _IMAGES)
    return 48 * max(TOGETHER, weights) + 3 * networks * examples


def _sampler(lanes: int, weights: int, paths: int, p: int, binary: bool) -> int:
    """Bytes of a sampler while it is set up: signs of weights and paths, thresholds, and a byte for each weight."""
    block = (bitsliced if binary else realvalued).LANES_PER_BLOCK
    padded = block * math.ceil(lanes / block)
    return 3 * padded // 8 * (weights + paths) + (lanes + 2 * padded) * weights + 10**6
