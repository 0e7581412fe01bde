"""Two ranks on two cores against one: the same scan, timed from the first task to the last."""

import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from report import Table

RUN_FILE = """\
seed = 1
samples = {samples}
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [240, 480]
[sampling]
temperatures = {{min = 0.6, max = 2.0, n = 32}}
replicas = 15
thermalization = 10000
sweeps = 10000
measure_every = 100
"""
#: a scan without its analysis that says how many seconds rank 0 led
LEAD = """
import sys, time
from glassnet.scan import farm, report
report.write = str
lead = farm.lead
def timed(*arguments):
    begun = time.perf_counter()
    code = lead(*arguments)
    print("led", time.perf_counter() - begun)
    return code
farm.lead = timed
from glassnet.cli import main
sys.exit(main())
"""


def speed_up(effort):
    """Table of what a second rank gives; needs mpi4py, mpiexec and two idle cores."""
    mpiexec = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")
    if find_spec("mpi4py") is None or mpiexec is None:
        yield Table("Two ranks", [], ["Not measured: mpi4py and mpiexec are needed."])
        return
    samples, repeats = (12, 1) if effort.quick else (36, 2)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run.toml").write_text(RUN_FILE.format(samples=samples))
        for repeat in range(repeats):
            alone, two = (_seconds(folder, mpiexec, ranks, repeat) for ranks in (1, 2))
            rows.append({"tasks": 2 * samples, "one rank, s": alone, "two ranks, s": two, "speed-up": alone / two})
    yield Table("Two ranks", rows, ["Wall time on two cores, from the first task to the last, repeats in turn."])


def _seconds(folder, mpiexec, ranks, repeat):
    command = [mpiexec, "-n", str(ranks), sys.executable, "-P", "-c", LEAD, "scan", "run.toml"]
    out = f"ranks{ranks}-{repeat}"
    # all cores, also where the benchmarks are pinned to one
    free = ["taskset", "-c", "0-1"] if shutil.which("taskset") else []
    found = subprocess.run(
        [*free, *command, "--out", out], cwd=folder, capture_output=True, text=True, check=True, timeout=600
    )
    return float(found.stdout.rpartition("led ")[2].split()[0])
