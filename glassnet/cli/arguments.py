"""Arguments of the command line: paths, numbers, lists; and the environment variable that holds for every command."""

import argparse
import math
from collections.abc import Callable

from glassnet import _meant, _terminal


def path(text: str) -> str:
    """A path on the command line; "" is refused, since it would become the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def whole(text: str, kind: str = "whole") -> int:
    """A whole number on the command line."""
    try:
        return int(text)
    except ValueError:
        # Python refuses numbers of thousands of digits as well
        raise argparse.ArgumentTypeError(f"must be a {kind} number, got {_terminal.shortened(text, 60)}") from None


def seconds(text: str) -> float:
    """A positive number of seconds on the command line."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text}")
    return seconds


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of a few words on the command line."""

    def word(text: str) -> str:
        if text not in allowed:
            meant = _meant.question(text, allowed)
            raise argparse.ArgumentTypeError(f"must be {' or '.join(allowed)}, got {text}{meant}")
        return text

    return word


def count(text: str) -> int:
    """A positive whole number on the command line."""
    number = whole(text, "positive whole")
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a positive whole number, got {_terminal.shortened(text, 60)}")
    return number


def widths(text: str) -> list[int]:
    """Widths of layers on the command line, as 7,7,7,7."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"must be whole numbers as in 7,7,7,7, got {text}")
    return [whole(part) for part in parts]


def check_instruction_set() -> None:
    """Refuse an unknown GLASSNET_ISA before anything runs."""
    from glassnet.kernels.bitsliced import chosen_instruction_set
    from glassnet.scan.runfile.schema import UserError

    try:
        chosen_instruction_set()
    except ValueError as error:
        raise UserError(str(error)) from None
