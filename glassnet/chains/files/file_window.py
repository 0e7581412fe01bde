"""A stretch of a file, read as a file of its own."""

import io
import os


class Window(io.RawIOBase):
    """A stretch of a file, as a file of its own; closes the descriptor it is given."""

    def __init__(self, descriptor: int, start: int, size: int):
        self._descriptor, self._start, self._size, self._at = descriptor, start, size, 0

    @property
    def start(self) -> int:
        """Where in the file the stretch begins."""
        return self._start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if at < 0:
            raise ValueError(f"cannot seek to {at}")
        self._at = at
        return at

    def readinto(self, buffer) -> int:
        wanted = memoryview(buffer)[: max(0, self._size - self._at)]
        n_read = os.preadv(self._descriptor, [wanted], self._start + self._at) if wanted else 0
        self._at += n_read
        return n_read

    def read(self, size: int = -1) -> bytes:
        # a damaged length must not cost memory
        left = max(0, self._size - self._at)
        buffer = bytearray(left if size is None or size < 0 else min(size, left))
        n_read = 0
        while n_read < len(buffer) and (n_more := self.readinto(memoryview(buffer)[n_read:])):
            n_read += n_more
        return bytes(buffer[:n_read])

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
