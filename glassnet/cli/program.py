"""The program: one command is parsed and run, and whatever ends it becomes an exit code and lines of plain words."""

import contextlib
import gc
import io
import sys

import glassnet
from glassnet import _terminal
from glassnet.cli import bench, results, scan, theory
from glassnet.cli.parser import Parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 some tasks failed or files not written, 2 the user's mistake,
    75 paused."""
    words = sys.argv[1:] if arguments is None else arguments
    with _terminal.guarded() as (output, errors):
        # where stderr is closed only the messages are lost
        errors.patient, ended = True, False
        try:
            code = _run(words, output)
        except SystemExit as end:
            # of --help and --version, and of what the parser refuses
            code, ended = int(end.code or 0), True
        with contextlib.suppress(OSError):
            output.flush()
        if output.refused is not None:
            _complain(f"standard output cannot be written: {output.refused.strerror}", words)
        code = code or (1 if output.refused is not None else 0)
    if arguments is None:
        # the process ends: to look through all modules for garbage would take a quarter of a second more
        gc.freeze()
    if ended:
        raise SystemExit(code)
    return code


def _run(words: list[str], output: _terminal.Stream) -> int:
    """Run one command; what is wrong with its arguments, files or environment is said in lines of their own."""
    from glassnet.scan.execute import farm
    from glassnet.scan.runfile.schema import UserError

    rank = 0
    try:
        _, rank = farm.launched()
        # under a launcher every rank runs this, but only rank 0 speaks
        with contextlib.redirect_stderr(io.StringIO()) if rank else contextlib.nullcontext():
            parser = _parser()
            parser.check(words)
            chosen = parser.parse_args(words)
        if rank and not chosen.on_all_ranks:
            return 0
        output.patient = chosen.writes_files
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


def _parser() -> Parser:
    parser = Parser(prog="glassnet", description="Monte Carlo and cavity theory of the random active path model.")
    parser.add_argument("--version", action="version", version=f"glassnet {glassnet.__version__}")
    parser.begin_commands()
    for family in (scan, results, theory, bench):
        family.add(parser)
    return parser
