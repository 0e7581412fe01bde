"""Open the chains of a run, or one chain file, as a lazy tree."""

import os
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from glassnet import _catalogue, _checks
from glassnet.chains import lazy_arrays, node_list, segment
from glassnet.chains.content import (
    COORDINATES,
    ChainError,
    Image,
    attributes,
    dimensions,
    labels,
    own,
    reading,
    variable_names,
)
from glassnet.chains.files import regular_file, sealed_json, zip_archive
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import Header, of_content
from glassnet.chains.node_list import NODE_ATTRS, NODES, RUN_FILE
from glassnet.chains.schema import MEASUREMENTS
from glassnet.chains.shards import NodeFiles, follow, in_list, listed, node_files, read_header, sharded

#: how all samples of a node were run
SETTINGS = ("sampler", "n_replicas", "thermalization", "measure_every")
#: facts that differ between samples, with what they mean
PER_SAMPLE = {
    "n_paths": "number of paths",
    "n_weights": "number of weights that are left after dilution",
    "planted_energy": "total energy of the planted state",
}


def open_chains(path: str | os.PathLike[str]) -> xr.DataTree:
    """Open a run lazily: a run directory, what `glassnet pack` made of one, or one chain file or shard.

    Parameters
    ----------
    path : str or Path
        Directory of a scan, finished or still running, or a file.

    Returns
    -------
    xarray.DataTree
        Node ``/N96/dilution0.1`` for each size and dilution, ``/N96/dilution0.1/planted0.65`` for each planting
        temperature; in a run that holds both, the symmetric chains are ``/N96/dilution0.1/symmetric``. Field
        integration is in ``/field/N9999/dilution0.1``. Variables are those of :mod:`glassnet.chains.schema` with
        `sample` as first dimension, and `n_paths`, `n_weights`, `planted_energy` and `final_weights` (the weights that
        the chain ends in, packed like `weights`) of each sample. They are read when used and not kept: ``.load()`` a
        node to work on it. Where a scan grew midway, a node shows the draws that all its samples have. Node attributes
        `samples_expected` and `samples_missing` (list of numbers) say what an unfinished scan lacks, and `n_weights`
        is the nearest number where samples differ by one weight. Root attributes: `run_file` (TOML text), `seed`.

    Raises
    ------
    TypeError
        If `path` is none.
    ChainError
        If it is missing, holds no chains of glassnet or those of several runs, or a file is truncated or damaged.
    """
    path = _checks.path("path", path)
    packed = members_of(path)
    if packed is None and path.is_file():
        return _few({header.attrs["sample"]: header for header in [read_header(path)]}, path)
    if packed is not None and NODES not in packed:
        return _few(listed(path), path)
    return tree_of(read_index(path, packed), path, packed)


def tree_of(table: dict[str, Any], path: Path, packed: dict[str, Member] | None = None) -> xr.DataTree:
    """The chains of listed nodes, as :func:`open_chains` opens them; those of a packed run are compared with their
    digests.

    Parameters
    ----------
    table : dict
        What :func:`read_index` returns.
    path, packed
        As for :func:`read_index`.

    Raises
    ------
    ChainError
    """
    tree = {"/": xr.Dataset(attrs={"run_file": table["run_file"], "seed": table["seed"]})}
    has_chains = False
    for node in table["nodes"]:
        inside = node_files(path / node["folder"]) if packed is None else node_files_in_pack(packed, node["folder"])
        wanted = range(node["samples"])
        headers = sharded(inside)
        headers |= {sample: read_header(source) for sample, source in inside.files.items() if sample in wanted}
        headers = {sample: headers[sample] for sample in wanted if sample in headers} if headers else {}
        if packed is not None:
            headers = _verified(headers)
        has_chains |= bool(headers)
        missing = [sample for sample in wanted if sample not in headers]
        attrs = node["attrs"] | {"samples_expected": node["samples"], "samples_missing": missing}
        tree[node["node"]] = node_of(headers, attrs, table["seed"], path / node["folder"])
    if not has_chains:
        raise ChainError(f"{path}: a run without finished tasks yet; run `glassnet scan` on its run file")
    return xr.DataTree.from_dict(tree)


def _verified(headers: dict[int, Header[Member]]) -> dict[int, Header[Member]]:
    """Compare packed chains with their checksums and digests; their headers as the chains themselves say them."""
    verified = {}
    for sample, header in headers.items():
        with reading(header.source):
            image = header.source.image()
        verified[sample] = of_content(header.source, segment.verified(Image(header.source, image)))
    return verified


def members_of(path: Path) -> dict[str, Member] | None:
    """Members of a packed run or a shard; None if `path` is neither.

    Raises
    ------
    ChainError
        If it is truncated or damaged.
    """
    if not path.is_file():
        return None
    with reading(path):
        with open(path, "rb") as file:
            if file.read(len(zip_archive.SIGNATURE)) != zip_archive.SIGNATURE:
                return None
        return zip_archive.members(path)


def node_files_in_pack(members: dict[str, Member], folder: str) -> NodeFiles[Any]:
    """What lies in the folder of a node in a packed run."""
    start = len(folder) + 1
    return in_list((name[start:], member) for name, member in members.items() if name.startswith(f"{folder}/"))


def read_index(path: Path, packed: dict[str, Member] | None = None) -> dict[str, Any]:
    """Nodes a run directory is to hold, with its run file and seed; `packed` are its members, if it is a packed run.

    Raises
    ------
    ChainError
        If it is missing or no run directory; the text says what was found.
    """
    if not path.exists():
        raise ChainError(f"{path}: no such file or directory")
    if packed is None and path.is_dir() and not (path / NODES).exists() and not (path / RUN_FILE).exists():
        raise ChainError(node_list.what_is_missing(path))
    again = "" if packed is not None else f"; glassnet scan {path / RUN_FILE} --out {path} writes it again"
    try:
        table, is_sealed = node_list.decoded(_image(path, NODES, packed))
        if not is_sealed:
            table["run_file"] = _decoded(path, packed)
        tables = node_list.tables_of(table["run_file"])
        if not is_sealed:
            node_list.check_unsealed(table, tables)
        stray = None if is_sealed or packed is not None else node_list.unlisted(path, table)
        if stray is not None:
            raise sealed_json.Damaged(f"damaged: {stray} is not in it")
    except FileNotFoundError as error:
        raise ChainError(f"{path}: no {Path(error.filename).name}{again}") from None
    except sealed_json.Damaged as error:
        raise ChainError(f"{path / NODES}: {error}{again}") from None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ChainError(f"{path / NODES}: cannot be read ({error})") from None
    return table


def _image(path: Path, name: str, packed: dict[str, Member] | None) -> bytes:
    if packed is None:
        return regular_file.read(path / name)
    if name not in packed:
        raise ValueError(f"there is no {name}")
    return packed[name].image()


def _decoded(path: Path, packed: dict[str, Member] | None) -> str:
    try:
        return _image(path, RUN_FILE, packed).decode()
    except UnicodeDecodeError as error:
        raise ChainError(f"{path / RUN_FILE}: cannot be read: byte {error.start} is not UTF-8") from None


def _few(headers: dict[int, Header[Any]], path: Path) -> xr.DataTree:
    """Tree of one node, of the samples of a single file."""
    first = next(iter(headers.values()))
    attrs = first.attrs
    node = f"{'/field' * ('kind' in attrs)}/N{attrs['n_weights_parent']}/dilution{attrs['dilution']!r}"
    if "paths_per_weight" in attrs:
        node += f"/alpha{attrs['paths_per_weight']!r}"
    if "planted_temperature" in attrs:
        node += f"/planted{attrs['planted_temperature']!r}"
    run_file = follow(first.source, lambda file: attributes(file)["run_file"])[1]
    root = xr.Dataset(attrs={"run_file": run_file, "seed": attrs["seed"]})
    data = node_of(headers, {"samples_expected": len(headers), "samples_missing": []}, attrs["seed"], path)
    return xr.DataTree.from_dict({"/": root, node: data})


def node_of(headers: dict[int, Header[Any]], attrs: dict[str, Any], seed: int, where: Path) -> xr.Dataset:
    """Lazy dataset of the samples at hand; without any, only the attributes."""
    if not headers:
        return xr.Dataset(attrs=attrs)
    _check_same_run(headers, attrs, seed, where)
    first = next(iter(headers.values()))
    n_draws = min(len(header.draw) for header in headers.values())
    variables = _variables(list(headers.values()), n_draws)
    variables["sample"] = ("sample", np.array(list(headers), dtype=np.int64))
    for name, meaning in PER_SAMPLE.items():
        if name in first.attrs:
            values = np.array([header.attrs[name] for header in headers.values()])
            variables[name] = ("sample", values, {"long_name": meaning})
    shared = {name: first.attrs[name] for name in NODE_ATTRS if name in first.attrs}
    if shared.get("rounding") == "random":
        # samples differ by one weight, their node goes by the nearest number whichever samples there are
        shared["n_weights"] = shared["n_weights_parent"] - round(shared["dilution"] * shared["n_weights_parent"])
    alpha = float(np.mean(variables["n_paths"][1]) / np.mean(variables["n_weights"][1]))
    return xr.Dataset(variables, attrs=shared | attrs | {"alpha": alpha}).set_coords(labels(variables))


def _variables(headers: list[Header[Any]], n_draws: int) -> dict[str, Any]:
    """Coordinates and lazy variables of these chains."""
    places = [header.source for header in headers]
    n_weights = {header.attrs["n_weights"] for header in headers}
    shape = {"draw": n_draws, "byte": -(-max(n_weights) // 8)}
    gauged = _catalogue.of_chain(headers[0].attrs).has_layers
    own_unit = {name for name, row in MEASUREMENTS.items() if row.own_unit(gauged)}

    def read(file: h5py.File) -> dict[str, Any]:
        variables: dict[str, Any] = {}
        for name in variable_names(file):
            stored = own(file, name)
            if name in COORDINATES:
                values = stored[:n_draws] if name == "draw" else stored[...]
                variables[name] = (dimensions(name), values, attributes(stored))
                continue
            samples = lazy_arrays.stack(places, name, stored, shape)
            variables[name] = samples
            if len(n_weights) > 1 or (len(headers) > 1 and name in own_unit):
                # saved again as whole numbers of the first sample's unit, the others would be rounded
                samples.encoding = {}
        final = lazy_arrays.final_weights(places, file, shape["byte"])
        return variables if final is None else variables | {"final_weights": final}

    variables: dict[str, Any] = follow(places[0], read)[1]
    return variables


def _check_same_run(headers: dict[int, Header[Any]], attrs: dict[str, Any], seed: int, where: Path) -> None:
    """Refuse chains of another node, task or run: first what does not belong where it lies, then what most others
    contradict; of two that contradict each other neither is blamed alone."""
    known = _known_facts(attrs)
    for sample, header in headers.items():
        if header.attrs["sample"] != sample:
            raise ChainError(f"{header.source}: holds sample {header.attrs['sample']}, not {sample}")
        differs = any(header.attrs.get(name) != attrs.get(name) for name in known)
        if header.attrs["seed"] != seed or differs:
            raise ChainError(f"{header.source}: belongs to another run than {where} is to hold")
    n_draws = min(len(header.draw) for header in headers.values())
    # what the list does not say must be the same in all chains; samples may differ by a weight
    alike = [*SETTINGS, *(name for name in NODE_ATTRS if name not in known and name != "n_weights")]
    kinds: dict[tuple[Any, ...], list[Header[Any]]] = {}
    for header in headers.values():
        bits = (header.draw[:n_draws].tobytes(), header.temperature.tobytes(), tuple(header.variables))
        kinds.setdefault((*bits, *map(header.attrs.get, alike)), []).append(header)
    if len(kinds) == 1:
        return
    least, *_, most = sorted(kinds.values(), key=len)
    if len(least) < len(most):
        raise ChainError(f"{least[0].source}: belongs to another run than the other chains in {where}")
    raise ChainError(f"{least[0].source} and {most[0].source}: one of them belongs to another run")


def _known_facts(attrs: dict[str, Any]) -> list[str]:
    """Names of the attributes of a chain that its node in the list of nodes says, too; none of a single file."""
    names = [name for name in NODE_ATTRS if name in attrs]
    # the list says something of these where they are missing
    return list(dict.fromkeys([*names, "planted_temperature", "kind", "rounding", "study"])) if names else []
