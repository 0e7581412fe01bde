"""Energies of two phases, and what is read where both weigh the same, on distributions whose answer is known."""

import numpy as np
import pytest

from glassnet.analysis.averages import energy_phases
from glassnet.analysis.averages.thermodynamics import averages
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
