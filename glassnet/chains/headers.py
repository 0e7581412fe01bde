"""What is read of all chains of a run at once, and the list of it in a shard, its index."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from glassnet.chains.content import MOST_EXPANDED, ChainError, Content, check_format
from glassnet.chains.files.zip_archive import Member

#: name of the index inside a shard
INDEX = "index.json"
#: name of a chain file
FILE = re.compile(r"sample(\d{1,12})\.h5")
#: where a chain file or a shard is: on disk, or inside an archive
Place = TypeVar("Place", bound=Path | Member)


def sample_of(name: str) -> int:
    """The sample that a chain file of this name holds; ValueError if it is no such name."""
    match = FILE.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is no name of a chain file")
    return int(match[1])


class Header(NamedTuple, Generic[Place]):
    """What is read of all chains of a run at once; `attrs` are those of the file, from a shard without `run_file`."""

    source: Place
    attrs: dict
    draw: np.ndarray
    temperature: np.ndarray
    variables: list[str]


#: attributes of every chain that is put into a tree, with their types; and those that some chains have
_NEEDED: dict[str, type] = dict.fromkeys(("sample", "seed", "n_weights", "n_weights_parent", "n_paths", "sweeps"), int)
_NEEDED |= {"dilution": float, "ensemble": str, "p": int}
_OPTIONAL: dict[str, type] = {"planted_temperature": float, "planted_energy": float, "kind": str, "rounding": str}
_OPTIONAL |= {"couplings": str, "data": str, "study": str, "unit": str, "paths_per_weight": float}
_OPTIONAL |= {"task": str, "glass": str, "n_replicas": int, "thermalization": int, "measure_every": int}
#: a glass has no more weights or paths
_MOST = 2**31


def of_content(source: Place, content: Content) -> Header[Place]:
    """Header of a chain that was read as a whole."""
    variables = sorted(name for name in content.arrays if "/" not in name)
    arrays = content.arrays
    return checked(Header(source, content.attrs[""], arrays["draw"], arrays["temperature"], variables))


def checked(header: Header[Place]) -> Header[Place]:
    """The same header; ChainError where an attribute is not as a scan writes it."""
    attrs = header.attrs
    wrong = [name for name, kind in _NEEDED.items() if not _is(attrs.get(name), kind)]
    wrong += [name for name, kind in _OPTIONAL.items() if name in attrs and not _is(attrs[name], kind)]
    wrong = wrong or [
        name for name in ("n_weights", "n_weights_parent", "n_paths") if not (name != "n_paths") <= attrs[name] < _MOST
    ]
    wrong = wrong or [name for name in ("glass", "data") if name in attrs and not _is_flat(attrs[name])]
    wrong += [name for name in ("draw", "temperature") if getattr(header, name).ndim != 1]
    if wrong:
        raise ChainError(f"{header.source}: no chain of a scan: attribute {wrong[0]} is missing or none it can have")
    return header


def _is(value, kind: type) -> bool:
    return isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)


def _is_flat(text: str) -> bool:
    """Whether a text is a JSON table of numbers, texts and lists of numbers."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        return False
    plain = (str, int, float, type(None))
    return isinstance(table, Mapping) and all(
        isinstance(value, plain) or (isinstance(value, list) and all(isinstance(part, plain) for part in value))
        for value in table.values()
    )


def file_name(sample: int) -> str:
    """Name of the chain file of one sample, inside the folder of its node or its shard."""
    return f"sample{sample}.h5"


def encode(headers: dict[int, Header]) -> bytes:
    """The index of a shard."""
    chains = {file_name(sample): _encoded(header) for sample, header in headers.items()}
    newest = max((header.attrs["format"] for header in headers.values()), default=1)
    return json.dumps({"format": newest, "chains": chains}).encode()


def decode(index: bytes, members: dict[str, Member], shard: Path | Member) -> dict[int, Header[Member]]:
    """Headers of the chains in a shard from its index and its other members.

    Raises
    ------
    ChainError
        If one does not fit the other, or a later release wrote them.
    """
    try:
        table = json.loads(index)
    except RecursionError:
        raise ChainError(f"{shard}: damaged: its index is nested too deeply") from None
    check_format(shard, table["format"])
    if table["chains"].keys() != members.keys():
        raise ChainError(f"{shard}: damaged: its index is not that of its members")
    return {sample_of(name): _decoded(members[name], entry) for name, entry in table["chains"].items()}


def _encoded(header: Header) -> dict:
    attrs = {name: value for name, value in header.attrs.items() if name != "run_file"}
    draw = header.draw.tolist()
    step = draw[1] - draw[0] if len(draw) > 1 else 1
    regular = range(draw[0], draw[0] + step * len(draw), step) if draw and step > 0 else range(0)
    if list(regular) == draw:
        draw = {"start": regular.start, "stop": regular.stop, "step": regular.step}
    names = {"draw": draw, "temperature": header.temperature.tolist(), "variables": header.variables}
    return {"attrs": attrs, **names}


def _decoded(source: Member, entry: dict) -> Header:
    draw = entry["draw"]
    if isinstance(draw, dict):
        regular = range(draw["start"], draw["stop"], draw["step"])
        # no more than its file can hold
        if 8 * len(regular) > MOST_EXPANDED * source.size:
            raise ChainError(f"{source}: the index of its shard claims {len(regular)} draws")
        draw = np.arange(regular.start, regular.stop, regular.step)
    draw = np.array(draw)
    temperature = np.array(entry["temperature"], dtype=np.float64)
    return checked(Header(source, entry["attrs"], draw.astype(np.int64), temperature, entry["variables"]))
