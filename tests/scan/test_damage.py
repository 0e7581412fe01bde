"""A campaign against every file of a run directory: bits flipped, cut short, pages zeroed, deleted, swapped.

Whatever happened, what is read is what was there before, or less of it and said to be, or an error that names the
file; never another number and never a traceback. The next scan gives the digests of a run that nothing happened to, or
says what to delete, and gives them then. What progress.json says is advice: it is no part of this.
"""

import itertools
import re
import shutil
from collections import Counter

import numpy as np
import pytest

from glassnet.chains import node_list, shards
from glassnet.chains.content import ChainError
from glassnet.chains.files import sealed_json
from glassnet.sampling import tempering
from glassnet.scan.directory import field_record, readable_chains
from glassnet.scan.execute import run
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks.stop import Stop
from glassnet.scan.watch import status

SMALL = ("[12, 24]", "[12]", "n = 4}", 'n = 4, spacing = "adaptive"}', "planted = [0.6, 0.8]\n")
SMALL += ("planted = [0.8]\nfield = {n_weights = 24, temperatures = [0.9, 1.1], instances = 2}\n",)
RECORDS = ("run.toml", "nodes.json", "ladders.json", "field.json")
LARGER = ("samples = 2", "samples = 3")
#: counts of what the cases of a test ended in, printed with -s
ENDED = Counter()


class Base:
    """A run directory with shards, chain files, field integration, and segments of a task that was interrupted."""

    def __init__(self, folder, text, scan, digests, monkeypatch):
        self.run_file, self.out = folder / "run.toml", folder / "out"
        self.run_file.write_text(text(*SMALL))
        with monkeypatch.context() as patch:
            patch.setattr(shards, "BLOCK", 2)
            assert scan(self.run_file, self.out)[0] == 0
        self.run_file.write_text(text(*SMALL, *LARGER))
        assert scan(self.run_file, folder / "whole")[0] == 0
        self.whole = digests(folder / "whole")
        with monkeypatch.context() as patch:
            patch.setattr(tempering, "STRETCH", 1)
            patch.setattr(run, "Stop", lambda seconds: Stop(seconds=40, clock=itertools.count().__next__))
            assert scan(self.run_file, self.out)[0] == 75
        self.chains = self.loaded(self.out)[0]
        self.files = sorted(path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file())
        self.files = [name for name in self.files if name not in (".lock", "progress.json")]

    @staticmethod
    def loaded(directory):
        """Every sample by the path of its node and its number, and what is said to be missing."""
        samples, missing = {}, set()
        for node in readable_chains.open_readable(directory).chains.leaves:
            missing |= {(node.path, sample) for sample in node.attrs["samples_missing"]}
            if "sample" in node.coords:
                for place, sample in enumerate(node["sample"].values.tolist()):
                    samples[node.path, sample] = node.to_dataset().isel(sample=place).load()
        return samples, missing


_ONCE = []


@pytest.fixture
def base(run_text, scan, digests, monkeypatch, tmp_path_factory):
    text = lambda *pairs: run_text("[0.0, 0.25]", "[0.25]", *pairs)  # noqa: E731
    if not _ONCE:
        _ONCE.append(Base(tmp_path_factory.mktemp("damage"), text, scan, digests, monkeypatch))
    return _ONCE[0]


@pytest.fixture
def struck(base, tmp_path, scan, digests, monkeypatch):
    """A copy of the run directory that something happens to: struck(what happens to a directory)."""
    # the first chain file of another size is no damage of ours
    monkeypatch.setattr(shards, "BLOCK", 2)

    def strike(happens, reads=True, resumes=True, given=None):
        out = tmp_path / "struck"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(base.out, out)
        happens(out)
        if reads:
            ENDED["read: " + _read(base, out)] += 1
        if resumes:
            ENDED["resumed: " + _resume(base, out, scan, digests, out / "run.toml" if given else base.run_file)] += 1

    return strike


def _read(base, out):
    """How reading ended; assertions fail if it gave another number, or less without a word."""
    try:
        status.table(status.status(out))
        found, missing = base.loaded(out)
    except (ChainError, UserError) as error:
        assert str(out) in str(error)
        return "refused"
    for place, sample in found.items():
        assert sample.equals(base.chains[place]), place
        assert sample.attrs["n_weights"] == base.chains[place].attrs["n_weights"]
    assert found.keys() | missing >= base.chains.keys()
    return "part of it" if found.keys() < base.chains.keys() else "whole"


def _resume(base, out, scan, digests, path):
    """How the next scan ended, after what it advises where it refuses."""
    for advised in range(4):
        try:
            assert scan(path, out)[0] == 0
        except UserError as error:
            if "put the run file of this run back there" in str(error):
                shutil.copy(base.run_file, out / "run.toml")
                continue
            named = re.findall(rf"^({re.escape(str(out))}\S*?)(?::| and )", str(error), flags=re.MULTILINE)
            assert named and "delete" in str(error), str(error)
            for name in set(named):
                shutil.rmtree(name) if (out / name).is_dir() else (out / name).unlink()
        else:
            assert digests(out) == base.whole
            return "at once" if not advised else "after files were deleted"
    raise AssertionError(f"{out}: still refused")


def flip(name, place, bit):
    def happens(out):
        image = bytearray((out / name).read_bytes())
        image[place] ^= 1 << bit
        (out / name).write_bytes(image)

    return happens


def cut(name, length):
    return lambda out: (out / name).write_bytes((out / name).read_bytes()[:length])


def zero(name, start, n_bytes):
    def happens(out):
        image = bytearray((out / name).read_bytes())
        image[start : start + n_bytes] = bytes(len(image[start : start + n_bytes]))
        (out / name).write_bytes(image)

    return happens


def swap(one, other):
    def happens(out):
        kept = (out / one).read_bytes()
        (out / one).write_bytes((out / other).read_bytes())
        (out / other).write_bytes(kept)

    return happens


def cases(base, rng, n_flips, n_cuts, n_pages):
    """What happens to every file, but swaps."""
    for name in base.files:
        size = (base.out / name).stat().st_size
        yield lambda out, name=name: (out / name).unlink()
        for _ in range(n_flips):
            yield flip(name, int(rng.integers(size)), int(rng.integers(8)))
        for length in rng.integers(size, size=n_cuts):
            yield cut(name, int(length))
        for start in rng.permutation(range(0, size, 512))[:n_pages]:
            yield zero(name, int(start), 512)


def swaps(base):
    chains = [name for name in base.files if name.endswith((".h5", ".zip"))]
    return [*itertools.combinations(chains, 2), *itertools.combinations(RECORDS, 2)]


def test_every_kind_of_file_is_there(base):
    kinds = {re.sub(r"\d+(?=[.-])", "0", name.rpartition("/")[2]) for name in base.files}
    assert kinds == {*RECORDS, "sample0.h5", "samples0-0.zip", "0.h5"}
    assert any(".segments/" in name for name in base.files)
    assert any(name.startswith("chains/field/N24/") for name in base.files)


def test_whatever_happens_to_a_file(base, struck):
    for happens in cases(base, np.random.default_rng(1), n_flips=1, n_cuts=1, n_pages=1):
        struck(happens)
    print(dict(ENDED))


def test_swapped_files(base, struck):
    rng = np.random.default_rng(2)
    for number in rng.permutation(len(swaps(base)))[:5]:
        struck(swap(*swaps(base)[number]))
    print(dict(ENDED))


@pytest.mark.parametrize("name", RECORDS)
def test_the_run_goes_on_with_its_own_run_file(base, struck, name):
    """`glassnet scan DIR/run.toml --out DIR`, as it is advised."""
    size = (base.out / name).stat().st_size
    rng = np.random.default_rng(3)
    for place in rng.integers(size, size=4):
        struck(flip(name, int(place), int(rng.integers(7))), reads=False, given=True)
    struck(lambda out: (out / name).unlink(), given=True)


def test_no_flip_of_a_sealed_table_is_accepted(base):
    """Of every bit of nodes.json and ladders.json: refused, or the table is the same."""
    ended = Counter()
    for name in ("nodes.json", "ladders.json"):
        image = (base.out / name).read_bytes()
        table = sealed_json.unseal(image)
        for place, bit in itertools.product(range(len(image)), range(8)):
            flipped = bytearray(image)
            flipped[place] ^= 1 << bit
            try:
                found = sealed_json.unseal(bytes(flipped))
                if name == "nodes.json":
                    found = node_list.decoded(bytes(flipped))
                elif not found[1]:
                    # a table without a checksum holds nothing but lists
                    assert any(isinstance(value, str) for value in found[0].values())
                    continue
            except sealed_json.Damaged:
                ended["refused"] += 1
                continue
            assert found == table
            ended["the same"] += 1
    print(ended)
    assert ended["the same"] < 0.02 * ended["refused"]


def test_no_flip_of_what_was_decided_is_accepted(base, tmp_path):
    image = (base.out / "field.json").read_bytes()
    decided = field_record.read(base.out)[0]
    for place, bit in itertools.product(range(len(image)), range(8)):
        flipped = bytearray(image)
        flipped[place] ^= 1 << bit
        (tmp_path / "field.json").write_bytes(flipped)
        found, damage = field_record.read(tmp_path)
        assert (found is None) == (damage is not None) and found in (None, decided)


@pytest.mark.slow
def test_a_long_campaign(base, struck):
    """Some 700 cases; tests/slow.sh -s tests/scan/test_damage.py prints the counts."""
    rng = np.random.default_rng(4)
    for number, happens in enumerate(cases(base, rng, n_flips=60, n_cuts=10, n_pages=10)):
        struck(happens, resumes=number % 8 == 0)
    for pair in swaps(base):
        struck(swap(*pair))
    for name in RECORDS:
        size = (base.out / name).stat().st_size
        for place in rng.integers(size, size=40):
            struck(flip(name, int(place), int(rng.integers(8))), reads=False, given=True)
    print(dict(ENDED))
