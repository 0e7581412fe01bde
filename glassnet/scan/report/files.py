"""The files of a report beside the chains, and what is said of them."""

import contextlib
from pathlib import Path
from typing import NamedTuple

from glassnet.chains.content import ChainError
from glassnet.chains.files.atomic_write import commit
from glassnet.chains.node_list import RUN_FILE
from glassnet.plots import export

#: entries of one kind that are named on the terminal; all of them are in summary.json and report.html
NAMED = 8
#: the run that would settle what is open
SUGGESTED = "suggested.toml"


class Report(NamedTuple):
    """The result in words; a line for each damaged file, whose chains are left out; and a line for each file that could
    not be written."""

    text: str
    damaged: list[str]
    unwritten: list[str]

    def __str__(self) -> str:
        return self.text


class Files:
    """The files beside the chains: those that were written, and a line for each that could not be."""

    def __init__(self, directory: Path):
        self._directory = directory
        self.written: list[Path] = []
        self.unwritten: list[str] = []

    def put(self, name: str, image: bytes) -> None:
        """Write one file; an error of the disk does not affect other files."""
        path = beside(self._directory, name)
        with self._refused(path, "written"):
            commit(path, image)
            self.written.append(path)

    def remove(self, name: str) -> None:
        """Remove what an earlier analysis wrote."""
        path = beside(self._directory, name)
        with self._refused(path, "removed"):
            path.unlink(missing_ok=True)

    def drawing(self) -> contextlib.AbstractContextManager:
        """Drawing inside may fail: the library needs a folder of its own that can be written."""
        return self._refused(beside(self._directory, "figures"), "drawn")

    @contextlib.contextmanager
    def _refused(self, path: Path, what: str):
        try:
            yield
        except ChainError:
            raise
        except OSError as error:
            reason = error.strerror or str(error).partition("\n")[0]
            blamed = "" if error.filename in (None, str(path)) else f": {error.filename}"
            self.unwritten.append(f"{path}: cannot be {what}{blamed}: {reason}")


def damage_note(directory: Path, shown: Path, damaged: list[str]) -> str:
    """What the reader has to know of damaged files, with paths relative to `shown`."""
    again = f"glassnet scan {shown / RUN_FILE} --out {shown} computes them again and keeps the damaged files"
    files = f"{len(damaged)} damaged file" + "s" * (len(damaged) > 1)
    lines = [f"  {line}" for line in damaged[:NAMED]]
    lines += [f"  and {len(damaged) - NAMED} more, see summary.json"] * (len(damaged) > NAMED)
    again = again if directory.is_dir() else "take the run home again, or analyse its directory"
    return "\n".join([f"WITHOUT THE CHAINS OF {files.upper()}, all others are in; {again}:", *lines])


def beside(directory: Path, name: str) -> Path:
    """Where a file of the report goes: into the directory of a run, or beside a packed run, with its name in front."""
    if not directory.is_file():
        return directory / name
    first, *inside = name.split("/")
    return directory.with_name(f"{directory.stem}-{first}").joinpath(*inside)


def drawn(files: Files, drawings: list[export.Drawing], suffix: str) -> list[tuple[str, str, bytes]]:
    """Write the files of figures; (name, caption, SVG) of each."""
    figures = []
    for drawing in drawings:
        drawing = drawing._replace(name=drawing.name + suffix)
        images = export.files(drawing)
        for name, image in images.items():
            files.put(f"figures/{name}", image)
        figures.append((drawing.name, drawing.caption, images[f"{drawing.name}.svg"]))
    return figures


def paths(directory: Path, files: Files) -> str:
    """Where the chains are, and what was written."""
    figures = beside(directory, "figures")
    names = {beside(directory, "summary.json"): "summary", beside(directory, SUGGESTED): "suggested"}
    names[beside(directory, "report.html")] = "report"
    listed = [("chains", directory / "chains" if directory.is_dir() else directory)]
    listed += [(names.get(path, "figure"), path) for path in files.written if path.parent != figures]
    if any(path.parent == figures for path in files.written):
        listed.append(("figures", figures))
    order = ("chains", "summary", "figure", "figures", "suggested", "report")
    return "\n".join(f"{name:11}{path}" for name, path in sorted(listed, key=lambda entry: order.index(entry[0])))
