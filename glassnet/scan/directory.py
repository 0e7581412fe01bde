"""The directory of a run: what lies where, whose it is, and what is done.

run.toml            the run file (its last, largest version)      nodes.json      nodes, samples, rule of rounding
chains/N96/dilution0.1[/planted0.65]/sample3.h5   finished tasks      ladders.json    temperatures
chains/field/N9999/dilution0.1/sample3.h5   field integration      field.json      its sizes, instances and sweeps
chains/.../samples0-255.zip   many finished tasks      chains/.../sample3.segments/000001.h5   a task begun
failed/<task>.txt   tracebacks      progress.json   how far a running scan is      .lock   held while a scan runs
"""

import contextlib
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from glassnet._dilution import ROUNDINGS
from glassnet.chains import merging, rescue, segment, shards
from glassnet.chains.archive import Member
from glassnet.chains.atomic import commit, remove_parts
from glassnet.chains.content import ChainError, Unreadable, attributes, opened
from glassnet.chains.headers import file_name
from glassnet.chains.store import NODES, RUN_FILE
from glassnet.chains.unfinished import Unfinished
from glassnet.scan import dilution, fieldplan, growth, ladders
from glassnet.scan.config import RunFile, UserError, parse, read
from glassnet.scan.tasks import Task, all_tasks, n_samples, node_attributes, recorded

PROGRESS = "progress.json"
FIELD = "field.json"
#: seconds a second scan waits for the lock: `glassnet status` holds it for a moment
_PATIENCE = 1.0
#: shards read at once: one reader alone does not use what a parallel file system can do
_READERS = 8


class Survey(NamedTuple):
    """What is on disk: tasks that are finished; sweeps, thermalization included, of those that are not; tasks that have
    segments; damaged files with the reason."""

    done: set[int]
    reached: dict[int, int]
    begun: set[int]
    damaged: dict[Path, str]


class RunDirectory:
    """Layout of the directory of a run.

    Parameters
    ----------
    path : str or Path
        Need not exist.
    """

    def __init__(self, path):
        self.path = Path(path)

    @classmethod
    def of(cls, path, run_file: RunFile, out=None) -> "RunDirectory":
        """Where the run file at `path` goes: `out`, or what it says itself, or results/<its stem>."""
        return cls(out or run_file.output or Path("results") / Path(path).stem)

    def chain(self, task: Task) -> Path:
        """Chain file of a task, as it is written."""
        return self._folder(task) / file_name(task.sample)

    def find(self, task: Task) -> Path | Member | None:
        """Where the chain of a task is, in its file or in a shard; None without one."""
        return shards.find(self._folder(task), task.sample)

    def _folder(self, task: Task) -> Path:
        return self.path / "chains" / task.folder

    def unfinished(self, task: Task) -> Unfinished:
        """Segments of a task that is not finished."""
        return Unfinished(self.chain(task))

    def failure(self, task: Task) -> Path:
        """Where the traceback of a failed task goes."""
        return self.path / "failed" / f"{task.key}.txt"

    def run_file(self) -> RunFile:
        """The run file the directory was begun (or last grown) with.

        Raises
        ------
        UserError
            If this is no run directory.
        """
        if self.path.is_file():
            raise UserError(f"{self.path}: not a directory; `unzip` makes one of a packed run")
        if not self.path.is_dir():
            raise UserError(f"{self.path}: no such directory")
        if not (self.path / RUN_FILE).is_file():
            raise UserError(f"{self.path}: not a run directory of glassnet: no {RUN_FILE}")
        begun = parse(read(self.path / RUN_FILE), str(self.path / RUN_FILE))
        return self.settled(begun.keeping(self.rounding(begun.scan.rounding)))

    def settled(self, run_file: RunFile) -> RunFile:
        """A run file with what was decided of field integration when the directory was begun, if it was.

        Raises
        ------
        UserError
            If the record of that is damaged.
        """
        try:
            return run_file.settled(fieldplan.from_json((self.path / FIELD).read_text()))
        except OSError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.path / FIELD}: damaged ({error})") from None
        if not (self.path / RUN_FILE).is_file():
            return run_file
        # 0.3.0 kept no record: it decided by the rules of today, of the run file that is here
        begun = parse(read(self.path / RUN_FILE), str(self.path / RUN_FILE))
        if begun.field is None or run_file.field is None:
            return run_file
        return run_file.settled(fieldplan.decide(begun, ladders.of_field(begun, self.ladders())))

    def keep_decisions(self, run_file: RunFile, kept: dict[str, list[float]]) -> RunFile:
        """Write what is decided of field integration, with the ladders there are; the run file with that."""
        if run_file.field is None:
            return run_file
        decided = fieldplan.decide(run_file, ladders.of_field(run_file, kept))
        self._put(FIELD, fieldplan.to_json(decided))
        return run_file.settled(decided)

    def rounding(self, otherwise: str) -> str:
        """How many connections the dilutions of this directory remove: what was recorded when it was begun.

        Release 0.3.0 recorded nothing: its rule, "layers", holds where there is a list of nodes without a record. Where
        that list is lost or damaged the diluted chains say it.

        Parameters
        ----------
        otherwise : str
            The answer where nothing diluted was begun.

        Raises
        ------
        UserError
            If a later release recorded a rule that is not known here.
        """
        with contextlib.suppress(OSError, ValueError, AttributeError):
            recorded = json.loads((self.path / NODES).read_text()).get("rounding", "layers")
            if not isinstance(recorded, str):
                raise ValueError("no release wrote that: a damaged file")
            if recorded not in ROUNDINGS:
                raise UserError(f"{self.path / NODES}: written by a newer glassnet (rounding {recorded!r})")
            return recorded
        for folder in sorted((self.path / "chains").rglob("*")):
            attrs = _first_attributes(folder)
            # nothing is removed at dilution 0, and no rule can be mixed with another one
            if attrs and attrs.get("dilution"):
                return attrs.get("rounding", "layers")
        return otherwise

    def check(self, run_file: RunFile, name: str) -> RunFile:
        """Refuse a directory that holds something else than the beginnings of this run; touches nothing.

        Returns
        -------
        RunFile
            The same, with what the directory has decided: its rule of rounding dilutions, its field integration.

        Raises
        ------
        UserError
            Naming every key that differs, with both values, and every dilution that cannot be.
        """
        refused, present = [], []
        if self.path.exists():
            if not self.path.is_dir():
                raise UserError(f"{self.path}: not a directory")
            if (self.path / RUN_FILE).exists():
                begun = self.run_file()
                refused, present = (
                    growth.objections(begun, self.settled(run_file), str(self.path)),
                    begun.scan.dilutions,
                )
            elif (self.path / "chains").exists():
                raise UserError(f"{self.path}: holds chains of a run whose {RUN_FILE} is missing; choose another --out")
            run_file = self.settled(run_file.keeping(self.rounding(run_file.scan.rounding)))
        refused = [*refused, *dilution.mistakes(run_file, present)]
        if refused:
            raise UserError("\n".join(f"{name}: {mistake}" for mistake in refused))
        return run_file

    @contextlib.contextmanager
    def locked(self):
        """Hold the directory against a second scan; the kernel frees it when the process dies, however it dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "a+") as lock:
            if self._acquire(lock):
                remove_parts(self.path)
                lock.truncate(0)
                lock.write(f"{os.getpid()} on {socket.gethostname()}")
                lock.flush()
            yield

    def _acquire(self, lock) -> bool:
        """Whether locks work here; raises UserError if another scan holds it."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except (BlockingIOError, PermissionError):
                if time.monotonic() > until:
                    lock.seek(0)
                    raise UserError(f"{self.path}: another scan is running here (process {lock.read()})") from None
                time.sleep(0.05)
            except OSError as error:
                # names and bytes are functions of the run and renames are atomic: two scans only waste time
                print(f"warning: {self.path}: cannot be locked ({error}); start no second scan here", file=sys.stderr)
                return False

    def is_running(self) -> bool:
        """Whether a scan holds the directory now."""
        try:
            with open(self.path / ".lock") as lock:
                fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False
        except (BlockingIOError, PermissionError):
            return True
        except OSError:
            return False

    def describe(self, run_file: RunFile) -> None:
        """Write the run file and the list of nodes."""
        nodes: dict[str, dict] = {}
        for task in all_tasks(run_file):
            if task.sample == 0:
                both = run_file.symmetric and run_file.scan.planted and task.kind == "symmetric"
                nodes[task.folder] = {
                    "node": f"/{task.folder}" + "/symmetric" * bool(both),
                    "folder": f"chains/{task.folder}",
                    "samples": n_samples(task, run_file),
                    "attrs": node_attributes(task, run_file),
                }
        index = {"seed": run_file.seed, "rounding": run_file.rounding, "nodes": list(nodes.values())}
        self._put(NODES, json.dumps(index, indent=1))
        self._put(RUN_FILE, run_file.text)

    def ladders(self) -> dict[str, list[float]]:
        """Temperature ladders computed so far."""
        try:
            return json.loads((self.path / "ladders.json").read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UserError(f"{self.path / 'ladders.json'}: damaged ({error})") from None

    def keep_ladders(self, ladders: dict[str, list[float]]) -> None:
        """Write the temperature ladders."""
        self._put("ladders.json", json.dumps(ladders, indent=1))

    def note(self, speed: dict) -> None:
        """Leave word for `glassnet status`: how fast a running scan is and what it works on."""
        with contextlib.suppress(OSError):
            commit(self.path / PROGRESS, json.dumps(speed | {"time": time.time()}).encode())

    def last_note(self) -> dict:
        """What :meth:`note` left last; empty without a running scan."""
        try:
            return json.loads((self.path / PROGRESS).read_text()) if self.is_running() else {}
        except (OSError, ValueError):
            return {}

    def _put(self, name: str, text: str) -> None:
        path = self.path / name
        if not path.is_file() or path.read_text() != text:
            commit(path, text.encode())

    def survey(self, tasks: list[Task], run_file: RunFile) -> Survey:
        """Verify every chain of these tasks, and look how far those that have none or a shorter one are.

        Raises
        ------
        UserError
            If a file belongs to another run.
        """
        done, reached, begun, damaged = set(), {}, set(), {}
        nodes = {folder: shards.held(folder) for folder in dict.fromkeys(map(self._folder, tasks))}
        merged = {folder: {} for folder in nodes}
        whose = [(folder, shard) for folder, inside in nodes.items() for shard in inside.shards]
        with ThreadPoolExecutor(_READERS) as pool:
            for (folder, shard), (chains, reason) in zip(whose, pool.map(_inspect, whose), strict=True):
                merged[folder] |= chains
                if reason is not None:
                    damaged[shard] = reason
        for number, task in enumerate(tasks):
            folder, path = self._folder(task), self.chain(task)
            attrs = merged[folder].get(task.sample)
            if task.sample in nodes[folder].files:
                try:
                    attrs = segment.verify(path)
                except Unreadable:
                    raise
                except ChainError as error:
                    damaged[path] = str(error)
            if task.sample in nodes[folder].begun:
                begun.add(number)
            if attrs is not None:
                if attrs.get("seed") != run_file.seed or attrs.get("task") != task.text:
                    raise UserError(
                        f"{path}: belongs to another run or task (task {attrs.get('task')}, seed {attrs.get('seed')})"
                    )
                if attrs.get("rounding", "layers") != node_attributes(task, run_file).get("rounding", "layers"):
                    raise UserError(f"{path}: its dilution was rounded by another rule than that of this run")
                if attrs["sweeps"] >= recorded(task, run_file):
                    done.add(number)
                    continue
                sampling = run_file.sampling_of(task.planted is not None)
                reached[number] = sampling.thermalization + attrs["sweeps"]
            if number in begun and (sweeps := self.unfinished(task).reached()) is not None:
                reached[number] = max(sweeps, reached.get(number, 0))
        return Survey(done, reached, begun, damaged)

    def lengths(self, tasks: list[Task]) -> tuple[dict[int, int], list[str]]:
        """Sweeps of the chains there are, by the number of the task, and a line for each file that cannot be opened.

        Nothing is verified; a scan may be running.
        """
        found, damaged = {}, []
        nodes: dict[Path, dict[int, int]] = {}
        for number, task in enumerate(tasks):
            folder = self._folder(task)
            if folder not in nodes:
                nodes[folder] = shards.lengths(folder, damaged)
            if task.sample in nodes[folder]:
                found[number] = nodes[folder][task.sample]
        return found, damaged

    def merge_block(self, task: Task, run_file: RunFile, proceed: Callable[[], bool]) -> None:
        """Merge the block of a task that has just finished, if it was the last one; `proceed` may interrupt that.

        Raises
        ------
        OSError
            If something there is damaged, or the disk refuses; the chains are where they were.
        """
        block = shards.blocks(n_samples(task, run_file))[task.sample // shards.BLOCK]
        if merging.is_complete(self._folder(task), block, recorded(task, run_file), task.sample):
            merging.merge(self._folder(task), block, proceed)

    def merge_all(self, tasks: list[Task]) -> list[str]:
        """Merge what is still in files of its own when nobody works any more; a line for each block that cannot be."""
        refused = []
        for folder in dict.fromkeys(map(self._folder, tasks)):
            files = shards.held(folder).files
            for block in shards.blocks(max(files, default=-1) + 1):
                try:
                    merging.merge(folder, block)
                except OSError as error:
                    refused.append(str(error))
        return refused


def _inspect(whose: tuple[Path, Path]) -> tuple[dict[int, dict], str | None]:
    """Attributes of the chains in a shard that are undamaged, and what is wrong with the shard."""
    _, shard = whose
    try:
        return {sample: header.attrs for sample, header in shards.check(shard).items()}, None
    except Unreadable:
        raise
    except ChainError as error:
        return {sample: content.attrs[""] for sample, _, content in rescue.salvaged(shard)}, str(error)


def _first_attributes(folder: Path) -> dict | None:
    """Attributes of a chain in the folder of a node, or of a segment of one; None without one that can be read."""
    inside = shards.held(folder)
    places = [*inside.files.values(), *sorted(folder.glob("[0-9]*.h5"))]
    for place in places:
        with contextlib.suppress(ChainError), opened(place) as file:
            return attributes(file)
    for shard in inside.shards:
        with contextlib.suppress(ChainError):
            return next((header.attrs for header in shards.listed(shard).values()), None)
    return None
