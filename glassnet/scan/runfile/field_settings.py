"""Defaults of field integration where the run file leaves them open: sizes, instances, sweeps, room for local fields.

Every number is a function of the run file (and of the temperatures that :mod:`glassnet.scan.tasks.field_ladders` finds)
when a directory is begun. The directory holds these decisions. They remain valid if the rules change or the run file
grows.
"""

import itertools
import json
import math
import operator
from typing import NamedTuple

from glassnet import _wiring
from glassnet.kernels import arithmetic

#: weights of a glass, before dilution; corrections are of order 1/N
WEIGHTS = 10_000
#: widths of the networks that are extrapolated, for networks of equal widths
WIDTHS = (30, 45, 90)
#: instances where all weights have equally many paths, and where their numbers are random
ALIKE, RANDOM = 4, 16
#: fewest sweeps, most, and sweeps over exp(2 / T), the time to pass the barrier of one path
FEWEST, MOST, BARRIERS = 400, 40_000, 18.0
#: a weight with more paths than that occurs once in so many glasses
RARE = 1e18
_LN_2 = 0.6931471805599453

Size = int | tuple[int, ...]


class Decided(NamedTuple):
    """What was decided for a directory: `sizes`, the room for local fields of each (`largest_degree`), and by dilution
    `instances` and, once their temperatures are known, `sweeps`. `left_open` are the keys that the run file does not
    give; the decisions count only for these."""

    left_open: list[str]
    sizes: list[Size]
    largest_degree: list[int]
    instances: dict[float, int]
    sweeps: dict[float, int]


def decide(run_file, temperatures: dict[float, list[float]]) -> Decided:
    """Decide what is still open for a run file with field integration; `temperatures` by dilution, as far as they are
    known.
    """
    networks = sizes(run_file)
    return Decided(
        [name for name in ("n_weights", "instances", "sweeps") if getattr(run_file.field, name) is None],
        networks,
        [largest_degree(run_file, size) for size in networks],
        {dilution: instances(run_file, dilution) for dilution in run_file.scan.dilutions},
        {dilution: sweeps(run_file, dilution, rungs) for dilution, rungs in temperatures.items()},
    )


def to_json(decided: Decided) -> str:
    """What was decided, as text."""
    dilutions = [
        {"dilution": dilution, "instances": count, "sweeps": decided.sweeps.get(dilution)}
        for dilution, count in decided.instances.items()
    ]
    named = {
        "left_open": decided.left_open,
        "n_weights": decided.sizes,
        "largest_degree": decided.largest_degree,
        "dilutions": dilutions,
    }
    return json.dumps(named, indent=1)


def from_json(text: str) -> Decided:
    """What :func:`to_json` wrote; ValueError or KeyError if it is something else."""
    read = json.loads(text)
    per_dilution = read["dilutions"]
    return Decided(
        read["left_open"],
        [tuple(size) if isinstance(size, list) else size for size in read["n_weights"]],
        read["largest_degree"],
        {entry["dilution"]: entry["instances"] for entry in per_dilution},
        {entry["dilution"]: entry["sweeps"] for entry in per_dilution if entry["sweeps"] is not None},
    )


def sizes(run_file) -> list[Size]:
    """Numbers of weights, or widths of the networks, that are run; one but for walks."""
    asked, glass = run_file.field.n_weights, run_file.glass
    if asked is not None:
        return list(asked)
    if run_file.decided is not None and "n_weights" in run_file.decided.left_open:
        return run_file.decided.sizes
    if not glass.record.is_network:
        return [WEIGHTS // glass.p * glass.p]
    shape = max(run_file.scan.sizes, key=_wiring.n_network_weights)
    width = math.sqrt(_wiring.n_network_weights(shape) / (len(shape) - 1))
    # a single unit is no layer that grows
    scaled = [tuple(1 if n == 1 else max(2, round(n * wide / width)) for n in shape) for wide in WIDTHS]
    return list(dict.fromkeys(scaled))


def instances(run_file, dilution: float) -> int:
    """Independent sets of paths at one dilution."""
    if run_file.field.instances is not None:
        return run_file.field.instances
    decided = run_file.decided
    if decided is not None and "instances" in decided.left_open and dilution in decided.instances:
        return decided.instances[dilution]
    return ALIKE if run_file.glass.record.limit == "regular" and dilution == 0 else RANDOM


def sweeps(run_file, dilution: float, temperatures: list[float] | None = None) -> int:
    """Sweeps per lane: enough to pass barriers of one path at the middle one of the temperatures, or of a guess."""
    if run_file.field.sweeps is not None:
        return run_file.field.sweeps
    decided = run_file.decided
    if decided is not None and "sweeps" in decided.left_open and dilution in decided.sweeps:
        return decided.sweeps[dilution]
    temperatures = temperatures or run_file.field.temperatures or guess(run_file, dilution)
    barrier = min(2 / temperatures[len(temperatures) // 2], 50.0)
    return min(max(100 * math.ceil(BARRIERS * float(arithmetic.exp(barrier)) / 100), FEWEST), MOST)


def guess(run_file, dilution: float) -> list[float]:
    """A temperature for estimates before the right ones are known: the annealed entropy there is a tenth of ln 2."""
    glass, p = run_file.glass, run_file.glass.p_of(run_file.scan.sizes[0])
    alpha = glass.record.alpha(p, glass.keywords) * math.prod([1 - dilution] * (p - 1))
    rungs = list(itertools.accumulate([1.1] * 79, operator.mul, initial=0.05))
    return [next(t for t in rungs if annealed_entropy(alpha, t) > 0.1 * _LN_2 or t > 90)]


def annealed_entropy(alpha: float, temperature: float) -> float:
    """Per weight, with so many paths per weight: ln 2 + alpha (ln cosh beta - beta tanh beta), +-J."""
    beta = 1 / temperature
    # ln cosh beta - beta tanh beta = ln(1 + y) - ln 2 + 2 beta y / (1 + y) with y = exp(-2 beta): nothing large cancels
    y = float(arithmetic.exp(-2 * beta))
    return _LN_2 + alpha * (float(arithmetic.log(1 + y)) - _LN_2 + 2 * beta * y / (1 + y))


def largest_degree(run_file, size: Size) -> int:
    """Largest number of paths of a weight for which the record has room.

    The degree of regular glasses, else a bound on a binomial number that no weight exceeds (H. Chernoff, Ann. Math.
    Stat. 23, 493 (1952)).
    """
    glass, decided = run_file.glass, run_file.decided
    if decided is not None and size in decided.sizes:
        return decided.largest_degree[decided.sizes.index(size)]
    n_weights, p = _wiring.n_weights(size), glass.p_of(size)
    mean = glass.record.mean_degree(p, glass.keywords)
    if glass.record.limit == "regular":
        return int(mean)
    if isinstance(size, tuple):
        mean = glass.n_paths(size) / min(glass.record.layer_sizes(size, p))
    top, wanted = math.ceil(mean) + 1, float(arithmetic.log(RARE * n_weights))
    while top * float(arithmetic.log(top / mean)) - top + mean < wanted:
        top += 1
    return min(top, math.ceil(glass.n_paths(size)))
