"""A value with its standard error, and the one way to write it: 0.640(27)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from glassnet import _face, _tables

#: errors below this are rounding, not statistics
_ROUNDING = 1e-12


@dataclass(frozen=True, repr=False)
@_face.shown
class Estimate:
    """A value and its standard error; prints as 0.640(27), and unpacks as the pair ``value, stderr``.

    Attributes
    ----------
    value, stderr : float
        nan where they are not known. An error of 0 means that the value is exact.
    name : str
        What was estimated, or from what.
    sizes : tuple of int
        Numbers of weights, before dilution, of the systems that it rests on.
    statistical : float
        The part of `stderr` that more samples would make smaller; nan where it is not known by itself.
    key : str
        Identifies what was estimated and how, and stays the same from release to release; `name` says it in words.
    """

    value: float
    stderr: float
    name: str = ""
    sizes: tuple[int, ...] = ()
    # where it is not known by itself it is nan, and equal to nothing
    statistical: float = field(default=math.nan, compare=False)
    key: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "stderr", "statistical"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def __iter__(self) -> Iterator[float]:
        return iter((self.value, self.stderr))

    def __str__(self) -> str:
        return with_error(self.value, self.stderr)

    def __repr__(self) -> str:
        known = [one for one in fields(self) if str(getattr(self, one.name)) != str(one.default)]
        return f"Estimate({', '.join(f'{one.name}={getattr(self, one.name)!r}' for one in known)})"

    def above(self, bound: float) -> bool:
        """Whether the value lies above `bound` by two standard errors; False where it is nan, nothing is raised."""
        return self.value - 2 * self.stderr > bound

    def below(self, bound: float) -> bool:
        """Whether the value lies below `bound` by two standard errors; False where it is nan, nothing is raised."""
        return self.value + 2 * self.stderr < bound


def with_error(value: float, stderr: float) -> str:
    """A value with two digits of its standard error, in units of its last decimals: 0.640(27), 0.75281(10).

    The value alone, with four digits, where the error is not known (nan, inf) or no more than rounding; "nan" for a
    value that is not finite.

    `value` and `stderr` may be any floats, in the same units; nothing is raised.
    """
    if not np.isfinite(value):
        return "nan"
    if not np.isfinite(stderr) or stderr < _ROUNDING:
        return f"{value:.4g}"
    decimals = max(0, 1 - int(np.floor(np.log10(stderr))))
    # 0.0996 has three digits once it is rounded
    if decimals and round(stderr * 10**decimals) == 100:
        decimals -= 1
    shown = round(stderr * 10**decimals)
    return f"{value:.{decimals}f}({shown})" if decimals else f"{value:.0f}({stderr:.0f})"


def table(title: str, rows: Mapping[str, "Estimate | float"]) -> str:
    """A title and one line for every row, the decimal points in one column.

    Numbers, and estimates that are exact, have six digits.
    """
    shown = {name: _cell(value) for name, value in rows.items()}
    after = max(len(text) - len(_whole(text)) for text in shown.values())
    cells = [(name, _whole(text) + text[len(_whole(text)) :].ljust(after)) for name, text in shown.items()]
    return f"{title}\n{_tables.table(['<', ''], cells)}"


def _cell(value: "Estimate | float") -> str:
    if isinstance(value, Estimate) and value.stderr > 0:
        return str(value)
    return f"{value.value if isinstance(value, Estimate) else value:zg}"


def _whole(text: str) -> str:
    """What stands before the decimal point."""
    return text.replace("(", ".").partition(".")[0]
