"""Speed of the kernels on one core, for every instruction set of this machine.

    python benchmarks/kernels.py [--out benchmarks/results]

writes kernels.md and kernels.json there. Each instruction set runs in a process of its own (GLASSNET_ISA is read when a
sampler is made); medians over alternating stretches. Run it on an idle machine and quote ratios.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

SIZES = (99, 999, 9999, 99999)


def one_set(couplings):
    """Rows of the instruction set in use, as JSON on standard output (called in a child process)."""
    from glassnet.sampling import speed

    rows = []
    for n_weights in SIZES if couplings == "binary" else SIZES[:2]:
        found = speed.measure(speed.standard(n_weights, couplings), seconds=0.1)
        rows.append({"couplings": couplings, "n_weights": n_weights} | found._asdict())
    print(json.dumps(rows))


def table(rows):
    """Markdown table of all rows."""
    lines = [
        "| couplings | set | N | updates/ns, sweeps | with exchange | exchange/sweep | overlaps/sweep |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        name = f"{row['couplings']} | {row['instruction_set']} | {row['n_weights']}"
        shares = f"{row['exchange'] / row['sweep']:.1%} | {row['overlap_record'] / row['sweep']:.1%}"
        lines.append(f"| {name} | {row['bare']:.2f} | {row['tempered']:.2f} | {shares} |")
    return "\n".join(lines)


def processor():
    """Name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def main():
    """Run every instruction set in turn and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        one_set(options.child)
        return
    from glassnet.kernels.bitsliced import instruction_sets

    rows = []
    for couplings in ("binary", "gaussian"):
        for name in instruction_sets():
            child = [sys.executable, __file__, "--child", couplings]
            answer = subprocess.run(child, env=os.environ | {"GLASSNET_ISA": name}, check=True, stdout=subprocess.PIPE)
            rows += json.loads(answer.stdout)
    machine = f"{processor()}, {platform.system()}, Python {platform.python_version()}"
    text = f"Regular p = 3, degree 4, 32 temperatures x 16 replicas, one core of: {machine}\n\n{table(rows)}\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "kernels.md").write_text(text)
    (options.out / "kernels.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    main()
