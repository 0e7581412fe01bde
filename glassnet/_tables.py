"""Tables in plain text: the same characters on a terminal, in a pipe and in a file."""

# ours, as rich.table fits its cells to the width of the terminal, and takes longer to import than the package itself
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any


def table(columns: Mapping[str, str] | Sequence[str], rows: Iterable[Iterable[Any]], indent: int = 0) -> str:
    """The lines of a table: columns two spaces apart, each as wide as its widest cell.

    Parameters
    ----------
    columns : mapping of str to str, or sequence of str
        Formats of the cells by the title of their column, or formats alone for a table without titles: as of
        :func:`format`, after "<" where cells are aligned to the left and not to the right.
    rows : iterable of iterables
        Texts are shown as they are, all else in the format of its column. A row may end early.
    indent : int
        Spaces before each line.

    Raises
    ------
    ValueError
        If a row has more cells than there are columns.
    """
    formats = list(columns.values() if isinstance(columns, Mapping) else columns)
    lines = [list(columns)] if isinstance(columns, Mapping) else []
    for row in map(list, rows):
        cells = zip(row, formats[: len(row)], strict=True)
        lines.append([cell if isinstance(cell, str) else format(cell, how.removeprefix("<")) for cell, how in cells])
    padded = []
    for column, how in zip(zip_longest(*lines, fillvalue=""), formats, strict=False):
        width = max(map(len, column))
        padded.append([cell.ljust(width) if how.startswith("<") else cell.rjust(width) for cell in column])
    return "\n".join(" " * indent + "  ".join(line).rstrip(" ") for line in zip(*padded, strict=True))
