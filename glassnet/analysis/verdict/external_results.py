"""Check that temperatures measured elsewhere and handed to the verdict belong to the same glass."""

import math
import numbers
from typing import Any, Protocol

from glassnet import _catalogue

#: keywords that are compared, and what studies along planted states assume: couplings of +-1 without bias
_COMPARED = ("ensemble", *_catalogue.KEYWORDS, "dilution")
_GRANTED = {"couplings": "binary", "bias": 0.0}
_SOURCES = {"field": "glassnet.studies.field_integration", "arrest": "glassnet.studies.planted_relaxation"}


class MeasuredTemperature(Protocol):
    """A temperature with its error (k_B = 1, |J| = 1; nan where there is none) and what it is called."""

    @property
    def temperature(self) -> float: ...

    @property
    def stderr(self) -> float: ...

    @property
    def name(self) -> str: ...


#: a temperature that was measured elsewhere, or None
Known = MeasuredTemperature | None


def check(name: str, measured: Known, glass: dict[str, Any], dilution: float) -> Known:
    """Check a result that was measured elsewhere, and return it.

    Parameters
    ----------
    name : {"field", "arrest"}
    measured : object or None
        With `temperature`, `stderr` (k_B = 1, |J| = 1; nan where there is none) and `name`; a dictionary `glass`, which
        results of this package have, is compared.
    glass : dict
        Keywords of the glasses of the chains, as far as they are known.
    dilution : float
        Of the chains.

    Raises
    ------
    TypeError
        If it has no such attributes.
    ValueError
        If it says that it was measured in another glass, or has an infinite or negative temperature or error.
    """
    if measured is None:
        return None
    wrong = [key for key in ("temperature", "stderr") if not isinstance(getattr(measured, key, None), numbers.Real)]
    wrong += ["name"] if not isinstance(getattr(measured, "name", None), str) else []
    if wrong:
        wanted = f"{name} must be a result of {_SOURCES[name]}, or have numbers temperature and stderr and a text name"
        raise TypeError(f"{wanted}; {type(measured).__name__} has no {' and no '.join(wrong)}")
    for key in ("temperature", "stderr"):
        if math.isinf(value := getattr(measured, key)) or value < 0:
            raise ValueError(
                f"{name} must have a {key} that is finite and >= 0, or nan where there is none, got {value}"
            )
    own = getattr(measured, "glass", None)
    if not isinstance(own, dict):
        return measured
    known = {**glass, "dilution": dilution}
    if "widths" in glass:
        known.setdefault("p", len(glass["widths"]) - 1)
    for key, granted in _GRANTED.items():
        if known.get(key, granted) != granted:
            raise ValueError(f"{name} was measured with {key} = {granted}, the chains have {key} = {known[key]}")
    for key in _COMPARED:
        if key in own and key in known and own[key] != known[key]:
            raise ValueError(f"{name} was measured with {key} = {own[key]}, the chains have {key} = {known[key]}")
    return measured
