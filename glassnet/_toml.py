"""Reads TOML of unknown origin in a time that its size bounds."""

# tomllib reads; the limits are ours, as it has none; what is written is written by tomlkit, which keeps comments
import re
import tomllib
from typing import Any

#: parts of a dotted key; tomllib takes time as their square
_DEEPEST = 100
_DEEP_KEY = re.compile(
    r"""(?<![\w \t-])(?:[ \t]*+(?:"(?:[^"\\\n]|\\.){0,80}+"|'[^'\n]*+'|[\w-]++)[ \t]*+\.)""" + f"{{{_DEEPEST}}}"
)


def loads(text: str) -> dict[str, Any]:
    """The tables in a text.

    Raises
    ------
    ValueError
        If it is no TOML, nested too deeply, or a key has more than a hundred parts.
    """
    if _DEEP_KEY.search(text):
        raise ValueError(f"a key of more than {_DEEPEST} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
