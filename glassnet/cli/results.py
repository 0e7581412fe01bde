"""``glassnet analyze``, ``status``, ``verify``, ``pack``: what is done with the directory of a run."""

import functools
import json
import sys

from glassnet.cli import arguments
from glassnet.cli.parser import Parser


def add(parser: Parser) -> None:
    """Add the commands ``analyze``, ``status``, ``verify`` and ``pack``."""
    analyze = parser.add_command(
        "analyze", _analyze, "tables, verdict, figures and report.html from saved chains", writes_files=True
    )
    analyze.add_argument(
        "directory", metavar="DIR", type=arguments.path, help="of a run, or a packed run; not its run file"
    )
    status = parser.add_command("status", _status, "how far a run is")
    status.add_argument("directory", metavar="DIR", type=arguments.path)
    status.add_argument("--json", action="store_true", help="for programs")
    verify = parser.add_command("verify", _verify, "run some finished tasks again and compare bit by bit")
    verify.add_argument("directory", metavar="DIR", type=arguments.path)
    verify.add_argument(
        "-k", type=arguments.count, default=3, metavar="K", help="how many tasks, chosen at random (default 3)"
    )
    verify.add_argument("--seed", type=arguments.whole, help="choose the same tasks again")
    pack = parser.add_command("pack", _pack, "one file of a run to take home")
    pack.add_argument("directory", metavar="DIR", type=arguments.path)
    pack.add_argument("-o", "--out", metavar="FILE", type=arguments.path, help="by default DIR.zip")


def _analyze(chosen) -> int:
    from glassnet.scan.report import writing

    report = writing.write(chosen.directory, functools.partial(print, flush=True))
    for line in report.unwritten:
        print(f"glassnet: {line}", file=sys.stderr)
    return 1 if report.damaged or report.unwritten else 0


def _status(chosen) -> int:
    from glassnet.scan.directory import lookup
    from glassnet.scan.watch import status

    facts = status.status(lookup.directory(chosen.directory, "status"))
    print(json.dumps(facts, indent=1) if chosen.json else status.table(facts))
    return 0


def _verify(chosen) -> int:
    from glassnet.scan.directory import lookup
    from glassnet.scan.watch import verify

    arguments.check_instruction_set()
    selection = verify.select(lookup.directory(chosen.directory, "verify"), chosen.k, chosen.seed)
    print(selection, flush=True)
    code = 1 if selection.damaged else 0
    for result in verify.verify(selection):
        print(result, flush=True)
        code = 1 if result.differences else code
    return code


def _pack(chosen) -> int:
    from pathlib import Path

    from glassnet.chains.pack import pack
    from glassnet.scan.directory import lookup, readable_chains

    directory = lookup.directory(chosen.directory, "pack")
    print(pack(directory, chosen.out and Path(chosen.out), readable_chains.derived(directory)))
    return 0
