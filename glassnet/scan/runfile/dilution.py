"""The effect of the dilutions of a run file on its glasses: what is removed from each layer, and which dilutions are
mistakes."""

from collections.abc import Collection, Iterator

import xarray as xr

from glassnet import _dilution
from glassnet.chains import schema
from glassnet.glass import PathGlass
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.schema import RunFile

Size = int | tuple[int, ...]
#: asked and effective dilution may differ by this much without a warning
_UNNOTICED = 0.005
#: connections of which a dilution must remove at least one in two glasses
_FEWEST = 0.5


def layer_sizes(size: Size, run_file: RunFile) -> list[int]:
    """Connections of each layer before dilution; one entry where the ensemble has no layers."""
    return run_file.glass.record.layer_sizes(size, run_file.glass.p)


def is_recorded(dilution: float, run_file: RunFile) -> bool:
    """Whether chains say what was removed; those under the rule of release 0.3.0 stay as that release made them."""
    return dilution > 0 and run_file.rounding != "layers"


def removal(size: Size, dilution: float, run_file: RunFile, glass: PathGlass) -> dict[str, xr.Variable]:
    """What a chain file says of the connections that were removed, as a variable by its name; nothing if nothing.

    `glass` is that after dilution.
    """
    if not is_recorded(dilution, run_file):
        return {}
    fractions = _dilution.fractions(glass.layer_sizes, layer_sizes(size, run_file))
    return {"removed_fraction": schema.removed_fraction(fractions)}


def mistakes(run_file: RunFile, present: Collection[float] = ()) -> list[str]:
    """Dilutions that empty a layer, or remove nothing although they should; lines 'key: what is wrong'.

    A directory that was begun with release 0.3.0 keeps its rule: :func:`warnings` says so. `present` are dilutions of
    the directory that the run file continues with.
    """
    return list(_mistakes(run_file, present if run_file.rounding == "layers" else ()))


def _mistakes(run_file: RunFile, present: Collection[float]) -> Iterator[str]:
    rounding = run_file.rounding
    for position, dilution in enumerate(run_file.scan.dilutions):
        if dilution in present:
            continue
        key = f"scan.dilutions[{position}]"
        for size, name in _sizes(run_file):
            sizes = layer_sizes(size, run_file)
            if _dilution.emptied(dilution, sizes, rounding) is not None:
                yield f"{key}: must leave connections, {dilution!r} empties {name} or a layer"
            elif dilution > 0 and _mean(dilution, sizes, rounding) < _FEWEST:
                connections = f"{dilution!r} of the {sum(sizes)} connections of {name}"
                little = "is none by the rule of release 0.3.0, which began this run"
                little = little if rounding == "layers" else "is half a connection or less"
                yield f"{key}: must be 0 or remove connections, {connections} {little}"


def _mean(dilution: float, sizes: list[int], rounding: str) -> float:
    """Connections that are removed on average."""
    return sum(removed * share for removed, share in _dilution.totals(dilution, sizes, rounding).items())


def warnings(run_file: RunFile) -> list[str]:
    """A line for each size and dilution whose glasses have another effective dilution, and one about the older rule."""
    lines, rounding = [], run_file.rounding
    if rounding == "layers" and any(run_file.scan.dilutions):
        kept = "its dilutions go on with the rule of that release, round(dilution N_l) of the N_l in each layer"
        lines.append(f"release 0.3.0 began this run: {kept}")
    for line, asked, effective in _realised(run_file, [size for size, _ in _sizes(run_file)]):
        if abs(effective - asked) > _UNNOTICED or effective == 0 < asked:
            lines.append(f"{line}{_hint(rounding)}")
    return list(dict.fromkeys(lines))


def realised(run_file: RunFile) -> list[str]:
    """A line for each size and dilution of which four digits of the effective dilution are not those asked for."""
    rows = _realised(run_file, run_file.scan.sizes)
    return [line for line, asked, effective in rows if f"{asked:.4f}" != f"{effective:.4f}"]


def _realised(run_file: RunFile, listed: list[Size]) -> Iterator[tuple[str, float, float]]:
    """Size and dilution in words, the dilution that was asked for and the effective one, for all that leave
    connections."""
    for size in listed:
        sizes = layer_sizes(size, run_file)
        p = run_file.glass.p_of(size)
        for dilution in run_file.scan.dilutions:
            # a directory may go on with the older rule by which one empties a layer: its tasks fail and say why
            if _dilution.emptied(dilution, sizes, run_file.rounding) is None:
                effective = _dilution.expected(dilution, sizes, p, run_file.rounding)
                yield f"N = {sum(sizes)}, dilution {dilution!r}: effectively {effective:.4f}", dilution, effective


def _hint(rounding: str) -> str:
    """Advice how small glasses come nearer to the dilution that was asked for."""
    nearer = ', nearer with rounding = "random" in [scan]' if rounding == "nearest" else ""
    return f", as the number of connections that go is whole{nearer}"


def _sizes(run_file: RunFile) -> Iterator[tuple[Size, str]]:
    """Sizes of a run with the keys that name them."""
    for position, size in enumerate(run_file.scan.sizes):
        yield size, f"sizes[{position}]"
    if run_file.field is not None:
        for size in field_settings.sizes(run_file):
            yield size, "field.n_weights"
