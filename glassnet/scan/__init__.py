"""From run files to chains and a report: the run file, its tasks, and the MPI ranks that run them.

Import order: runfile, tasks, directory, execute, cost, report, watch.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.scan.runfile.schema import RunFile, UserError, load, parse

__all__ = ["RunFile", "UserError", "load", "parse"]
_face.public(
    __name__,
    {"RunFile": "runfile.schema", "UserError": "runfile.schema", "load": "runfile.schema", "parse": "runfile.schema"},
)
