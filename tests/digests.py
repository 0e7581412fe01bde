"""Digests of all chains of run directories, a line for each chain: what the shell scripts beside this file compare."""

import sys
from pathlib import Path

from glassnet.chains import segment, shards

for directory in map(Path, sys.argv[1:]):
    for folder in sorted(entry for entry in (directory / "chains").rglob("*") if entry.is_dir()):
        inside = shards.node_files(folder)
        places = {sample: header.source for sample, header in shards.sharded(inside).items()} | inside.files
        for sample, place in sorted(places.items()):
            print(folder.relative_to(directory), sample, segment.verify(place)["digest"])
