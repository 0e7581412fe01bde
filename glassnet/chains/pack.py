"""A run in one file to take home: a zip archive of what the analysis reads.

`unzip` gives a run directory again, which a scan continues.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from glassnet.chains import segment, shards
from glassnet.chains.content import ChainError, Image, reading
from glassnet.chains.files import regular_file, sealed_json, zip_archive
from glassnet.chains.files.atomic_write import committing
from glassnet.chains.node_list import NODES, RUN_FILE
from glassnet.chains.store import members_of, read_index

#: files that are packed beside the chains, where they exist
_BESIDE = ("ladders.json", "field.json", "summary.json", "report.html", "transition*.png", "figures/*", "failed/*.txt")


class Packed(NamedTuple):
    """What was packed: where, bytes, tasks with a chain, tasks of the run."""

    path: Path
    n_bytes: int
    n_chains: int
    n_tasks: int

    def __str__(self) -> str:
        text = f"{self.path}: {self.n_chains} of {self.n_tasks} tasks, {self.n_bytes / 1e6:.1f} MB"
        missing = self.n_tasks - self.n_chains
        return f"{text}; {missing} missing: the scan is not finished" if missing else text


def pack(directory: Path, out: Path | None = None, listed: dict | None = None) -> Packed:
    """Write one file of a run directory, whose scan may be running; every chain is verified.

    Parameters
    ----------
    directory : Path
    out : Path, optional
        By default the directory's name with ``.zip``, beside it. A packed run that is there is replaced.
    listed : dict, optional
        The list of nodes to pack instead of nodes.json, which may be missing or damaged.

    Raises
    ------
    ChainError
        If this is no run directory, has no chains yet, or a file in it is damaged, or `out` is something else.
    OSError
        If the disk refuses.
    """
    index = read_index(directory) if listed is None else listed
    if out is None:
        # "." has no name
        named = directory if directory.name not in ("", "..") else directory.resolve()
        out = named.with_name(f"{named.name}.zip")
    if out.is_dir() or (out.exists() and NODES not in (members_of(out) or {})):
        raise ChainError(f"{out}: there is something else than a packed run; choose another output")
    # the list of nodes holds the run file, too
    written = {} if listed is None else {directory / NODES: sealed_json.seal(listed).encode()}
    beside = [path for path in (directory / RUN_FILE, directory / NODES) if path.is_file() or path in written]
    beside += [path for pattern in _BESIDE for path in sorted(directory.glob(pattern)) if path.is_file()]
    folders = [directory / node["folder"] for node in index["nodes"]]
    chains: set[tuple[Path, int]] = set()
    with committing(out, sum(map(_size, [*beside, *folders]))) as part:
        zip_archive.write(part, _entries(directory, beside, written, folders, chains))
        if not chains:
            raise ChainError(f"{directory}: no finished tasks to pack yet; run `glassnet scan` on its run file")
        with reading(part.path):
            for member in zip_archive.members(part.path).values():
                member.check()
    n_tasks = sum(node["samples"] for node in index["nodes"])
    return Packed(out, out.stat().st_size, len(chains), n_tasks)


def _entries(directory: Path, beside: list[Path], written: dict[Path, bytes], folders: list[Path], chains) -> Iterator:
    """What goes into the archive; `written` is what stands in some of the files that are taken along, and `chains`, a
    set, gets the folder and sample of every chain."""

    def entry(path: Path, image: bytes) -> tuple[str, int, list[bytes]]:
        return path.relative_to(directory).as_posix(), len(image), [image]

    for path in beside:
        yield entry(path, written[path] if path in written else path.read_bytes())
    for folder in folders:
        # shards after the files: what is merged meanwhile is in one of them
        for sample, path in sorted(shards.node_files(folder).files.items()):
            with contextlib.suppress(FileNotFoundError):
                image = regular_file.read(path)
                segment.verified(Image(path, image))
                chains.add((folder, sample))
                yield entry(path, image)
        for shard in sorted(shards.node_files(folder).shards):
            chains |= {(folder, sample) for sample in shards.check(shard)}
            with open(shard, "rb", opener=regular_file.opener) as file:
                yield shard.relative_to(directory).as_posix(), os.fstat(file.fileno()).st_size, zip_archive.pieces(file)


def _size(path: Path) -> int:
    """Bytes of a file, or of the files in a folder."""
    try:
        if not path.is_dir():
            return path.stat().st_size
        with os.scandir(path) as entries:
            return sum(entry.stat().st_size for entry in entries)
    except FileNotFoundError:
        return 0
