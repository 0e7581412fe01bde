"""Directories that earlier releases left: read, continued, and what this release would have computed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.chains import segment, shards
from glassnet.scan import verify

FROZEN = Path(__file__).parent / "frozen"
VERSIONS = sorted(entry.name for entry in FROZEN.iterdir() if "-" not in entry.name)
#: glasses and ladders of other kinds, as release 0.3.0 left them
KINDS = sorted(entry.name for entry in FROZEN.iterdir() if "-" in entry.name)
NODES = ("/N12/dilution0.25/symmetric", "/N12/dilution0.25/planted0.8")


@pytest.fixture(params=VERSIONS)
def frozen(request, tmp_path):
    return Path(shutil.copytree(FROZEN / request.param, tmp_path / "frozen"))


@pytest.fixture
def begun(tmp_path):
    """An empty directory that an earlier release began: begun(the directory it left) -> its path."""

    def begin(left):
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        for name in ("run.toml", "nodes.json", "ladders.json"):
            if (left / name).exists():
                shutil.copy(left / name, fresh / name)
        return fresh

    return begin


def chains(directory):
    return {node: gn.open_chains(directory)[node].load() for node in NODES}


def test_the_current_release_is_among_them():
    """After a release, `glassnet scan` of the frozen run file, cut short, leaves the next."""
    assert gn.__version__ in VERSIONS


def test_the_end_state_has_the_energy_of_the_last_draw(frozen):
    merged = [header.place for path in frozen.glob("chains/**/*.zip") for header in shards.listed(path).values()]
    places = [*frozen.glob("chains/**/*.h5"), *merged]
    assert len(places) == 2
    for place in places:
        dataset, glass, state = (found := segment.read(place)).dataset, found.glass, found.state
        bits = np.unpackbits(state["weights"], axis=-1, bitorder="little", count=glass.n_weights)
        energies = glass.energy(np.where(bits > 0, 1, -1))[state["walkers_lane_at"]].T
        assert (dataset.energy[-1] == energies).all()


def test_this_release_computes_the_same(frozen, scan, begun):
    directory = begun(frozen)
    assert scan(frozen / "run.toml", directory)[0] == 0
    assert scan(frozen / "run.toml", frozen)[0] == 0
    fresh, old = chains(directory), chains(frozen)
    for node in NODES:
        xr.testing.assert_equal(old[node].dataset, fresh[node].dataset)


def test_this_release_goes_on_from_them(frozen, scan, begun, tmp_path):
    directory, longer = begun(frozen), tmp_path / "run.toml"
    longer.write_text((frozen / "run.toml").read_text().replace("sweeps = 40", "sweeps = 120"))
    assert scan(longer, directory)[0] == 0
    assert scan(longer, frozen)[0] == 0
    fresh, old = chains(directory), chains(frozen)
    for node in NODES:
        assert old[node].sizes["draw"] == 12
        xr.testing.assert_equal(old[node].dataset, fresh[node].dataset)


@pytest.fixture(params=KINDS)
def kind(request, tmp_path):
    return Path(shutil.copytree(FROZEN / request.param, tmp_path / "frozen"))


def every_chain(directory):
    """Datasets with a draw by path, loaded."""
    branches = gn.open_chains(directory).subtree
    return {branch.path: branch.load().to_dataset() for branch in branches if "energy" in branch.data_vars}


def test_every_kind_of_glass_and_ladder_is_among_them():
    assert [f"0.3.0-{name}" for name in ("adaptive", "gaussian", "geometric", "layered", "walks")] == KINDS


def test_chains_of_every_kind_are_verified(kind):
    """The same draws from the run file and the ladders that the directory holds."""
    found = list(verify.verify(verify.select(kind, k=100, seed=1)))
    assert len(found) == 4
    assert [line for one in found for line in one.differences] == []


def test_chains_of_every_kind_go_on(kind, scan, begun, tmp_path):
    """Continued from where the earlier release ended, or computed whole with the ladders that it chose."""
    fresh, longer = begun(kind), tmp_path / "run.toml"
    longer.write_text((kind / "run.toml").read_text().replace("sweeps = 40", "sweeps = 120"))
    assert scan(longer, fresh)[0] == 0
    assert scan(longer, kind)[0] == 0
    whole, old = every_chain(fresh), every_chain(kind)
    assert list(whole) == list(old)
    for path, chain in whole.items():
        assert chain.sizes["draw"] == 12
        xr.testing.assert_equal(old[path], chain)
