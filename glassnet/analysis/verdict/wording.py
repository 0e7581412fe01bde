"""The result in words: one sentence with its numbers, or the reason why nothing is decided; and its estimates."""

import math

from glassnet import _tables
from glassnet.analysis.effective_dilution import described
from glassnet.analysis.questions import Evidence, several
from glassnet.analysis.verdict import evidence_table
from glassnet.statistics.estimate import with_error

#: number of questions in the sentence; the evidence has all of them
_ASKED = 3


def sentence(result) -> str:
    """The answer in one sentence.

    Returns
    -------
    str
        "at dilution 0.1 the spin glass gives way to the paramagnet at T = 0.601(12); the overlap jumps by 0.91(2), the
        energy does not: a random first-order transition"; where nothing is decided, what is missing, and the
        provisional temperature where there is one.
    """
    where = f"at dilution {described(result)}"
    ordered = "ordered phase" if result.glass.get("bias") else "spin glass"
    if math.isfinite(result.temperature):
        at = f"{where} the {ordered} gives way to the paramagnet at T = {with_error(result.temperature, result.stderr)}"
        return f"{at}; {_change(result)}: a {result.kind} transition"
    if result.kind == "none":
        above = f" above T = {max(result.lowest.values()):.3g}" if result.lowest else ""
        return f"{where} there is no transition{above}"
    return f"{where} the chains do not tell whether there is a transition: {_lacking(result)}{_provisional(result)}"


def _provisional(result) -> str:
    """The provisional temperature of an undecided result, and where it comes from."""
    interim, starts = result.provisional, _item(result, "starts_bracket")
    if interim is not None:
        return f"; provisionally T = {interim} ({interim.name})"
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


def _item(result, key: str) -> Evidence | None:
    return next((item for item in result.evidence if item.key == key), None)


def _lacking(result) -> str:
    """Why there is no answer: samples, what is not known, or a contradiction."""
    equilibration = result.equilibration
    failing = len(equilibration.failing)
    if failing or equilibration.nodes:
        counted = [several(failing, "sample")] if failing else []
        if equilibration.nodes:
            counted.append(f"the averages of {several(len(equilibration.nodes), 'node')}")
        have = "has" if failing + len(equilibration.nodes) == 1 and failing else "have"
        rest = _item(result, "verdict_of_rest")
        return f"{' and '.join(counted)} {have} not proved equilibrium" + (f"; {rest.says}" if rest else "")
    unknown = {row.key: row.unknown for row in evidence_table.EVIDENCE if row.unknown}
    asked = [unknown[item.key] for item in result.evidence if item.passed is None and item.key in unknown]
    if not asked:
        return "the evidence contradicts itself"
    more = f" and {several(len(asked) - _ASKED, 'question')} more" if len(asked) > _ASKED else ""
    return f"it is open {', '.join(asked[:_ASKED])}{more}"


def estimates(result) -> list[str]:
    """A table of all estimates of the temperature, below an empty line and its title."""
    rows = []
    for index, one in enumerate(result.estimates):
        sizes = f", N = {', '.join(map(str, one.sizes))}" if one.sizes else ""
        first = " (headline)" if index == 0 and math.isfinite(result.temperature) else ""
        rows.append((one, f"{one.name}{first}{sizes}"))
    zeros = {} if result.location is None else result.location.known_zeros
    rows += [(zero, f"w = 1/2 at N = {size}") for size, zero in zeros.items()]
    title = ["", "     estimates of the transition temperature"] if result.estimates else []
    return [*title, _tables.table(["", "<"], rows, indent=5)] if rows else title
