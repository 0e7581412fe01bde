"""The chains of a run that can be read, where some of its files are damaged. Nothing is moved or changed."""

from pathlib import Path
from typing import NamedTuple

import xarray as xr

from glassnet.chains import node_list, segment, store
from glassnet.chains.content import ChainError, Unreadable, reading
from glassnet.chains.files import zip_archive
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import FILE, Header, sample_of
from glassnet.chains.shards import NodeFiles, check, node_files, read_header
from glassnet.scan.directory import survey
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks.glass_tasks import all_tasks


class Readable(NamedTuple):
    """Chains, and a line for each damaged file, whose chains are among those that are missing."""

    chains: xr.DataTree
    damaged: list[str]


def open_readable(path: Path) -> Readable:
    """Open a run; if a chain file cannot be opened, all are verified and the damaged ones left out.

    Parameters
    ----------
    path : Path
        As for :func:`glassnet.open_chains`.

    Raises
    ------
    ChainError
        If no chain is left, or it is no damage of single files that is in the way.
    """
    try:
        listed = derived(path)
        return Readable(store.open_chains(path) if listed is None else store.tree_of(listed, path), [])
    except Unreadable:
        raise
    except ChainError as error:
        try:
            return without_damage(path, error)
        except Unreadable:
            raise
        except ChainError:
            _blame(path)
            raise


def derived(path: Path) -> dict | None:
    """The list of nodes of a run directory where nodes.json is missing, damaged or without a checksum; None where it is
    sound, and of what is no run directory.

    Raises
    ------
    ChainError
        As :meth:`glassnet.scan.directory.run_directory.RunDirectory.derived` does.
    """
    is_run = path.is_dir() and any((path / name).is_file() for name in (node_list.NODES, node_list.RUN_FILE))
    return RunDirectory(path).derived() if is_run else None


def _blame(path: Path) -> None:
    """Raise a UserError that names the chains of other runs, where the run file shows it."""
    if not path.is_dir():
        return
    try:
        run_file = RunDirectory(path).run_file()
    except UserError:
        return
    survey.survey(RunDirectory(path), all_tasks(run_file), run_file)


def without_damage(path: Path, error: ChainError) -> Readable:
    """Compare every chain of a run with its digest, and open those that are sound.

    Parameters
    ----------
    path : Path
    error : ChainError
        What was in the way; raised again if no damaged file explains it, or no chain is left.
    """
    packed = store.members_of(path)
    single = path.is_file() if packed is None else node_list.NODES not in packed
    if single:
        raise error
    listed = derived(path) or store.read_index(path, packed)
    damaged: list[str] = []
    tree = {"/": xr.Dataset(attrs={"run_file": listed["run_file"], "seed": listed["seed"]})}
    for node in listed["nodes"]:
        folder = node["folder"]
        inside = node_files(path / folder) if packed is None else store.node_files_in_pack(packed, folder)
        sound = _sound(inside, damaged)
        headers = {sample: sound[sample] for sample in range(node["samples"]) if sample in sound}
        missing = [sample for sample in range(node["samples"]) if sample not in headers]
        attrs = node["attrs"] | {"samples_expected": node["samples"], "samples_missing": missing}
        tree[node["node"]] = store.node_of(headers, attrs, listed["seed"], path / folder)
    if not damaged or not any("energy" in dataset for dataset in tree.values()):
        raise error
    return Readable(xr.DataTree.from_dict(tree), damaged)


def _sound(inside: NodeFiles, damaged: list[str]) -> dict[int, Header]:
    """Headers of the chains of a node that match their digests, a file before its copy in a shard."""
    headers: dict[int, Header] = {}
    for shard in inside.shards:
        for source in _members(shard, damaged):
            header = read_header(source)
            sample = header.attrs["sample"]
            if sample not in headers or header.attrs["sweeps"] > headers[sample].attrs["sweeps"]:
                headers[sample] = header
    for sample, place in inside.files.items():
        try:
            segment.verify(place)
            headers[sample] = read_header(place)
        except Unreadable:
            raise
        except ChainError as error:
            damaged.append(str(error))
    return headers


def _members(shard: Path | Member, damaged: list[str]) -> list[Member]:
    """The chain files in a shard; of a damaged one those that match their digests."""
    try:
        return [header.source for header in check(shard).values()]
    except Unreadable:
        raise
    except ChainError as error:
        damaged.append(str(error))
    if isinstance(shard, Member):
        return []
    with reading(shard):
        candidates = [member for member in zip_archive.salvage(shard) if FILE.fullmatch(member.name)]
    return [member for member in candidates if _is_sound(member)]


def _is_sound(source: Member) -> bool:
    try:
        return segment.verify(source)["sample"] == sample_of(source.name)
    except Unreadable:
        raise
    except ChainError:
        return False
