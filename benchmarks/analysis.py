"""Speed of what comes after sampling: the multi-histogram equations, and the field integration of T_K."""

import time

import numpy as np
from report import Table

import glassnet as gn
from glassnet.statistics import multihistogram


def reweighting(effort):
    """Table of how long all rungs of a chain take to be combined, and the static temperature to be found."""
    yield Table(
        "Analysis",
        [_equations(effort, couplings) for couplings in ("binary", "gaussian")] + [_field()],
        [
            "Multi-histogram: levels of the energies, their counts and the equations, of 32 rungs x 16 replicas.",
            "Field integration: T_K of the regular glass p = 3, degree 4 from 4 instances of 9999 weights at 3 "
            "temperatures; 0.65448 by the cavity method.",
        ],
    )


def _equations(effort, couplings):
    glass = gn.ensembles.regular(240, 3, 4, seed=1, couplings=couplings)
    temperatures = np.append(gn.ladder.geometric(0.6, 5.0, 31), np.inf)
    n_draws = 2000 if effort.quick else 19_532
    run = gn.ParallelTempering(glass, temperatures, 16, seed=1).run(n_draws, thermalization=500, measure=["energy"])
    energies, betas = run.energy.values, 1.0 / temperatures
    begun = time.process_time()
    levels, place = multihistogram.sort_into_levels(energies, betas[0])
    counts = multihistogram.tally(place, len(levels), np.arange(32)[:, None])
    start = multihistogram.bennett(multihistogram.Histogram(levels, counts), betas)
    multihistogram.multihistogram(levels, counts.sum(0), 16.0 * n_draws, betas, start)
    seconds = time.process_time() - begun
    return {"what": f"multi-histogram, {couplings}", "N": 240, "draws": f"{energies.size:.2g}", "seconds": seconds}


def _field():
    begun = time.process_time()
    found = gn.studies.field_integration(9999, temperatures=[0.60, 0.65, 0.70], seed=1, p=3, degree=4)
    seconds = time.process_time() - begun
    result = f"T_K = {found.temperature:.5f} +- {found.stderr:.5f}"
    return {"what": "field integration", "N": 9999, "seconds": seconds, "result": result}
