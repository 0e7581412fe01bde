"""Small JSON files with a checksum of their own: an accident that changes one is noticed, whatever it changes.

The checksum guards against accidents, not against forgers: whoever writes another table can write its checksum, too.
"""

# ours, as JSON has no checksum, and one in a file of its own would be lost or left behind
import hashlib
import json

#: key of the checksum, beside those of the table
_KEY = "sha256"


class Damaged(ValueError):
    """Bytes that are no JSON table, or one that does not match its checksum."""


def seal(table: dict) -> str:
    """The table as JSON text, with the sha256 of its canonical text (sorted keys, no spaces) under `sha256`."""
    return json.dumps(table | {_KEY: _checksum(table)}, indent=1)


def unseal(image: bytes) -> tuple[dict, bool]:
    """The table in `image`, and whether it has a checksum: up to release 0.3.0 they have none.

    Raises
    ------
    Damaged
        If it is no JSON table or does not match its checksum.
    """
    try:
        table = json.loads(image)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise Damaged(f"damaged ({reason})") from None
    if not isinstance(table, dict):
        raise Damaged("damaged (no table)")
    if _KEY not in table:
        return table, False
    checksum = table.pop(_KEY)
    if checksum != _checksum(table):
        raise Damaged("damaged: it does not match its checksum")
    return table, True


def _checksum(table: dict) -> str:
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
