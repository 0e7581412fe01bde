"""The list of nodes of a run, nodes.json: what it may hold, and how the list of a run from elsewhere is checked."""

import os
import re
import tomllib
from pathlib import Path

from glassnet import _terminal
from glassnet.chains.files import sealed_json
from glassnet.chains.headers import FILE

#: what a run directory holds besides its chains
RUN_FILE = "run.toml"
NODES = "nodes.json"
#: what else a scan writes beside its chains, and the folders of the nodes
_BESIDE = ("ladders.json", "field.json")
_NODE = re.compile(r"N\d+|field")
#: facts of a task in its chain file that all samples of a node share
NODE_ATTRS = (
    *("n_weights_parent", "dilution", "planted_temperature", "ensemble", "p", "couplings", "glass", "n_weights"),
    *("kind", "rounding", "data", "study", "paths_per_weight", "unit"),
)
#: samples of a run; a run file may not ask for more
_MOST_SAMPLES = 10**7
_FOLDER = re.compile(r"chains/((?:field/)?N\d+/dilution[0-9.e+-]+(?:/alpha[0-9.e+-]+)?(?:/planted[0-9.e+-]+)?)")
#: keys of the table of a release that wrote no checksum, which also knew no others
_UNSEALED = {"seed", "rounding", "nodes"}


def decoded(image: bytes) -> tuple[dict, bool]:
    """The list of nodes in the bytes of nodes.json, and whether it has a checksum.

    Returns
    -------
    table : dict
        `seed`, `nodes` (dicts of `node`, `folder`, `samples` and `attrs`), `rounding`, and with a checksum `run_file`.

    Raises
    ------
    glassnet.chains.files.sealed_json.Damaged
        If it is something else.
    """
    table, is_sealed = sealed_json.unseal(image)
    wrong = _mistake(table, is_sealed)
    if wrong:
        raise sealed_json.Damaged(f"damaged ({wrong})")
    return table, is_sealed


def is_run(path: Path) -> bool:
    """Whether a folder is the directory of a run, which may have lost one of its records.

    It has a run file or a list of nodes, and something else that only a scan writes: a folder with nothing but a run
    file is no run.
    """
    records = [(path / name).is_file() for name in (RUN_FILE, NODES)]
    return all(records) or (any(records) and _is_written_by_a_scan(path))


def what_is_missing(path: Path) -> str:
    """Why a folder without a run file is not the directory of a run, and what was found there."""
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror or error}"
    content = ", ".join(_terminal.shortened(_terminal.line(name), 60) for name in names[:5]) or "nothing"
    more = ", ..." if len(names) > 5 else ""
    return f"{path}: not a run directory of glassnet: no {RUN_FILE} (found {content}{more})"


def _is_written_by_a_scan(path: Path) -> bool:
    if any((path / name).is_file() for name in _BESIDE):
        return True
    try:
        return any(_NODE.fullmatch(entry.name) and entry.is_dir() for entry in (path / "chains").iterdir())
    except OSError:
        return False


def tables_of(text: str) -> dict:
    """The tables of a run file; ValueError if it is no TOML file."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"{RUN_FILE} is nested too deeply") from None


def check_unsealed(table: dict, tables: dict) -> None:
    """Compare a list without a checksum with the run file, as far as that can be done without the rules of scans.

    Raises
    ------
    glassnet.chains.files.sealed_json.Damaged
        If one does not fit the other.
    """
    scan = tables.get("scan", {})
    numbers = [tables.get("samples"), scan.get("planted_samples") if isinstance(scan, dict) else None]
    asked = [number for number in numbers if isinstance(number, int)]
    for node in table["nodes"]:
        unknown = node["attrs"].keys() - set(NODE_ATTRS)
        if unknown:
            raise sealed_json.Damaged(f"damaged (unknown key {min(unknown)[:40]!r})")
        if asked and node["attrs"].get("kind") != "field" and node["samples"] not in asked:
            raise sealed_json.Damaged(f"damaged ({node['samples']} samples, which {RUN_FILE} does not ask for)")


def unlisted(directory: Path, table: dict) -> str | None:
    """A file below chains/ that a list without a checksum does not name, relative to the directory; None if all are."""
    known = {node["folder"]: node["samples"] for node in table["nodes"]}
    for path in sorted((directory / "chains").rglob("sample*")):
        folder, match = path.parent.relative_to(directory).as_posix(), FILE.fullmatch(path.name)
        if match and int(match[1]) >= known.get(folder, 0):
            return f"{folder}/{path.name}"
        if path.suffix == ".zip" and folder not in known:
            return f"{folder}/{path.name}"
    return None


def _mistake(table: dict, is_sealed: bool) -> str | None:
    unknown = set() if is_sealed else table.keys() - _UNSEALED
    if unknown:
        return f"unknown key {min(unknown)[:40]!r}"
    if not isinstance(table.get("seed"), int) or not isinstance(table.get("nodes"), list):
        return "no seed or no nodes"
    if not isinstance(table.get("run_file", ""), str) or not isinstance(table.get("rounding", ""), str):
        return "no text where there must be one"
    for number, node in enumerate(table["nodes"]):
        if not isinstance(node, dict) or not _is_node(node):
            return f"nodes[{number}] is none"
    if sum(node["samples"] for node in table["nodes"]) > _MOST_SAMPLES:
        return f"more than {_MOST_SAMPLES} samples"
    names = [node["node"] for node in table["nodes"]]
    return "a node stands in it twice" if len(set(names)) < len(names) else None


def _is_node(node: dict) -> bool:
    """Whether it is complete, named after its folder, and this after what all its samples share."""
    samples, attrs = node.get("samples"), node.get("attrs")
    name, where = node.get("node"), node.get("folder")
    if not isinstance(name, str) or not isinstance(where, str) or not isinstance(attrs, dict):
        return False
    folder = _FOLDER.fullmatch(where)
    if folder is None or isinstance(samples, bool) or not isinstance(samples, int) or samples < 0:
        return False
    if name not in (f"/{folder[1]}", f"/{folder[1]}/symmetric"):
        return False
    return all(isinstance(value, str | int | float) for value in attrs.values()) and _fits(folder[1], attrs)


def _fits(folder: str, attrs: dict) -> bool:
    """Whether a folder is that of a node whose samples share `attrs`; every one is where nothing is known of them."""
    if not attrs:
        return True
    parts = [f"N{attrs.get('n_weights_parent')}", f"dilution{attrs.get('dilution')!r}"]
    if "paths_per_weight" in attrs:
        parts.append(f"alpha{attrs['paths_per_weight']!r}")
    if "planted_temperature" in attrs:
        parts.append(f"planted{attrs['planted_temperature']!r}")
    return "field/" * (attrs.get("kind") == "field") + "/".join(parts) == folder
