"""What was probably meant by a word that is not allowed."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable)


def closest(word: str, allowed: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str | None:
    """The word that was probably meant.

    Parameters
    ----------
    word : str
    allowed : iterable of str
    synonyms : mapping of str to str, optional
        Words of other programs and papers, and the one that stands for them here.

    Returns
    -------
    str or None
        None if none of those allowed is like it.
    """
    plain = {_plain(name): name for name in allowed}
    other = (synonyms or {}).get(word)
    if other is not None and _plain(other) in plain:
        return plain[_plain(other)]
    near = difflib.get_close_matches(_plain(word), list(plain), n=1)
    return plain[near[0]] if near else None


def question(word: str, allowed: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """ ", did you mean X?", or nothing if none of those allowed is like the word."""
    meant = closest(word, allowed, synonyms)
    return "" if meant is None else f", did you mean {meant}?"


def _plain(word: str) -> str:
    """The word without its most frequent mistakes: capitals, and dashes for underscores."""
    return word.lower().strip("-").replace("_", "-")


def keywords(**synonyms: str) -> Callable[[F], F]:
    """Decorator: a keyword that a function does not take is answered with the one that was probably meant.

    Parameters
    ----------
    **synonyms
        Other words for keywords, such as ``N="n_weights"``.
    """

    def decorate(function: F) -> F:
        names = tuple(inspect.signature(function).parameters)

        @functools.wraps(function)
        def called(*arguments: Any, **given: Any) -> Any:
            for name in given:
                if name not in names:
                    meant = question(name, names, synonyms)
                    wrong = f"{function.__name__}() got an unexpected keyword argument {name!r}{meant}"
                    raise TypeError(f"{wrong} (it takes {', '.join(names)})")
            return function(*arguments, **given)

        return cast(F, called)

    return decorate
