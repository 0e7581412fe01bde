"""What users see: the public names of a module, and results at the prompt and in a notebook."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

C = TypeVar("C", bound=type)
#: lines of a result at the prompt
MOST_LINES = 8


class _Public(ModuleType):
    """A module that shows the names in its ``__all__`` only, and knows which of them are still to be imported."""

    # a class, not functions `__getattr__` and `__dir__` in every module: type checkers accept any attribute of a module
    # that has `__getattr__`
    def __dir__(self) -> list[str]:
        return sorted(self.__all__)

    def __getattr__(self, name: str) -> Any:
        # importlib and _meant only when needed: a thousand ranks import the package
        home = self.__dict__.get("__home__")
        if home is not None and (name in home or name in self.__all__):
            import importlib

            place = home.get(name, name)
            module = importlib.import_module(f"{self.__name__}.{place}")
            value = module if place == name else getattr(module, name)
            setattr(self, name, value)
            return value
        raise _missing(f"module {self.__name__!r} has no attribute {name!r}", name, self.__all__)


def public(module: str, home: Mapping[str, str] | None = None) -> None:
    """Let ``dir()`` of a module show the names in its ``__all__``, and answer misspelt ones with the nearest of them.

    Parameters
    ----------
    module : str
        Its ``__name__``. Its ``__all__`` is complete when the import of it ends.
    home : mapping of str to str, optional
        For a package whose names are imported when they are first used: which of its modules has a name. What is in
        ``__all__`` alone is a module itself, and so is a name that stands for itself: one that ``dir()`` does not show.
    """
    sys.modules[module].__class__ = _Public
    sys.modules[module].__dict__["__home__"] = home


def _missing(message: str, name: str, allowed: Iterable[str]) -> AttributeError:
    """The error for a name that there is not, with the nearest public one."""
    if not name.startswith("_"):
        from glassnet import _meant

        meant = _meant.closest(name, (one for one in allowed if not one.startswith("_")))
        message += "" if meant is None else f": did you mean {meant!r}?"
    # without an object, or the interpreter would add a guess of its own to the traceback
    return AttributeError(message, name=name, obj=None)


def shown(result: C) -> C:
    """Class decorator, below that of a dataclass: a notebook shows ``str()`` of a result, the prompt its first lines,
    and a misspelt attribute is answered with the nearest.

    Where a class has no ``__str__``, that is its name and a line for each of its fields, arrays by their shapes. A
    ``__repr__`` of its own stays: where the table has to be computed first, a debugger must not do it.
    """
    methods: dict[str, Callable[..., Any]] = {"_repr_html_": _html}
    if issubclass(result, tuple) or "__repr__" not in vars(result):
        methods["__repr__"] = _first_lines
        if result.__str__ is object.__str__:
            methods["__str__"] = _fields
    # by setattr, so that type checkers do not take the class for one that has any attribute
    methods["__getattr__"] = _answering(getattr(result, "__getattr__", None))
    for name, method in methods.items():
        setattr(result, name, method)
    return result


def _answering(inherited: Callable[[Any, str], Any] | None) -> Callable[[Any, str], Any]:
    """What Python calls for an attribute that it did not find; `inherited` is the same of the class so far."""

    def nearest(self: Any, name: str) -> Any:
        # a property that itself lacks something is evaluated again: that error is the one to tell
        if any(name in vars(base) for base in type(self).__mro__):
            return object.__getattribute__(self, name)
        if inherited is not None:
            with contextlib.suppress(AttributeError):
                return inherited(self, name)
        # names of the class and, where it is there already, of the instance: pickle and copy ask half-made ones
        known = () if name.startswith("_") else dir(self)
        raise _missing(f"{type(self).__name__!r} object has no attribute {name!r}", name, known)

    return nearest


def _html(self: Any) -> str:
    import html

    return f"<pre>{html.escape(str(self))}</pre>"


def _first_lines(self: Any) -> str:
    lines = str(self).splitlines()
    left = len(lines) - MOST_LINES
    # one line more is no longer than a line that says so
    return "\n".join(lines if left <= 1 else [*lines[:MOST_LINES], f"... {left} more lines: print() shows them"])


def _fields(self: Any) -> str:
    names = getattr(self, "_fields", None) or [name for name in vars(self) if not name.startswith("_")]
    # when a result shows itself, not in every rank that imports the package
    from glassnet import _tables

    rows = [(name, _brief(getattr(self, name))) for name in names]
    return f"{type(self).__name__}\n{_tables.table('<<', rows, indent=2)}".rstrip()


def _brief(value: Any) -> str:
    """A value in less than a line: arrays and datasets by their sizes."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "data_vars"):
        sizes = ", ".join(f"{name}: {size}" for name, size in value.sizes.items())
        return f"{type(value).__name__} ({sizes}) of {', '.join(map(str, value.data_vars))}"
    if getattr(value, "shape", ()):
        ends = f", {value[0]:.4g} ... {value[-1]:.4g}" if value.ndim == 1 and value.dtype.kind in "iuf" else ""
        return f"{value.shape} {value.dtype}{ends}"
    if isinstance(value, dict):
        text = f"by {', '.join(map(str, value))}" if value else "none"
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_brief, value)) or "none"
    else:
        text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
