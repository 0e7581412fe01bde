"""Nodes of trees that were made by hand."""

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.analysis.averages.random_pairs import IndependentPairs, independent_pairs, layered_pairs
from glassnet.analysis.nodes import nodes

P, ALPHA, SIZES = 4, 2.0, (32, 48, 64)


@pytest.mark.parametrize("size", [32, 48, 64])
def test_trees_made_by_hand_do_not_follow_the_rule_of_release_0_3_0(size):
    """Glasses of today lose round(0.05 N) = 2, 2, 3 weights; by the old rule it would have been none, 4 and 4."""
    runs = []
    for seed in range(2):
        glass = gn.ensembles.layered(size, P, ALPHA, seed=seed, dilution=0.05)
        runs.append(gn.ParallelTempering(glass, [0.8, 2.0], n_replicas=2, seed=seed).run(10, measure_every=5))
    data = xr.concat(runs, "sample", combine_attrs="drop_conflicts").assign_coords(sample=range(2))
    (node,) = nodes(xr.DataTree.from_dict({f"/N{size}/dilution0.05": data}))
    assert node.size - node.n_weights == round(0.05 * size)
    assert node.removed is None
    assert node.effective_dilution == 0.05
    # the layers of any of these glasses, in some order
    pairs = independent_pairs(node._replace(chain=data.drop_vars("overlap", errors="ignore")))
    assert pairs == IndependentPairs(*layered_pairs(tuple(sorted(np.bincount(glass.layer).tolist()))))
    # nor where they do not say how many weights are left
    del data.attrs["n_weights"]
    assert nodes(xr.DataTree.from_dict({f"/N{size}/dilution0.05": data}))[0].removed is None
