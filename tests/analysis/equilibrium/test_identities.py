"""Identities of the ensemble: exact chains obey them, chains that have not come down do not."""

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.analysis.equilibrium import assessment, identities
from glassnet.analysis.nodes import nodes


def gaussian(n_sweeps, n_samples=24, size=24):
    """Symmetric Gaussian glasses, as a scan keeps them."""
    import xarray as xr

    chains = []
    for sample in range(n_samples):
        seed = Seed(5, f"sample={sample}")
        glass = gn.ensembles.regular(n_weights=size, p=3, degree=4, couplings="gaussian", seed=seed)
        sampler = gn.ParallelTempering(glass, [0.4, 0.55, 0.75, 1.0, 1.4], n_replicas=8, seed=seed)
        chains.append(sampler.run(n_sweeps, n_sweeps, max(1, n_sweeps // 100)).drop_vars("draw"))
    data = xr.concat(chains, dim="sample", combine_attrs="drop").assign_coords(sample=np.arange(n_samples))
    data["n_paths"] = ("sample", np.full(n_samples, glass.n_paths))
    data = data.assign_attrs(n_weights=size, couplings="gaussian", ensemble="regular")
    return nodes(xr.DataTree.from_dict({f"/N{size}/dilution0.0": data}))


def planted(n_sweeps, unsatisfied, n_samples=32, size=36):
    import xarray as xr

    chains, energies = [], []
    for sample in range(n_samples):
        seed = Seed(6, f"sample={sample}")
        glass = gn.ensembles.regular(n_weights=size, p=3, degree=4, seed=seed)
        glass = gn.ensembles.planted(glass, temperature=0.75, seed=seed, unsatisfied=unsatisfied)
        start = np.random.default_rng(sample).choice([-1, 1], size=(6, 8, size))
        start[:, :4] = glass.planted
        sampler = gn.ParallelTempering(glass, np.geomspace(0.75, 1.6, 6), n_replicas=8, seed=seed, initial=start)
        chains.append(sampler.run(n_sweeps, n_sweeps, max(1, n_sweeps // 100)).drop_vars("draw"))
        energies.append(glass.energy(glass.planted))
    data = xr.concat(chains, dim="sample", combine_attrs="drop").assign_coords(sample=np.arange(n_samples))
    data["planted_energy"] = ("sample", np.array(energies))
    data = data.assign_attrs(n_weights=size, planted_temperature=0.75, unsatisfied="independent")
    return nodes(xr.DataTree.from_dict({f"/N{size}/dilution0.0/planted0.75": data}))


def by_key(found):
    return {identity.key: identity for identity in assessment.assess(found).identities}


def test_gaussian_glasses_in_equilibrium_obey_the_identity_and_young_ones_do_not():
    known = by_key(gaussian(2000))
    assert known.keys() == {identities.GAUSSIAN}
    assert known[identities.GAUSSIAN].probability > 1e-3
    young = gaussian(3)
    assert by_key(young)[identities.GAUSSIAN].probability < 1e-6
    assert "[<E>] = -beta M (1 - [q_path]) is violated" in assessment.assess(young).nodes[young[0].path]


def test_the_identity_with_the_overlap_of_weights_fails():
    """The broken twin: q in place of q_path."""
    (node,) = gaussian(2000)
    wrong = node._replace(chain=node.chain.assign(path_overlap=node.chain["overlap"] ** 2))
    assert by_key([wrong])[identities.GAUSSIAN].probability < 1e-6


def test_independent_planting_obeys_its_identities_and_a_fixed_count_does_not_obey_that_of_the_energy():
    known = by_key(planted(1500, "independent"))
    assert known.keys() == {identities.PLANTED_ENERGY, identities.PLANTED_OVERLAP}
    assert min(identity.probability for identity in known.values()) > 1e-3
    wrong = planted(1500, "fixed")
    # said to be independent, and caught: the number of unsatisfied paths does not fluctuate
    shift = by_key(wrong)[identities.PLANTED_ENERGY]
    assert abs(shift.difference) > 3 * shift.stderr
    honest = wrong[0]._replace(chain=wrong[0].chain.assign_attrs(unsatisfied="fixed"))
    assert by_key([honest]) == {}


def test_random_starts_that_have_not_found_the_planted_state_break_both():
    young = by_key(planted(4, "independent"))
    assert young[identities.PLANTED_ENERGY].probability < 1e-4
    assert young[identities.PLANTED_ENERGY].difference > 0


def test_infinite_temperature_is_not_asked():
    (node,) = gaussian(200, n_samples=6)
    hot = node.chain.assign_coords(temperature=[0.4, 0.55, 0.75, 1.0, np.inf])
    identity = by_key([node._replace(chain=hot)])[identities.GAUSSIAN]
    assert np.isfinite(identity.temperature)
    assert identity.stderr == pytest.approx(identity.stderr)
