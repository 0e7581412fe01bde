"""The text of a run file brought to other tables, with the comments that it had."""

import re
from collections import Counter
from typing import Any

from glassnet import _toml

#: comments, and the strings in which the sign of a comment means nothing
_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""' + r"|'''.*?'''" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'" + r"|(#[^\n\r]*)", re.DOTALL
)


def plain(tables: dict[str, Any]) -> str:
    """A run file without comments."""
    import tomlkit

    return tomlkit.dumps(tables)


def comments(text: str) -> list[str]:
    """All comments of a run file in their order, without spaces at the end."""
    return [found[1].rstrip() for found in _COMMENT.finditer(text) if found[1]]


def changed(text: str, tables: dict[str, Any]) -> str:
    """A run file brought to these tables.

    Lines of what does not change stay as they are. A comment beside a value that changes or goes keeps its place; one
    inside of what goes stands at the end. Where the text is not TOML its tables alone are left.

    Parameters
    ----------
    text : str
        The run file before.
    tables : dict
        All tables that it shall have.

    Returns
    -------
    str
        TOML of exactly `tables`, with every comment of `text`.
    """
    try:
        _toml.loads(text)
    except ValueError:
        return plain(tables)
    grown = _in_place(text, tables)
    lost = Counter(comments(text)) - Counter(comments(grown))
    return grown + "".join(f"\n{comment}" for comment in lost.elements()) + "\n" * bool(lost)


def _in_place(text: str, tables: dict[str, Any]) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        _change(document, tables)
        grown = tomlkit.dumps(document)
        # a comment in another place is better than a wrong table
        return grown if _toml.loads(grown) == tables else plain(tables)
    except (TOMLKitError, ValueError, LookupError, RecursionError):
        # tomlkit may fail where a table in several parts loses its keys
        return plain(tables)


def _change(table: Any, wanted: dict[str, Any]) -> None:
    import tomlkit

    for key in [key for key in table if key not in wanted]:
        _remove(table, key)
    for key, value in wanted.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            _change(table[key], value)
        elif key not in table or not (table[key] == value or _inserted(table[key], value)):
            if key in table and isinstance(value, dict):
                # on the line of what it replaces, before its comment
                inline = tomlkit.inline_table()
                inline.update(value)
                value = inline
            table[key] = value


def _remove(table: Any, key: str) -> None:
    """Take a key away; the comment behind it stays on its line."""
    import tomlkit

    behind = table[key].trivia.comment if hasattr(table[key], "trivia") else ""
    body = getattr(getattr(table, "value", table), "body", None)
    place = next((i for i, (name, _) in enumerate(body or ()) if name is not None and name.key == key), None)
    del table[key]
    if behind and body is not None and place is not None and isinstance(table, tomlkit.items.Table):
        body[place] = None, tomlkit.comment(behind.removeprefix("#").removeprefix(" "))


def _inserted(array: Any, wanted: Any) -> bool:
    """Put what is new into an array, around the comments there; False, and nothing done, unless all else stays."""
    if not isinstance(array, list) or not isinstance(wanted, list):
        return False
    rest = iter(wanted)
    if not all(any(new == old for new in rest) for old in array):
        return False
    for place, value in enumerate(wanted):
        if place >= len(array):
            array.append(value)
        elif array[place] != value:
            array.insert(place, value)
    return True
