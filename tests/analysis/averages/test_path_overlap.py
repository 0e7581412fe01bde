"""The overlap over paths, against enumeration."""

import numpy as np
import xarray as xr

import glassnet as gn
from glassnet.analysis.transition import find_transition

TEMPERATURES = [0.6, 0.9, 1.4]


def exact_overlap(glass, temperature):
    """Mean over paths of <tau>^2: two replicas are independent."""
    tau = np.prod(gn.exact.states(glass.n_weights)[:, glass.paths], axis=-1, dtype=np.int64)
    return np.mean((gn.exact.probabilities(glass, temperature) @ tau) ** 2)


def test_path_overlap_is_that_of_enumerated_glasses(synthetic):
    glasses = [gn.ensembles.regular(n_weights=9, p=3, degree=3, couplings="gaussian", seed=n) for n in range(4)]
    chains = []
    for glass in glasses:
        sampler = gn.ParallelTempering(glass, TEMPERATURES, n_replicas=8, seed=1)
        chains.append(sampler.run(n_sweeps=4000, thermalization=500, measure_every=4))
    node = xr.concat(chains, "sample", combine_attrs="drop_conflicts").assign_coords(sample=range(4))
    found = find_transition(synthetic.tree({"/N9/dilution0.0": node}))
    data = found.averages["path_overlap"][9]
    expected = np.mean([[exact_overlap(glass, t) for t in TEMPERATURES] for glass in glasses], axis=0)
    blocks = node["path_overlap"].mean(("sample", "pair")).values.reshape(20, -1, 3).mean(axis=1)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(20)
    assert error.max() < 0.005
    assert np.all(np.abs(data["path_overlap"].values - expected) < 4.5 * error)
    # the glasses differ by more than their chains fluctuate
    assert np.all(data["path_overlap_stderr"].values > 3 * error)
    assert found.averages["thermodynamics"] is found.thermodynamics
