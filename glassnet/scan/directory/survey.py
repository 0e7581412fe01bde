"""What the tasks of a run have on disk: every chain verified, compared with what the run would compute, and counted."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from glassnet.chains import segment, shard_rescue, shards
from glassnet.chains.content import ChainError, Unreadable
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import Header, of_content
from glassnet.scan.directory import chain_check, ladder_file
from glassnet.scan.directory.chain_check import Facts
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import RunFile, UserError
from glassnet.scan.tasks import ladders
from glassnet.scan.tasks.glass_tasks import Task, recorded, temperatures

#: shards read at once: one reader alone does not use what a parallel file system can do
_READERS = 8
#: files of other runs that are named, the rest is counted
_NAMED = 8


class Survey(NamedTuple):
    """What is on disk.

    Attributes
    ----------
    done : set of int
        Numbers of the tasks that are finished.
    reached : dict of int to int
        Sweeps, thermalization included, of tasks that are not.
    begun : set of int
        Tasks that have segments.
    damaged : dict of Path to str
        Damaged files with the reason.
    ladders : dict of str to list of float
        What is known of the ladders, from ladders.json and from the chains;
        :func:`glassnet.scan.tasks.ladders.complete` adds the others.
    uncompared : dict of int to (path, Facts)
        Chains and segments whose ladder is not among them; see :func:`compare`.
    """

    done: set[int]
    reached: dict[int, int]
    begun: set[int]
    damaged: dict[Path, str]
    ladders: dict[str, list[float]]
    uncompared: dict[int, tuple[Path | Member, Facts]]


def survey(directory: RunDirectory, tasks: list[Task], run_file: RunFile) -> Survey:
    """Verify every chain of these tasks, and look how far those that have none or a shorter one are.

    Raises
    ------
    UserError
        If files belong to another run; it names them, says what differs and what to do.
    """
    begun: set[int] = set()
    damaged: dict[Path, str] = {}
    nodes = {folder: shards.node_files(folder) for folder in dict.fromkeys(map(directory.folder, tasks))}
    merged = _merged(nodes, damaged)
    chains: dict[int, tuple[Path | Member, Facts]] = {}
    segments: dict[int, tuple[Path | Member, Facts]] = {}
    for number, task in enumerate(tasks):
        folder, path = directory.folder(task), directory.chain(task)
        chain = merged[folder].get(task.sample)
        if task.sample in nodes[folder].files:
            chain = _verified(path, damaged) or chain
        if chain is not None:
            chains[number] = chain
        if task.sample in nodes[folder].begun:
            begun.add(number)
            newest = directory.unfinished(task).newest()
            if newest is not None:
                segments[number] = newest.source, _facts(newest)
    facts_of = {tasks[number]: facts for number, (_, facts) in [*segments.items(), *chains.items()]}
    known = ladder_file.settled(facts_of, run_file, ladder_file.read(directory.path))
    compared = Comparison(run_file, known)
    uncompared: dict[int, tuple[Path | Member, Facts]] = {}
    for number, (place, facts) in [*chains.items(), *segments.items()]:
        if not compared.chain(place, facts, tasks[number]):
            uncompared[number] = place, facts
    compared.refuse()
    done, reached = _progress(tasks, run_file, chains, segments)
    return Survey(done, reached, begun, damaged, known, uncompared)


def compare(surveyed: Survey, tasks: list[Task], run_file: RunFile, known: dict[str, list[float]]) -> None:
    """Compare with their ladders the chains whose ladders were not known before; raises as :func:`survey` does."""
    compared = Comparison(run_file, known)
    for number, (path, facts) in surveyed.uncompared.items():
        compared.chain(path, facts, tasks[number])
    compared.refuse()


class Comparison:
    """Chains compared with a run file and its ladders, as far as these are known."""

    def __init__(self, run_file: RunFile, known: dict[str, list[float]]):
        self._run_file, self._known = run_file, known
        # of a node everything but task and sample is the same
        self._nodes: dict[str, tuple[chain_check.Expected, list[float] | None]] = {}
        self._lines: list[str] = []

    def chain(self, path: Path | Member, facts: Facts, task: Task) -> bool:
        """Compare one; whether its ladder is known."""
        if task.folder not in self._nodes:
            name = ladders.name_of(task, self._run_file)
            is_known = name is None or name in self._known
            rungs = temperatures(task, ladders.ladder_of(task, self._run_file, self._known)) if is_known else None
            self._nodes[task.folder] = chain_check.expected(task, self._run_file), rungs
        wanted, rungs = self._nodes[task.folder]
        wrong = chain_check.differences(facts, task, wanted, rungs)
        if wrong:
            if facts.attrs.get("seed") != self._run_file.seed or facts.attrs.get("task") != task.text:
                wrong = [f"task {facts.attrs.get('task')}, seed {facts.attrs.get('seed')}"]
            self._lines.append(f"{path}: belongs to another run or task ({'; '.join(wrong)})")
        return rungs is not None

    def refuse(self) -> None:
        """Raise a UserError if chains belong to another run."""
        if not self._lines:
            return
        shown = self._lines[:_NAMED]
        if len(self._lines) > _NAMED:
            shown.append(f"and {len(self._lines) - _NAMED} more")
        advice = "move them away or delete them to have them computed again, or go on with the run file they are of"
        raise UserError("\n".join([*shown, advice]))


def _progress(tasks, run_file: RunFile, chains: dict, segments: dict) -> tuple[set[int], dict[int, int]]:
    """Numbers of the finished tasks, and the sweeps of those that are not."""
    done, reached = set(), {}
    for number, task in enumerate(tasks):
        if number in chains:
            attrs = chains[number][1].attrs
            if attrs["sweeps"] >= recorded(task, run_file):
                done.add(number)
                continue
            reached[number] = run_file.sampling_of(task.planted is not None).thermalization + attrs["sweeps"]
        if number in segments:
            reached[number] = max(int(segments[number][1].attrs["ends"]), reached.get(number, 0))
    return done, reached


def _merged(
    nodes: dict[Path, shards.NodeFiles[Path]], damaged: dict[Path, str]
) -> dict[Path, dict[int, tuple[Path | Member, Facts]]]:
    """What the chains in the shards of each node say, with the shard; `damaged` gets the shards that are."""
    merged: dict[Path, dict[int, tuple[Path | Member, Facts]]] = {folder: {} for folder in nodes}
    whose = [(folder, shard) for folder, inside in nodes.items() for shard in inside.shards]
    with ThreadPoolExecutor(_READERS) as pool:
        for (folder, shard), (facts_of, reason) in zip(whose, pool.map(_inspect, whose), strict=True):
            merged[folder] |= {sample: (shard, facts) for sample, facts in facts_of.items()}
            if reason is not None:
                damaged[shard] = reason
    return merged


def _inspect(whose: tuple[Path, Path]) -> tuple[dict[int, Facts], str | None]:
    """What the chains in a shard say that are undamaged, and what is wrong with the shard."""
    _, shard = whose
    try:
        return {sample: _facts(header) for sample, header in shards.check(shard).items()}, None
    except Unreadable:
        raise
    except ChainError as error:
        whole = shard_rescue.salvaged(shard)
        return {sample: _facts(of_content(shard, content)) for sample, _, content in whole}, str(error)


def _verified(path: Path, damaged: dict[Path, str]) -> tuple[Path, Facts] | None:
    """A chain file and what it says; None if it is damaged, which is noted."""
    try:
        return path, _facts(of_content(path, segment.verified(path)))
    except Unreadable:
        raise
    except ChainError as error:
        damaged[path] = str(error)
        return None


def _facts(header: Header) -> Facts:
    return Facts(header.attrs, header.temperature, header.variables)
