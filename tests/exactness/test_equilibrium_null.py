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
from glassnet.analysis.equilibrium import assessment
from glassnet.analysis.nodes import nodes, readings
from glassnet.statistics import autocorrelation, ladder_autocorrelation, ladder_averages

SIZE, SAMPLES, REPLICAS, DRAWS, EVERY = 12, 8, 4, 640, 2
STATES = gn.exact.states(SIZE)
WARM, COLD = np.array([0.8, 0.95, 1.15, 1.5]), np.array([0.4, 0.47, 0.56, 0.7, 1.0])
KINDS = ("binary", "gaussian", "fixed", "independent")


def drawn(kind, seed, temperature):
    """A glass as drawn, or planted with a fixed or a fluctuating number of unsatisfied paths."""
    couplings = "gaussian" if kind == "gaussian" else "binary"
    glass = gn.ensembles.regular(n_weights=SIZE, p=3, degree=4, couplings=couplings, seed=seed)
    if kind in ("fixed", "independent"):
        glass = gn.ensembles.planted(glass, temperature=temperature, seed=seed, unsatisfied=kind)
    return glass


def chain(kind, seed, ladder):
    """A glass and one chain of it, started in equilibrium."""
    glass, rng = drawn(kind, seed, ladder[0]), np.random.default_rng([seed.value, KINDS.index(kind)])
    attrs = {"n_weights": SIZE, "ensemble": "regular", "couplings": "gaussian" if kind == "gaussian" else "binary"}
    measure = ["energy", "overlap", *(["path_overlap"] if kind == "gaussian" else [])]
    if glass.planted is not None:
        attrs |= {"planted_temperature": ladder[0], "unsatisfied": kind}
        measure.append("planted_overlap")
    start = [rng.choice(len(STATES), REPLICAS, p=gn.exact.probabilities(glass, t)) for t in ladder]
    tempering = gn.ParallelTempering(glass, ladder, REPLICAS, seed=seed, initial=STATES[np.array(start)])
    found = tempering.run(EVERY * DRAWS, 0, EVERY, measure=measure).assign_attrs(attrs)
    found["n_paths"] = glass.n_paths
    if glass.planted is not None:
        found["planted_energy"] = glass.energy(glass.planted)
    return glass, found


def scan(number, ladder=WARM):
    """Four nodes of 8 samples: glasses as drawn, +-J and Gaussian, and planted ones of both kinds."""
    tree = {}
    for place, kind in enumerate(KINDS):
        chains = [chain(kind, Seed(number, f"{kind},sample={sample}"), ladder)[1] for sample in range(SAMPLES)]
        node = xr.concat(chains, dim="sample", combine_attrs="override").assign_coords(sample=np.arange(SAMPLES))
        tree[f"/N{SIZE}/dilution{place % 2 / 10}/{kind}"] = node
    return nodes(xr.DataTree.from_dict(tree))


def slowest(node):
    """Slowest time of every sample, of the energy or the weight of high overlap, in draws."""
    times = []
    for reading in readings(node):
        series = reading.ladder_energy, np.abs(reading.ladder_overlap) > 0.5
        deviations = [(x - x.mean(axis=(0, 2), keepdims=True)).swapaxes(1, 2) for x in series]
        times.append(max(ladder_autocorrelation.slowest_time(x) for x in deviations))
    return times


def alarms(numbers, ladder, ignored=()):
    """How many scans raise any alarm, those for an ignored reason left out."""
    count = 0
    for number in numbers:
        found = assessment.assess(scan(number, ladder))
        count += bool(found.nodes or [failure for failure in found.failures if failure.reason not in ignored])
    return count


def test_many_chains_of_the_null_are_slow():
    """Of planted samples at T = 0.8 one in three or more has a mode that lives longer than 20 draws."""
    times = np.array([slowest(node) for number in range(3) for node in scan(number) if node.planted_temperature])
    assert np.mean(times > 20) > 1 / 3
    # and most still fit ten times and more into a chain of 640 draws; those of which fewer do may be called stuck
    assert np.mean(times > 64) < 0.2


def test_exact_equilibrium_raises_no_alarm():
    """12 scans of 32 chains at one per cent each: more than 2 have a probability of 2e-4. 5 seconds."""
    assert alarms(range(12), WARM) <= 2


@pytest.mark.parametrize("scans", [6, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_long_chains_are_averaged_and_raise_no_alarm_either(monkeypatch, scans):
    """As chains of 2560 draws and more are: five draws at a time. Of 6 scans at one per cent each more than one raise
    an alarm with a probability of 1.5e-3, of 200 more than 7 with one of 1e-3. 100 seconds for the 200."""
    monkeypatch.setattr(ladder_autocorrelation, "FINEST", DRAWS // 5)
    assert alarms(range(20_000, 20_000 + scans), WARM) <= (1 if scans == 6 else 7)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_exact_equilibrium_raises_no_alarm_in_a_thousand_scans():
    """At one per cent each 1000 scans may raise 10; more than 20 have a probability of 2e-3. 8 minutes of one core."""
    assert alarms(range(1000), WARM) <= 20


def test_frozen_chains_in_exact_equilibrium_may_be_stuck_but_nothing_else():
    """Down to T = 0.4 modes live as long as the chains, and yet nothing drifts: of 10 scans more than 2 have 1e-4."""
    assert alarms(range(5000, 5010), COLD, ignored=("stuck",)) <= 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_frozen_chains_in_exact_equilibrium_do_not_drift_in_three_hundred_scans():
    """At one per cent each: more than 9 of 300 have a probability of 1e-3. 3 minutes of one core."""
    assert alarms(range(5000, 5300), COLD, ignored=("stuck",)) <= 9


def pulls(kind, count, ladder, of_rungs=ladder_averages.thermal_average):
    """Deviations from enumeration over error bars, (count, n_rungs), of the energy and the weight of high overlap."""
    energies, weights = [], []
    for number in range(count):
        glass, found = chain(kind, Seed(number, f"bars {kind}"), ladder)
        average = of_rungs(found["energy"].values.astype(np.float64).swapaxes(1, 2))
        energies.append((average.mean - gn.exact.thermodynamics(glass, ladder).energy) / average.stderr)
        if glass.planted is None:
            exact = [p[np.abs(q) > 0.5].sum() for q, p in (gn.exact.overlap_distribution(glass, t) for t in ladder)]
            high = (np.abs(found["overlap"].values) > 0.5).astype(np.float64)
            mean, stderr = high.mean(axis=(0, 2)), ladder_averages.thermal_error_of_pairs(high)
        else:
            high = np.abs(STATES @ glass.planted / SIZE) > 0.5
            exact = [gn.exact.probabilities(glass, t)[high].sum() for t in ladder]
            inside = (np.abs(found["planted_overlap"].values) > 0.5).astype(np.float64)
            mean, stderr, _ = of_rungs(inside.swapaxes(1, 2))
        weights.append((mean - exact) / stderr)
    return np.array(energies), np.array(weights)


BARS = np.array([0.62, 0.7, 0.8, 0.95, 1.2])


def test_bars_on_the_rungs_of_a_ladder_cover_enumeration():
    """Energy and weight of high overlap, 150 glasses as drawn and 150 planted ones, 5 rungs: 3000 readings.

    Those of one glass go together; as 600 independent ones they would scatter by 1.9 per cent around 68.3.
    """
    pooled = np.concatenate([values.ravel() for kind in ("binary", "fixed") for values in pulls(kind, 150, BARS)])
    assert pooled.size == 3000
    assert 0.64 < np.mean(np.abs(pooled) < 1) < 0.73


def each_rung_alone(chains):
    """Mean of (n_draws, n_chains, n_rungs) and its error from an automatic window on each rung by itself."""
    count = chains.shape[0] * chains.shape[1]
    stderr = np.sqrt(2 * autocorrelation.integrated_time(chains) * chains.var(axis=(0, 1)) / count)
    return ladder_averages.ThermalAverage(chains.mean(axis=(0, 1)), stderr, np.full(len(stderr), np.nan))


def test_bars_with_times_of_single_rungs_do_not():
    """The broken twin."""
    pooled = np.concatenate([values.ravel() for values in pulls("fixed", 40, BARS, each_rung_alone)])
    assert np.mean(np.abs(pooled) < 1) < 0.55
