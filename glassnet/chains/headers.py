"""What is asked of every chain at once, and how a shard keeps it in one list: its index."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from glassnet.chains.archive import Member
from glassnet.chains.content import ChainError, check_format

#: name of the index inside a shard
INDEX = "index.json"
#: name of a chain file
FILE = re.compile(r"sample(\d+)\.h5")


class Header(NamedTuple):
    """What is asked of every chain at once; `attrs` are those of the file, from a shard without `run_file`."""

    place: Path | Member
    attrs: dict
    draw: np.ndarray
    temperature: np.ndarray
    variables: list[str]


def file_name(sample: int) -> str:
    """Name of the chain file of one sample, inside the folder of its node or its shard."""
    return f"sample{sample}.h5"


def encode(headers: dict[int, Header]) -> bytes:
    """The index of a shard."""
    chains = {file_name(sample): _encoded(header) for sample, header in headers.items()}
    newest = max((header.attrs["format"] for header in headers.values()), default=1)
    return json.dumps({"format": newest, "chains": chains}).encode()


def decode(index: bytes, members: dict[str, Member], shard: Path | Member) -> dict[int, Header]:
    """Headers of the chains in a shard from its index and its other members.

    Raises
    ------
    ChainError
        If one does not fit the other, or a later release wrote them.
    """
    found = json.loads(index)
    check_format(shard, found["format"])
    if found["chains"].keys() != members.keys():
        raise ChainError(f"{shard}: damaged: its index is not that of its members")
    return {int(FILE.fullmatch(name)[1]): _decoded(members[name], entry) for name, entry in found["chains"].items()}


def _encoded(header: Header) -> dict:
    attrs = {name: value for name, value in header.attrs.items() if name != "run_file"}
    draw = header.draw.tolist()
    step = draw[1] - draw[0] if len(draw) > 1 else 1
    regular = range(draw[0], draw[0] + step * len(draw), step) if draw and step > 0 else range(0)
    if list(regular) == draw:
        draw = {"start": regular.start, "stop": regular.stop, "step": regular.step}
    names = {"draw": draw, "temperature": header.temperature.tolist(), "variables": header.variables}
    return {"attrs": attrs, **names}


def _decoded(place: Member, entry: dict) -> Header:
    draw = entry["draw"]
    draw = np.arange(draw["start"], draw["stop"], draw["step"]) if isinstance(draw, dict) else np.array(draw)
    return Header(place, entry["attrs"], draw.astype(np.int64), np.array(entry["temperature"]), entry["variables"])
