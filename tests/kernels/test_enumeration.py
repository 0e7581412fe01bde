"""The Gray-code kernel against energies of configurations written out one by one."""

import numpy as np
import pytest

import glassnet as gn
from glassnet import exact
from glassnet.kernels import enumeration

E = gn.ensembles
GLASSES = {
    "regular": lambda J: E.regular(12, 3, 4, seed=1, couplings=J),
    "poisson": lambda J: E.poisson(11, 4, 1.7, seed=2, couplings=J),
    "walks": lambda J: E.walks((2, 2, 2, 2), 2.0, seed=3, couplings=J),
    "free weights": lambda J: E.poisson(10, 2, 0.3, seed=4, couplings=J),
    "one path": lambda J: gn.PathGlass([[0, 1]], [1.0 if J == "binary" else 0.7]),
    "no paths": lambda J: gn.PathGlass(np.empty((0, 2), dtype=int), [], n_weights=3),
}


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("name", GLASSES)
def test_energies_of_all_configurations_and_of_any_stretch(name, couplings):
    glass = GLASSES[name](couplings)
    expected = glass.energy(exact.states(glass.n_weights))
    n_states = len(expected)
    whole = enumeration.energies(glass.paths, glass.couplings, glass.n_weights, 0, n_states)
    assert np.allclose(whole, expected, rtol=0, atol=1e-12 * max(1, glass.n_paths))
    for start, stop in ((0, 1), (1, 4), (n_states // 2 - 1, n_states), (n_states - 1, n_states), (2, 2)):
        part = enumeration.energies(glass.paths, glass.couplings, glass.n_weights, start, stop)
        assert np.allclose(part, expected[start:stop], rtol=0, atol=1e-12 * max(1, glass.n_paths))


@pytest.mark.parametrize("name", GLASSES)
def test_histogram_counts_every_configuration_by_its_satisfied_paths(name):
    glass = GLASSES[name]("binary")
    counts = enumeration.histogram(glass.paths, glass.couplings.astype(np.int8), glass.n_weights)
    satisfied = (glass.n_paths - glass.energy(exact.states(glass.n_weights))) / 2
    assert counts.sum() == 2**glass.n_weights
    assert counts.tolist() == np.bincount(satisfied.astype(int), minlength=glass.n_paths + 1).tolist()
