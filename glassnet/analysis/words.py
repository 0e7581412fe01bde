"""What a transition comes to in one sentence, with its numbers, or why there is none."""

import math

from glassnet.analysis.evidence import Evidence, several
from glassnet.analysis.line import described
from glassnet.statistics.estimate import with_error

#: what is not known while an item of evidence is open, in plain words; items that are not here leave nothing open
QUESTIONS = {
    "planted weight crosses": "where the planted weights of different sizes cross",
    "planted overlap jumps": "whether the overlap with the planted state jumps",
    "energy is continuous (planted)": "whether the phases differ in energy",
    "Binder dip deepens": "whether the dip of the Binder cumulant deepens with N",
    "overlap has two peaks": "whether the overlap has two peaks",
    "energy has two peaks": "whether the energy has two peaks",
    "energy is continuous (symmetric)": "whether there is a latent heat",
    "susceptibility grows": "whether the order grows with N",
    "Binder cumulants cross": "whether Binder cumulants cross",
}
#: questions in the sentence; the evidence has all
_ASKED = 3
#: item that says what the rest would give while some samples are not in equilibrium
REST = "verdict of the rest"


def sentence(result) -> str:
    """The answer in one sentence.

    Parameters
    ----------
    result : Transition

    Returns
    -------
    str
        "at dilution 0.1 the spin glass gives way to the paramagnet at T = 0.601(12); the overlap jumps by 0.91(2), the
        energy does not: a random first-order transition"; where nothing is decided, what is missing, and the
        provisional temperature where there is one.
    """
    place = f"at dilution {described(result)}"
    ordered = "ordered phase" if result.glass.get("bias") else "spin glass"
    if math.isfinite(result.temperature):
        at = f"{place} the {ordered} gives way to the paramagnet at T = {with_error(result.temperature, result.stderr)}"
        return f"{at}; {_change(result)}: a {result.kind} transition"
    if result.kind == "none":
        above = f" above T = {max(result.lowest.values()):.3g}" if result.lowest else ""
        return f"{place} there is no transition{above}"
    return f"{place} the chains do not tell whether there is a transition: {_lacking(result)}{_provisional(result)}"


def _provisional(result) -> str:
    """The provisional temperature of an undecided result, and what it rests on."""
    found, starts = result.provisional, _item(result, "starts bracket the crossing")
    if found is not None:
        return f"; provisionally T = {found} ({found.name})"
    if starts is not None and starts.passed is False:
        return "; random and planted starts are too far apart for a provisional temperature"
    return ""


def _change(result) -> str:
    """What overlap and energy do at the transition."""
    if result.kind == "continuous":
        return "the overlap grows from zero"
    jumps = "the overlap jumps"
    if result.jump is not None:
        jumps += f" by {result.jump}"
    if result.kind == "first-order":
        heat = result.latent_heat
        by = "" if heat is None else f" by {with_error(abs(heat.value), heat.stderr)} per weight"
        return f"{jumps} and the energy{by}"
    return f"{jumps}, the energy does not"


def _item(result, name: str) -> Evidence | None:
    return next((item for item in result.evidence if item.name == name), None)


def _lacking(result) -> str:
    """Why there is no answer: samples, what is not known, or a contradiction."""
    equilibration = result.equilibration
    failing = len(equilibration.failing)
    if failing or equilibration.nodes:
        counted = [several(failing, "sample")] if failing else []
        if equilibration.nodes:
            counted.append(f"the averages of {several(len(equilibration.nodes), 'node')}")
        have = "has" if failing + len(equilibration.nodes) == 1 and failing else "have"
        rest = _item(result, REST)
        return f"{' and '.join(counted)} {have} not proved equilibrium" + (f"; {rest.says}" if rest else "")
    asked = [QUESTIONS[item.name] for item in result.evidence if item.passed is None and item.name in QUESTIONS]
    if not asked:
        return "the evidence contradicts itself"
    more = f" and {several(len(asked) - _ASKED, 'question')} more" if len(asked) > _ASKED else ""
    return f"it is open {', '.join(asked[:_ASKED])}{more}"
