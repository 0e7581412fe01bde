"""Annealed curves and freezing temperatures, on paramagnets that are known."""

import numpy as np
import pytest

from glassnet.analysis.averages.thermodynamics import averages
from glassnet.analysis.location import annealed_bounds
from glassnet.analysis.nodes import nodes


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
