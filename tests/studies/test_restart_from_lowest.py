"""Starts from the lowest energies refute chains that missed them, and agree with chains that did not."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.studies import restart_from_lowest


def test_a_short_chain_that_missed_the_deep_states_is_refuted():
    glass = gn.ensembles.regular(n_weights=180, p=3, degree=4, seed=1)
    glass = gn.ensembles.planted(glass, temperature=0.45, seed=3)
    chain = gn.ParallelTempering(glass, np.geomspace(0.45, 1.5, 12), n_replicas=8, seed=3).run(200, 200, 4)
    found = restart_from_lowest(glass, chain, n_sweeps=4000, seed=5)
    assert found.refuted
    assert found.lowest < found.seen
    assert 0.45 <= found.temperature < 1.5
    assert "refuted: " in str(found)


def test_a_chain_in_equilibrium_is_not_refuted():
    glass = gn.ensembles.regular(n_weights=36, p=3, degree=4, seed=1)
    chain = gn.ParallelTempering(glass, np.geomspace(0.55, 1.5, 10), n_replicas=8, seed=3).run(4000, 4000, 20)
    found = restart_from_lowest(glass, chain, n_sweeps=4000, seed=5)
    assert not found.refuted
    assert np.isnan(found.temperature)
    assert found.lowest <= found.seen
    assert "no proof" in str(found)


def test_wrong_arguments_are_refused():
    glass = gn.ensembles.regular(n_weights=12, p=3, degree=4, seed=1)
    chain = gn.ParallelTempering(glass, [1.0, 2.0], n_replicas=2, seed=3).run(20)
    with pytest.raises(TypeError, match="glass must be a PathGlass, got int"):
        restart_from_lowest(1, chain)
    with pytest.raises(ValueError, match="chain must be one sample with energy"):
        restart_from_lowest(glass, chain.drop_vars("energy"))
    with pytest.raises(ValueError, match="n_sweeps must be"):
        restart_from_lowest(glass, chain, n_sweeps=3)
