import os

import pytest

from glassnet.chains import atomic


class Killed(BaseException):
    """The process dies here: nothing after it runs, not even a cleanup for errors."""


class Counted:
    """Calls of the operating system that fail at the n-th one."""

    NAMES = ("open", "write", "fsync", "close", "replace")

    def __init__(self, monkeypatch, n, failure):
        self.calls, self.n, self.failure = 0, n, failure
        for name in self.NAMES:
            monkeypatch.setattr(atomic.os, name, self._wrap(getattr(os, name)))

    def _wrap(self, call):
        def counted(*arguments):
            self.calls += 1
            if self.calls == self.n:
                raise self.failure
            return call(*arguments)

        return counted


N_CALLS = 8


def test_number_of_calls(tmp_path, monkeypatch):
    counted = Counted(monkeypatch, 0, Killed())
    atomic.commit(tmp_path / "a", b"new")
    assert counted.calls == N_CALLS


@pytest.mark.parametrize("n", range(1, N_CALLS + 1))
@pytest.mark.parametrize("failure", [Killed(), OSError(5, "Input/output error")])
def test_old_or_new_whatever_fails(tmp_path, monkeypatch, n, failure):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        Counted(patch, n, failure)
        with pytest.raises(type(failure), match=r"a'$" if isinstance(failure, OSError) else "^$"):
            atomic.commit(path, b"new")
    # the rename is the fifth call
    assert path.read_bytes() == (b"old" if n <= 5 else b"new")
    if isinstance(failure, OSError):
        assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    atomic.remove_parts(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    atomic.commit(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(atomic.os, "write", lambda descriptor, image: write(descriptor, image[:7]))
    atomic.commit(tmp_path / "deep/er/a", bytes(range(100)))
    assert (tmp_path / "deep/er/a").read_bytes() == bytes(range(100))


def test_error_names_path_and_bytes(tmp_path, monkeypatch):
    Counted(monkeypatch, 2, OSError(28, "No space left on device"))
    with pytest.raises(OSError, match=r"No space left on device \(writing 12345 bytes\): '.*/a'"):
        atomic.commit(tmp_path / "a", bytes(12345))
