"""Speed of the bare kernels: sweeps alone, no exchange, nothing recorded."""

import os
from unittest.mock import patch

import numpy as np
from report import Table

import glassnet as gn
from glassnet.kernels import bitsliced
from glassnet.sampling import speed

LANES = "32 temperatures from 0.5 to 1.5, 16 replicas of each: 512 lanes, unless said otherwise."


def timed(samplers, effort):
    """Updates per nanosecond and the times they come from, of samplers timed in turn."""
    times = speed.alternate({name: each.kernel.sweep_only for name, each in samplers.items()}, *effort.timing)
    sizes = {name: each.glass.n_weights * len(each.temperatures) * each.n_replicas for name, each in samplers.items()}
    return {name: 1e-9 * sizes[name] / float(np.median(times[name])) for name in samplers}, times


def bitsliced_kernel(effort):
    """Tables of the +-J kernel over size, instruction set, lanes, degree and p."""
    sizes = (99, 999, 9999, 99999) if effort.quick else (99, 999, 9999, 99999, 999999)
    yield Table(
        "Bit-sliced kernel: size",
        _rows("N", {n: speed.sampler(speed.standard(n)) for n in sizes}, effort),
        [f"Regular +-J glass, p = 3, degree 4. {LANES}"],
    )
    yield Table(
        "Bit-sliced kernel: instruction set",
        _rows("instruction set", _by_instruction_set(speed.standard(999)), effort),
        ["N = 999. The chains are the same on all of them, bit for bit; the fastest is chosen at run time."],
    )
    glass = speed.standard(999)
    yield Table(
        "Bit-sliced kernel: lanes",
        _rows("lanes", {32 * n: speed.sampler(glass, n_replicas=n) for n in (2, 4, 8, 16)}, effort),
        ["N = 999, 32 temperatures x 2, 4, 8, 16 replicas; updates of lanes in use only."],
    )
    degrees = (1, 2, 4, 8, 12) if effort.quick else range(1, 13)
    glasses = {k: gn.ensembles.regular(n_weights=999, p=3, degree=k, seed=1) for k in degrees}
    yield Table(
        "Bit-sliced kernel: degree",
        _rows("degree", {k: speed.sampler(glass) for k, glass in glasses.items()}, effort),
        ["Regular +-J glass, N = 999, p = 3."],
    )
    glasses = {p: gn.ensembles.regular(n_weights=1020, p=p, degree=4, seed=1) for p in range(2, 7)}
    yield Table(
        "Bit-sliced kernel: weights per path",
        _rows("p", {p: speed.sampler(glass) for p, glass in glasses.items()}, effort),
        ["Regular +-J glass, N = 1020, degree 4."],
    )


def mixed_degrees(effort):
    """Table of glasses whose weights sit on different numbers of paths."""
    rows = []
    for n_weights in (999,) if effort.quick else (999, 99999):
        glasses = {
            "regular, degree 4": speed.standard(n_weights),
            "Poisson, mean degree 4.5": gn.ensembles.poisson(n_weights=n_weights, p=3, alpha=1.5, seed=1),
            "regular, diluted by 0.2": speed.standard(n_weights).dilute(0.2, seed=1),
        }
        speeds, times = timed({name: speed.sampler(glass) for name, glass in glasses.items()}, effort)
        first = next(iter(glasses))
        for name, glass in glasses.items():
            # per update, as dilution leaves fewer weights
            ratio = float(np.median(times[first] / times[name])) * glass.n_weights / glasses[first].n_weights
            rows.append({"glass": name, "N": glass.n_weights, "updates/ns": speeds[name], "of regular": ratio})
    yield Table("Bit-sliced kernel: mixed degrees", rows, [f"p = 3, +-J. {LANES}"])


def real_couplings(effort):
    """Table of the kernel for real couplings."""
    sizes = (99, 999) if effort.quick else (99, 999, 99999)
    samplers = {n: speed.sampler(speed.standard(n, "gaussian")) for n in sizes}
    yield Table(
        "Real couplings",
        _rows("N", samplers, effort),
        [f"Regular glass with Gaussian couplings, p = 3, degree 4. {LANES}"],
    )


def enumeration(effort):
    """Table of the exact density of states."""
    n_weights = 27 if effort.quick else 30
    glass = speed.standard(n_weights)
    times = speed.alternate({"all": lambda n: [gn.exact.density_of_states(glass) for _ in range(n)]}, 0.1, 3)
    seconds = float(np.median(times["all"]))
    row = {"N": n_weights, "paths": glass.n_paths, "seconds": seconds, "states/ns": 2**n_weights / seconds * 1e-9}
    yield Table("Exact enumeration", [row], ["gn.exact.density_of_states of a regular +-J glass, p = 3, degree 4."])


def _rows(column, samplers, effort):
    speeds, _ = timed(samplers, effort)
    return [{column: name, "updates/ns": speeds[name]} for name in samplers]


def _by_instruction_set(glass):
    samplers = {}
    for name in bitsliced.instruction_sets():
        with patch.dict(os.environ, GLASSNET_ISA=name):
            samplers[name] = speed.sampler(glass)
    return samplers
