"""One way to put bytes on disk: a file is there whole or not at all, whatever kills the process in between."""

import contextlib
import errno
import os
import socket
from pathlib import Path


def commit(path: Path, image: bytes) -> None:
    """Write `image` to `path` so that a reader sees the old file or the new one, never a part of either.

    The bytes go to a hidden ``.part`` file beside it, are forced to the disk and renamed; the folder is forced to the
    disk last. HDF5 never writes to the disk itself: on a full one it crashes the process at exit.

    Raises
    ------
    OSError
        If the disk refuses; the message names the path and the bytes that were to be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}.part")
    try:
        _write(part, image)
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        reason = f"{error.strerror or error} (writing {len(image)} bytes)"
        raise OSError(error.errno, reason, str(path)) from error


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that it is computed again and nothing is deleted; returns its new path."""
    aside = path.with_name(path.name + ".damaged")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged{number}")
    os.replace(path, aside)
    return aside


def remove_parts(folder: Path) -> None:
    """Remove what killed writers left behind in `folder` and below; only the owner of the lock may call this."""
    for part in folder.rglob(".*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


def _write(path: Path, image: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        rest = memoryview(image)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # some network file systems cannot sync a folder and say so with EINVAL
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
