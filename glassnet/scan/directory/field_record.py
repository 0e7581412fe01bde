"""The file field.json of a run directory: what was decided of field integration when the directory was begun.

Where it is lost or damaged, nodes.json says of which sizes and how many instances there are to be, the chains with how
many sweeps they were run and what room they have; the rules decide what neither says, of which there is no chain then.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from glassnet.chains import headers, node_list, segment, shards
from glassnet.chains.content import ChainError, Content, Unreadable
from glassnet.chains.files import regular_file, sealed_json
from glassnet.chains.files.zip_archive import Member
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.field_settings import Decided, Size
from glassnet.scan.runfile.schema import RunFile, UserError

FIELD = "field.json"


def read(directory: Path) -> tuple[Decided | None, str | None]:
    """What the file holds, and what is wrong with it; nothing of both where it is missing.

    Raises
    ------
    UserError
        If it cannot be read here and now.
    """
    path = directory / FIELD
    try:
        table, is_sealed = sealed_json.unseal(regular_file.read(path))
        if not is_sealed:
            # no release wrote it without
            raise sealed_json.Damaged("damaged (it has no checksum)")
        return field_settings.from_json(json.dumps(table)), None
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except sealed_json.Damaged as error:
        return None, str(error)
    except (ValueError, KeyError, TypeError) as error:
        return None, f"damaged ({error!r})"


def text(decided: Decided) -> str:
    """The content of field.json."""
    return sealed_json.seal(json.loads(field_settings.to_json(decided)))


def recovered(directory: Path, run_file: RunFile, temperatures: dict[float, list[float]]) -> Decided:
    """What was decided, from nodes and chains.

    Parameters
    ----------
    directory : Path
    run_file : RunFile
        The one the directory was begun (or last grown) with.
    temperatures : dict of float to list of float
        Of field integration by dilution, as far as they are known.
    """
    ruled = field_settings.decide(run_file, temperatures)
    sizes, instances = _listed(directory)
    room: dict[field_settings.Size, int] = {}
    sweeps: dict[float, int] = {}
    for folder in sorted((directory / "chains" / "field").glob("N*/dilution*")):
        chain = next((content for content in _sound(folder) if _belongs(content, folder, run_file.seed)), None)
        if chain is not None:
            attrs = chain.attrs[""]
            room.setdefault(_size(attrs), chain.arrays["local_fields"].shape[-1] // 2)
            sweeps.setdefault(attrs["dilution"], attrs["sweeps"])
    sizes = sizes if sizes and "n_weights" in ruled.left_open else ruled.sizes
    return ruled._replace(
        sizes=sizes,
        largest_degree=[room.get(size) or field_settings.largest_degree(run_file, size) for size in sizes],
        instances=ruled.instances | instances,
        sweeps=ruled.sweeps | sweeps,
    )


def _listed(directory: Path) -> tuple[list[Size], dict[float, int]]:
    """Sizes and, by dilution, instances of field integration in a list of nodes with a checksum; none without one."""
    try:
        table, is_sealed = node_list.decoded(regular_file.read(directory / node_list.NODES))
    except (OSError, sealed_json.Damaged):
        return [], {}
    nodes = [node for node in table["nodes"] if is_sealed and node["attrs"].get("kind") == "field"]
    sizes = list(dict.fromkeys(_size(node["attrs"]) for node in nodes))
    return sizes, {node["attrs"]["dilution"]: node["samples"] for node in nodes}


def _size(attrs: dict) -> Size:
    widths = json.loads(attrs.get("glass", "{}")).get("widths")
    return attrs["n_weights_parent"] if widths is None else tuple(widths)


def _belongs(chain: Content, folder: Path, seed: int) -> bool:
    attrs = chain.attrs[""]
    named = f"N{attrs['n_weights_parent']}", f"dilution{attrs['dilution']!r}"
    is_field = attrs.get("kind") == "field" and "local_fields" in chain.arrays
    return is_field and (attrs["seed"], *named) == (seed, folder.parent.name, folder.name)


def _sound(folder: Path) -> Iterator[Content]:
    """The chains in the folder of a node that match their digests and say what chains say, one after the other."""
    inside = shards.node_files(folder)
    sources: list[Path | Member] = [inside.files[sample] for sample in sorted(inside.files)]
    for shard in inside.shards:
        try:
            sources += [header.source for header in shards.listed(shard).values()]
        except Unreadable:
            raise
        except ChainError:
            continue
    for source in sources:
        try:
            content = segment.verified(source)
            headers.of_content(source, content)
        except Unreadable:
            raise
        except ChainError:
            continue
        yield content
