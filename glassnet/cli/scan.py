"""``glassnet scan``: run files are run, resumed, or only checked."""

from glassnet.cli import arguments
from glassnet.cli.parser import Parser


def add(parser: Parser) -> None:
    """Add the command ``scan``."""
    scan = parser.add_command(
        "scan",
        _scan,
        "run or resume a run file; finished tasks are not run again",
        on_all_ranks=True,
        writes_files=True,
    )
    scan.add_argument("run_file", metavar="RUN.toml", type=arguments.path)
    scan.add_argument(
        "--out",
        metavar="DIR",
        type=arguments.path,
        help="directory of the run (default: results/<stem of the run file>)",
    )
    scan.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=arguments.seconds,
        help="save everything and end with exit code 75 after so long (default: a minute before a Slurm job ends)",
    )
    scan.add_argument(
        "--checkpoint-every",
        metavar="SECONDS",
        type=arguments.seconds,
        default=900.0,
        help="how often a running task is saved (default 900)",
    )
    scan.add_argument(
        "--dry-run", action="store_true", help="check everything and say what would be done, and what it costs"
    )


def _scan(chosen) -> int:
    from glassnet.scan.cost import calibration
    from glassnet.scan.execute import farm, run
    from glassnet.scan.watch import status

    arguments.check_instruction_set()
    if not chosen.dry_run:
        return run.scan(chosen.run_file, chosen.out, chosen.time_limit, chosen.checkpoint_every)
    if farm.launched()[1] == 0:
        limits = chosen.time_limit, chosen.checkpoint_every
        print(status.dry_run(chosen.run_file, chosen.out, calibration.calibrate, *limits))
    return 0
