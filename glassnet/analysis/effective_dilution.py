"""The effective dilution of a transition, and when it is shown beside the one that was asked for."""

from typing import Any

from glassnet import _dilution


def effective(transition: Any) -> float:
    """Effective dilution of a transition; for objects without one, the dilution that was asked for."""
    return float(getattr(transition, "effective_dilution", transition.dilution))


def differs(transition: Any) -> bool:
    """Whether the effective dilution of a transition is shown beside the one that was asked for."""
    return _dilution.differ(transition.dilution, effective(transition))


def described(transition: Any) -> str:
    """The dilution that was asked for, and the effective one where it differs: "0.1 (effective 0.125)"."""
    asked = f"{transition.dilution:g}"
    return f"{asked} (effective {effective(transition):.4g})" if differs(transition) else asked
