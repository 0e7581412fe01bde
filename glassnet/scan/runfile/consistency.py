"""What keys of a run file must agree on. Each check yields lines 'key: what is wrong'.

`sound` maps "Table.key" to every value that is right by itself; a check is left out if one of its keys is missing.
"""

import math
from collections.abc import Iterator

from glassnet import _catalogue, _wiring
from glassnet._wiring import n_weights
from glassnet.chains.schema import REQUIREMENTS, Setup, defaults, lacking
from glassnet.network.tasks.named import TASKS

_MOST_WEIGHTS = 2**31 - 1
_MOST_TASKS = 10**7
#: keys of [data] that belong to some tasks
_TASK_KEYS = tuple(dict.fromkeys(name for row in TASKS.values() for name in (*row.needs, *row.takes)))
#: examples that the dimension of a hidden layer is measured with
_FEWEST_TESTS = 4


def mistakes(sound: dict) -> list[str]:
    """All mistakes that concern more than one key."""
    checks = (_keywords, _data, _study, _sizes, _dilutions, _planted, _field, _ladders, _measurements, _number_of_tasks)
    return [mistake for check in checks for mistake in check(sound)]


def _record(sound: dict) -> _catalogue.Ensemble | None:
    """What the catalogue says of the ensemble; None where that key is wrong."""
    return _catalogue.ENSEMBLES.get(sound.get("Glass.ensemble", ""))


def setup(record: _catalogue.Ensemble | None, **known) -> Setup:
    """What the table of measurements needs to know of the chains of an ensemble; `known` are other fields of it."""
    walks = record is not None and record.is_network
    layers = record is not None and record.has_layers and not walks
    return Setup(layers=layers, walks=walks, **known)


def setup_of(run_file, planted: bool, n_temperatures: int = 1, n_weights: int = 1) -> Setup:
    """The same of the chains of a run file's `planted` or symmetric tasks."""
    glass, own = run_file.glass, run_file.sampling.planted.replicas if planted else None
    sizes = {"n_temperatures": n_temperatures, "n_weights": n_weights}
    replicas = own or run_file.sampling.replicas
    # the replicas of a study start in a configuration of their glass
    known = {"planted": planted or run_file.study is not None, "real_couplings": not run_file.is_binary}
    return setup(glass.record, n_replicas=replicas, **known, **sizes)


def _keywords(sound: dict) -> Iterator[str]:
    ensemble = sound.get("Glass.ensemble")
    record = _record(sound)
    keywords = () if record is None else record.keywords
    for name in _catalogue.KEYWORDS if record else ():
        value, needed = sound.get(f"Glass.{name}", ...), name in keywords
        if name == "alpha" and sound.get("RunFile.study", ...) is not None:
            if value not in (None, ...) and "RunFile.study" in sound:
                yield f"glass.alpha: a study has its paths per weight in scan.alphas, got {value!r}"
            continue
        if value is None and needed:
            yield f"glass.{name}: is missing, ensemble {ensemble!r} needs it"
        elif value not in (None, ...) and not needed:
            why = "whose widths give it" if name == "p" else f"which takes {', '.join(keywords)}"
            yield f"glass.{name}: does not belong to ensemble {ensemble!r}, {why}"
    couplings = sound.get("Glass.couplings")
    if couplings in ("gaussian", "data") and sound.get("Glass.bias"):
        bias = sound["Glass.bias"]
        yield f"glass.bias: is the mean of binary couplings, must be 0 for {couplings} ones, got {bias!r}"


def _data(sound: dict) -> Iterator[str]:
    couplings, ensemble = sound.get("Glass.couplings"), sound.get("Glass.ensemble")
    if couplings != "data":
        if couplings and sound.get("RunFile.data") is not None:
            yield f"data: belongs to glass.couplings = 'data', got {couplings!r}"
        return
    record = _record(sound)
    if record and not record.is_network:
        known = _catalogue.networks()
        yield f"glass.couplings: 'data' belong to the inputs of a network, ensemble {known!r}, got {ensemble!r}"
    if "RunFile.data" in sound and sound["RunFile.data"] is None:
        yield "data: is missing, glass.couplings = 'data' need it"
    row = TASKS.get(sound.get("Data.task", ""))
    needs, takes = ((), ()) if row is None else (row.needs, (*row.needs, *row.takes))
    for name in _TASK_KEYS if row else ():
        value, task = sound.get(f"Data.{name}", ...), sound["Data.task"]
        if value is None and name in needs:
            yield f"data.{name}: is missing, task {task!r} needs it"
        elif value not in (None, ...) and name not in takes:
            yield f"data.{name}: does not belong to task {task!r}, which takes {', '.join(takes)}"
    examples, train = sound.get("Data.examples"), sound.get("Data.train")
    if isinstance(examples, int) and train is not None and examples > train:
        yield f"data.examples: must be at most train = {train}, got {examples}"


def _study(sound: dict) -> Iterator[str]:
    study, alphas = sound.get("RunFile.study", ...), sound.get("Scan.alphas")
    if study is ...:
        return
    if study is None:
        if alphas:
            yield f"scan.alphas: belongs to a study, got {alphas}; glass.alpha has the paths per weight of all others"
        if sound.get("Sampling.unit", "1") != "1":
            yield f"sampling.unit: belongs to a study, got {sound['Sampling.unit']!r}"
        return
    if sound.get("Glass.couplings", "data") != "data":
        yield f"glass.couplings: must be 'data' in study {study!r}, got {sound['Glass.couplings']!r}"
    if alphas == []:
        yield f"scan.alphas: is missing, study {study!r} needs it"
    yield from _repeated("scan.alphas", alphas or [])
    for position, size in enumerate(sound.get("Scan.sizes", [])):
        if isinstance(size, tuple) and size[-1] != 1:
            yield f"scan.sizes[{position}]: must end with one output unit in study {study!r}, got {listed(size)}"
    if sound.get("Scan.symmetric") is not None:
        yield f"scan.symmetric: does not belong to study {study!r}, got {sound['Scan.symmetric']!r}"
    if (test := sound.get("Data.test")) is not None and test < _FEWEST_TESTS:
        yield f"data.test: must be at least {_FEWEST_TESTS} in study {study!r}, got {test}"
    if not isinstance(sound.get("Sampling.temperatures", []), list):
        yield f"sampling.temperatures: must be a list in study {study!r}, got a rule"
    if (replicas := sound.get("Sampling.replicas", 2)) % 2:
        halves = "half of them start in the Hebb state, half at random"
        yield f"sampling.replicas: must be even in study {study!r} ({halves}), got {replicas}"


def _are_real(sound: dict) -> bool:
    """Whether couplings are real numbers; those of one example per path are +-1."""
    couplings = sound.get("Glass.couplings")
    return couplings == "gaussian" or (couplings == "data" and sound.get("Data.examples") != 1)


def _sizes(sound: dict) -> Iterator[str]:
    record, sizes = _record(sound), sound.get("Scan.sizes", [])
    first: dict[int, int] = {}
    for position, size in enumerate(sizes):
        key = f"scan.sizes[{position}]"
        if record and isinstance(size, tuple) != record.is_network:
            wanted = "a list of widths" if record.is_network else "a number of weights"
            yield f"{key}: must be {wanted} for ensemble {sound['Glass.ensemble']!r}, got {listed(size)}"
            continue
        yield from (f"{key}: {wrong}" for wrong in _misfits(sound, size, sizes[0]))
        if (other := first.setdefault(n_weights(size), position)) != position:
            yield f"{key}: has {n_weights(size)} weights as sizes[{other}] has; sizes must differ in their weights"


def _misfits(sound: dict, size, first_size) -> Iterator[str]:
    record, p = _record(sound), sound.get("Glass.p")
    if isinstance(size, tuple):
        if len(size) < 3:
            yield f"must have at least 3 widths (p = widths - 1 >= 2), got {listed(size)}"
        elif isinstance(first_size, tuple) and len(size) != len(first_size):
            yield f"must have {len(first_size)} widths as sizes[0] has, got {listed(size)}"
    elif p:
        if size < p:
            yield f"must be at least p = {p}, got {size}"
        yield from _indivisible(sound, record, size, p)
    if max(n_weights(size), _n_paths(sound, size)) > _MOST_WEIGHTS:
        yield f"must not need more than {_MOST_WEIGHTS} weights or paths, got {listed(size)}"


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
    if sound.get("Glass.couplings") == "data":
        yield "scan.planted: signs of planted couplings are drawn anew, glass.couplings must not be 'data'"
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
    if sound.get("Glass.couplings") in ("gaussian", "data"):
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
        studied = sound.get("RunFile.study") is not None
        known = {"planted": planted or studied, "real_couplings": _are_real(sound), "n_replicas": replicas or 2}
        own = setup(_record(sound), **known)
        refused: dict[str, str] = {}
        for name, requirement in lacking(measure or ([] if studied else defaults(own)), own):
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
    alphas = len(sound.get("Scan.alphas") or [1.0])
    tasks = len(sizes) * len(dilutions) * alphas * sum(per_kind[kind] for kind in _kinds(sound))
    tasks += len(dilutions) * (getattr(sound.get("Scan.field"), "instances", None) or 0)
    if tasks > _MOST_TASKS:
        yield f"samples: must not ask for more than {_MOST_TASKS} tasks, got {tasks}"


def _n_paths(sound: dict, size) -> int:
    """Paths of a glass before dilution; 0 where a key on the way is wrong or missing."""
    record = _record(sound)
    keywords = {name: sound.get(f"Glass.{name}") for name in record.keywords} if record else {}
    if sound.get("RunFile.study") is not None:
        keywords["alpha"] = max(sound.get("Scan.alphas", []), default=None)
    if record is None or None in keywords.values():
        return 0
    return whole(record.n_paths(n_weights(size), record.p(size, keywords.get("p")), keywords))


def whole(n_paths: float) -> int:
    """A number of paths rounded up, within the bounds of int64."""
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
    shown = [listed(size) for size in sizes]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def listed(size) -> str:
    """A size as the run file has it."""
    return str(list(size) if isinstance(size, tuple) else size)
