"""A result as it is shown: N counts the weights before dilution everywhere.

The run file asks for sizes before dilution, tables and figures are headed by them; fits of planted scans count the
weights that are left.
"""

import re
from dataclasses import replace

from glassnet.analysis.evidence import Evidence
from glassnet.analysis.location import Estimate
from glassnet.analysis.transition import Transition


def named(result: Transition) -> Transition:
    """The same result with other sizes and names in its evidence, estimates and zeros.

    `location.curves` keep their keys: they are looked up, not shown.
    """
    left = {int(table.attrs["n_weights"]): size for size, table in result.planted.items()}
    if result.location is None or set(result.location.zeros) <= set(result.sizes):
        # nothing counts what is left
        return result
    counted = {estimate.name for estimate in result.location.estimates}
    location = result.location._replace(
        estimates=tuple(_estimate(one, left) for one in result.location.estimates),
        zeros={left[size]: _estimate(zero, left) for size, zero in result.location.zeros.items()},
    )
    return replace(
        result,
        location=location,
        estimates=tuple(_estimate(one, left) if one.name in counted else one for one in result.estimates),
        evidence=tuple(_evidence(item, left) for item in result.evidence),
    )


def _estimate(one: Estimate, left: dict[int, int]) -> Estimate:
    name = one.name
    if match := re.fullmatch(r"crossing of (\d+) and (\d+)", name):
        name = f"crossing of {left[int(match[1])]} and {left[int(match[2])]}"
    return one._replace(name=name, sizes=tuple(left[size] for size in one.sizes))


def _evidence(item: Evidence, left: dict[int, int]) -> Evidence:
    """Of the items that planted scans answer, which alone count what is left."""
    if not item.name.startswith("planted") and not item.name.endswith("(planted)"):
        return item
    if not set(item.sizes) <= set(left):
        return item

    def before(match: re.Match) -> str:
        return "N = " + re.sub(r"\d+", lambda size: str(left.get(int(size[0]), size[0])), match[1])

    sizes = tuple(left[size] for size in item.sizes)
    return item._replace(sizes=sizes, says=re.sub(r"\bN = (\d+(?:, \d+)*)", before, item.says))
