"""The questions that chains are asked before a transition is named, and the form of their answers.

Every question has a key, which programs use and which stays the same from release to release, and a name for readers.
"""

from typing import NamedTuple

from glassnet import _face

#: two estimates of one temperature disagree at so many combined errors
DISAGREE = 3.0


#: by key, what is asked beside the transition itself; the other questions, with the functions that answer them, are the
#: rows of :mod:`glassnet.analysis.verdict.evidence_table`. Exact identities
#: (:mod:`glassnet.analysis.equilibrium.identities`) add keys of their own
QUESTIONS = {
    "rigorous_bounds": "within rigorous bounds",
    "starts_bracket": "starts bracket the crossing",
    "common_dilution": "sizes are compared at one dilution",
    "equilibration": "equilibrium",
    "completeness": "scan is complete",
    "verdict_of_rest": "verdict of the rest",
}


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


def answer(key: str, value: float, stderr: float, sizes: tuple[int, ...], passed: bool | None, says: str) -> Evidence:
    """The answer to one of :data:`QUESTIONS`."""
    return Evidence(key, QUESTIONS[key], value, stderr, sizes, passed, says)


def several(count: int, what: str) -> str:
    """A number of things: 1 sample, 2 samples."""
    return f"{count} {what}" + "s" * (count != 1)
