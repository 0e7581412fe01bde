"""One process of test_machines.py: digests of what glassnet computes here, and what it runs on, as JSON.

``python machine.py FOLDER CORES``: scans go into FOLDER; with CORES = "one" the process keeps to one core.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

if sys.argv[2:] == ["one"]:
    # before numpy counts them
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np

import glassnet as gn
from glassnet._random import Role, Seed, generator
from glassnet.chains import segment
from glassnet.cli import main
from glassnet.ensembles.normal_numbers import standard_normal
from glassnet.kernels.bitsliced import chosen_instruction_set
from glassnet.sampling import independent_lanes, planted_field
from glassnet.scan.report import writing

try:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
except ImportError:
    from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__

E = gn.ensembles
RUNS = {
    "adaptive": """
seed = 4
samples = 1
[glass]
ensemble = "regular"
p = 3
degree = 4
couplings = "gaussian"
[scan]
sizes = [120]
planted = [0.8]
symmetric = true
[sampling]
temperatures = {min = 0.5, max = 2.0, n = 8, spacing = "adaptive"}
replicas = 4
thermalization = 100
sweeps = 40
measure_every = 10
""",
    "geometric": """
seed = 5
samples = 1
[glass]
ensemble = "walks"
alpha = 1.5
[scan]
sizes = [[6, 6, 6, 6]]
dilutions = [0.1]
[sampling]
temperatures = {min = 0.36, max = 2.0, n = 32}
replicas = 2
thermalization = 20
sweeps = 40
measure_every = 10
""",
    "field": """
seed = 6
samples = 1
[glass]
ensemble = "poisson"
p = 3
alpha = 1.5
[scan]
sizes = [48]
dilutions = [0.1]
[scan.field]
n_weights = 600
instances = 1
sweeps = 72
[sampling]
temperatures = {min = 0.6, max = 2.0, n = 4}
replicas = 2
thermalization = 20
sweeps = 20
measure_every = 10
""",
}


def digest(*parts) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
    return hasher.hexdigest()[:16]


def glasses():
    """(name, digest) of glasses of all kinds, with their planted states and energies."""
    for couplings in ("binary", "gaussian"):
        for name, glass in {
            "regular": E.regular(3000, 3, 4, seed=1, couplings=couplings),
            "switches": E.regular(60, 4, 12, seed=1, couplings=couplings),
            "poisson": E.poisson(500, 3, 1.5, seed=2, couplings=couplings, dilution=0.2),
            "layered": E.layered(600, 3, 1.5, seed=3, couplings=couplings),
            "walks": E.walks((9, 9, 9, 9), 1.5, seed=4, couplings=couplings),
        }.items():
            planted = E.planted(glass, 0.7, seed=5, unsatisfied="fixed" if glass.is_binary else "independent")
            states = generator(6, Role.INITIAL).choice(np.array([-1, 1], dtype=np.int8), (70, glass.n_weights))
            energies = glass.energy(states), planted.energy(planted.planted)
            yield f"{name}, {couplings}", digest(glass.digest, planted.digest, *energies)
    large = E.planted(E.regular(30000, 3, 4, seed=1, couplings="gaussian"), 0.8, seed=1)
    yield "energy of a large planted state", digest(large.energy(large.planted))
    yield "normal", digest(standard_normal(generator(7, Role.COUPLINGS), 200_000))


def ladders():
    """(name, digest) of ladders by rule and by pilots, and of what field integration chooses."""
    for bounds in ((0.5, 1.5, 32), (0.36, 2.0, 32), (0.1, 50.0, 101)):
        yield f"geometric {bounds}", digest(gn.ladder.geometric(*bounds))
        yield f"linear {bounds}", digest(gn.ladder.linear(*bounds))
    for couplings in ("binary", "gaussian"):
        ladder = gn.ladder.adaptive(E.regular(60, 3, 4, seed=1, couplings=couplings), 0.5, 3.0, 12, seed=2, sweeps=300)
        yield f"adaptive, {couplings}", digest(ladder, ladder.rejection, np.array(ladder.barrier))
    temperatures = np.linspace(0.3, 3.0, 200)
    violated = [pattern for _, pattern in independent_lanes.plantings(3001, temperatures, np.arange(200) % 7, Seed(1))]
    yield "plantings", digest(*planted_field.quadrature(), *violated)


def scans(folder):
    """(name, digest) of every chain and ladder of some runs."""
    for name, text in RUNS.items():
        path = folder / f"{name}.toml"
        path.write_text(text)
        assert main(["scan", str(path), "--out", str(folder / name)]) == 0
        for chain in sorted((folder / name).glob("chains/**/*.h5")):
            yield str(chain.relative_to(folder)), segment.read(chain).digest
        yield f"ladders, {name}", digest((folder / name / "ladders.json").read_text())


def witnesses():
    """Digests of operations that do depend on the machine, as a check of the check."""
    rng = np.random.default_rng(1)
    x, y = rng.random(10_000) + 0.1, rng.random((300, 300))
    return {
        "transcendental": digest(np.tanh(x), np.exp(x), np.power(x, 0.3)),
        "linear algebra": digest(y @ y, y[0] @ y, y[0] @ y[1]),
    }


def here():
    try:
        from threadpoolctl import threadpool_info

        blas = [library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"]
    except (ImportError, KeyError):
        blas = []
    return {
        "cores": len(os.sched_getaffinity(0)),
        "instruction set": chosen_instruction_set(),
        "numpy": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
        "dispatch": list(__cpu_dispatch__),
        "blas": blas,
    }


if __name__ == "__main__":
    stdout, sys.stdout = sys.stdout, sys.stderr
    # chains are what counts here
    writing.write = lambda *_: writing.Report("", [], [])
    found = {**dict(glasses()), **dict(ladders()), **dict(scans(Path(sys.argv[1])))}
    json.dump({"here": here(), "digests": found, "witnesses": witnesses()}, stdout)
