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


def systems(couplings):
    """Name and glass of every row."""
    from glassnet import ensembles
    from glassnet.sampling.speed import standard

    for n_weights in (99, 999, 9999, 99999) if couplings == "binary" else (99, 999):
        yield "regular p=3 k=4", standard(n_weights, couplings)
    if couplings == "binary":
        yield "poisson p=3 alpha=1.5", ensembles.poisson(n_weights=999, p=3, alpha=1.5, seed=1)
        yield "layered p=3 alpha=1.5", ensembles.layered(n_weights=99, p=3, alpha=1.5, seed=1)
        yield "walks 8-8-8-8 alpha=1.5", ensembles.walks(widths=(8, 8, 8, 8), alpha=1.5, seed=1)


def one_set(couplings):
    """Rows of the instruction set in use, as JSON on standard output (called in a child process)."""
    from glassnet.sampling import speed

    rows = []
    for name, glass in systems(couplings):
        found = speed.measure(glass, seconds=0.1)
        rows.append({"glass": name, "couplings": couplings, "n_weights": glass.n_weights} | found._asdict())
    print(json.dumps(rows))


def table(rows):
    """Markdown table of all rows."""
    lines = [
        "| glass | couplings | N | set | sweeps alone | + exchange | + measurements | exchange | measurement |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        name = f"{row['glass']} | {row['couplings']} | {row['n_weights']} | {row['instruction_set']}"
        speeds = " | ".join(f"{row[kind]:.2f}" for kind in ("bare", "tempered", "measured"))
        shares = " | ".join(f"{row[kind] / row['sweep']:.2f}" for kind in ("exchange", "record"))
        lines.append(f"| {name} | {speeds} | {shares} |")
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
    text = (
        f"One core of: {machine}. 32 temperatures x 16 replicas. Updates/ns of sweeps alone, with an exchange after "
        "each sweep, and with the default measurements every 10 sweeps as well; last, what one exchange and one "
        f"measurement cost in sweeps.\n\n{table(rows)}\n"
    )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "kernels.md").write_text(text)
    (options.out / "kernels.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    main()
