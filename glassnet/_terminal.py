"""Output on the terminal: control characters in foreign names and texts are escaped, a command goes on when its output
is no longer read, and long computations say how far they are."""

# ours, as rich drops five control characters and passes the others on
import contextlib
import os
import re
import sys
from collections.abc import Iterator

#: characters that move the cursor, hide text or turn its direction, and halves of characters: names of files and run
#: files may hold them
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: characters of a line that is shown of an error, which may repeat what it was given
_LONGEST = 1000


def escaped(text: str) -> str:
    """The text with every control character but tabs and ends of lines written as in Python: ``\\x1b``."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def line(text: str) -> str:
    """The text in one line: ends of lines and tabs are escaped too."""
    return escaped(text).replace("\n", "\\n").replace("\t", "\\t")


def shortened(text: str, longest: int = _LONGEST) -> str:
    """The text if it is not too long, else its two ends."""
    half = (longest - 5) // 2
    return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"


def warn(text: str) -> None:
    """Print a warning on stderr at once."""
    print(f"warning: {text}", file=sys.stderr, flush=True)


class Stream:
    """A text stream that escapes control characters.

    Attributes
    ----------
    patient : bool
        Whether what cannot be written is dropped silently; by default the first time is an error, as usual.
    refused : OSError or None
        Why the first text was dropped; None too if its reader has gone.
    """

    def __init__(self, stream):
        self._stream, self._lost = stream, False
        self.patient, self.refused = False, None

    def write(self, text: str) -> int:
        """Write, escaped; what the encoding of the stream lacks is escaped too."""
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        image = escaped(text).encode(encoding, "backslashreplace").decode(encoding)
        self._try(lambda: self._stream.write(image))
        return len(text)

    def flush(self) -> None:
        """Write what the buffer holds."""
        self._try(self._stream.flush)

    def _try(self, action) -> None:
        if self._lost:
            return
        try:
            action()
        except OSError as error:
            self._lost = True
            self._discard()
            if not isinstance(error, BrokenPipeError):
                self.refused = error
            if not self.patient:
                raise

    def _discard(self) -> None:
        """Drop what the buffer still holds: Python would report an error for it at its end."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded() -> Iterator[tuple[Stream, Stream]]:
    """Inside, standard output and standard error are each a :class:`Stream`."""
    before = sys.stdout, sys.stderr
    streams = sys.stdout, sys.stderr = Stream(before[0]), Stream(before[1])
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = before


def bare(stream):
    """The stream behind a :class:`Stream`, for those who move the cursor by intent."""
    return bare(stream._stream) if isinstance(stream, Stream) else stream


@contextlib.contextmanager
def reporter(progress, total: int, steps: str = "sweeps"):
    """Yield a function of the steps done: nothing for False, a bar for True, the user's own for a callable."""
    if callable(progress):
        yield lambda done: progress(done, total)
    elif progress:
        from rich.progress import Progress

        with Progress(transient=True) as bar:
            task = bar.add_task(steps, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield lambda done: None
