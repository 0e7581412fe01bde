"""What a result says in words: the sentence with its numbers, the theory beside it, and what is not in equilibrium."""

import math

from glassnet.analysis.evidence import Evidence, number
from glassnet.analysis.transition import Transition

#: names of the evidence that hold the jump of the overlap and the latent heat, the better one first
_JUMPS = ("planted overlap jumps", "overlap has two peaks")
_HEATS = ("energy is continuous (symmetric)", "energy is continuous (planted)")


def sentence(result: Transition) -> str:
    """The answer in one sentence, with its numbers, or why there is none."""
    place = f"at dilution {result.dilution:g}"
    ordered = "ordered phase" if result.glass.get("bias") else "spin glass"
    if math.isfinite(result.temperature):
        at = f"{place} the {ordered} gives way to the paramagnet at T = {number(result.temperature, result.stderr)}"
        return f"{at}; {_change(result)}: a {result.kind} transition"
    if result.kind == "none":
        above = f" above T = {max(result.lowest.values()):.3g}" if result.lowest else ""
        return f"{place} there is no transition{above}"
    return f"{place} the chains do not tell whether there is a transition: {_lacking(result)}"


def expected(theory) -> str:
    """What the cavity method predicts."""
    static, dynamic = theory.static_temperature(), theory.dynamic_temperature()
    if static and static == dynamic:
        return f"T_c = {static:.4f}"
    transition = f"T_K = {static:.4f}" if static else "no static transition"
    return f"{transition}, {f'T_d = {dynamic:.4f}' if dynamic else 'no dynamical arrest'}"


def comparison(result: Transition, theory) -> str:
    """The theory beside the result."""
    static = theory.static_temperature()
    beside = ""
    if static and math.isfinite(result.stderr) and result.stderr > 0:
        beside = f"; Monte Carlo is {abs(result.temperature - static) / result.stderr:.1f} error bars away"
    return f"theory (cavity method, N = infinity): {expected(theory)}{beside}"


def unequilibrated(result: Transition) -> list[str]:
    """Nodes and samples that have not proved their equilibrium, one line each."""
    lines = [f"{path}: {reason}" for path, reason in result.equilibration.nodes.items()]
    return lines + [f"{path} sample {sample}" for path, sample in result.equilibration.failing]


def _change(result: Transition) -> str:
    """What overlap and energy do at the transition."""
    jump = _found(result, _JUMPS)
    jumps = "the overlap jumps" if jump is None else f"the overlap jumps by {jump.value:.2f}"
    if result.kind == "continuous":
        return "the overlap grows from zero"
    if result.kind == "first-order":
        heat = _found(result, _HEATS)
        by = "" if heat is None else f" by {number(abs(heat.value), heat.stderr)} per weight"
        return f"{jumps} and the energy{by}"
    return f"{jumps}, the energy does not"


def _found(result: Transition, names: tuple[str, ...]) -> Evidence | None:
    """The first of the named items that has a number."""
    for name in names:
        for item in result.evidence:
            if item.name == name and math.isfinite(item.value):
                return item
    return None


def _lacking(result: Transition) -> str:
    equilibration = result.equilibration
    failing = len(equilibration.failing)
    if failing or equilibration.nodes:
        words = [f"{failing} samples" if failing else "", f"{len(equilibration.nodes)} nodes on average"]
        shown = " and ".join(word for word in words if word and not word.startswith("0 "))
        return f"{shown} have not proved their equilibrium"
    open_items = [item.name for item in result.evidence if item.passed is None]
    return f"not answered: {', '.join(open_items)}" if open_items else "the evidence contradicts itself"
