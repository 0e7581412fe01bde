"""The tasks of a run: one glass each, named by a text that never depends on lists or order, and how one is run."""

import functools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import ensembles
from glassnet._random import Seed
from glassnet._wiring import n_weights
from glassnet.chains import schema
from glassnet.chains.segment import Segment
from glassnet.glass import PathGlass
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.planted_field import Stopped
from glassnet.sampling.starts import half_planted
from glassnet.sampling.tempering import ParallelTempering
from glassnet.scan.runfile import examples, field_settings
from glassnet.scan.runfile.dilution import is_recorded, removal
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.runfile.sections import LadderRule
from glassnet.scan.tasks import field_tasks
from glassnet.scan.tasks.checkpoint import Saving


@dataclass(frozen=True)
class Task:
    """One sample of one (size, dilution), or of one (size, dilution, planting temperature), or one instance of field
    integration at one (size, dilution), or in a study one sample of one (size, dilution, alpha).

    Attributes
    ----------
    size : int or tuple of int
        Number of weights, or widths of the network.
    dilution : float
    sample : int
    planted : float or None
        Planting temperature.
    field : bool
        Whether it is a task of field integration: planted at several temperatures.
    alpha : float or None
        Paths per weight before dilution, where the run is a study; else the run file has it.
    """

    size: int | tuple[int, ...]
    dilution: float
    sample: int
    planted: float | None = None
    field: bool = False
    alpha: float | None = None

    @property
    def kind(self) -> str:
        """ "symmetric", "planted", "field" or "study"."""
        if self.alpha is not None:
            return "study"
        return "field" if self.field else "symmetric" if self.planted is None else "planted"

    # cached: a status of many thousand tasks needs both repeatedly
    @functools.cached_property
    def text(self) -> str:
        """Canonical text; with the run's seed it names every random stream of the task."""
        named = ",".join(f"{name}={value}" for name, value in [*self._names(), ("sample", self.sample)])
        return "field," * self.field + named

    @functools.cached_property
    def folder(self) -> str:
        """Folder of the task's chain file inside ``chains/`` of the run directory."""
        return "field/" * self.field + "/".join(f"{name}{value}" for name, value in self._names())

    @property
    def key(self) -> str:
        """The text as a file name."""
        return self.text.replace("=", "").replace(",", "-")

    def _names(self):
        yield "N", n_weights(self.size)
        yield "dilution", repr(self.dilution)
        if self.alpha is not None:
            yield "alpha", repr(self.alpha)
        if self.planted is not None:
            yield "planted", repr(self.planted)


class Outcome(NamedTuple):
    """The result of a task: the content of its chain file, and the Metropolis updates it took.

    There is no dataset if the task ended early and its draws are in segments, and no state either if nothing was saved.
    """

    dataset: xr.Dataset | None
    glass: PathGlass | None
    state: dict[str, np.ndarray]
    updates: int


def all_tasks(run_file: RunFile) -> list[Task]:
    """Every task a run file asks for, node by node."""
    kinds = [None] * run_file.symmetric + list(run_file.scan.planted)
    alphas: Sequence[float | None] = run_file.scan.alphas or [None]
    chains = [
        Task(size, dilution, sample, planted, alpha=alpha)
        for size in run_file.scan.sizes
        for dilution in run_file.scan.dilutions
        for alpha in alphas
        for planted in kinds
        for sample in range(run_file.samples_of(planted is not None))
    ]
    if run_file.field is None:
        return chains
    fields = [
        Task(size, dilution, instance, field=True)
        for size in field_settings.sizes(run_file)
        for dilution in run_file.scan.dilutions
        for instance in range(field_settings.instances(run_file, dilution))
    ]
    return chains + fields


def n_samples(task: Task, run_file: RunFile) -> int:
    """Samples of the node of a task."""
    if task.field:
        return field_settings.instances(run_file, task.dilution)
    return run_file.samples_of(task.planted is not None)


def recorded(task: Task, run_file: RunFile) -> int:
    """Sweeps that a finished chain of the task has, at least; field integration is never lengthened."""
    return 0 if task.field else run_file.sampling_of(task.planted is not None).sweeps


def temperatures(task: Task, ladder: list[float]) -> list[float]:
    """Rungs of a task: its planting temperature and the rungs above it, or the whole ladder."""
    if task.planted is None:
        return ladder
    return [task.planted, *(rung for rung in ladder if rung > task.planted)]


def updates(task: Task, run_file: RunFile, reached: int = 0) -> float:
    """Approximate number of Metropolis updates of a task; `reached`: sweeps of an earlier run, thermalization
    included."""
    if task.field:
        return field_tasks.updates(task.size, task.dilution, run_file)
    sampling = run_file.sampling_of(task.planted is not None)
    sweeps = sampling.thermalization + sampling.sweeps - reached
    return n_weights(task.size) * (1 - task.dilution) * _rungs(task, sampling.temperatures) * sampling.replicas * sweeps


def cost(task: Task, run_file: RunFile, reached: int = 0) -> float:
    """Approximate time of a task, in updates of a full block: the kernels move a block in the time of one replica.

    It grows with the paths of a weight, which differ between the tasks of a study.
    """
    if task.field:
        lanes = field_tasks.n_lanes(run_file)
    else:
        sampling = run_file.sampling_of(task.planted is not None)
        lanes = _rungs(task, sampling.temperatures) * sampling.replicas
    block = (bitsliced if run_file.is_binary else realvalued).LANES_PER_BLOCK
    paths = 1.0
    if task.alpha is not None:
        left: list[float] = [1 - task.dilution] * (run_file.glass.p_of(task.size) - 1)
        paths = task.alpha * math.prod(left)
    return updates(task, run_file, reached) / lanes * block * math.ceil(lanes / block) * paths


def _rungs(task: Task, asked: LadderRule | list[float]) -> int:
    if isinstance(asked, list):
        return len(temperatures(task, asked))
    above = 1.0 if task.planted is None else min(1.0, (asked.max - task.planted) / (asked.max - asked.min))
    return max(1, round(asked.n * above)) + bool(asked.infinite)


def measured(task: Task, run_file: RunFile) -> list[str]:
    """What a task measures: of a study also the weights, which its chain file holds only where they are asked for."""
    measure = run_file.sampling_of(task.planted is not None).measure or []
    return measure if task.alpha is None or "weights" in measure else [*measure, "weights"]


def draw_glass(task: Task, run_file: RunFile, purpose: str = "") -> PathGlass:
    """The disorder of a task, a function of the run's seed and the task's text (and of `purpose`)."""
    seed = Seed(run_file.seed, task.text + purpose)
    keywords = run_file.glass_of(task.alpha).model_dump(exclude_none=True)
    keywords |= {"widths": task.size} if isinstance(task.size, tuple) else {"n_weights": task.size}
    keywords |= {"dilution": task.dilution, "rounding": run_file.rounding}
    if run_file.data is not None:
        return _data_glass(task, run_file, keywords, seed)
    glass = getattr(ensembles, keywords.pop("ensemble"))(seed=seed, **keywords)
    if task.planted is None:
        return glass
    unsatisfied = "fixed" if glass.is_binary else "independent"
    return ensembles.planted(glass, task.planted, seed=seed, unsatisfied=unsatisfied)


def _data_glass(task: Task, run_file: RunFile, keywords: dict, seed: Seed) -> PathGlass:
    """A glass whose couplings are examples of its own; in a study it is planted in the Hebb state of these."""
    # on first use: they bring half of scipy
    from glassnet.network import path_glasses
    from glassnet.studies import learned_networks

    data, keywords = run_file.data, {name: value for name, value in keywords.items() if name != "ensemble"}
    assert data is not None and isinstance(task.size, tuple), "networks that learn from data"
    drawn = examples.draw(data, task.size[0], seed)
    if task.alpha is None:
        couplings = path_glasses.data_couplings(drawn.inputs, drawn.labels, data.examples)
        return ensembles.walks(**keywords | {"couplings": couplings}, seed=seed)
    rounding = run_file.rounding
    return learned_networks.draw(
        drawn, task.size, task.alpha, seed, examples=data.examples, dilution=task.dilution, rounding=rounding
    )


def run(
    task: Task,
    run_file: RunFile,
    ladder: list[float],
    existing: Segment | None = None,
    progress: Callable[[int, int], None] | bool = False,
    saving: Saving | None = None,
    glass: PathGlass | None = None,
) -> Outcome:
    """Run one task, or continue the segments of an earlier run.

    Parameters
    ----------
    task : Task
    run_file : RunFile
    ladder : list of float
        Temperatures of the task's size and dilution.
    existing : Segment, optional
        Chain file of the same task with fewer sweeps; the result is what one run of all sweeps gives, bit by bit.
    progress : callable(done, total), optional
        Called with the sweeps done.
    saving : Saving, optional
        Continues the segments of an interrupted run, writes new ones, and may end the run early. Wherever a chain is
        cut, the result is what one run gives, bit by bit.
    glass : PathGlass, optional
        The disorder, where it need not be drawn.

    Raises
    ------
    OSError
        If a task that is to end early cannot be saved.
    """
    if task.field:
        return _in_field(task, run_file, ladder, progress, saving)
    sampling = run_file.sampling_of(task.planted is not None)
    earlier = [] if existing is None else [existing]
    if saving is not None:
        rule = f",rounding={run_file.rounding}" * is_recorded(task.dilution, run_file)
        earlier += saving.load(f"{task.text},seed={run_file.seed}{rule}", existing)
    if glass is None:
        glass = earlier[-1].glass if earlier else draw_glass(task, run_file)
    sampler = first_sampler(task, run_file, ladder, glass)
    if earlier:
        sampler.restore(earlier[-1].state)
    pieces, facts = [piece.dataset for piece in earlier], attributes(task, run_file, glass)
    removed = removal(task.size, task.dilution, run_file, glass)
    begun, updates, end = sampler.n_sweeps, sampler.n_updates, sampling.thermalization + sampling.sweeps
    names, pause = measured(task, run_file), None if saving is None else saving.due

    def told(done: int, total: int) -> None:
        if callable(progress):
            progress(sampler.n_sweeps - begun, end - begun)

    while True:
        thermalization = max(0, sampling.thermalization - sampler.n_sweeps)
        n_sweeps, every = end - sampler.n_sweeps - thermalization, sampling.measure_every
        piece = sampler.run(n_sweeps, thermalization, every, names, told if progress else False, pause)
        pieces.append(piece.assign(removed).assign_attrs(facts))
        if sampler.n_sweeps == end:
            dataset = schema.join(*pieces) if earlier or len(pieces) > 1 else pieces[0]
            if task.alpha is not None:
                dataset = _examined(dataset, task, run_file, glass)
            return Outcome(dataset, glass, sampler.state(), sampler.n_updates - updates)
        # without it nothing ends a chain early
        assert saving is not None
        if saving.save(pieces[-1], glass, sampler):
            return Outcome(None, glass, sampler.state(), sampler.n_updates - updates)


def _examined(dataset: xr.Dataset, task: Task, run_file: RunFile, glass: PathGlass) -> xr.Dataset:
    """The chain of a study with what its networks know of the examples, and without them unless they are asked for."""
    from glassnet.studies import learned_networks

    assert isinstance(task.size, tuple), "a network"
    drawn = examples.draw(run_file.data, task.size[0], Seed(run_file.seed, task.text))
    variables = learned_networks.examined(dataset, glass, drawn)
    kept = dataset if "weights" in (run_file.sampling_of(False).measure or ()) else dataset.drop_vars("weights")
    return kept.assign(variables).set_coords(["start", "vote"])


def _in_field(task: Task, run_file: RunFile, temperatures: list[float], progress, saving: Saving | None) -> Outcome:
    """A task of field integration, which takes seconds: one that is to end early begins anew."""

    def proceed(share: float) -> bool:
        if progress:
            progress(round(1e6 * share), 10**6)
        return saving is None or not saving.stop.requested

    seed = Seed(run_file.seed, task.text)
    try:
        dataset, glass, sweeps = field_tasks.record(task.size, task.dilution, run_file, seed, temperatures, proceed)
    except Stopped:
        return Outcome(None, None, {}, 0)
    facts = node_attributes(task, run_file) | {"task": task.text, "sample": task.sample, "run_file": run_file.text}
    state = {"n_sweeps": np.array([sweeps])}
    return Outcome(dataset.assign_attrs(facts), glass, state, sweeps * glass.n_weights * field_tasks.n_lanes(run_file))


def first_sampler(task: Task, run_file: RunFile, ladder: list[float], glass: PathGlass) -> ParallelTempering:
    """The sampler of a task at the start of its chain."""
    replicas = run_file.sampling_of(task.planted is not None).replicas
    rungs, seed = temperatures(task, ladder), Seed(run_file.seed, task.text)
    initial = None if glass.planted is None else half_planted(glass, len(rungs), replicas, seed)
    return ParallelTempering(glass, rungs, replicas, seed=seed, initial=initial)


def attributes(task: Task, run_file: RunFile, glass: PathGlass) -> dict:
    """What a chain file says about its task beside what the sampler says."""
    sampling = run_file.sampling_of(task.planted is not None)
    facts = node_attributes(task, run_file) | {
        "task": task.text,
        "sample": task.sample,
        "thermalization": sampling.thermalization,
        "sweeps": sampling.sweeps,
        "measure_every": sampling.measure_every,
        "run_file": run_file.text,
    }
    if glass.planted is not None:
        facts["planted_energy"] = float(glass.energy(glass.planted))
    return facts


def node_attributes(task: Task, run_file: RunFile) -> dict:
    """What all samples of a node share, known before any is run."""
    keywords = run_file.glass_of(task.alpha).model_dump(exclude_none=True)
    if isinstance(task.size, tuple):
        keywords["widths"] = list(task.size)
    facts = {
        "n_weights_parent": n_weights(task.size),
        "dilution": task.dilution,
        "ensemble": run_file.glass.ensemble,
        "p": len(task.size) - 1 if isinstance(task.size, tuple) else run_file.glass.p,
        "couplings": run_file.glass.couplings,
        "glass": json.dumps(keywords, sort_keys=True),
    }
    if run_file.data is not None:
        facts["data"] = json.dumps(run_file.data.model_dump(exclude_none=True), sort_keys=True)
    if task.field:
        facts["kind"] = task.kind
    if task.alpha is not None:
        facts |= {"study": run_file.study, "paths_per_weight": task.alpha, "unit": run_file.sampling.unit}
    if is_recorded(task.dilution, run_file):
        facts["rounding"] = run_file.rounding
    return facts if task.planted is None else facts | {"planted_temperature": task.planted}
