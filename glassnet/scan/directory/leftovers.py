"""Removal of unfinished files that killed writers left in the directory of a run: only files with names that this
package makes, in its own folders."""

import os
import re
from pathlib import Path

from glassnet.chains.files.atomic_write import remove_parts

_NODE = re.compile(r"field|N\d+|dilution[0-9.e+-]+|planted[0-9.e+-]+")
_SEGMENTS = re.compile(r"sample\d+\.segments")
_OF_RUN = r"(?:run|suggested)\.toml|(?:nodes|ladders|field|progress|summary)\.json|report\.html|transition.*\.png"
_OF_NODE = r"sample\d+\.h5|samples\d+-\d+\.zip"


def remove(directory: Path) -> None:
    """Remove unfinished files; only the owner of the lock may call this."""
    remove_parts(directory, _OF_RUN)
    remove_parts(directory / "failed", r".+\.txt")
    remove_parts(directory / "figures", r".+\.(?:svg|pdf)")
    for folder, inside, _ in os.walk(directory / "chains"):
        name = os.path.basename(folder)
        if _SEGMENTS.fullmatch(name):
            remove_parts(Path(folder), r"\d+\.h5")
            inside.clear()
        elif _NODE.fullmatch(name):
            remove_parts(Path(folder), _OF_NODE)
        inside[:] = [name for name in inside if _NODE.fullmatch(name) or _SEGMENTS.fullmatch(name)]
