"""A run directory in which something was edited or damaged: what is reported, and what is set aside."""

from collections.abc import Iterator
from pathlib import Path

from glassnet.chains import shard_rescue
from glassnet.chains.files import sealed_json
from glassnet.chains.files.atomic_write import set_aside
from glassnet.chains.node_list import NODES, RUN_FILE
from glassnet.scan.directory import field_record, ladder_file, run_record
from glassnet.scan.directory.field_record import FIELD
from glassnet.scan.directory.ladder_file import LADDERS
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import Survey
from glassnet.scan.runfile import growth
from glassnet.scan.runfile.schema import RunFile, UserError, load, runnable


def wanted(path) -> RunFile:
    """The run file that a scan is given; where it is that of a run directory and was deleted, as nodes.json keeps it.

    Raises
    ------
    UserError
        As :func:`glassnet.scan.runfile.schema.load` does.
    """
    path = Path(path)
    kept = RunDirectory(path.parent).kept_record() if path.name == RUN_FILE else None
    if kept is None or kept.text is None:
        return load(path)
    if not path.exists():
        return runnable(kept.text, str(path.with_name(NODES)))
    try:
        return load(path)
    except UserError as error:
        raise UserError(f"{error}\n{path}: {run_record.ADVICE}") from None


def edits(directory: RunDirectory, path, run_file: RunFile) -> list[str]:
    """A line for each setting in which a run file, where it is the one in the directory, is not as the last scan wrote
    it: a user wants that, an accident may have done it."""
    if not run_record.is_edited(directory.path, path):
        return []
    changed = growth.changes(directory.run_file(), run_file)
    return [f"{path}: changed since the last scan wrote it: {line}" for line in changed]


def damaged_records(directory: RunDirectory) -> dict[Path, str]:
    """Damaged files of what a scan writes about a run, with the reason; all of them can be written again."""
    records = {}
    try:
        run_record.read(directory.path)
    except sealed_json.Damaged as error:
        records[directory.path / NODES] = str(error)
    damage = {LADDERS: ladder_file.read(directory.path).damage, FIELD: field_record.read(directory.path)[1]}
    return records | {directory.path / name: reason for name, reason in damage.items() if reason is not None}


def set_all_aside(directory: RunDirectory, surveyed: Survey, run_file: RunFile) -> Iterator[str]:
    """Rename what is damaged, a line for each; all of it is computed or written again by the scan of `run_file`."""
    for path, reason in damaged_records(directory).items():
        yield f"{path}: {reason}; kept as {set_aside(path).name} and written again"
    if (path := directory.path / RUN_FILE).is_file() and _is_strange(path, directory, run_file):
        yield f"{path}: not what the last scan wrote; kept as {set_aside(path).name} and written again"
    # shards last: of a chain damaged in both files the one in the shard may be the one that is rescued
    for path, reason in sorted(surveyed.damaged.items(), key=lambda entry: entry[0].suffix == ".zip"):
        rescued = f", {shard_rescue.rescue(path)} chains rescued, the others" if path.suffix == ".zip" else " and"
        yield f"{reason}; kept as {set_aside(path).name}{rescued} run again"


def _is_strange(path: Path, directory: RunDirectory, run_file: RunFile) -> bool:
    """Whether a run.toml is neither what the last scan wrote nor what this one is to write."""
    kept = directory.kept_record()
    if kept is None or kept.text is None:
        return False
    return path.read_bytes() not in (kept.text.encode(), run_file.text.encode())
