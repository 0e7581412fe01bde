"""Whether a path given to a command is the directory of a run, and if not, which run is probably meant."""

from pathlib import Path

from glassnet.chains.node_list import is_run
from glassnet.scan.runfile.schema import UserError

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
        `path`; of folders and names that are nothing known here, too: who reads them says what is wrong.

    Raises
    ------
    UserError
        If it is a file that holds no chains, something inside the directory of a run, or the name of one in results/.
    """
    path = Path(path)
    if is_run(path) or (chains and path.suffix in (".h5", ".zip")):
        return path
    near = [*list(path.parents)[:_DEEPEST], Path("results") / path.stem, path.parent / path.stem]
    meant = next((run for run in near if run != path and is_run(run)), None)
    if meant is None and (chains or not path.is_file()):
        return path
    takes = "the directory of a run" + ", a packed run or a chain file" * chains
    question = "" if meant is None else f", did you mean glassnet {command} {meant}?"
    raise UserError(f"{path}: not {takes}{question}")
