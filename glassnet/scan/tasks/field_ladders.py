"""The temperatures of field integration at one dilution: around the zero of the complexity, found by short runs.

The zero of the annealed entropy is a lower bound of T_K, as the complexity is at most the entropy of the paramagnet.
Short runs go upwards from there until the complexity is positive, or the planted state is lost.
"""

import math
from collections.abc import Callable

import numpy as np

from glassnet._random import Seed
from glassnet.analysis.field_integration import integrals, known_degrees
from glassnet.sampling import independent_lanes, planted_field
from glassnet.sampling.ladder import Interrupted
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.schema import RunFile

#: of the short runs: weights, instances (always as many: a scan may grow), sweeps, temperatures and their ratio
_WEIGHTS, _INSTANCES, _SWEEPS, _SIDE_BY_SIDE, _RATIO = 2000, 8, 200, 16, 1.08
_RATIOS = np.cumprod([1.0, *[_RATIO] * (_SIDE_BY_SIDE - 1)])
#: lowest temperature: excitations are rarer than one in a glass; and the highest
COLDEST, HOTTEST = 0.2, 100.0
#: standard errors by which a complexity is positive, and rungs of the last run that are run again where it is not
_CLEAR, _AGAIN = 3.0, 4
#: where a zero was found, temperatures over it; elsewhere so many of those of the short runs
_AROUND, _SPREAD = (0.88, 0.93, 0.97, 1.0, 1.03, 1.06), 6


def temperatures(run_file: RunFile, dilution: float, pause: Callable[[], bool] | None = None) -> list[float]:
    """Temperatures around the zero of the complexity; where it has none, some of those at which there is a state.

    The run file has field integration with its own choice of temperatures.

    Raises
    ------
    glassnet.sampling.ladder.Interrupted
        Once `pause` returns True.
    """
    size = _size(run_file)
    known = known_degrees.expected(run_file.glass.ensemble, size, dilution, _keywords(run_file))
    lowest, tried = max(_zero_of_entropy(known.alpha), COLDEST), []
    while lowest < HOTTEST:
        rungs = lowest * _RATIOS
        integration = _short_run(run_file, size, dilution, rungs, pause)
        if np.isfinite(integration.temperature):
            return [_rounded(integration.temperature * factor) for factor in _AROUND]
        mean, stderr = integration.complexity["mean"].values, integration.complexity["stderr"].values
        tried += [float(rung) for rung in rungs[np.isfinite(mean)]]
        if not np.isfinite(mean[-1]) or mean[-1] > _CLEAR * stderr[-1]:
            break
        lowest = rungs[-_AGAIN]
    tried = sorted({*tried, *rungs[:2]})
    positions = np.unique(np.linspace(0, len(tried) - 1, _SPREAD).round().astype(int))
    return sorted({_rounded(tried[position]) for position in positions})


def _size(run_file: RunFile) -> field_settings.Size:
    """Size of the glasses of the short runs: as asked, but no larger than needed; the smallest of several networks."""
    size = min(field_settings.sizes(run_file), key=lambda size: size if isinstance(size, int) else sum(size))
    if isinstance(size, tuple):
        return size
    p = run_file.glass.p
    assert p is not None
    return min(size, _WEIGHTS // p * p)


def _keywords(run_file: RunFile) -> dict:
    return run_file.glass.keywords | {"rounding": run_file.rounding}


def _zero_of_entropy(alpha: float) -> float:
    """Temperature at which the annealed entropy of so many paths per weight vanishes; 0 where it never does."""
    if field_settings.annealed_entropy(alpha, COLDEST) >= 0:
        return 0.0
    # 2 alpha beta^2 > ln 2 beyond: the entropy of the paramagnet is ln 2 - alpha beta^2 / 2 in the heat
    below, above = COLDEST, COLDEST + 10 * math.sqrt(alpha + 1)
    while below < (middle := (below + above) / 2) < above:
        if field_settings.annealed_entropy(alpha, middle) < 0:
            below = middle
        else:
            above = middle
    return above


def _short_run(run_file, size, dilution, rungs, pause) -> integrals.FieldIntegration:
    keywords, parts = _keywords(run_file) | {"dilution": dilution}, []
    for number in range(_INSTANCES):
        seed = Seed(run_file.seed, f"field,dilution={dilution!r},pilot={number}")
        glass = independent_lanes.draw(run_file.glass.ensemble, size, seed, **keywords)
        try:
            overlaps = planted_field.planted(
                glass, rungs, seed, _SWEEPS, proceed=lambda share: pause is None or not pause()
            )
        except planted_field.Stopped:
            raise Interrupted from None
        parts.append(integrals.of_overlaps(overlaps, np.bincount(glass.degrees), glass.n_paths, rungs))
    return integrals.integrated(run_file.glass.ensemble, keywords, rungs, {size: parts}, _SWEEPS)


def _rounded(temperature: float) -> float:
    """Four digits are enough, and the same on every machine."""
    return float(f"{temperature:.4g}")
