import subprocess
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from glassnet import ensembles
from glassnet.chains import segment
from glassnet.chains.content import ChainError


def test_what_is_written_is_read(tmp_path, make_dataset, glass, state):
    dataset = make_dataset()
    digest = segment.write(tmp_path / "a/b.h5", dataset, glass, state, {"host": "here", "seconds": 1.5})
    found = segment.read(tmp_path / "a/b.h5")
    xr.testing.assert_identical(found.dataset, dataset)
    assert found.glass == glass
    assert found.glass.recipe == {"by": "hand"}
    assert found.digest == digest == segment.verify(tmp_path / "a/b.h5")["digest"]
    assert found.runtime == {"host": "here", "seconds": 1.5}
    assert state.keys() == found.state.keys()
    for name, array in state.items():
        np.testing.assert_array_equal(found.state[name], array, strict=True)


@pytest.mark.parametrize("kind", ["layered", "walks"])
def test_glasses_of_networks_come_back(tmp_path, make_dataset, state, kind):
    size = {"n_weights": 24, "p": 3} if kind == "layered" else {"widths": (3, 2, 4, 2)}
    glass = getattr(ensembles, kind)(alpha=1.5, seed=3, dilution=0.2, couplings="gaussian", **size)
    glass = ensembles.planted(glass, 0.8, seed=2)
    segment.write(tmp_path / "a.h5", make_dataset(), glass, state, {})
    found = segment.read(tmp_path / "a.h5").glass
    assert found == glass
    assert (found.widths, found.ensemble, found.recipe) == (glass.widths, kind, glass.recipe)
    np.testing.assert_array_equal(found.parent_index, glass.parent_index)
    np.testing.assert_array_equal(found.planted, glass.planted)


def test_writing_again_what_was_read_keeps_the_digest(tmp_path, make_dataset, put):
    digest = put(tmp_path / "a.h5", make_dataset())
    found = segment.read(tmp_path / "a.h5")
    assert segment.write(tmp_path / "b.h5", found.dataset, found.glass, found.state, {}) == digest


def test_file_holds_integers_with_names_and_checksums(tmp_path, make_dataset, put):
    dataset = make_dataset()
    put(tmp_path / "a.h5", dataset)
    with h5py.File(tmp_path / "a.h5") as file:
        overlap = file["overlap"]
        assert overlap.dtype == np.int32
        np.testing.assert_array_equal(overlap[...] * overlap.attrs["scale_factor"], dataset.overlap.values)
        assert (overlap.compression, overlap.shuffle, overlap.fletcher32) == ("gzip", True, True)
        assert [axis[0].name for axis in file["energy"].dims] == ["/draw", "/temperature", "/replica"]
        assert [axis[0].name for axis in overlap.dims] == ["/draw", "/temperature", "/pair"]
        assert file["energy"].dtype == np.int32


def test_products_beyond_exact_floats_are_kept_as_values(tmp_path, make_dataset, put):
    dataset = make_dataset()
    inexact = dataset["overlap"].values * (1 / 3**40)
    dataset["overlap"] = (dataset["overlap"].dims, inexact, {}, {"dtype": "int64", "scale_factor": 1e-19})
    digest = put(tmp_path / "a.h5", dataset)
    found = segment.read(tmp_path / "a.h5")
    np.testing.assert_array_equal(found.dataset["overlap"].values, inexact)
    assert segment.write(tmp_path / "b.h5", found.dataset, found.glass, found.state, {}) == digest


def test_digest_is_blind_to_runtime_and_run_file_only(tmp_path, make_dataset, glass, state):
    def digest(dataset=None, glass=glass, state=state, runtime=None):
        dataset = make_dataset() if dataset is None else dataset
        return segment.write(tmp_path / "a.h5", dataset, glass, state, runtime or {})

    reference = digest()
    assert digest(runtime={"seconds": 3.0}) == reference
    assert digest(make_dataset().assign_attrs(run_file="seed = 1\nsamples = 9\n")) == reference
    for name in ("energy", "overlap", "swap_accepted", "round_trips", "draw", "temperature"):
        changed = make_dataset()
        first = changed[name].values.copy()
        first.flat[0] += 1 if name != "overlap" else 1 / 12
        changed[name] = changed[name].copy(data=first)
        changed[name].encoding = make_dataset()[name].encoding
        assert digest(changed) != reference, name
    assert digest(make_dataset().assign_attrs(seed=2)) != reference
    assert digest(state=state | {"step": np.array(8)}) != reference
    assert digest(glass=glass.dilute(0.1, seed=1)) != reference


def test_large_chains_are_cut_by_temperature(tmp_path, make_dataset, put):
    put(tmp_path / "a.h5", make_dataset(4000))
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["overlap"].chunks == (4000, 1, 6)


def damaged(path, image, reference):
    """Whether reading `image` is refused; True numbers may come back, other ones never."""
    path.write_bytes(image)
    try:
        found = segment.read(path)
    except ChainError as error:
        assert str(path) in str(error)
        return True
    xr.testing.assert_identical(found.dataset, reference.dataset)
    assert found.glass == reference.glass
    return False


def test_damage_is_never_read_as_good(tmp_path, make_dataset, put):
    put(tmp_path / "a.h5", make_dataset(200))
    image, reference = (tmp_path / "a.h5").read_bytes(), segment.read(tmp_path / "a.h5")
    path, rng = tmp_path / "b.h5", np.random.default_rng(1)
    assert not damaged(path, image, reference)
    assert all(damaged(path, image[:length], reference) for length in range(0, len(image), 512))
    refused = 0
    for _ in range(300):
        flipped = bytearray(image)
        flipped[rng.integers(len(image))] ^= 1 << rng.integers(8)
        refused += damaged(path, bytes(flipped), reference)
    assert refused > 100  # the other flips hit free space
    for start in range(0, len(image), 4096):
        page = image[start : start + 4096]
        damaged(path, image[:start] + bytes(len(page)) + image[start + 4096 :], reference)


def test_digest_catches_what_checksums_miss(tmp_path, make_dataset, put):
    put(tmp_path / "a.h5", make_dataset())
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["energy"][0, 0, 0] += 2
    with pytest.raises(ChainError, match=r"a\.h5: damaged: its content does not match its digest"):
        segment.read(tmp_path / "a.h5")


def test_other_files_are_refused_by_name(tmp_path, make_dataset, put):
    with pytest.raises(ChainError, match=r"none\.h5: no such file"):
        segment.read(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ChainError, match=r"text\.h5: truncated or damaged"):
        segment.read(tmp_path / "text.h5")
    with pytest.raises(ChainError, match="Is a directory"):
        segment.read(tmp_path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ChainError, match="an HDF5 file, but not a glassnet chain file"):
        segment.read(tmp_path / "other.h5")
    put(tmp_path / "new.h5", make_dataset())
    with h5py.File(tmp_path / "new.h5", "r+") as file:
        file.attrs["format"] = 3
    with pytest.raises(ChainError, match=r"written by a newer glassnet \(chain format 3, this one reads 2\)"):
        segment.read(tmp_path / "new.h5")


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
import xarray as xr
from glassnet.chains import segment
from glassnet.glass import PathGlass

found = segment.read(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    segment.write(Path(sys.argv[1]), found.dataset, found.glass, found.state, {})
except OSError as error:
    print(error)
"""


def test_full_disk_is_an_error_that_keeps_the_old_file(tmp_path, make_dataset, put):
    path = tmp_path / "a.h5"
    digest = put(path, make_dataset(300))
    result = subprocess.run(
        [sys.executable, "-P", "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert "bytes): " in result.stdout and str(path) in result.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.h5"]
    assert segment.read(path).digest == digest
