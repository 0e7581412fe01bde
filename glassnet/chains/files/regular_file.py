"""Files are read only if they are files: a device never ends, and a FIFO waits for ever."""

import errno
import os
import stat


class NotRegular(OSError):
    """A path that names a device, a FIFO or a socket."""


_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket"}


def opener(path, flags: int) -> int:
    """For ``open(path, mode, opener=opener)``: refuses what is no regular file with an OSError that says what it is."""
    # a FIFO is opened at once, whether it has a writer or not
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind == stat.S_IFREG:
        return descriptor
    os.close(descriptor)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise NotRegular(errno.EINVAL, f"not a regular file but {_KINDS.get(kind, 'something else')}", str(path))


def read(path, most: int | None = None) -> bytes:
    """All bytes of a regular file; `most` is how many there may be.

    Raises
    ------
    OSError
        If it cannot be read, is no regular file or has more bytes.
    """
    with open(path, "rb", opener=opener) as file:
        image = file.read() if most is None else file.read(most + 1)
    if most is not None and len(image) > most:
        raise OSError(errno.EFBIG, f"too large: more than {most} bytes", str(path))
    return image
