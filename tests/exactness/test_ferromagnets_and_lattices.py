"""From drawing to verdict: ferromagnets on random graphs, and square lattices, whose transitions are exact."""

import numpy as np
import xarray as xr

import glassnet as gn
from glassnet.analysis.transition import find_transition
from glassnet.scan.execute.run import scan
from glassnet.scan.report import writing

ONSAGER = 2 / np.log(1 + np.sqrt(2))


LAYERED = """
seed = 3
samples = 16
[glass]
ensemble = "layered"
p = 2
alpha = 2.0
bias = -1.0
[scan]
sizes = [32, 64, 128]
[sampling]
temperatures = {min = 2.8, max = 5.4, n = 14, spacing = "geometric"}
replicas = 4
thermalization = 1000
sweeps = 1000
measure_every = 10
"""


def test_layered_couplings_of_minus_one_are_a_ferromagnet(tmp_path, monkeypatch):
    """From drawing to verdict. T_c: 2 alpha tanh(1/T) = 1, as with couplings of one."""
    monkeypatch.setattr("glassnet.scan.report.writing.write", lambda *_: writing.Report("", [], []))
    (tmp_path / "layered.toml").write_text(LAYERED)
    assert scan(tmp_path / "layered.toml", out=str(tmp_path / "layered")) == 0
    found = find_transition(gn.open_chains(tmp_path / "layered"))
    assert found.kind == "continuous"
    assert abs(found.temperature - 1 / np.arctanh(1 / 4)) < 3 * found.stderr
    (moment,) = [item for item in found.evidence if item.key == "moment_crossing"]
    assert moment.says.startswith("N [q^2] of a ferromagnet")


MAGNET = """
seed = 3
samples = 16
[glass]
ensemble = "regular"
p = 2
degree = 4
bias = 1.0
[scan]
sizes = [32, 64, 128]
[sampling]
temperatures = {min = 2.1, max = 4.0, n = 14, spacing = "geometric"}
replicas = 4
thermalization = 1000
sweeps = 1000
measure_every = 10
"""


def test_a_ferromagnet_is_located_by_its_magnetisation(tmp_path, monkeypatch):
    """Measured by default are energy and overlap: the weights that chains end in have it. T_c: 3 tanh(1/T) = 1."""
    monkeypatch.setattr("glassnet.scan.report.writing.write", lambda *_: writing.Report("", [], []))
    (tmp_path / "magnet.toml").write_text(MAGNET)
    assert scan(tmp_path / "magnet.toml", out=str(tmp_path / "magnet")) == 0
    found = find_transition(gn.open_chains(tmp_path / "magnet"))
    exact = 1 / np.arctanh(1 / 3)
    assert found.kind == "continuous"
    assert "N^(1/2) [m^2] of all sizes cross" in [one.name for one in found.estimates]
    assert abs(found.temperature - exact) < 3 * found.stderr
    assert found.stderr < 0.05 * exact


def square_lattice(width, couplings):
    """Two-body glass on a square lattice with periodic boundaries: no random graph, and no name."""
    site = np.arange(width * width).reshape(width, width)
    bonds = [np.stack([site, np.roll(site, -1, axis)], axis=-1).reshape(-1, 2) for axis in (0, 1)]
    paths = np.concatenate(bonds)
    return gn.PathGlass(paths, couplings(len(paths)))


def lattice_scan(couplings, ladder, n_samples, n_sweeps, widths=(8, 12, 16)):
    scan = {}
    for width in widths:
        chains = []
        for sample in range(n_samples):
            glass = square_lattice(width, lambda n: couplings(np.random.default_rng([width, sample]), n))  # noqa: B023
            sampler = gn.ParallelTempering(glass, ladder, n_replicas=4, seed=sample)
            chains.append(sampler.run(n_sweeps, n_sweeps, 10).drop_vars(["draw"]))
        data = xr.concat(chains, dim="sample", combine_attrs="override")
        data = data.assign_coords(sample=np.arange(n_samples))
        scan[f"/N{width * width}/dilution0.0"] = data.assign_attrs(n_weights=width * width)
    return xr.DataTree.from_dict(scan)


def test_a_square_lattice_has_no_exponents_of_mean_field_theory():
    """The Ising ferromagnet: T_c = 2.2692 (L. Onsager, 1944), with exponents that are fitted."""
    ladder = np.geomspace(1.8, 3.0, 14)
    found = find_transition(lattice_scan(lambda rng, n: np.ones(n), ladder, 12, 2000))
    assert not any("[q^2]" in one.name or "[m^2]" in one.name for one in found.estimates)
    assert found.kind == "continuous"
    assert abs(found.temperature - ONSAGER) < 3 * found.stderr
    assert found.stderr < 0.05 * ONSAGER


def test_the_spin_glass_on_a_square_lattice_is_not_said_to_order():
    """+-J in two dimensions: no transition above T = 0 (A. K. Hartmann and A. P. Young, Phys. Rev. B 64, 180404)."""
    ladder = np.geomspace(0.7, 2.2, 14)
    found = find_transition(lattice_scan(lambda rng, n: rng.choice([-1.0, 1.0], n), ladder, 24, 3000))
    assert found.kind != "continuous"
    assert np.isnan(found.temperature)
