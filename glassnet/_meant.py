"""The word nearest to one that is not allowed."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable)


def closest(word: str, allowed: Iterable[str]) -> str | None:
    """The word that is nearest, or None if none of those allowed is like it."""
    plain = {_plain(name): name for name in allowed}
    near = difflib.get_close_matches(_plain(word), list(plain), n=1)
    return plain[near[0]] if near else None


def question(word: str, allowed: Iterable[str]) -> str:
    """ ", did you mean X?", or nothing if none of those allowed is like the word."""
    meant = closest(word, allowed)
    return "" if meant is None else f", did you mean {meant}?"


def _plain(word: str) -> str:
    """The word without its most frequent mistakes: capitals, and dashes for underscores."""
    return word.lower().strip("-").replace("_", "-")


def keywords(function: F) -> F:
    """Decorator: a keyword that a function does not take is answered with the nearest and all it takes."""
    # ours, as Python 3.11 and 3.12 name neither
    names = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def called(*arguments: Any, **given: Any) -> Any:
        for name in given:
            if name not in names:
                wrong = f"{function.__name__}() got an unexpected keyword argument {name!r}{question(name, names)}"
                raise TypeError(f"{wrong} (it takes {', '.join(names)})")
        return function(*arguments, **given)

    return cast(F, called)
