"""Whether this machine has the memory for what a correct run file asks for."""

from collections.abc import Iterator

from glassnet import _checks, _wiring
from glassnet._wiring import n_weights
from glassnet.chains.schema import MEASUREMENTS, Measurement, Setup
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.consistency import listed, setup_of, whole


def too_large(run_file) -> list[str]:
    """The parts of a correct run file for which this machine lacks memory, with the bytes they need."""
    return [mistake for check in (_large_glasses, _large_chains, _large_field) for mistake in check(run_file)]


def _large_glasses(run_file) -> Iterator[str]:
    for position, size in enumerate(run_file.scan.sizes):
        n_paths = whole(run_file.glass_of(max(run_file.scan.alphas, default=None)).n_paths(size))
        try:
            _wiring.require_memory(n_weights(size), n_paths, run_file.glass.p_of(size))
        except ValueError as error:
            yield f"scan.sizes[{position}]: {error}"


def _large_chains(run_file) -> Iterator[str]:
    largest = max(map(n_weights, run_file.scan.sizes))
    for planted in [False] * run_file.symmetric + [True] * bool(run_file.scan.planted):
        sampling = run_file.sampling_of(planted)
        rungs = len(sampling.temperatures) if isinstance(sampling.temperatures, list) else sampling.temperatures.n + 1
        draws, lanes = sampling.sweeps // sampling.measure_every, rungs * sampling.replicas
        sizes = setup_of(run_file, planted, rungs, largest)
        names = {*sampling.measure, *(["weights"] if run_file.study is not None else [])}
        per_draw = sum(_bytes(MEASUREMENTS[name], sizes) for name in sorted(names))
        for key, what, needed in (
            ("replicas", f"a set of {lanes} configurations of {largest} weights", 2 * lanes * largest),
            ("sweeps", f"a chain of {draws} draws at {rungs} temperatures", draws * per_draw),
        ):
            try:
                _checks.memory(what, needed)
            except ValueError as error:
                own = planted and getattr(run_file.sampling.planted, key) is not None
                yield f"{'sampling.planted' if own else 'sampling'}.{key}: {error}"


def _large_field(run_file) -> Iterator[str]:
    for size in field_settings.sizes(run_file) if run_file.field is not None else ():
        n_paths = whole(run_file.glass.n_paths(size))
        # a block of 512 lanes: signs, what is satisfied, and a copy of that while it is packed
        try:
            _wiring.require_memory(n_weights(size), n_paths, run_file.glass.p_of(size))
            _checks.memory(f"512 lanes of {listed(size)} weights", 64 * (2 * n_weights(size) + 4 * n_paths))
        except ValueError as error:
            yield f"scan.field.n_weights: {error}"


def _bytes(row: Measurement, sizes: Setup) -> int:
    """Of one draw in memory, with the integers that it is made from."""
    return row.memory_bytes(sizes) + (0 if row.unit is None else row.file_bytes(sizes))
