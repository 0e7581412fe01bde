"""Energies of two phases, peaks of overlaps, and crossings, on distributions whose answer is known."""

import numpy as np
import pytest
import xarray as xr

from glassnet.analysis.averages import energy_phases
from glassnet.analysis.averages.thermodynamics import averages
from glassnet.analysis.location import annealed_bounds, discontinuous, overlap_peaks
from glassnet.analysis.nodes import nodes, readings


def collected(synthetic, data):
    found = {}
    for node in nodes(synthetic.tree(data)):
        collector = energy_phases.EnergyPhases(node)
        for reading in readings(node):
            collector.add(reading)
        found[node.size] = (collector.dataset(), averages(node))
    return {n: one for n, (one, _) in found.items()}, {n: other for n, (_, other) in found.items()}


def test_two_phases_have_a_valley_that_deepens_and_energies_modulo_four_no_comb(synthetic):
    """All degrees even: bins of two would be empty every other time, and every valley zero."""
    scan = synthetic.ferromagnet((48, 96), np.geomspace(0.8, 1.3, 12), critical=1.0, latent=0.5, seed=1)
    for path, data in scan.items():
        scan[path] = data.assign(energy=4 * np.round(data["energy"] / 4))
    found, _ = collected(synthetic, scan)
    assert found[96].attrs["step"] == 4
    assert found[96]["valley"] < 0.5 * found[48]["valley"]
    density = found[48]["density"].values
    inner = density[np.flatnonzero(density)[0] : np.flatnonzero(density)[-1]]
    assert (inner > 0).all()
    width = np.diff(found[48]["energy"].values)[0]
    assert density.sum() * width == pytest.approx(1, abs=1e-9)
    # phases 0.5 apart by construction, up to what the tails of one add to the other
    assert found[96]["gap"].values.mean() == pytest.approx(0.5, abs=0.05)


def test_one_phase_has_no_valley_and_a_gap_that_vanishes_like_the_width(synthetic):
    found, _ = collected(synthetic, synthetic.free_spins(1))
    assert all(float(data["valley"]) >= 0.9 for data in found.values())
    gaps = [float(data["gap"].mean()) for data in found.values()]
    # sqrt(48 / 96) = 0.71
    assert gaps[-1] / gaps[0] == pytest.approx(np.sqrt(0.5), abs=0.1)


def test_magnetisation_of_the_ordered_phase_is_read_from_recorded_weights(synthetic):
    """Half of the configurations are ordered; the others do not count, though their energies overlap."""
    rng, n = np.random.default_rng(2), 24
    ordered = rng.random((4, 60, 1, 4)) < 0.5
    up = rng.random((4, 60, 1, 4, n)) < np.where(ordered, 0.9, 0.5)[..., None]
    packed = np.packbits(up, axis=-1, bitorder="little")
    energy = -np.abs(2 * up.sum(axis=-1) - n).astype(float)
    data = synthetic.node([1.0], energy, n).assign(
        weights=(("sample", "draw", "temperature", "replica", "byte"), packed)
    )
    found, _ = collected(synthetic, {f"/N{n}/dilution0.0": data})
    size = np.abs(2 * up.mean(axis=-1) - 1)
    assert float(found[n]["magnetisation"].mean()) == pytest.approx(size[size > 0.5].mean(), abs=0.01)
    assert np.isnan(found[n]["overlap"].values).all()


def test_overlap_and_magnetisation_of_the_ordered_phase_are_extrapolated():
    rng = np.random.default_rng(9)
    rows = {
        n: xr.Dataset(
            {
                "overlap": ("sample", 0.95 - 0.5 / n + 0.001 * rng.normal(size=12)),
                "magnetisation": ("sample", np.full(12, np.nan)),
            }
        )
        for n in (24, 36, 48, 60)
    }
    (overlap,) = discontinuous.ordered_phase(rows)
    assert overlap.name == "overlap"
    assert abs(overlap.value - 0.95) < 3 * overlap.stderr
    assert overlap.stderr < 0.02


def test_forms_of_extrapolation_agree_where_corrections_are_of_that_form():
    rng = np.random.default_rng(3)
    rows = {n: 0.7 + 2 / n + 0.01 * rng.normal(size=16) for n in (24, 36, 48, 72)}
    found = {one.key: one for one in discontinuous._forms("x", "weight", rows)}
    straight = found["x_inverse_size"]
    assert abs(straight.value - 0.7) < 4.5 * straight.stderr
    assert found.keys() == {"x_inverse_size", "x_log_size", "x_quadratic", "x_larger_sizes"}
    headline = discontinuous.weighed(list(found.values()))
    assert headline.stderr > straight.stderr
    assert discontinuous._forms("x", "weight", {24: rows[24]}) == []


def test_the_jump_does_not_count_the_scatter_of_independent_configurations():
    """Overlaps of 0.9 + 1/N, or of independent configurations, whose mean |q| is the scatter (2 / (pi N))^(1/2)."""
    sizes = np.array([36, 60, 96])
    columns = {}
    for prefix in ("", "mixture_"):
        columns[f"{prefix}high"] = 0.9 + 1 / sizes
        columns[f"{prefix}low"] = np.sqrt(2 / (np.pi * sizes))
        columns |= {f"{prefix}{name}_stderr": np.full(3, 0.002) for name in ("high", "low")}
    columns["scatter"] = np.sqrt(2 / (np.pi * sizes))
    found = overlap_peaks.jump(
        xr.Dataset({name: ("size", values) for name, values in columns.items()}, {"size": sizes})
    )
    assert found.value == pytest.approx(0.9, abs=1e-6)
    assert 0.002 < found.stderr < 0.06


def test_freezing_energy_of_a_paramagnet_that_stops_at_its_transition(synthetic):
    """e = -alpha tanh(1/T) above T_f and constant below, with corrections of 1/N: the random energy picture."""
    ladder, frozen = np.append(np.geomspace(0.4, 4.0, 14), np.inf), 0.7
    rng, thermodynamics = np.random.default_rng(6), {}
    for n in (48, 72, 96):
        alpha = round(synthetic.ALPHA * n) / n
        mean = -alpha * np.tanh(1 / np.maximum(ladder, frozen)) * (1 + 0.5 / n)
        energy = n * mean[:, None] + 0.3 * rng.normal(size=(12, 60, len(ladder), 4))
        (node,) = nodes(synthetic.tree({f"/N{n}/dilution0.0": synthetic.node(ladder, energy, n)}))
        thermodynamics[n] = averages(node).isel(temperature=slice(0, -1))
    curve = annealed_bounds.curves(annealed_bounds.hot_rungs(node, thermodynamics[96]))
    assert curve.unit == 1.0
    assert curve.zero_of_entropy() == pytest.approx(0.63799, abs=1e-4)
    found = annealed_bounds.freezing(thermodynamics, curve)
    assert abs(found.value - frozen) < 2 * found.stderr
    assert found.stderr < 0.05
    hot = {n: data.isel(temperature=slice(8, None)) for n, data in thermodynamics.items()}
    assert annealed_bounds.freezing(hot, curve) is None


def test_annealed_curves_take_the_size_of_the_couplings_from_the_chains(synthetic):
    ladder = np.geomspace(1.0, 5.0, 6)
    energy = synthetic.paramagnet_energy(np.random.default_rng(7), (8, 100, 6, 4), ladder, 96)
    (node,) = nodes(synthetic.tree({"/N96/dilution0.0": synthetic.node(3 * ladder, 3 * energy, 96)}))
    curve = annealed_bounds.curves(annealed_bounds.hot_rungs(node, averages(node)))
    assert curve.unit == pytest.approx(3, rel=0.02)
    assert curve.zero_of_entropy() == pytest.approx(3 * 0.63799, rel=0.02)
    ordered = node._replace(
        chain=node.chain.assign(energy=node.chain["energy"] * np.array([1, 1, 1, 1, 2, 1])[:, None])
    )
    assert annealed_bounds.curves(annealed_bounds.hot_rungs(ordered, averages(ordered))) is None
