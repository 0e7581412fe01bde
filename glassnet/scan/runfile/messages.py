"""Messages about mistakes that pydantic finds in a run file, in the style of this package."""

import math
import re
from collections.abc import Collection, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from glassnet import _meant


def in_words(entry: Mapping[str, Any], root: type[BaseModel]) -> str:
    """One mistake that was found in the tables of `root`, as 'key: what is wrong'."""
    location = [part for part in entry["loc"] if part not in ("a table", "a list", "true or false")]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{_bare(part)}" for part in location).lstrip(".")
    kind, value = entry["type"], entry["input"]
    if kind == "missing":
        return f"{key}: is missing"
    if kind == "extra_forbidden":
        return f"{key}: unknown key{_allowed(location, root)}"
    if kind == "value_error":
        return f"{key}: {entry['ctx']['error']}"
    if kind == "too_short":
        fewest = entry["ctx"]["min_length"]
        return f"{key}: must not be empty" if fewest == 1 else f"{key}: must have at least {fewest} entries"
    if kind == "model_type":
        return f"{key}: must be a table, got {shown(value)}"
    message = entry["msg"].replace("Input should be", "must be")
    words = re.findall("'([^']*)'", entry["ctx"]["expected"]) if kind == "literal_error" else []
    return f"{key}: {message}, got {shown(value)}{_meant.question(str(value)[:60], words)}"


def one_of(value: str, words: Collection[str]) -> str:
    """What is wrong with a word that is none of those allowed."""
    *most, last = map(repr, words)
    allowed = f"{', '.join(most)} or {last}" if most else last
    return f"must be {allowed}, got {shown(value)}{_meant.question(value[:60], words)}"


def _allowed(location: list, root: type[BaseModel]) -> str:
    names = list(_model(location[:-1], root).model_fields)
    return _meant.question(str(location[-1])[:60], names) or f" (allowed: {', '.join(names)})"


def _model(location: list, root: type[BaseModel]) -> type[BaseModel]:
    """The table a key belongs to."""
    model = root
    for part in location:
        model = next(kind for kind in _models(model.model_fields[part].annotation))
    return model


def _models(annotation):
    if get_origin(annotation) in (Union, UnionType, Annotated):
        for part in get_args(annotation):
            yield from _models(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


def _bare(key: str) -> str:
    plain = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if plain and len(key) <= 60 else shown(key)


def shown(value: Any) -> str:
    """A value as it is written, cut short."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
