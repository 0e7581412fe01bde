"""``glassnet bench``: how fast the kernels are on this machine."""

from glassnet.cli import arguments
from glassnet.cli.parser import Parser


def add(parser: Parser) -> None:
    """Add the command ``bench``."""
    parser.add_command("bench", _bench, "updates per nanosecond of this machine's kernels")


def _bench(chosen) -> int:
    from glassnet.kernels.bitsliced import COMPILER, instruction_sets
    from glassnet.sampling import speed

    arguments.check_instruction_set()
    print(f"instruction sets here: {', '.join(instruction_sets())} (GLASSNET_ISA chooses); compiled by {COMPILER}")
    print("regular glass, p = 3, degree 4, 32 temperatures x 16 replicas, one core; updates/ns of")
    print("  bare sweeps | exchange every sweep, energies every 10 | default measurements every 10")
    for couplings, sizes in (("binary", (99, 999, 9999)), ("gaussian", (99, 999))):
        for n_weights in sizes:
            timed = speed.measure(speed.standard(n_weights, couplings), seconds=0.1)
            name = f"{couplings:>8}, N = {n_weights:>4}, {timed.instruction_set}"
            print(f"  {name}: {timed.bare:6.2f} | {timed.tempered:6.2f} | {timed.measured:6.2f}", flush=True)
    return 0
