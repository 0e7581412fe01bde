"""IDX files: arrays of bytes with their shape in front, the format in which MNIST and its relatives come.

Two bytes 0, one for the type (8: unsigned bytes, the only one there is in these data sets), one for the number of
dimensions, their sizes as big-endian 32-bit integers, then the numbers in C order (Y. LeCun, C. Cortes and C. Burges,
The MNIST database of handwritten digits).
"""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from glassnet import _checks

#: where Debian's package dataset-fashion-mnist puts it
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
#: of images and labels, by what they are for
_STEMS = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")} | {
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
}


def read(path: Path, n_dimensions: int) -> np.ndarray:
    """Return the array of unsigned bytes in an IDX file, compressed by gzip or not.

    Raises
    ------
    ValueError
        If the file is foreign or not complete: one line that names it, what was expected and what was found.
    OSError
        If it cannot be read.
    """
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path} must be a complete gzip file: {error}") from None
    header = 4 + 4 * n_dimensions
    expected = f"{path} must be an IDX file of unsigned bytes with {n_dimensions} dimension{'s' * (n_dimensions != 1)}"
    if raw[:4] != bytes((0, 0, 8, n_dimensions)):
        wanted = bytes((0, 0, 8, n_dimensions)).hex(" ")
        raise ValueError(f"{expected}, which begins with {wanted}, got {raw[:4].hex(' ') or 'nothing'}")
    if len(raw) < header:
        raise ValueError(f"{expected}, got {len(raw)} bytes where its header alone has {header}")
    shape = tuple(int(size) for size in np.frombuffer(raw, dtype=">u4", count=n_dimensions, offset=4))
    complete = header + math.prod(shape)
    if len(raw) != complete:
        raise ValueError(f"{path} must hold {complete} bytes for the shape {shape} in its header, got {len(raw)}")
    return np.frombuffer(raw, dtype=np.uint8, offset=header).reshape(shape)


def folder_of(folder: str | os.PathLike[str] | None) -> Path:
    """Return the folder with the data: the one given, or that of GLASSNET_DATA, or Debian's of Fashion-MNIST.

    Raises
    ------
    TypeError, FileNotFoundError
        If `folder` is no path, or there is no such folder; where none was given, how to get one.
    """
    if folder is not None:
        chosen, source = _checks.path("folder", folder), "folder"
    elif os.environ.get("GLASSNET_DATA"):
        chosen, source = Path(os.environ["GLASSNET_DATA"]), "GLASSNET_DATA"
    else:
        chosen, source = DEBIAN, ""
    if chosen.is_dir():
        return chosen
    if source:
        raise FileNotFoundError(f"{source} must be a folder with IDX files, got {str(chosen)!r}")
    raise FileNotFoundError(
        f"folder must be given, or GLASSNET_DATA set: {DEBIAN} is not there, which Debian's package "
        "dataset-fashion-mnist makes (31 MB: apt-get install dataset-fashion-mnist)"
    )


def images_and_labels(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, height, width) and labels (n,), uint8, of the part "train" or "test" of a folder.

    Raises
    ------
    FileNotFoundError, ValueError
        If one of the two files is missing, foreign or not complete, or they do not belong together.
    """
    image_file, label_file = (_find(folder, stem) for stem in _STEMS[part])
    images, labels = read(image_file, 3), read(label_file, 1)
    if len(images) != len(labels):
        raise ValueError(
            f"{label_file} must hold the labels of {len(images)} images of {image_file}, got {len(labels)}"
        )
    return images, labels


def _find(folder: Path, stem: str) -> Path:
    for name in (stem, f"{stem}.gz"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"folder must hold {stem} or {stem}.gz, got {str(folder)!r} without it")
