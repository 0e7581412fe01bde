"""The command line: ``glassnet scan``, ``analyze``, ``status``, ``verify``, ``pack``, ``theory``, ``bench``."""

import argparse
import contextlib
import functools
import io
import json
import math
import sys
from collections.abc import Callable

import glassnet
from glassnet import _meant, _terminal


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 some tasks failed or files not written, 2 the user's mistake,
    75 paused."""
    words = sys.argv[1:] if arguments is None else arguments
    with _terminal.guarded() as (output, errors):
        # a terminal that closes its stderr loses what is complained of, nothing else
        errors.patient, ended = True, False
        try:
            code = _run(words, output)
        except SystemExit as end:
            # of --help and --version, and of what the parser refuses
            code, ended = end.code, True
        with contextlib.suppress(OSError):
            output.flush()
        if output.refused is not None:
            _complain(f"standard output cannot be written: {output.refused.strerror}", words)
        code = code or (1 if output.refused is not None else 0)
    if ended:
        raise SystemExit(code)
    return code


def _run(words: list[str], output: _terminal.Stream) -> int:
    """Run one command; what is wrong with its arguments, files or environment is said in lines of their own."""
    from glassnet.scan import farm
    from glassnet.scan.config import UserError

    rank = 0
    try:
        _, rank = farm.launched()
        # under a launcher every rank runs this, but only rank 0 speaks
        with contextlib.redirect_stderr(io.StringIO()) if rank else contextlib.nullcontext():
            parser = _parser()
            parser.check(words)
            chosen = parser.parse_args(words)
        if rank and chosen.command is not _scan:
            return 0
        # these write files as well as words
        output.patient = chosen.command in (_scan, _analyze)
        return chosen.command(chosen)
    except UserError as error:
        code, said = 2, str(error)
    except KeyboardInterrupt:
        code, said = 75, "interrupted; what was saved is safe, the same command goes on"
    except BrokenPipeError:
        # the reader of our output has gone, as in `glassnet status DIR | head`
        return 0
    except OSError as error:
        if error is output.refused:
            return 1
        # a ChainError names its file itself
        reason = error.strerror or str(error)
        code, said = 2, f"{error.filename}: {reason}" if error.filename is not None else reason
    except MemoryError:
        code, said = 1, "not enough memory"
    if rank == 0:
        _complain(said, words)
    return code


def _complain(text: str, words: list[str]) -> None:
    """Say on stderr what is wrong, a line for each mistake; the words of the command line may hold ends of lines."""
    for word in words:
        text = text.replace(word, _terminal.line(word)) if "\n" in word else text
    for line in text.split("\n"):
        print(f"glassnet: {_terminal.shortened(line)}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Knows its options and commands, and answers others with the one that was probably meant."""

    def __init__(self, *arguments, **keywords):
        self.options: list[str] = []
        self.commands: dict[str, _Parser] = {}
        super().__init__(*arguments, **keywords)

    def add_argument(self, *arguments, **keywords):
        action = super().add_argument(*arguments, **keywords)
        self.options += action.option_strings
        return action

    def error(self, message: str):
        """End the program with a message that may repeat what was given, but not all of it."""
        super().error(_terminal.shortened(_terminal.line(message)))

    def check(self, words: list[str]) -> None:
        """End the program at the first command or option that is none; what else is wrong comes out as words are
        parsed."""
        for place, word in enumerate(words):
            if word == "--":
                return
            if self.commands and not word.startswith("-"):
                if word not in self.commands:
                    meant = _meant.question(word, self.commands)
                    self.error(f"invalid choice: {word!r}{meant} (choose from {', '.join(self.commands)})")
                return self.commands[word].check(words[place + 1 :])
            self._check_option(word.partition("=")[0])

    def _check_option(self, word: str) -> None:
        # of short ones the value may follow at once, and a negative number is none
        short = word[:2] in self.options or not word[1:2].isalpha()
        known = any(option.startswith(word) for option in self.options) if word.startswith("--") else short
        if word.startswith("-") and not known:
            meant = _meant.question(word, self.options) or f" (allowed: {', '.join(self.options)})"
            self.error(f"unknown option {word}{meant}")


def _parser() -> _Parser:
    parser = _Parser(prog="glassnet", description="Monte Carlo and cavity theory of the random active path model.")
    parser.add_argument("--version", action="version", version=f"glassnet {glassnet.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable, text: str) -> _Parser:
        entry = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        parser.commands[name] = entry
        entry.set_defaults(command=run)
        return entry

    scan = command("scan", _scan, "run or resume a run file; finished tasks are not run again")
    scan.add_argument("run_file", metavar="RUN.toml", type=_path)
    scan.add_argument(
        "--out", metavar="DIR", type=_path, help="directory of the run (default: results/<stem of the run file>)"
    )
    scan.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=_seconds,
        help="save everything and end with exit code 75 after so long (default: a minute before a Slurm job ends)",
    )
    scan.add_argument(
        "--checkpoint-every",
        metavar="SECONDS",
        type=_seconds,
        default=900.0,
        help="how often a running task is saved (default 900)",
    )
    scan.add_argument(
        "--dry-run", action="store_true", help="check everything and say what would be done, and what it costs"
    )
    analyze = command("analyze", _analyze, "tables, verdict, figures and report.html from saved chains")
    analyze.add_argument("directory", metavar="DIR", type=_path, help="of a run, or a packed run; not its run file")
    status = command("status", _status, "how far a run is")
    status.add_argument("directory", metavar="DIR", type=_path)
    status.add_argument("--json", action="store_true", help="for programs")
    verify = command("verify", _verify, "run some finished tasks again and compare bit by bit")
    verify.add_argument("directory", metavar="DIR", type=_path)
    verify.add_argument("-k", type=_count, default=3, metavar="K", help="how many tasks, chosen at random (default 3)")
    verify.add_argument("--seed", type=_whole, help="choose the same tasks again")
    pack = command("pack", _pack, "one file of a run to take home")
    pack.add_argument("directory", metavar="DIR", type=_path)
    pack.add_argument("-o", "--out", metavar="FILE", type=_path, help="by default DIR.zip")
    _theory_arguments(command("theory", _theory, "the cavity predictions"))
    command("bench", _bench, "updates per nanosecond of this machine's kernels")
    return parser


def _theory_arguments(theory: argparse.ArgumentParser) -> None:
    ensembles = "regular|poisson|layered|walks|RUN.toml"
    theory.add_argument("glass", metavar=ensembles, help="a run file says the rest itself")
    theory.add_argument("--p", type=_whole, help="weights per path (walks: one less than there are widths)")
    theory.add_argument("--degree", type=_whole, help="regular: paths through each weight, before dilution")
    theory.add_argument("--alpha", type=float, help="the others: paths per weight, before dilution")
    theory.add_argument("--widths", type=_widths, metavar="N0,N1,...", help="walks: neurons in each layer")
    laws = ("binary", "gaussian")
    theory.add_argument("--couplings", type=_one_of(*laws), metavar="|".join(laws), help="their law (default binary)")
    theory.add_argument("--bias", type=float, help="mean of a binary coupling (default 0)")
    theory.add_argument("--dilution", type=float, help="fraction of the connections removed (default 0)")
    theory.add_argument(
        "--diagram",
        nargs="?",
        const="",
        metavar="FILE",
        help="T_d and T_K along the dilution, drawn into a file (.png, .svg, .pdf) if one is named",
    )


def _path(text: str) -> str:
    """A path on the command line; of "" the folder the command runs in would be made."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _whole(text: str, kind: str = "whole") -> int:
    """A whole number on the command line."""
    try:
        return int(text)
    except ValueError:
        # Python refuses numbers of thousands of digits as well
        raise argparse.ArgumentTypeError(f"must be a {kind} number, got {_terminal.shortened(text, 60)}") from None


def _seconds(text: str) -> float:
    """A positive number of seconds on the command line."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text}")
    return seconds


def _one_of(*allowed: str) -> Callable[[str], str]:
    """One of a few words on the command line."""

    def word(text: str) -> str:
        if text not in allowed:
            meant = _meant.question(text, allowed)
            raise argparse.ArgumentTypeError(f"must be {' or '.join(allowed)}, got {text}{meant}")
        return text

    return word


def _count(text: str) -> int:
    """A positive whole number on the command line."""
    number = _whole(text, "positive whole")
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a positive whole number, got {_terminal.shortened(text, 60)}")
    return number


def _widths(text: str) -> list[int]:
    """Widths of layers on the command line, as 7,7,7,7."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"must be whole numbers as in 7,7,7,7, got {text}")
    return [_whole(part) for part in parts]


def _check_instruction_set() -> None:
    """Refuse an unknown GLASSNET_ISA before anything runs."""
    from glassnet.kernels.bitsliced import chosen_instruction_set
    from glassnet.scan.config import UserError

    try:
        chosen_instruction_set()
    except ValueError as error:
        raise UserError(str(error)) from None


def _scan(chosen) -> int:
    from glassnet.scan import estimate, farm, run, status

    _check_instruction_set()
    if not chosen.dry_run:
        return run.scan(chosen.run_file, chosen.out, chosen.time_limit, chosen.checkpoint_every)
    if farm.launched()[1] == 0:
        limits = chosen.time_limit, chosen.checkpoint_every
        print(status.dry_run(chosen.run_file, chosen.out, estimate.calibrate, *limits))
    return 0


def _analyze(chosen) -> int:
    from glassnet.scan import report

    found = report.write(chosen.directory, functools.partial(print, flush=True))
    for line in found.unwritten:
        print(f"glassnet: {line}", file=sys.stderr)
    return 1 if found.damaged or found.unwritten else 0


def _status(chosen) -> int:
    from glassnet.scan import given, status

    found = status.status(given.directory(chosen.directory, "status"))
    print(json.dumps(found, indent=1) if chosen.json else status.table(found))
    return 0


def _verify(chosen) -> int:
    from glassnet.scan import given, verify

    _check_instruction_set()
    selection = verify.select(given.directory(chosen.directory, "verify"), chosen.k, chosen.seed)
    print(selection, flush=True)
    code = 1 if selection.damaged else 0
    for result in verify.verify(selection):
        print(result, flush=True)
        code = 1 if result.differences else code
    return code


def _pack(chosen) -> int:
    from pathlib import Path

    from glassnet.chains.pack import pack
    from glassnet.scan import given

    directory = given.directory(chosen.directory, "pack")
    print(pack(directory, chosen.out and Path(chosen.out)))
    return 0


def _theory(chosen) -> int:
    from glassnet.scan import expected

    names = ("p", "degree", "alpha", "widths", "couplings", "bias", "dilution")
    given = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    print(expected.predictions(chosen.glass, chosen.diagram, **given))
    return 0


def _bench(chosen) -> int:
    from glassnet.kernels.bitsliced import COMPILER, instruction_sets
    from glassnet.sampling import speed

    _check_instruction_set()
    print(f"instruction sets here: {', '.join(instruction_sets())} (GLASSNET_ISA chooses); compiled by {COMPILER}")
    print("regular glass, p = 3, degree 4, 32 temperatures x 16 replicas, one core; updates/ns of")
    print("  bare sweeps | exchange every sweep, energies every 10 | default measurements every 10")
    for couplings, sizes in (("binary", (99, 999, 9999)), ("gaussian", (99, 999))):
        for n_weights in sizes:
            found = speed.measure(speed.standard(n_weights, couplings), seconds=0.1)
            name = f"{couplings:>8}, N = {n_weights:>4}, {found.instruction_set}"
            print(f"  {name}: {found.bare:6.2f} | {found.tempered:6.2f} | {found.measured:6.2f}", flush=True)
    return 0
