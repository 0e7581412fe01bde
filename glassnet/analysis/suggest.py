"""The run file of the scan that would settle what is open.

A scan may grow in place: sweeps, samples, sizes, dilutions and planting temperatures. Sweeps grow for all samples of a
run, whose chains are continued where they ended; a sample that failed is among them and is never dropped.
"""

import json
import math

import numpy as np

from glassnet.analysis.runfile import toml

#: how much longer chains get that were not in equilibrium
_LONGER = 4
#: how many more samples a verdict gets that their scatter limits: half the error
_MORE = 4
#: planting temperatures around the likely transition
_AROUND = (0.90, 0.95, 1.0, 1.05, 1.10)
#: how far beyond the planting temperatures to look if none of them was on the other side of the transition
_STEP = 1.25
_NAMED = 4


def run_file(found) -> str:
    """TOML of the scan that would settle a result, with the reasons as comments.

    Parameters
    ----------
    found : Transition

    Raises
    ------
    ValueError
        If the chains do not say of which ensemble they are.
    """
    if not found.run.get("glass", {}).get("ensemble"):
        raise ValueError("chains do not name their ensemble, so no run file can be suggested")
    run = json.loads(json.dumps(found.run))
    reasons = [f"dilution {found.dilution:g}: {found.headline}"]
    passed = {item.name: item.passed for item in found.evidence}
    if found.missing:
        reasons.append("Samples are missing: the same file, run again, makes them.")
    elif found.equilibration.failures or found.equilibration.nodes:
        reasons += _longer(found, run)
    elif found.kind == "random first-order" and not passed.get("planted weight crosses"):
        reasons += ["The verdict stands.", *_planted(found, run, passed)]
    elif found.kind != "undecided":
        reasons += ["The verdict stands.", *_sharper(found, run)]
    else:
        reasons += [*_planted(found, run, passed), *_symmetric(found, run, passed), *_larger(found, run)]
    reasons.append("glassnet scan THIS_FILE --out DIR, DIR the directory of these chains, goes on where it ended.")
    return "".join(f"# {reason}\n" for reason in reasons) + toml(run)


def _sharper(found, run: dict) -> list[str]:
    """More samples where the scatter over samples dominates the bar, a larger size where extrapolations in N do."""
    if found.kind == "none":
        _more_samples(run, _MORE)
        return ["Four times as many samples make it firmer."]
    headline = found.estimates[0]
    if found.complexity is not None and headline.name == found.complexity.name:
        return _more_instances(found, run)
    statistical = headline.statistical if np.isfinite(headline.statistical) else headline.stderr
    rest = math.sqrt(max(headline.stderr**2 - statistical**2, 0.0))
    parts = f"its bar is {statistical:.2g} by the scatter over samples and {rest:.2g} by the extrapolation in N"
    if rest > statistical:
        return [f"As {parts}, a larger size makes it smaller, not more samples.", *_larger(found, run)]
    _more_samples(run, _MORE)
    return [f"As {parts}, four times as many samples halve the larger part."]


def _more_instances(found, run: dict) -> list[str]:
    """More instances of field integration, which alone is in the bar where its zero is the headline."""
    count = _MORE * found.complexity.complexity.sizes["instance"]
    table = run["scan"].get("field")
    run["scan"]["field"] = {**(table if isinstance(table, dict) else {}), "instances": count}
    return [f"Its bar is that of field integration: {_MORE} times as many instances halve the part that scatters."]


def _more_samples(run: dict, factor: int) -> None:
    """Samples of symmetric and planted scans alike."""
    run["samples"] *= factor
    if "planted_samples" in run["scan"]:
        run["scan"]["planted_samples"] *= factor


def _longer(found, run: dict) -> list[str]:
    """Longer chains for everybody where somebody failed."""
    failing = found.equilibration.failing
    bad = {path for path, _ in failing} | set(found.equilibration.nodes)
    sampling = run["sampling"]
    own = sampling.get("planted", {})
    tables = [own if "sweeps" in own and all("/planted" in path for path in bad) else sampling]
    if "sweeps" in own and any("/planted" in path for path in bad) and tables[0] is not own:
        tables.append(own)
    for table in tables:
        table["sweeps"] *= _LONGER
    named = ", ".join(f"{path} sample {number}" for path, number in failing[:_NAMED])
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    counted = "1 sample has not proved its" if len(failing) == 1 else f"{len(failing)} samples have not proved their"
    lines = [f"{counted} equilibrium: {named}{more}."] if failing else []
    lines += [f"{path}: {reason}." for path, reason in list(found.equilibration.nodes.items())[:_NAMED]]
    return [
        *lines,
        f"Sweeps grow {_LONGER} times, for all samples of the run: their chains are continued, none is dropped.",
    ]


def _planted(found, run: dict, passed: dict) -> list[str]:
    """Planting temperatures around the likely transition, where planted scans do not decide yet."""
    # where no paramagnet can be, random starts that see no order say nothing against planted ones
    trusted = passed.get("within rigorous bounds") is not False
    speaks = ("susceptibility grows", "energy is continuous (symmetric)", "Binder dip deepens")
    against = trusted and any(passed.get(name) is False for name in speaks)
    if passed.get("planted weight crosses") or against:
        return []
    scan, place, why = run["scan"], _likely(found), "where the transition is likely"
    if place is None:
        place, why = _beyond(found)
    if place is None:
        return []
    near = sorted({float(f"{place * factor:.3g}") for factor in _AROUND})
    if scan.get("planted") and found.location is not None and found.location.inside:
        name = "planted_samples" if "planted_samples" in scan else "samples"
        (scan if name in scan else run)[name] *= 2
        return ["The planted weights cross where they were planted, but not significantly: twice the samples."]
    symmetric = scan.get("symmetric", not scan.get("planted"))
    scan["planted"] = sorted({*scan.get("planted", []), *near})
    scan["symmetric"] = symmetric
    return [f"Planted scans around T = {place:.3g}, {why}, locate it and show a jump."]


def _likely(found) -> float | None:
    """Where the transition probably is: a provisional temperature, the first estimate, or the bound of the annealed
    entropy."""
    if found.provisional is not None:
        return found.provisional.value
    places = [one.value for one in found.estimates if np.isfinite(one.value) and one.value > 0]
    bounds = [item.value for item in found.evidence if item.name == "within rigorous bounds" and item.value > 0]
    return next(iter([*places, *bounds]), None)


def _beyond(found) -> tuple[float | None, str]:
    """Where to plant next if the planted phase was the lighter one, or the heavier one, at all planting temperatures of
    the largest size; and why."""
    if not found.planted:
        return None, ""
    table = found.planted[max(found.planted)]
    temperature, weight = table["planted_temperature"].values, table["weight"].values
    if weight.max() < 0.5:
        return float(temperature.min()) / _STEP, "colder, as the planted phase was the lighter one everywhere"
    if weight.min() > 0.5:
        return float(temperature.max()) * _STEP, "hotter, as the planted phase was the heavier one everywhere"
    return None, ""


def _symmetric(found, run: dict, passed: dict) -> list[str]:
    """Glasses as drawn, and colder rungs, where the symmetric scans do not decide."""
    scan, lines = run["scan"], []
    if not found.overlaps:
        scan["symmetric"] = True
        lines.append("Glasses as drawn tell the nature of the transition: their overlaps, energies and dips.")
    elif passed.get("susceptibility grows") is None or passed.get("Binder cumulants cross") is None:
        run["samples"] *= 2
        lines.append("Binder cumulants and [q^2] are too noisy to decide: twice the samples.")
    return lines


def _larger(found, run: dict) -> list[str]:
    """One more size: every rule asks for three, and trends need a range."""
    sizes = run["scan"]["sizes"]
    if isinstance(sizes[-1], list):
        factor = 1.25
        larger = [width if width == 1 else math.ceil(width * factor) for width in max(sizes, key=sum)]
    else:
        # whole layers, and whole numbers of paths at every degree
        unit = int(run["glass"].get("p", 1))
        larger = unit * math.ceil(1.3 * max(sizes) / unit)
    sizes.append(larger)
    return [f"One size more, N = {larger}: what grows with N is told apart from what does not."]
