"""Scans that are in equilibrium beyond doubt pass: every replica of every rung starts from a Boltzmann draw.

The glasses are small enough to enumerate. For given couplings each replica on each rung, those that scans start on the
planted state included, is an independent draw from the exact distribution, and the sampler keeps it. So nothing can
drift, nor starts differ, nor an identity fail, however short the chains are and however slowly they move.
"""

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet._random import Seed
from glassnet.analysis import equilibration, ladder_time
from glassnet.analysis.nodes import nodes, readings

SIZE, SAMPLES, REPLICAS, DRAWS, EVERY = 12, 8, 4, 640, 2
STATES = gn.exact.states(SIZE)
LADDERS = {"symmetric": np.array([0.8, 0.95, 1.15, 1.5]), "planted": np.array([0.8, 0.95, 1.15, 1.5])}


def boltzmann(glass, temperatures, rng):
    """Independent draws (n_temperatures, n_replicas, N) from the exact distribution."""
    drawn = [rng.choice(len(STATES), (REPLICAS,), p=gn.exact.probabilities(glass, t)) for t in temperatures]
    return STATES[np.array(drawn)]


def chain(kind, seed):
    """One chain of DRAWS sweeps, started in equilibrium."""
    couplings = "gaussian" if kind == "gaussian" else "binary"
    glass = gn.ensembles.regular(n_weights=SIZE, p=3, degree=4, couplings=couplings, seed=seed)
    ladder = LADDERS["planted" if kind in ("fixed", "independent") else "symmetric"]
    attrs, measure = {"n_weights": SIZE, "ensemble": "regular", "couplings": couplings}, ["energy", "overlap"]
    if kind == "gaussian":
        measure.append("path_overlap")
    if kind in ("fixed", "independent"):
        glass = gn.ensembles.planted(glass, temperature=ladder[0], seed=seed, unsatisfied=kind)
        attrs |= {"planted_temperature": ladder[0], "unsatisfied": kind}
        measure.append("planted_overlap")
    start = boltzmann(glass, ladder, np.random.default_rng([seed.value, SIZE]))
    tempering = gn.ParallelTempering(glass, ladder, REPLICAS, seed=seed, initial=start)
    found = tempering.run(EVERY * DRAWS, 0, EVERY, measure=measure).assign_attrs(attrs)
    found["n_paths"] = glass.n_paths
    if glass.planted is not None:
        found["planted_energy"] = glass.energy(glass.planted)
    return found


def scan(number):
    """Four nodes of 8 samples: glasses as drawn, +-J and Gaussian, and planted ones of both kinds."""
    tree = {}
    for kind in ("binary", "gaussian", "fixed", "independent"):
        chains = [chain(kind, Seed(number, f"{kind},sample={sample}")) for sample in range(SAMPLES)]
        node = xr.concat(chains, dim="sample", combine_attrs="override").assign_coords(sample=np.arange(SAMPLES))
        name = "planted0.4" if kind in ("fixed", "independent") else "symmetric"
        tree[f"/N{SIZE}/dilution{0.1 if kind in ('gaussian', 'independent') else 0.0}/{name}"] = node
    return nodes(xr.DataTree.from_dict(tree))


def slowest(node):
    """Slowest time of every sample, energy or weight of high overlap, in draws."""
    times = []
    for reading in readings(node):
        series = reading.ladder_energy.swapaxes(1, 2), (np.abs(reading.ladder_overlap) > 0.5).swapaxes(1, 2)
        times.append(max(ladder_time.slowest_time(x - x.mean(axis=(0, 1))) for x in series))
    return times
