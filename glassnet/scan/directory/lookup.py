"""Whether a path given to a command is what the command takes, and if not, which command was probably meant."""

from pathlib import Path

from glassnet.chains.files import regular_file
from glassnet.chains.files.zip_archive import SIGNATURE
from glassnet.chains.node_list import is_run
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import UserError, parse, read

#: how deep below its directory a file of a run lies at most
_DEEPEST = 6


def directory(path, command: str, chains: bool = False) -> Path:
    """The directory of a run that a command was given.

    Parameters
    ----------
    path : str or Path
    command : str
        Name of the command.
    chains : bool
        Whether it also takes what else holds chains: a packed run, a chain file, a shard.

    Returns
    -------
    Path
        `path`; of things that are nothing known here, too.

    Raises
    ------
    UserError
        If it is a run file, a packed run, something inside the directory of a run, or the name of one in results/;
        the text ends with the command that was probably meant.
    """
    path = Path(path)
    better = _instead(path, chains)
    if better is None:
        return path
    what, meant = better
    takes = "the directory of a run" + ", a packed run or a chain file" * chains
    unzip = f"unzip {path} -d {meant}, then " if what == "a packed run" else ""
    raise UserError(f"{path}: {what}; `glassnet {command}` takes {takes}: {unzip}glassnet {command} {meant}")


def _instead(path: Path, chains: bool) -> tuple[str, Path] | None:
    """What a path is that is no directory of a run, and which one belongs to it; None if nothing better is known."""
    if not path.exists():
        known = Path("results") / path
        return ("no such file or directory", known) if is_run(known) else None
    if not path.name:
        # "." and "/", which nothing lies beside
        return None
    if is_run(path) or (chains and path.is_file() and (path.suffix == ".h5" or _is_archive(path))):
        return None
    if path.suffix == ".toml" and path.is_file():
        return "a run file", _run_of(path)
    inside = next((parent for parent in list(path.parents)[:_DEEPEST] if is_run(parent)), None)
    if inside is not None:
        return f"{'a file' if path.is_file() else 'a folder'} inside {inside}", inside
    if _is_archive(path):
        return "a packed run", path.with_suffix("")
    packed = path.with_name(path.name.removesuffix("-report.html") + ".zip")
    beside = chains and path.name.endswith("-report.html") and packed.is_file()
    return ("the page of a packed run", packed) if beside else None


def _run_of(run_file: Path) -> Path:
    """Directory of the run of a run file."""
    if is_run(run_file.parent):
        return run_file.parent
    try:
        return RunDirectory.for_run_file(run_file, parse(read(run_file), str(run_file))).path
    except UserError:
        return Path("results") / run_file.stem


def _is_archive(path: Path) -> bool:
    try:
        with open(path, "rb", opener=regular_file.opener) as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False
