"""Directories that earlier releases left: read, continued, and what this release would have computed."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet._random import Seed
from glassnet.chains import pack, segment, shards
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import status, verify

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
    merged = [header.source for path in frozen.glob("chains/**/*.zip") for header in shards.listed(path).values()]
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


DILUTED = [kind for kind in KINDS if "dilutions = " in (FROZEN / kind / "run.toml").read_text()]


@pytest.mark.parametrize("kind", DILUTED, indirect=True)
def test_diluted_runs_grow_by_the_rule_they_were_begun_with(kind, scan, tmp_path):
    """More samples and sweeps: every glass is that of the older rule, recipe and all, and the first draws stay."""
    before, text = every_chain(kind), (kind / "run.toml").read_text()
    glasses = {path: segment.read(path).glass for path in kind.glob("chains/**/*.h5")}
    longer = tmp_path / "run.toml"
    longer.write_text(text.replace("samples = 2", "samples = 4").replace("sweeps = 40", "sweeps = 60"))
    line = "warning: release 0.3.0 began this run: its dilutions go on with the rule of that release"
    assert line in status.dry_run(longer, kind)
    assert scan(longer, kind)[0] == 0
    run_file = RunDirectory(kind).run_file()
    assert run_file.rounding == json.loads((kind / "nodes.json").read_text())["rounding"] == "layers"
    found = {task.text: segment.read(RunDirectory(kind).find(task)) for task in glass_tasks.all_tasks(run_file)}
    assert len(found) == 8
    for task in glass_tasks.all_tasks(run_file):
        chain, place = found[task.text], RunDirectory(kind).chain(task)
        keywords = run_file.glass.model_dump(exclude_none=True)
        keywords |= {"widths": task.size} if isinstance(task.size, tuple) else {"n_weights": task.size}
        draw, seed = getattr(gn.ensembles, keywords.pop("ensemble")), Seed(run_file.seed, task.text)
        drawn = draw(seed=seed, dilution=task.dilution, rounding="layers", **keywords)
        assert np.array_equal(chain.glass.paths, drawn.paths)
        assert np.array_equal(chain.glass.parent_index, drawn.parent_index)
        assert chain.glass.recipe["diluted"] == [{"fraction": task.dilution, "seed": seed.value, "seed_key": seed.key}]
        assert place not in glasses or (chain.glass, chain.glass.recipe) == (glasses[place], glasses[place].recipe)
        sizes = dilution.layer_sizes(task.size, run_file)
        assert [n - left for n, left in zip(sizes, drawn.layer_sizes, strict=True)] == [
            round(task.dilution * n) for n in sizes
        ]
        assert "removed_fraction" not in chain.dataset and chain.dataset.attrs.get("rounding") is None
    for path, chain in every_chain(kind).items():
        assert chain.sizes["sample"] == 4
        xr.testing.assert_equal(chain["energy"].isel(sample=slice(2), draw=slice(4)), before[path]["energy"])
    # what was grown is verified, and grows again
    assert [line for one in verify.verify(verify.select(kind, k=100, seed=1)) for line in one.differences] == []
    assert scan(longer, kind)[0] == 0


@pytest.mark.parametrize("kind", ["0.3.0-geometric"], indirect=True)
def test_dilutions_added_to_an_old_run_follow_its_rule(kind, scan, tmp_path):
    """Nothing of one directory is rounded in two ways: 0.3.0 may go on with it as well."""
    other = tmp_path / "run.toml"
    other.write_text((kind / "run.toml").read_text().replace("planted =", "dilutions = [0.0, 0.1]\nplanted ="))
    assert scan(other, kind)[0] == 0
    assert RunDirectory(kind).run_file().rounding == "layers"
    chains = every_chain(kind)
    assert len(chains) == 4 and not any("removed_fraction" in chain for chain in chains.values())


@pytest.mark.parametrize("kind", DILUTED, indirect=True)
@pytest.mark.parametrize("rule", ["nearest", "random"])
def test_another_rule_is_refused(kind, scan, tmp_path, rule):
    other = tmp_path / "run.toml"
    other.write_text((kind / "run.toml").read_text().replace("planted =", f'rounding = "{rule}"\nplanted ='))
    begun = "was begun with the rule of release 0.3.0, with which it goes on where the key is left out"
    with pytest.raises(UserError, match=rf"scan\.rounding: '{rule}' here, but .* {begun}"):
        scan(other, kind)


@pytest.mark.parametrize("kind", ["0.3.0-layered", "0.3.0-walks"], indirect=True)
def test_a_packed_old_run_is_read_and_goes_on(kind, scan, tmp_path):
    packed = pack.pack(kind).path
    assert gn.open_chains(packed).equals(gn.open_chains(kind))
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "home")
    longer = tmp_path / "run.toml"
    longer.write_text((kind / "run.toml").read_text().replace("samples = 2", "samples = 3"))
    for directory in (tmp_path / "home", kind):
        assert scan(longer, directory)[0] == 0
    assert gn.open_chains(tmp_path / "home").equals(gn.open_chains(kind))
