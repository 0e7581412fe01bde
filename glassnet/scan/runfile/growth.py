"""What may change between the run file a directory was begun with and the one it is continued with."""

from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.runfile.sections import LadderRule

#: lists that may get longer and numbers that may get larger; everything else must stay
_LISTS = ("scan.sizes", "scan.dilutions", "scan.planted", "scan.alphas")
_NUMBERS = ("samples", "scan.planted_samples", "sampling.sweeps", "sampling.planted.sweeps")
_INSTANCES = "scan.field.instances"
#: what grows in a study: its networks are asked at the end of a chain, and are not kept
_IN_STUDIES = ("samples", "scan.sizes", "scan.dilutions", "scan.alphas")
_PER_TASK = ("temperatures", "unit", "replicas", "thermalization", "sweeps", "measure_every", "measure")


def objections(begun: RunFile, wanted: RunFile, directory: str) -> list[str]:
    """Lines 'key: what is wrong', naming both values; none if `wanted` continues or grows what was begun."""
    if begun.rounding == "layers" and "rounding" not in wanted.scan.model_fields_set:
        wanted = wanted.keeping("layers")
    # keys of a kind of task that is no longer asked for are missing now: scan.symmetric and scan.planted tell of it
    before, now = _settings(begun), _settings(wanted)
    if begun.field is not None and wanted.field is None:
        now["scan.field"] = False
    lines = [
        f"{_written(key, begun, wanted)}: {_shown(now[key])} here, "
        f"but {directory} was begun with {_shown_before(key, value)}; {_rule(key, wanted)}"
        for key, value in before.items()
        if key in now and key != "scan.symmetric" and not _continues(key, value, now[key], begun)
    ]
    if before["scan.symmetric"] and not now["scan.symmetric"]:
        lines.append(_no_longer_symmetric(wanted, directory))
    # [sampling] and samples count for symmetric and planted tasks alike
    return list(dict.fromkeys(lines))


def changes(before: RunFile, now: RunFile) -> list[str]:
    """Every setting that differs, as 'key: value here, value before'."""
    old, new = _settings(before), _settings(now)
    keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
    lines = [f"{_written(key, before, now)}: {_shown(new.get(key))}, before {_shown(old.get(key))}" for key in keys]
    return list(dict.fromkeys(lines))


def _no_longer_symmetric(wanted: RunFile, directory: str) -> str:
    """The default of `symmetric` changes with the first planting temperature: name the key that keeps the present
    one."""
    why = "false here" if wanted.scan.symmetric is False else "false by default where scan.planted is not empty"
    keep = "symmetric = true in [scan] keeps them and adds the planted ones"
    return f"scan.symmetric: {why}, but {directory} holds glasses as drawn; {keep} (--out starts another directory)"


def _continues(key: str, before, now, begun: RunFile) -> bool:
    if begun.study is not None and key not in _IN_STUDIES:
        return now == before
    if key in _LISTS:
        return all(entry in now for entry in before)
    if key in _NUMBERS:
        return now >= before
    if key == _INSTANCES:
        return all(now.get(dilution, 0) >= count for dilution, count in before.items())
    return now == before


def _settings(run_file: RunFile) -> dict[str, object]:
    """Everything a directory's chains depend on, every default decided."""
    settings: dict[str, object] = {"seed": run_file.seed, "study": run_file.study}
    settings |= {f"glass.{name}": value for name, value in run_file.glass.model_dump().items()}
    settings |= {f"scan.{name}": getattr(run_file.scan, name) for name in ("sizes", "dilutions", "planted", "alphas")}
    settings |= {f"data.{name}": value for name, value in (run_file.data.model_dump() if run_file.data else {}).items()}
    settings |= {"scan.symmetric": run_file.symmetric, "scan.rounding": run_file.rounding}
    for planted in [False] * run_file.symmetric + [True] * bool(run_file.scan.planted):
        settings["scan.planted_samples" if planted else "samples"] = run_file.samples_of(planted)
        sampling, table = run_file.sampling_of(planted), "sampling.planted" if planted else "sampling"
        settings |= {f"{table}.{name}": getattr(sampling, name) for name in _PER_TASK}
    if (field := run_file.field) is not None:
        settings |= {"scan.field": True, "scan.field.n_weights": field_settings.sizes(run_file)}
        settings |= {f"scan.field.{name}": getattr(field, name) for name in ("temperatures", "sweeps")}
        settings[_INSTANCES] = {d: field_settings.instances(run_file, d) for d in run_file.scan.dilutions}
    return settings


def _written(key: str, *run_files: RunFile) -> str:
    """The key a user finds in his run file: planted tasks follow the general ones unless they have their own."""
    own = {f"sampling.planted.{name}" for run_file in run_files for name in run_file.sampling.planted.model_fields_set}
    if any(run_file.scan.planted_samples is not None for run_file in run_files):
        own.add("scan.planted_samples")
    if key in own or "planted" not in key:
        return key
    return {"scan.planted_samples": "samples"}.get(key, key.replace("sampling.planted.", "sampling."))


def _rule(key: str, wanted: RunFile) -> str:
    if key == "scan.rounding":
        return "it stays (--out starts another directory)"
    if wanted.study is not None and key not in _IN_STUDIES:
        return "only samples, sizes, dilutions and alphas of a study may grow (--out starts another directory)"
    if key in (*_LISTS, *_NUMBERS, _INSTANCES):
        return "it may only grow"
    if key.startswith("scan.field"):
        return "of scan.field only instances may grow (--out starts another directory)"
    return "only samples, sizes, dilutions, planted and sweeps may grow (--out starts another directory)"


def _shown_before(key: str, value) -> str:
    """The settings with which a directory was begun, as keys of a run file."""
    if key == "scan.rounding" and value == "layers":
        return "the rule of release 0.3.0, with which it goes on where the key is left out"
    return _shown(value)


def _shown(value) -> str:
    if isinstance(value, LadderRule):
        value = value.model_dump()
    if isinstance(value, dict) and len(set(map(str, value.values()))) == 1:
        # instances at all dilutions
        return _shown(next(iter(value.values())))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_shown(part)}" for name, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else repr(value)
