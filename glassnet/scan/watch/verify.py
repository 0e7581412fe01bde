"""Finished tasks computed again, one after the other, and compared with what is on disk bit by bit."""

import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

import glassnet
from glassnet.chains import segment
from glassnet.chains.content import UNDIGESTED, ChainError, Content, digest, dimensions
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.segment import Segment
from glassnet.glass import PathGlass
from glassnet.kernels.bitsliced import chosen_instruction_set, instruction_sets
from glassnet.scan.directory import ladder_file, survey
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import RunFile, UserError
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.glass_tasks import Task

#: the last release that drew tails of Gaussian couplings by libm and summed the energy of the planted state by BLAS,
#: and how well those have to agree
_OF_THE_MACHINE, _AGREEMENT = "0.3.0", 1e-12


class Selection(NamedTuple):
    """Tasks to be verified, of how many that are finished, and the seed that chooses the same again."""

    directory: RunDirectory
    run_file: RunFile
    chosen: list[Task]
    n_finished: int
    seed: int
    damaged: list[str]

    def __str__(self) -> str:
        chosen = f"{len(self.chosen)} of {self.n_finished} finished tasks (--seed {self.seed} chooses the same again)"
        return "\n".join([*(f"damaged, run again by the next scan: {text}" for text in self.damaged), chosen])


class Verified(NamedTuple):
    """One task, the seconds it took, lines that say what differs, none if nothing does, and lines that say which
    numbers of an earlier release were not compared bit by bit."""

    task: Task
    seconds: float
    differences: list[str]
    remarks: list[str]

    def __str__(self) -> str:
        state = "DIFFERS" if self.differences else "equal"
        lines = [*self.remarks, *self.differences]
        return "\n".join([f"{self.task.text}: {state} ({self.seconds:.1f} s)", *(f"  {line}" for line in lines)])


def select(path, k: int = 3, seed: int | None = None) -> Selection:
    """Choose finished tasks of a run directory at random: `k` of them, or all; the seed is a new one by default.

    Raises
    ------
    UserError
        If this is no run directory or no task is finished.
    """
    directory = RunDirectory(path)
    run_file = directory.run_file()
    every_task = glass_tasks.all_tasks(run_file)
    lengths, damaged = directory.lengths(every_task)
    finished = [
        task
        for number, task in enumerate(every_task)
        if lengths.get(number, -1) >= glass_tasks.recorded(task, run_file)
    ]
    if not finished:
        raise UserError(f"{path}: no finished tasks to verify")
    seed = secrets.randbelow(2**32) if seed is None else seed
    # in an order that does not depend on lists that grew
    by_name = sorted(finished, key=lambda task: task.text)
    chosen = random.Random(seed).sample(by_name, min(k, len(by_name)))
    return Selection(directory, run_file, chosen, len(finished), seed, damaged)


def verify(selection: Selection) -> Iterator[Verified]:
    """Compute the chosen tasks again in this process, in memory, with the ladder the directory holds."""
    directory, run_file = selection.directory, selection.run_file
    kept = ladders.complete(selection.chosen, run_file, _ladders(selection))
    for task in selection.chosen:
        begun = time.perf_counter()
        lines, remarks = _compare(task, run_file, ladders.ladder_of(task, run_file, kept), directory)
        yield Verified(task, time.perf_counter() - begun, lines, remarks)


def _ladders(selection: Selection) -> dict[str, list[float]]:
    """The ladders that are kept; where one is lost or no checksum protects them, as a scan finds them in the chains."""
    directory, run_file = selection.directory, selection.run_file
    kept = ladder_file.read(directory.path)
    names = {ladders.name_of(task, run_file) for task in selection.chosen} - {None}
    if not names or (kept.is_sealed and names <= kept.ladders.keys()):
        return kept.ladders
    return survey.survey(directory, glass_tasks.all_tasks(run_file), run_file).ladders


def _compare(
    task: Task, run_file: RunFile, ladder: list[float], directory: RunDirectory
) -> tuple[list[str], list[str]]:
    """Lines that say what differs, and what was compared less strictly."""
    try:
        source, chain = _read(directory, task)
    except ChainError as error:
        return [f"{error}; the next scan computes it again"], []
    glass, remarks = _glass(task, run_file, chain)
    outcome = glass_tasks.run(task, run_file, ladder, glass=glass)
    assert outcome.dataset is not None
    assert outcome.glass is not None
    fresh = segment.content_of(_reconciled(outcome.dataset, chain, remarks), outcome.glass, outcome.state)
    if digest(fresh) == chain.digest:
        return [], remarks
    stored = segment.content_of(chain.dataset, chain.glass, chain.state)
    return [f"file: {source}", *differences(stored, fresh), *_look_further(chain)], remarks


def _glass(task: Task, run_file: RunFile, chain: Segment) -> tuple[PathGlass | None, list[str]]:
    """The disorder of a task, and a remark where it is the one on disk; None for field integration, which draws it.

    Up to 0.3.0 one Gaussian coupling in 4000 came from the libm of the machine: in one of 10^6 its last digit is
    another now.
    """
    if task.field:
        return None, []
    glass, stored = glass_tasks.draw_glass(task, run_file), chain.glass
    if glass == stored or glass.couplings.shape != stored.couplings.shape or not _of_the_machine(chain):
        return glass, []
    if not (np.abs(glass.couplings - stored.couplings) <= _AGREEMENT * np.abs(stored.couplings)).all():
        return glass, []
    agreeing = glass._replace(couplings=stored.couplings)
    if agreeing != stored:
        return glass, []
    return agreeing, [_remark("glass/couplings agree")]


def _reconciled(fresh: xr.Dataset, chain: Segment, remarks: list[str]) -> xr.Dataset:
    """`fresh` with the number that an earlier release summed in another order as it is on disk, where it agrees."""
    stored, computed = (dataset.attrs.get("planted_energy") for dataset in (chain.dataset, fresh))
    if stored == computed or stored is None or computed is None or not _of_the_machine(chain):
        return fresh
    if not abs(stored - computed) <= _AGREEMENT * abs(computed):
        return fresh
    remarks.append(_remark("attribute planted_energy agrees"))
    return fresh.assign_attrs(planted_energy=stored)


def _remark(what: str) -> str:
    return f"{what} to {_AGREEMENT:g}: up to {_OF_THE_MACHINE} the last digits depended on the machine"


def _of_the_machine(chain: Segment) -> bool:
    """Whether a chain has real couplings and is of a release that left last digits of them to the machine."""
    release = str(chain.dataset.attrs.get("glassnet_version"))
    numbers = [int(part) if part.isdecimal() else 0 for part in release.split(".")[:3]]
    return not chain.glass.is_binary and numbers <= [int(part) for part in _OF_THE_MACHINE.split(".")]


def _read(directory: RunDirectory, task: Task) -> tuple[Path | Member, Segment]:
    """Where a chain is, and the chain; a scan that goes on may merge it meanwhile."""
    source = directory.find(task)
    if source is None:
        raise ChainError(f"{directory.chain(task)}: is no longer there")
    try:
        return source, segment.read(source)
    except ChainError:
        now = directory.find(task)
        if now is None or now == source:
            raise
        return now, segment.read(now)


def differences(stored: Content, fresh: Content) -> list[str]:
    """Lines that name the attributes and arrays in which two chains differ, and the first draw that does."""
    lines = []
    for path in sorted(stored.attrs.keys() | fresh.attrs.keys()):
        before, now = stored.attrs.get(path, {}), fresh.attrs.get(path, {})
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name) and (path or name not in UNDIGESTED):
                whose = f"attribute {name}" + f" of {path}" * bool(path)
                lines.append(f"{whose}: {_short(before.get(name))} on disk, {_short(now.get(name))} computed")
    for path in sorted(stored.arrays.keys() | fresh.arrays.keys()):
        if line := _difference(path, stored.arrays, fresh.arrays):
            lines.append(line)
    return lines


def _difference(path: str, stored: dict[str, np.ndarray], fresh: dict[str, np.ndarray]) -> str | None:
    if path not in stored or path not in fresh:
        return f"{path}: only {'computed' if path in fresh else 'on disk'}"
    before, now = stored[path], fresh[path]
    if (before.dtype, before.shape) != (now.dtype, now.shape):
        return f"{path}: {before.dtype} {before.shape} on disk, {now.dtype} {now.shape} computed"
    if not before.size:
        return None
    # bit patterns: nan equals nan
    raw = [np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(array.size, -1) for array in (before, now)]
    changed = np.flatnonzero((raw[0] != raw[1]).any(axis=1))
    if not changed.size:
        return None
    first = np.unravel_index(changed[0], before.shape)
    where = f"[{', '.join(str(int(part)) for part in first)}]" if first else ""
    if dimensions(path)[:1] == ("draw",):
        where += f", draw {first[0]}, after {int(fresh['draw'][first[0]])} sweeps"
    values = f"{before[first]!s} on disk, {now[first]!s} computed"
    return f"{path}: {changed.size} of {before.size} values, the first at {where.lstrip(', ')}: {values}"


def _look_further(chain: segment.Segment) -> list[str]:
    runtime, release = chain.runtime, chain.dataset.attrs.get("glassnet_version")
    there = [runtime.get(name, f"{name} not recorded") for name in ("versions", "instruction_set", "host", "finished")]
    lines = [
        f"on disk: {', '.join(there)}",
        f"computed: glassnet {glassnet.__version__}, {chosen_instruction_set()}",
        "the same glassnet gives the same bits everywhere: look further with "
        f"GLASSNET_ISA={instruction_sets()[-1]} and the same seed, and on another machine",
    ]
    if release != glassnet.__version__:
        lines[-1] = f"see CHANGELOG.md for what changed in chains between {release} and {glassnet.__version__}"
    return lines


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
