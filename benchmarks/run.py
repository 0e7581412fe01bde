"""Measure everything glassnet quotes about its speed, on one core, side by side with what a user would pick instead.

    pip install -e '.[bench]' && python benchmarks/run.py

prints tables as they come and leaves results.md, results.json and farm.png in benchmarks/results; it takes seven
minutes and 1.5 GB, with --quick two. Run it on an idle machine. All times are processor times, but those of
the farm, which are simulated; what is compared is timed in turn.
"""

import argparse
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

# before numpy and its friends are loaded
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

import analysis
import farm
import kernels
import machine
import peers
import ranks
import report
import tempering

SECTIONS = {
    "kernel": kernels.bitsliced_kernel,
    "mixed": kernels.mixed_degrees,
    "tempering": tempering.efficiency,
    "real": kernels.real_couplings,
    "ladder": tempering.round_trips,
    "enumeration": kernels.enumeration,
    "peers": peers.side_by_side,
    "analysis": analysis.reweighting,
    "farm": farm.scheduling,
    "ranks": ranks.speed_up,
}


class Effort(NamedTuple):
    """How long to measure: seconds of one timed stretch, how many of them, and whether small systems are enough.

    Figures go to the folder `out`.
    """

    seconds: float
    repeats: int
    quick: bool
    out: Path

    @property
    def timing(self):
        """What speed.alternate takes."""
        return self.seconds, self.repeats


def main():
    """Run the sections asked for and write what they found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=SECTIONS,
        default=list(SECTIONS),
        metavar="SECTION",
        help=f"of {', '.join(SECTIONS)} (default: all)",
    )
    parser.add_argument("--quick", action="store_true", help="smaller systems, shorter stretches")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    missing = [name for name, module in peers.PACKAGES.items() if find_spec(module.split(".")[0]) is None]
    if "peers" in options.only and missing:
        parser.error(
            f"the section peers needs {', '.join(missing)}: pip install -e '.[bench]', or name others with --only"
        )
    effort = Effort(0.04, 5, True, options.out) if options.quick else Effort(0.1, 7, False, options.out)
    try:
        about = machine.describe(machine.pin())
    except ValueError as error:
        parser.error(str(error))
    start, tables = time.perf_counter(), []
    for section in options.only:
        print(f"{section} ({time.perf_counter() - start:.0f} s)", file=sys.stderr)
        for table in SECTIONS[section](effort):
            print(report.markdown(table), flush=True)
            tables.append(table)
    about["load after"] = machine.load()
    about["took"] = f"{time.perf_counter() - start:.0f} s"
    report.write(options.out, about, tables)
    print(f"written to {options.out}/results.md and results.json", file=sys.stderr)


if __name__ == "__main__":
    main()
