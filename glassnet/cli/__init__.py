"""The command line: ``glassnet scan``, ``analyze``, ``status``, ``verify``, ``pack``, ``theory``, ``bench``.

Import order: parser, arguments, scan, results, theory, bench, program.
"""

from glassnet.cli.program import main

__all__ = ["main"]
