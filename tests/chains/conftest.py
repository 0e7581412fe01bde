"""Chain files and run directories made by hand, so that these tests know every number in them."""

import itertools
import json

import numpy as np
import pytest

from glassnet.chains import schema, segment
from glassnet.glass import PathGlass

N_WEIGHTS = 12


def _dataset(n_draws=20, *, sample=0, seed=1, first_draw=10, planted=None, overlap="overlap"):
    rng = np.random.default_rng(100 * sample + n_draws)
    temperatures, n_replicas = np.array([0.5, 1.0, np.inf]), 4
    pairs = np.array(list(itertools.combinations(range(n_replicas), 2)))
    draws = {
        "energy": rng.integers(-16, 17, (n_draws, 3, n_replicas)).astype(np.int32),
        overlap: rng.integers(-N_WEIGHTS, N_WEIGHTS + 1, (n_draws, 3, len(pairs))) * (1 / N_WEIGHTS),
    }
    facts = {
        "n_weights": N_WEIGHTS,
        "n_weights_parent": 13,
        "n_paths": 16 + sample,
        "ensemble": "poisson",
        "p": 3,
        "dilution": 0.1,
        "couplings": "binary",
        "glass": json.dumps({"ensemble": "poisson", "p": 3, "alpha": 1.3}),
        "seed": seed,
        "sample": sample,
        "task": f"N=13,dilution=0.1,sample={sample}",
        "sweeps": 10 * n_draws,
        "run_file": "seed = 1\n",
        "glassnet_version": "0.1.0",
    }
    if planted is not None:
        facts |= {"planted_temperature": planted, "planted_energy": -14.0}
    return schema.dataset(
        draws,
        stored={overlap: ("int32", 1 / N_WEIGHTS)},
        draw=first_draw + 10 * np.arange(n_draws),
        temperatures=temperatures,
        pairs=pairs,
        n_replicas=n_replicas,
        swap_attempted=np.array([50, 50]),
        swap_accepted=np.array([20, 50]),
        round_trips=np.arange(12),
        attrs=facts,
    )


@pytest.fixture
def make_dataset():
    """Dataset of one chain: (n_draws, sample=, seed=, planted=...) -> xarray.Dataset with random integers in it."""
    return _dataset


@pytest.fixture
def glass():
    """A glass of 16 random paths through 12 weights."""
    rng = np.random.default_rng(5)
    paths = rng.permuted(np.tile(np.arange(N_WEIGHTS), (16, 1)), axis=1)[:, :3]
    return PathGlass(paths, rng.choice([-1.0, 1.0], 16), n_weights=N_WEIGHTS, recipe={"by": "hand"})


@pytest.fixture
def state():
    """End state of a sampler: words, a scalar, nothing."""
    return {"words": np.arange(9, dtype=np.uint64) << 50, "step": np.array(7), "none": np.zeros((0, 2), np.int8)}


@pytest.fixture
def put(glass, state):
    """Write one chain file: (path, dataset) -> digest."""
    return lambda path, dataset, runtime=None: segment.write(path, dataset, glass, state, runtime or {"host": "here"})


@pytest.fixture
def make_run(tmp_path, put, make_dataset):
    """A run directory with the given samples: (draws by sample, samples=) -> its path."""

    def make(draws, samples=4, seed=1):
        directory = tmp_path / "run"
        for sample, n_draws in draws.items():
            folder = directory / "chains/N13/dilution0.1"
            put(folder / f"sample{sample}.h5", make_dataset(n_draws, sample=sample))
        directory.mkdir(exist_ok=True)
        (directory / "run.toml").write_text("seed = 1\n")
        attrs = {"n_weights_parent": 13, "dilution": 0.1, "ensemble": "poisson", "p": 3}
        node = {"node": "/N13/dilution0.1", "folder": "chains/N13/dilution0.1", "samples": samples, "attrs": attrs}
        (directory / "nodes.json").write_text(json.dumps({"seed": seed, "nodes": [node]}))
        return directory

    return make
