"""Open the chains of a run, or one chain file, as a lazy tree."""

import json
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import xarray as xr

from glassnet.chains import lazy
from glassnet.chains.content import COORDINATES, ChainError, attributes, dimensions, labels, opened, variable_names

#: what a run directory holds besides its chains
RUN_FILE = "run.toml"
NODES = "nodes.json"
#: facts of a task in its chain file that all samples of a node share
NODE_ATTRS = ("n_weights_parent", "dilution", "planted_temperature", "ensemble", "p", "couplings", "glass", "n_weights")


class Header(NamedTuple):
    """What :func:`open_chains` reads of each file at once."""

    path: Path
    attrs: dict
    draw: np.ndarray
    temperature: np.ndarray
    variables: list[str]


def open_chains(path) -> xr.DataTree:
    """Open a run directory, or one chain file, lazily.

    Parameters
    ----------
    path : str or Path
        Directory of a scan, finished or still running, or one of its chain files.

    Returns
    -------
    xarray.DataTree
        Node ``/N96/dilution0.1`` for each size and dilution, ``/N96/dilution0.1/planted0.65`` for each planting
        temperature; in a run that holds both, the symmetric chains are ``/N96/dilution0.1/symmetric``. Variables are
        those of :mod:`glassnet.chains.schema` with `sample` as first dimension, and `n_paths` and `planted_energy` of
        each sample. They are read when used and not kept: ``.load()`` a node to work on it. Where a scan grew midway,
        a node shows the draws that all its samples have. Node attributes `samples_expected` and `samples_missing`
        (list of numbers) say what an unfinished scan lacks. Root attributes: `run_file` (TOML text), `seed`.

    Raises
    ------
    ChainError
        If `path` is missing, holds no chains of glassnet or those of several runs, or a file is truncated or damaged.
    """
    path = Path(path)
    if path.is_file():
        return _one_file(path)
    index = read_index(path)
    tree = {"/": xr.Dataset(attrs={"run_file": index["run_file"], "seed": index["seed"]})}
    found = False
    for node in index["nodes"]:
        files = [(number, path / node["folder"] / file_name(number)) for number in range(node["samples"])]
        present = [(number, file) for number, file in files if file.is_file()]
        found |= bool(present)
        missing = sorted(set(range(node["samples"])) - {number for number, _ in present})
        attrs = node["attrs"] | {"samples_expected": node["samples"], "samples_missing": missing}
        tree[node["node"]] = _node(present, attrs, index["seed"])
    if not found:
        raise ChainError(f"{path}: a run without finished tasks yet; run `glassnet scan` on its run file")
    return xr.DataTree.from_dict(tree)


def file_name(sample: int) -> str:
    """Name of the chain file of one sample, inside the folder of its node."""
    return f"sample{sample}.h5"


def read_index(directory: Path) -> dict:
    """Nodes a run directory is to hold, with its run file and seed.

    Raises
    ------
    ChainError
        If it is missing or no run directory; the text says what was found.
    """
    if not directory.exists():
        raise ChainError(f"{directory}: no such file or directory")
    try:
        index = json.loads((directory / NODES).read_text())
        return index | {"run_file": (directory / RUN_FILE).read_text()}
    except FileNotFoundError as error:
        names = sorted(entry.name for entry in directory.iterdir())
        found = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") if names else "nothing"
        missing = Path(error.filename).name
        raise ChainError(f"{directory}: not a run directory of glassnet: no {missing} (found {found})") from None
    except (OSError, ValueError) as error:
        raise ChainError(f"{directory / NODES}: cannot be read ({error})") from None


def read_header(path: Path) -> Header:
    """Attributes, draws and temperatures of one chain file."""
    with opened(path) as file:
        return Header(path, attributes(file), file["draw"][...], file["temperature"][...], variable_names(file))


def _one_file(path: Path) -> xr.DataTree:
    header = read_header(path)
    attrs = header.attrs
    node = f"/N{attrs['n_weights_parent']}/dilution{attrs['dilution']!r}"
    if "planted_temperature" in attrs:
        node += f"/planted{attrs['planted_temperature']!r}"
    root = xr.Dataset(attrs={"run_file": attrs["run_file"], "seed": attrs["seed"]})
    data = _node([(attrs["sample"], path)], {"samples_expected": 1, "samples_missing": []}, attrs["seed"])
    return xr.DataTree.from_dict({"/": root, node: data})


def _node(present: list[tuple[int, Path]], attrs: dict, seed: int) -> xr.Dataset:
    """Lazy dataset of the samples at hand; without any, only the attributes."""
    if not present:
        return xr.Dataset(attrs=attrs)
    headers = [read_header(path) for _, path in present]
    first = headers[0]
    n_draws = min(len(header.draw) for header in headers)
    for (number, path), header in zip(present, headers, strict=True):
        if header.attrs["sample"] != number:
            raise ChainError(f"{path}: holds sample {header.attrs['sample']}, not {number}")
        _check_same_run(first, header, n_draws, attrs, seed)
    with opened(first.path) as file:
        variables = _variables(file, [header.path for header in headers], n_draws)
    variables["sample"] = ("sample", np.array([number for number, _ in present], dtype=np.int64))
    for name, meaning in (("n_paths", "number of paths"), ("planted_energy", "total energy of the planted state")):
        if name in first.attrs:
            values = np.array([header.attrs[name] for header in headers])
            variables[name] = ("sample", values, {"long_name": meaning})
    shared = {name: first.attrs[name] for name in NODE_ATTRS if name in first.attrs}
    alpha = float(np.mean(variables["n_paths"][1])) / first.attrs["n_weights"]
    return xr.Dataset(variables, attrs=shared | attrs | {"alpha": alpha}).set_coords(labels(variables))


def _variables(file: h5py.File, paths: list[Path], n_draws: int) -> dict:
    variables = {}
    for name in variable_names(file):
        stored = file[name]
        if name in COORDINATES:
            values = stored[:n_draws] if name == "draw" else stored[...]
            variables[name] = (dimensions(name), values, attributes(stored))
        else:
            variables[name] = lazy.stack(paths, name, stored, n_draws)
    return variables


def _check_same_run(first: Header, header: Header, n_draws: int, attrs: dict, seed: int) -> None:
    same = (
        header.attrs["seed"] == seed
        and all(header.attrs.get(name) == value for name, value in attrs.items() if name in NODE_ATTRS)
        and np.array_equal(header.draw[:n_draws], first.draw[:n_draws])
        and np.array_equal(header.temperature, first.temperature)
        and header.variables == first.variables
    )
    if not same:
        raise ChainError(f"{header.path}: belongs to another run than {first.path.parent} is to hold")
