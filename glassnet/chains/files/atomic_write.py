"""One way to put bytes on disk: a file is there whole or not at all, whatever kills the process in between."""

# ours, as atomicwrites, the package for it, was given up by its author
import contextlib
import errno
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path


def commit(path: Path, image: bytes) -> None:
    """Write `image` to `path` so that a reader sees the old file or the new one, never a part of either.

    Raises
    ------
    OSError
        If the disk refuses; the message names the path and the bytes that were to be written.
    """
    with committing(path, len(image)) as part:
        part.write(image)


@contextlib.contextmanager
def committing(path: Path, n_bytes: int) -> Iterator["Part"]:
    """What is written to the :class:`Part` inside the block is `path`, in one step, when the block ends.

    The bytes go to a hidden ``.part`` file beside it, are forced to the disk and renamed; the folder is forced to the
    disk last. An error inside the block leaves everything as it was. HDF5 never writes to the disk itself: on a full
    one it crashes the process at exit.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    n_bytes : int
        How many there will be, for the message.

    Raises
    ------
    OSError
        If the disk refuses; the message names the path and the bytes that were to be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Part(path, n_bytes)
    try:
        with part:
            yield part
            part.sync()
        part.rename()
    except Exception:
        with contextlib.suppress(OSError):
            part.path.unlink(missing_ok=True)
        raise


class Part:
    """A file that is being written; as much of a file object as :class:`zipfile.ZipFile` needs, and no buffer.

    `target` is what it will be called, `n_bytes` how many there will be, for the message.
    """

    def __init__(self, target: Path, n_bytes: int):
        self.path = target.with_name(f".{target.name}.{socket.gethostname()}-{os.getpid()}.part")
        self._target, self._n_bytes = target, n_bytes
        with self._explained():
            self._descriptor = self._created()

    def _created(self) -> int:
        """Open a new file, no link and none of another process; a killed one of the same number may have left one."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(self.path, flags, 0o666)
        except FileExistsError:
            self.path.unlink()
            return os.open(self.path, flags, 0o666)

    def write(self, image: bytes) -> int:
        """Write all of `image`."""
        rest = memoryview(image)
        with self._explained():
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        return len(image)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Continue to write at another place."""
        return os.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        """Where the next byte goes."""
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def flush(self) -> None:
        """Nothing to do: there is no buffer."""

    def sync(self) -> None:
        """Force all bytes to the disk."""
        with self._explained():
            os.fsync(self._descriptor)

    def rename(self) -> None:
        """Take the place of the target."""
        with self._explained():
            os.replace(self.path, self._target)
            _sync_folder(self._target.parent)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        with self._explained():
            os.close(self._descriptor)

    @contextlib.contextmanager
    def _explained(self):
        try:
            yield
        except OSError as error:
            reason = f"{error.strerror or error} (writing {self._n_bytes} bytes)"
            raise OSError(error.errno, reason, str(self._target)) from error


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that it is computed again and nothing is deleted; returns its new path."""
    aside = path.with_name(path.name + ".damaged")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged{number}")
    os.replace(path, aside)
    return aside


def remove_parts(folder: Path, targets: str) -> None:
    """Remove what killed writers left in one folder; only the owner of the lock may call this.

    `targets` is a regular expression of the names of files that are written there; whatever else is hidden there stays.
    """
    pattern = re.compile(rf"\.(?:{targets})\.[^/]+-\d+\.part")
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            path = folder / name
            with contextlib.suppress(OSError):
                # a writer makes regular files and nothing else
                if pattern.fullmatch(name) and stat.S_ISREG(path.lstat().st_mode):
                    path.unlink()


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
