"""What keys of a run file must agree on. Each check yields lines 'key: what is wrong'.

`sound` maps "Table.key" to every value that is right by itself; a check is left out if one of its keys is missing.
"""

import math
from collections.abc import Iterator

from glassnet import _catalogue, _checks, _wiring
from glassnet._wiring import n_weights
from glassnet.chains.schema import MEASUREMENTS, REQUIREMENTS, Measurement, Setup, defaults, lacking
from glassnet.scan.runfile import field_settings

_MOST_WEIGHTS = 2**31 - 1
_MOST_TASKS = 10**7


def mistakes(sound: dict) -> list[str]:
    """All mistakes that concern more than one key."""
    checks = (_keywords, _sizes, _dilutions, _planted, _field, _ladders, _measurements, _number_of_tasks)
    return [mistake for check in checks for mistake in check(sound)]


def _record(sound: dict) -> _catalogue.Ensemble | None:
    """What the catalogue says of the ensemble; None where that key is wrong."""
    return _catalogue.ENSEMBLES.get(sound.get("Glass.ensemble", ""))


def setup(record: _catalogue.Ensemble | None, couplings: str | None, **known) -> Setup:
    """What the table of measurements needs to know of the chains of an ensemble; `known` are other fields of it."""
    walks = record is not None and record.is_network
    layers = record is not None and record.has_layers and not walks
    return Setup(real_couplings=couplings == "gaussian", layers=layers, walks=walks, **known)


def setup_of(run_file, planted: bool, n_temperatures: int = 1, n_weights: int = 1) -> Setup:
    """The same of the chains of a run file's `planted` or symmetric tasks."""
    glass, own = run_file.glass, run_file.sampling.planted.replicas if planted else None
    sizes = {"n_temperatures": n_temperatures, "n_weights": n_weights}
    replicas = own or run_file.sampling.replicas
    return setup(glass.record, glass.couplings, planted=planted, n_replicas=replicas, **sizes)


def _keywords(sound: dict) -> Iterator[str]:
    ensemble = sound.get("Glass.ensemble")
    record = _record(sound)
    keywords = () if record is None else record.keywords
    for name in _catalogue.KEYWORDS if record else ():
        value, needed = sound.get(f"Glass.{name}", ...), name in keywords
        if value is None and needed:
            yield f"glass.{name}: is missing, ensemble {ensemble!r} needs it"
        elif value not in (None, ...) and not needed:
            why = "whose widths give it" if name == "p" else f"which takes {', '.join(keywords)}"
            yield f"glass.{name}: does not belong to ensemble {ensemble!r}, {why}"
    if sound.get("Glass.couplings") == "gaussian" and sound.get("Glass.bias"):
        yield f"glass.bias: is the mean of binary couplings, must be 0 for gaussian ones, got {sound['Glass.bias']!r}"


def _sizes(sound: dict) -> Iterator[str]:
    record, sizes = _record(sound), sound.get("Scan.sizes", [])
    first: dict[int, int] = {}
    for position, size in enumerate(sizes):
        key = f"scan.sizes[{position}]"
        if record and isinstance(size, tuple) != record.is_network:
            wanted = "a list of widths" if record.is_network else "a number of weights"
            yield f"{key}: must be {wanted} for ensemble {sound['Glass.ensemble']!r}, got {_listed(size)}"
            continue
        yield from (f"{key}: {wrong}" for wrong in _misfits(sound, size, sizes[0]))
        if (other := first.setdefault(n_weights(size), position)) != position:
            yield f"{key}: has {n_weights(size)} weights as sizes[{other}] has; sizes must differ in their weights"


def _misfits(sound: dict, size, first_size) -> Iterator[str]:
    record, p = _record(sound), sound.get("Glass.p")
    if isinstance(size, tuple):
        if len(size) < 3:
            yield f"must have at least 3 widths (p = widths - 1 >= 2), got {_listed(size)}"
        elif isinstance(first_size, tuple) and len(size) != len(first_size):
            yield f"must have {len(first_size)} widths as sizes[0] has, got {_listed(size)}"
    elif p:
        if size < p:
            yield f"must be at least p = {p}, got {size}"
        yield from _indivisible(sound, record, size, p)
    if max(n_weights(size), _n_paths(sound, size)) > _MOST_WEIGHTS:
        yield f"must not need more than {_MOST_WEIGHTS} weights or paths, got {_listed(size)}"


def _indivisible(sound: dict, record: _catalogue.Ensemble | None, size: int, p: int) -> Iterator[str]:
    factors = record.p_divides if record else ()
    values = [size if name == "size" else sound.get(f"Glass.{name}") for name in factors]
    known = [value for value in values if value is not None]
    if not factors or len(known) < len(values) or math.prod(known) % p == 0:
        return
    if factors == ("size",):
        yield f"must be divisible by p = {p}, got {size}"
    else:
        product = " * ".join(map(str, values))
        yield f"{' * '.join(factors)} must be divisible by p, got {product} and p = {p}"


def _dilutions(sound: dict) -> Iterator[str]:
    # what no rule of rounding allows; glassnet.scan.runfile.dilution checks the rest once the rule of the directory is
    # known
    dilutions, sizes, p = sound.get("Scan.dilutions", []), sound.get("Scan.sizes", []), sound.get("Glass.p")
    record = _record(sound)
    yield from _repeated("scan.dilutions", dilutions)
    field = sound.get("Scan.field")
    named = [(size, f"sizes[{number}]") for number, size in enumerate(sizes)]
    named += [(size, "field.n_weights") for size in getattr(field, "n_weights", None) or ()]
    for position, dilution in enumerate(dilutions):
        for size, name in named:
            layers = _wiring.layer_sizes(size)
            if record and (p or record.is_network):
                layers = record.layer_sizes(size, p)
            if any(round(dilution * members) == members for members in layers):
                emptied = f"{dilution!r} empties {name} or a layer"
                yield f"scan.dilutions[{position}]: must leave connections, {emptied}"


def _planted(sound: dict) -> Iterator[str]:
    if "Scan.planted" not in sound:
        return
    planted = sound["Scan.planted"]
    if not planted:
        for name in ("planted_samples", "symmetric"):
            if sound.get(f"Scan.{name}") not in (None, True):
                yield f"scan.{name}: needs planting temperatures in scan.planted, there are none"
        if "Sampling.planted" in sound and sound["Sampling.planted"].model_fields_set:
            yield "sampling.planted: needs planting temperatures in scan.planted, there are none"
        return
    yield from _repeated("scan.planted", planted)
    if sound.get("Glass.bias"):
        bias = sound["Glass.bias"]
        yield f"scan.planted: signs of planted couplings are drawn anew, glass.bias must be 0, got {bias!r}"
    key, replicas = _chosen(sound, True, "replicas")
    if replicas is not None and replicas % 2:
        yield f"{key}: must be even in a planted scan (half of them start planted, half at random), got {replicas}"
    key, ladder = _chosen(sound, True, "temperatures")
    top = None if ladder is None else _top(ladder)
    for position, temperature in enumerate(planted):
        if top is not None and temperature >= top:
            yield f"scan.planted[{position}]: must be below the last rung {top!r} of {key}, got {temperature!r}"


def _field(sound: dict) -> Iterator[str]:
    field, record = sound.get("Scan.field"), _record(sound)
    if not field:
        return
    if record and record.limit is None:
        ensemble = sound["Glass.ensemble"]
        yield f"scan.field: needs an ensemble that looks like a tree ({_catalogue.tree_like()}), not {ensemble!r}"
    if sound.get("Glass.couplings") == "gaussian":
        yield "scan.field: couplings of planted states in a field are +-1, glass.couplings must be 'binary'"
    if sound.get("Glass.bias"):
        bias = sound["Glass.bias"]
        yield f"scan.field: signs of planted couplings are drawn anew, glass.bias must be 0, got {bias!r}"
    if field is True:
        return
    rungs = field.temperatures or []
    for position in range(len(rungs) - 1):
        if rungs[position] >= rungs[position + 1]:
            here = f"scan.field.temperatures[{position + 1}]"
            yield f"{here}: must be above {rungs[position]!r}, got {rungs[position + 1]!r}"
    sizes = field.n_weights or ()
    if not record or not sizes:
        return
    if any(isinstance(size, tuple) != record.is_network for size in sizes):
        wanted = "widths of a network, or a list of three or more" if record.is_network else "a number of weights"
        listed = _listed_sizes(sizes)
        yield f"scan.field.n_weights: must be {wanted} for ensemble {sound['Glass.ensemble']!r}, got {listed}"
        return
    # of the layers that the scan's networks have
    first = next((size for size in sound.get("Scan.sizes", []) if isinstance(size, tuple)), sizes[0])
    yield from (f"scan.field.n_weights: {wrong}" for size in sizes for wrong in _misfits(sound, size, first))
    if len(sizes) == 2 or len(set(map(n_weights, sizes))) < len(sizes):
        yield f"scan.field.n_weights: must be one network or three that differ, got {_listed_sizes(sizes)}"


def _ladders(sound: dict) -> Iterator[str]:
    for planted in _kinds(sound):
        key, ladder = _chosen(sound, planted, "temperatures")
        if isinstance(ladder, list):
            for position in range(len(ladder) - 1):
                if ladder[position] >= ladder[position + 1]:
                    yield f"{key}[{position + 1}]: must be above {ladder[position]!r}, got {ladder[position + 1]!r}"
        elif ladder is not None and ladder.min >= ladder.max:
            yield f"{key}.max: must be above min = {ladder.min!r}, got {ladder.max!r}"


def _measurements(sound: dict) -> Iterator[str]:
    for planted in _kinds(sound):
        (_, sweeps), (key, every) = (_chosen(sound, planted, name) for name in ("sweeps", "measure_every"))
        if sweeps and every and sweeps % every:
            yield f"{key}: must divide sweeps = {sweeps}, got {every}"
        elif sweeps and every and sweeps // every < 2:
            yield f"{key}: must leave at least 2 measurements in sweeps = {sweeps}, got {every}"
        (_, replicas), (key, measure) = (_chosen(sound, planted, name) for name in ("replicas", "measure"))
        yield from _repeated(key, measure or [])
        own = setup(_record(sound), sound.get("Glass.couplings"), planted=planted, n_replicas=replicas or 2)
        refused: dict[str, str] = {}
        for name, requirement in lacking(measure or defaults(own), own):
            refused.setdefault(requirement, name)
        for requirement, name in refused.items():
            row, wrong = REQUIREMENTS[requirement], REQUIREMENTS[requirement].in_run_file
            if sound.get("Scan.planted") and row.holds(own._replace(planted=True)):
                wrong += "; measure in [sampling.planted] is for planted tasks alone"
            yield f"{_chosen(sound, planted, row.key)[0]}: {wrong.format(name=name, setup=own)}"


def _number_of_tasks(sound: dict) -> Iterator[str]:
    samples, sizes, dilutions = (sound.get(name) for name in ("RunFile.samples", "Scan.sizes", "Scan.dilutions"))
    if not (samples and sizes and dilutions):
        return
    per_kind = {
        False: samples,
        True: len(sound.get("Scan.planted", [])) * (sound.get("Scan.planted_samples") or samples),
    }
    tasks = len(sizes) * len(dilutions) * sum(per_kind[kind] for kind in _kinds(sound))
    tasks += len(dilutions) * (getattr(sound.get("Scan.field"), "instances", None) or 0)
    if tasks > _MOST_TASKS:
        yield f"samples: must not ask for more than {_MOST_TASKS} tasks, got {tasks}"


def too_large(run_file) -> list[str]:
    """The parts of a correct run file for which this machine lacks memory, with the bytes they need."""
    return [mistake for check in (_large_glasses, _large_chains, _large_field) for mistake in check(run_file)]


def _large_glasses(run_file) -> Iterator[str]:
    for position, size in enumerate(run_file.scan.sizes):
        n_paths = _whole(run_file.glass.n_paths(size))
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
        per_draw = sum(_bytes(MEASUREMENTS[name], sizes) for name in sampling.measure)
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
        n_paths = _whole(run_file.glass.n_paths(size))
        # a block of 512 lanes: signs, what is satisfied, and a copy of that while it is packed
        try:
            _wiring.require_memory(n_weights(size), n_paths, run_file.glass.p_of(size))
            _checks.memory(f"512 lanes of {_listed(size)} weights", 64 * (2 * n_weights(size) + 4 * n_paths))
        except ValueError as error:
            yield f"scan.field.n_weights: {error}"


def _bytes(row: Measurement, sizes: Setup) -> int:
    """Of one draw in memory, with the integers that it is made from."""
    return row.memory_bytes(sizes) + (0 if row.unit is None else row.file_bytes(sizes))


def _n_paths(sound: dict, size) -> int:
    """Paths of a glass before dilution; 0 where a key on the way is wrong or missing."""
    record = _record(sound)
    keywords = {name: sound.get(f"Glass.{name}") for name in record.keywords} if record else {}
    if record is None or None in keywords.values():
        return 0
    return _whole(record.n_paths(n_weights(size), record.p(size, keywords.get("p")), keywords))


def _whole(n_paths: float) -> int:
    return math.ceil(min(n_paths, 2.0**62))


def _kinds(sound: dict) -> list[bool]:
    """Whether symmetric (False) and planted (True) tasks are asked for."""
    planted = bool(sound.get("Scan.planted"))
    symmetric = sound.get("Scan.symmetric")
    return [False] * (not planted if symmetric is None else symmetric) + [True] * planted


def _chosen(sound: dict, planted: bool, name: str):
    """Key and value that count for planted or symmetric tasks; None while any table on the way is wrong."""
    if planted and "Sampling.planted" not in sound:
        return f"sampling.planted.{name}", None
    own = getattr(sound["Sampling.planted"], name) if planted else None
    if own is not None:
        return f"sampling.planted.{name}", own
    return f"sampling.{name}", sound.get(f"Sampling.{name}")


def _top(ladder) -> float:
    if isinstance(ladder, list):
        return ladder[-1]
    return math.inf if ladder.infinite else ladder.max


def _repeated(key: str, values: list) -> Iterator[str]:
    for position, value in enumerate(values):
        if value in values[:position]:
            yield f"{key}[{position}]: must not repeat, got {value!r} twice"


def _listed_sizes(sizes) -> str:
    shown = [_listed(size) for size in sizes]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _listed(size) -> str:
    return str(list(size) if isinstance(size, tuple) else size)
