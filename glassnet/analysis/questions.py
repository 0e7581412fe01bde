"""The questions that chains are asked before a transition is named, and the form of their answers.

Every question has a key, which programs use and which stays the same from release to release, and a name for readers.
"""

from typing import NamedTuple

from glassnet import _face

#: two estimates of one temperature disagree at so many combined errors
DISAGREE = 3.0


class Question(NamedTuple):
    """A question in words: its `name` in tables, and in `unknown` what is not known while it is open ("" if it leaves
    nothing open)."""

    name: str
    unknown: str = ""


#: by key, in the order of the evidence; exact identities (:mod:`glassnet.analysis.equilibrium.identities`) add keys of
#: their own
QUESTIONS = {
    "planted_crossing": Question("planted weight crosses", "where the planted weights of different sizes cross"),
    "planted_jump": Question("planted overlap jumps", "whether the overlap with the planted state jumps"),
    "no_planted_latent_heat": Question("energy is continuous (planted)", "whether the phases differ in energy"),
    "complexity_zero": Question("complexity vanishes"),
    "field_agreement": Question("field agrees with crossing"),
    "binder_dip": Question("Binder dip deepens", "whether the dip of the Binder cumulant deepens with N"),
    "overlap_peaks": Question("overlap has two peaks", "whether the overlap has two peaks"),
    "energy_peaks": Question("energy has two peaks", "whether the energy has two peaks"),
    "no_latent_heat": Question("energy is continuous (symmetric)", "whether there is a latent heat"),
    "susceptibility_growth": Question("susceptibility grows", "whether the order grows with N"),
    "binder_crossing": Question("Binder cumulants cross", "whether Binder cumulants cross"),
    "moment_crossing": Question("scaled moment crosses"),
    "rigorous_bounds": Question("within rigorous bounds"),
    "starts_bracket": Question("starts bracket the crossing"),
    "common_dilution": Question("sizes are compared at one dilution"),
    "equilibration": Question("equilibrium"),
    "completeness": Question("scan is complete"),
    "verdict_of_rest": Question("verdict of the rest"),
}


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
    return Evidence(key, QUESTIONS[key].name, value, stderr, sizes, passed, says)


def several(count: int, what: str) -> str:
    """A number of things: 1 sample, 2 samples."""
    return f"{count} {what}" + "s" * (count != 1)
