"""Text about a result: the prediction of the theory, and what is not in equilibrium."""

import math

from glassnet import _catalogue
from glassnet.analysis.effective_dilution import differs, effective
from glassnet.analysis.transition import Transition


def expected(theory) -> str:
    """What the cavity method predicts."""
    static, dynamic = theory.static_temperature(), theory.dynamic_temperature()
    if static and static == dynamic:
        return f"T_c = {static:.4f}"
    transition = f"T_K = {static:.4f}" if static else "no static transition"
    return f"{transition}, {f'T_d = {dynamic:.4f}' if dynamic else 'no dynamical arrest'}"


def comparison(result: Transition, theory) -> str:
    """The theory compared with the result; layered glasses and networks have that of the Poisson glass."""
    static = theory.static_temperature()
    beside = ""
    if static and math.isfinite(result.stderr) and result.stderr > 0:
        beside = f"; Monte Carlo is {abs(result.temperature - static) / result.stderr:.1f} error bars away"
    record = _catalogue.of_chain(result.glass)
    own = record.limit is None or record.limit == result.glass.get("ensemble")
    tree = f" of {_catalogue.LIMITS[record.limit]}, the tree limit of {record.noun}" if record.limit and not own else ""
    at = f", at the effective dilution {effective(result):.4g}" if differs(result) else ""
    return f"theory (cavity method{tree}, N = infinity{at}): {expected(theory)}{beside}"


def unequilibrated(result: Transition) -> list[str]:
    """Nodes and samples that have not proved their equilibrium, one line each."""
    lines = [f"{path}: {reason}" for path, reason in result.equilibration.nodes.items()]
    return lines + [f"{path} sample {sample}" for path, sample in result.equilibration.failing]
