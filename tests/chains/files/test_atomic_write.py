import os

import pytest

from glassnet.chains.files import atomic_write


class Killed(BaseException):
    """The process dies here: nothing after it runs, not even a cleanup for errors."""


class Counted:
    """Calls of the operating system that fail at the n-th one."""

    NAMES = ("open", "write", "fsync", "close", "replace")

    def __init__(self, monkeypatch, n, failure):
        self.calls, self.n, self.failure = 0, n, failure
        for name in self.NAMES:
            monkeypatch.setattr(atomic_write.os, name, self._wrap(getattr(os, name)))

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
    atomic_write.commit(tmp_path / "a", b"new")
    assert counted.calls == N_CALLS


@pytest.mark.parametrize("n", range(1, N_CALLS + 1))
@pytest.mark.parametrize("failure", [Killed(), OSError(5, "Input/output error")])
def test_old_or_new_whatever_fails(tmp_path, monkeypatch, n, failure):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        Counted(patch, n, failure)
        with pytest.raises(type(failure), match=r"a'$" if isinstance(failure, OSError) else "^$"):
            atomic_write.commit(path, b"new")
    # the rename is the fifth call
    assert path.read_bytes() == (b"old" if n <= 5 else b"new")
    if isinstance(failure, OSError):
        assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    atomic_write.remove_parts(tmp_path, "a")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    atomic_write.commit(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(atomic_write.os, "write", lambda descriptor, image: write(descriptor, image[:7]))
    atomic_write.commit(tmp_path / "deep/er/a", bytes(range(100)))
    assert (tmp_path / "deep/er/a").read_bytes() == bytes(range(100))


def test_error_names_path_and_bytes(tmp_path, monkeypatch):
    Counted(monkeypatch, 2, OSError(28, "No space left on device"))
    with pytest.raises(OSError, match=r"No space left on device \(writing 12345 bytes\): '.*/a'"):
        atomic_write.commit(tmp_path / "a", bytes(12345))


def test_only_parts_of_known_targets_are_removed(tmp_path):
    ours = [".a.node.cluster.org-41.part", ".a.host-1.part"]
    others = [".holiday.mov.part", ".a.part", ".b.host-1.part", "a.host-1.part", ".a.host-x.part"]
    for name in (*ours, *others):
        (tmp_path / name).touch()
    (tmp_path / ".a.link-1.part").symlink_to("elsewhere")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper/.a.host-1.part").touch()
    atomic_write.remove_parts(tmp_path, "a")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*others, ".a.link-1.part", "deeper"}
    assert (tmp_path / "deeper/.a.host-1.part").exists()


def test_a_part_is_written_to_no_file_of_others(tmp_path):
    """Neither through a link nor into what lies there under its name, as a killed process of our number leaves it."""
    (tmp_path / "other").write_bytes(b"kept")
    (tmp_path / "hard").hardlink_to(tmp_path / "other")
    part = atomic_write.Part(tmp_path / "a", 1)
    part.path.unlink()
    part.__exit__()
    for leave in (lambda: part.path.symlink_to("other"), lambda: (tmp_path / "hard").rename(part.path)):
        leave()
        atomic_write.commit(tmp_path / "a", b"new")
        assert (tmp_path / "a").read_bytes() == b"new" and not (tmp_path / "a").is_symlink()
        assert (tmp_path / "other").read_bytes() == b"kept"
