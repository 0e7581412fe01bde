"""A run file written from its tables."""

import json
import math


def toml(tables: dict) -> str:
    """A run file: numbers and texts first, then one table after the other."""
    lines = [f"{key} = {_value(value)}" for key, value in tables.items() if not isinstance(value, dict)]
    for name, table in tables.items():
        if isinstance(table, dict):
            nested = {key: value for key, value in table.items() if key == "planted" and isinstance(value, dict)}
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_value(value)}" for key, value in table.items() if key not in nested]
            for key, inner in nested.items():
                lines += ["", f"[{name}.{key}]", *(f"{name} = {_value(value)}" for name, value in inner.items())]
    return "\n".join(lines) + "\n"


def _value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    # the only character that JSON may hold unescaped and TOML may not
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
