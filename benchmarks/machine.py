"""What the numbers were measured on: processor, compiler, instruction set, versions."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("numpy", "scipy", "openjij", "dwave-samplers", "dimod", "numba")


def describe(core) -> dict[str, str]:
    """Everything worth quoting beside a speed, as texts; `core` is the one the process is pinned to, or None."""
    import glassnet
    from glassnet.kernels import bitsliced

    found = ", ".join(f"{name} {version}" for name, version in _versions())
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} logical cores; {_caches()}",
        "pinned": "to no core (the system cannot)" if core is None else f"to core {core}, one thread",
        "instruction set": f"{bitsliced.chosen_instruction_set()} of {', '.join(bitsliced.instruction_sets())}",
        "compiler of the kernels": bitsliced.COMPILER,
        "system": platform.platform(),
        "versions": f"glassnet {glassnet.__version__}, Python {platform.python_version()}, {found}",
        "load before": load(),
    }


def pin():
    """Keep this process on one core; returns its number, or None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def load() -> str:
    """Processes that wanted to run in the last 1, 5 and 15 minutes: more than this one make the numbers noisy."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _caches():
    """Caches of the first core as Linux lists them."""
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return "caches " + ", ".join(found) if found else "caches unknown"


def _versions():
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
