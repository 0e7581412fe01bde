"""Evidence about the samples behind a result: equilibrium, exact identities, missing samples."""

import numpy as np

from glassnet.analysis.equilibrium.assessment import Equilibration
from glassnet.analysis.nodes import Node
from glassnet.analysis.questions import Answer, Evidence, several
from glassnet.analysis.verdict.evidence_table import named
from glassnet.statistics.estimate import with_error

#: largest number of nodes, samples or files that the evidence names; the attributes of a result list all of them
_NAMED = 4


def of_samples(
    nodes: list[Node], equilibration: Equilibration, missing: dict[str, list[int]], damaged: tuple[str, ...]
) -> list[Evidence]:
    """Every item of the samples of one dilution.

    `missing` holds the samples that are not there, by node; `damaged` says what is wrong with the files of those that
    cannot be read.
    """
    items = [*_identities(equilibration), _equilibrium(equilibration, nodes)]
    return items + _completeness(missing, damaged)


def _equilibrium(equilibration: Equilibration, nodes: list[Node]) -> Evidence:
    """What the check of equilibrium says, as an item of evidence."""
    failing, total = equilibration.failing, sum(node.n_samples for node in nodes)
    sizes = tuple(sorted({node.size for node in nodes}))
    if not failing and not equilibration.nodes:
        says = f"all {several(total, 'sample')} pass{_one_start(equilibration)}"
        return named("equilibration", Answer(0.0, np.nan, sizes, True, says))
    parts = []
    if failing:
        paths = list(dict.fromkeys(path for path, _ in failing))
        each = [f"{path} {_numbered([n for where, n in failing if where == path])}" for path in paths[:_NAMED]]
        more = f"; {several(len(paths) - _NAMED, 'node')} more" if len(paths) > _NAMED else ""
        fail = "fails" if len(failing) == 1 else "fail"
        parts.append(f"{len(failing)} of {several(total, 'sample')} {fail}: {'; '.join(each)}{more}")
    if equilibration.nodes:
        each = [f"{path} ({reason})" for path, reason in list(equilibration.nodes.items())[:_NAMED]]
        more = f" and {len(equilibration.nodes) - _NAMED} more" if len(equilibration.nodes) > _NAMED else ""
        together = "all samples together fail in" if failing else "each sample passes, all together they fail in"
        parts.append(f"{together} {', '.join(each)}{more}")
    says = f"{'; '.join(parts)}; run longer{_one_start(equilibration)}"
    return named("equilibration", Answer(float(len(failing)), np.nan, sizes, False, says))


def _one_start(equilibration: Equilibration) -> str:
    """The nodes in which starts are not compared, as the end of a sentence."""
    paths = equilibration.one_start
    if not paths:
        return ""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"; random and planted starts are not compared in {', '.join(paths[:_NAMED])}{more}, of one replica each"


def _numbered(samples: list[int]) -> str:
    more = f" and {len(samples) - _NAMED} more" if len(samples) > _NAMED else ""
    return f"sample{'s' * (len(samples) > 1)} {', '.join(map(str, samples[:_NAMED]))}{more}"


def _identities(equilibration: Equilibration) -> list[Evidence]:
    """One item for each identity that could be tested: the node where it holds worst."""
    items = []
    for key in dict.fromkeys(identity.key for identity in equilibration.identities):
        asked = [identity for identity in equilibration.identities if identity.key == key]
        worst = min(asked, key=lambda identity: identity.probability)
        passed = worst.probability >= equilibration.bound
        says = f"{with_error(worst.difference, worst.stderr)} at worst, in {worst.path} at T = {worst.temperature:.3g}"
        says += f" ({len(asked)} nodes)"
        items.append(named(key, Answer(worst.difference, worst.stderr, (), bool(passed), says)))
    return items


def _completeness(missing: dict[str, list[int]], damaged: tuple[str, ...]) -> list[Evidence]:
    if not missing:
        return []
    count = sum(len(samples) for samples in missing.values())
    says = f"{several(count, 'sample')} of {several(len(missing), 'node')} missing"
    if damaged:
        says += f", {len(damaged)} of them damaged: {'; '.join(damaged[:_NAMED])}"
        says += "; glassnet scan, run again, sets damaged files aside and makes the samples anew"
    elif count:
        says += "; those that come last may be the hard ones"
    return [named("completeness", Answer(float(count), np.nan, (), False, says))]
