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
from pathlib import Path

from glassnet._dilution import ROUNDINGS
from glassnet.chains import merging, node_list, shards
from glassnet.chains.content import ChainError, attributes, opened
from glassnet.chains.files import regular_file, sealed_json
from glassnet.chains.files.atomic_write import commit
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import file_name
from glassnet.chains.node_list import NODES, RUN_FILE
from glassnet.chains.unfinished_task import Unfinished
from glassnet.scan.directory import field_record, ladder_file, leftovers, run_record
from glassnet.scan.directory.field_record import FIELD
from glassnet.scan.directory.ladder_file import LADDERS
from glassnet.scan.runfile import dilution, field_settings, growth
from glassnet.scan.runfile.schema import RunFile, UserError, parse, read
from glassnet.scan.tasks import ladders
from glassnet.scan.tasks.glass_tasks import Task, n_samples, recorded

PROGRESS = "progress.json"
#: seconds a second scan waits for the lock: `glassnet status` holds it for a moment
PATIENCE = 1.0
#: what a scan notes of itself in numbers
_NUMBERS = ("time", "updates_per_ns", "seconds_left", "workers", "failed")
#: seconds for which the last touch of a scan on another node counts as a sign of life, where locks do not tell
_FRESH = 60.0


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
    def for_run_file(cls, path, run_file: RunFile, out=None) -> "RunDirectory":
        """The directory for the run file at `path`: `out`, else its key `output`, else results/<its stem>."""
        return cls(out or run_file.output or Path("results") / Path(path).stem)

    def chain(self, task: Task) -> Path:
        """Chain file of a task, as it is written."""
        return self.folder(task) / file_name(task.sample)

    def find(self, task: Task) -> Path | Member | None:
        """Where the chain of a task is, in its file or in a shard; None without one."""
        return shards.find(self.folder(task), task.sample)

    def folder(self, task: Task) -> Path:
        """Folder of the node of a task."""
        return self.path / "chains" / task.folder

    def unfinished(self, task: Task) -> Unfinished:
        """Segments of a task that is not finished."""
        return Unfinished(self.chain(task))

    def failure(self, task: Task) -> Path:
        """Where the traceback of a failed task goes."""
        return self.path / "failed" / f"{task.key}.txt"

    @property
    def lock(self) -> Path:
        """The file that a running scan holds; it says by whom, and is touched every second."""
        return self.path / ".lock"

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
        return self.settled(self._begun())

    def _is_begun(self) -> bool:
        """Whether there is a run file, in run.toml or in nodes.json."""
        kept = self.kept_record()
        return (self.path / RUN_FILE).exists() or (kept is not None and kept.text is not None)

    def _begun(self) -> RunFile:
        """The run file without what the directory decided of field integration."""
        kept = self.kept_record()
        if kept is not None and kept.text is not None:
            return parse(kept.text, str(self.path / NODES)).keeping(kept.rounding)
        if not (self.path / RUN_FILE).is_file():
            raise UserError(node_list.what_is_missing(self.path))
        try:
            begun = parse(read(self.path / RUN_FILE), str(self.path / RUN_FILE))
        except UserError as error:
            lost = "is missing or damaged" if kept is None else "is that of an earlier release and keeps none"
            again = f"{NODES}, where a copy is kept, {lost}: put the run file of this run back there"
            raise UserError(f"{error}\n{self.path / RUN_FILE}: {again}") from None
        return begun.keeping(self.rounding(begun.scan.rounding))

    def settled(self, run_file: RunFile) -> RunFile:
        """A run file with what was decided of field integration when the directory was begun, if it was; where the
        record of that is lost or damaged, and in a directory of release 0.3.0, as far as nodes and chains tell.

        Raises
        ------
        UserError
            If the record cannot be read here and now.
        """
        decided, _ = field_record.read(self.path)
        if decided is not None:
            return run_file.settled(decided)
        if run_file.field is None or not self._is_begun():
            return run_file
        begun = self._begun()
        if begun.field is None:
            return run_file
        return run_file.settled(field_record.recovered(self.path, begun, ladders.of_field(begun, self.ladders())))

    def keep_decisions(self, run_file: RunFile, kept: dict[str, list[float]]) -> RunFile:
        """Write what is decided of field integration, with the ladders there are; the run file with that."""
        if run_file.field is None:
            return run_file
        decided = field_settings.decide(run_file, ladders.of_field(run_file, kept))
        self._put(FIELD, field_record.text(decided))
        return run_file.settled(decided)

    def kept_record(self) -> run_record.Record | None:
        """What nodes.json keeps; None where it is missing or damaged."""
        try:
            kept = run_record.read(self.path)
        except sealed_json.Damaged:
            return None
        except OSError as error:
            raise UserError(f"{self.path / NODES}: cannot be read: {error.strerror or error}") from None
        if kept is not None and kept.rounding not in ROUNDINGS:
            raise UserError(f"{self.path / NODES}: written by a newer glassnet (rounding {kept.rounding!r})")
        return kept

    def derived(self) -> dict | None:
        """The list of nodes as a scan would write it, where nodes.json is missing, damaged or without a checksum; None
        where it is sound, or no run file is.

        Raises
        ------
        ChainError
            If there are chains that the run file does not ask for.
        """
        try:
            kept = self.kept_record()
            if kept is not None and kept.text is not None:
                return None
            listed = run_record.listed(self.run_file())
        except UserError:
            return None
        stray = node_list.unlisted(self.path, listed)
        if stray is not None:
            raise ChainError(f"{self.path / RUN_FILE}: damaged: it does not ask for {stray}")
        return listed

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
        kept = self.kept_record()
        if kept is not None:
            return kept.rounding
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
            if self._is_begun():
                begun = self.run_file()
                refused, present = (
                    growth.objections(begun, self.settled(run_file), str(self.path)),
                    begun.scan.dilutions,
                )
            elif (self.path / "chains").exists():
                raise UserError(f"{self.path}: holds chains of a run whose {RUN_FILE} is missing; choose another --out")
            run_file = self.settled(run_file.keeping(self.rounding(run_file.scan.rounding)))
            kept = self.kept_record()
            # only the chains can contradict a run file of an earlier release
            stray = (
                node_list.unlisted(self.path, run_record.listed(run_file))
                if kept is None or kept.text is None
                else None
            )
            if stray is not None and not refused:
                refused = [f"asks for less than {self.path} holds: not for {stray}"]
        refused = [*refused, *dilution.mistakes(run_file, present)]
        if refused and run_record.is_edited(self.path, name):
            refused.append(run_record.ADVICE)
        if refused:
            raise UserError("\n".join(f"{name}: {mistake}" for mistake in refused))
        return run_file

    @contextlib.contextmanager
    def locked(self):
        """Hold the directory against a second scan; the kernel frees it when the process dies, however it dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.lock, "a+", opener=regular_file.opener) as lock:
            if self._acquire(lock):
                leftovers.remove(self.path)
                lock.truncate(0)
                lock.write(_identity())
                lock.flush()
            yield

    def _acquire(self, lock) -> bool:
        """Whether locks work here; raises UserError if another scan holds it."""
        until = time.monotonic() + PATIENCE
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
        """Whether a scan holds the directory now; where locks end at the node, whether it was touched a moment ago."""
        holder, touched = "", 0.0
        try:
            with open(self.lock, opener=regular_file.opener) as lock:
                holder, touched = lock.read(200), os.fstat(lock.fileno()).st_mtime
                fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                if not holder or holder.rpartition(" on ")[2] == socket.gethostname():
                    return False
        except (BlockingIOError, PermissionError):
            return True
        except (OSError, ValueError):
            pass
        return abs(time.time() - touched) < _FRESH

    def describe(self, run_file: RunFile) -> None:
        """Write the run file and the list of nodes."""
        self._put(NODES, run_record.text(run_file))
        self._put(RUN_FILE, run_file.text)

    def ladders(self) -> dict[str, list[float]]:
        """Temperature ladders computed so far, by name; none where the file is damaged: they can be computed again."""
        return ladder_file.read(self.path).ladders

    def keep_ladders(self, ladders: dict[str, list[float]]) -> None:
        """Write the temperature ladders."""
        self._put(LADDERS, ladder_file.text(ladders))

    def note(self, speed: dict) -> None:
        """Leave word for `glassnet status`: how fast a running scan is and what it works on."""
        with contextlib.suppress(OSError):
            facts = {"time": time.time(), "holder": _identity()}
            commit(self.path / PROGRESS, json.dumps(speed | facts).encode())

    def last_note(self) -> dict:
        """What :meth:`note` of the scan that runs now left last; empty without one."""
        try:
            note = _note(json.loads(regular_file.read(self.path / PROGRESS))) if self.is_running() else {}
            # a scan that was killed left its word to the next
            return note if note and regular_file.read(self.lock).decode() in ("", note.pop("holder", "")) else {}
        except (OSError, ValueError, RecursionError):
            return {}

    def _put(self, name: str, text: str) -> None:
        path = self.path / name
        if not path.is_file() or path.read_bytes() != text.encode():
            commit(path, text.encode())

    def lengths(self, tasks: list[Task]) -> tuple[dict[int, int], list[str]]:
        """Sweeps of the chains there are, by the number of the task, and a line for each file that cannot be opened.

        Nothing is verified; a scan may be running.
        """
        sweeps: dict[int, int] = {}
        damaged: list[str] = []
        nodes: dict[str, dict[int, int]] = {}
        for number, task in enumerate(tasks):
            if task.folder not in nodes:
                nodes[task.folder] = shards.lengths(self.folder(task), damaged)
            if task.sample in nodes[task.folder]:
                sweeps[number] = nodes[task.folder][task.sample]
        return sweeps, damaged

    def merge_block(self, task: Task, run_file: RunFile, proceed: Callable[[], bool]) -> None:
        """Merge the block of a task that has just finished, if it was the last one; `proceed` may interrupt that.

        Raises
        ------
        OSError
            If something there is damaged, or the disk refuses; the chains are where they were.
        """
        block = shards.blocks(n_samples(task, run_file))[task.sample // shards.BLOCK]
        if merging.is_complete(self.folder(task), block, recorded(task, run_file), task.sample):
            merging.merge(self.folder(task), block, proceed)

    def merge_all(self, tasks: list[Task]) -> list[str]:
        """Merge the remaining files, when no process works any more; a line for each block that cannot be merged."""
        refused = []
        for folder in dict.fromkeys(map(self.folder, tasks)):
            files = shards.node_files(folder).files
            for block in shards.blocks(max(files, default=-1) + 1):
                try:
                    merging.merge(folder, block)
                except OSError as error:
                    refused.append(str(error))
        return refused


def _identity() -> str:
    """This process, as the lock names it: who holds the lock must not open it again, closing would set it free."""
    return f"{os.getpid()} on {socket.gethostname()}"


def _note(table) -> dict:
    """What progress.json holds, as far as it is what a scan writes: it is advice, and nothing depends on it."""
    if not isinstance(table, dict):
        return {}
    texts = table.get("running")
    note = {"running": [text for text in texts if isinstance(text, str)]} if isinstance(texts, list) else {}
    note |= {"holder": table["holder"]} if isinstance(table.get("holder"), str) else {}
    # a clock shows four digits of the year
    sound = {name: table[name] for name in _NUMBERS if _is_number(table.get(name)) and 0 <= table[name] < 1e11}
    counts = {name: int(sound.pop(name)) for name in ("workers", "failed") if name in sound}
    # the end is counted from the time of the note, and shown beside the speed
    return note | counts | (sound if {"time", "updates_per_ns"} <= sound.keys() else {})


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _first_attributes(folder: Path) -> dict | None:
    """Attributes of a chain in the folder of a node, or of a segment of one; None without one that can be read."""
    inside = shards.node_files(folder)
    sources = [*inside.files.values(), *sorted(folder.glob("[0-9]*.h5"))]
    for source in sources:
        with contextlib.suppress(ChainError), opened(source) as file:
            return attributes(file)
    for shard in inside.shards:
        with contextlib.suppress(ChainError):
            return next((header.attrs for header in shards.listed(shard).values()), None)
    return None
