"""The form of answers to the questions that chains are asked before a transition is named.

The questions are the rows of :data:`glassnet.analysis.verdict.evidence_table.EVIDENCE`. Each has a key, which programs
use and which stays the same from release to release, and a name for readers.
"""

from typing import Literal, NamedTuple, get_args

from glassnet import _face

#: what a transition is called; a type, so that mypy refuses a misspelt one
Kind = Literal["random first-order", "first-order", "continuous", "none", "undecided"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: two estimates of one temperature disagree at so many combined errors
DISAGREE = 3.0


class Answer(NamedTuple):
    """The answer to a question, whichever it is: a number with its error, nan where there is none, the `sizes` that it
    rests on, and the same as in :class:`Evidence`."""

    value: float
    stderr: float
    sizes: tuple[int, ...]
    passed: bool | None
    says: str


@_face.shown
class Evidence(NamedTuple):
    """One answer: `passed` is True or False where the data decide, None where they do not reach.

    `key` identifies the question and `name` says it in words; `says` are the numbers in words.
    """

    key: str
    name: str
    value: float
    stderr: float
    sizes: tuple[int, ...]
    passed: bool | None
    says: str

    def __str__(self) -> str:
        mark = {True: "yes", False: "no", None: "?"}[self.passed]
        return f"{mark:>3}  {self.name}: {self.says}"


def several(count: int, what: str) -> str:
    """A number of things: 1 sample, 2 samples."""
    return f"{count} {what}" + "s" * (count != 1)
