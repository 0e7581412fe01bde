"""The paramagnet of the glasses of a chain: means over couplings, and where it is not known."""

import numpy as np
import pytest

from glassnet.analysis.averages import thermodynamics
from glassnet.analysis.averages.paramagnet import ChainParamagnet
from glassnet.analysis.nodes import nodes


def test_paramagnet_of_gaussian_couplings_is_the_mean_over_couplings(synthetic):
    data = synthetic.node([1.0], np.zeros((1, 2, 1, 2)), 30, couplings="gaussian")
    (node,) = nodes(synthetic.tree({"/N30/dilution0.0": data}))
    paramagnet = ChainParamagnet(node)
    couplings = np.random.default_rng(1).normal(size=10**6)
    # a million couplings: standard errors below 1e-3
    energy = -4 / 3 * np.mean(couplings * np.tanh(0.8 * couplings))
    log_z = np.log(2) + 4 / 3 * np.mean(np.log(np.cosh(0.8 * couplings)))
    assert paramagnet.energy(0.8) == pytest.approx(energy, abs=5e-3)
    assert paramagnet.log_z(0.8) == pytest.approx(log_z, abs=5e-3)
    assert paramagnet.entropy(0.8) == pytest.approx(log_z + 0.8 * energy, abs=5e-3)
    assert paramagnet.entropy(0.0) == pytest.approx(np.log(2))


def test_paramagnet_of_other_couplings_is_not_known(synthetic):
    data = synthetic.node([1.0, np.inf], np.zeros((1, 2, 2, 2)), 30, couplings="given")
    (node,) = nodes(synthetic.tree({"/N30/dilution0.0": data}))
    averages = thermodynamics.averages(node)
    assert np.isnan(averages["paramagnet_energy"].values[0])
    assert averages["entropy"].values[-1] == pytest.approx(np.log(2))
