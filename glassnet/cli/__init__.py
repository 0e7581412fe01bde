"""The command line: ``glassnet scan``, ``analyze``, ``status``, ``verify``, ``pack``, ``theory``, ``bench``.

Import order: arguments, parser, bench, results, scan, theory, program.
"""

from glassnet import _face
from glassnet.cli.program import main

__all__ = ["main"]
_face.public(__name__)
