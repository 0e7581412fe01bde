"""Chains sampled exactly from solvable models, in the layout of `glassnet.open_chains`."""

from itertools import combinations

import numpy as np
import xarray as xr

ALPHA = 4 / 3


def node(temperatures, energy, n_weights, *, overlap=None, planted_overlap=None, planted=None, **attrs):
    """Dataset of one node. energy, planted_overlap: (sample, draw, temperature, replica); overlap: (..., pair)."""
    n_samples, n_draws, _, n_replicas = energy.shape
    variables = {"energy": (("sample", "draw", "temperature", "replica"), energy)}
    if overlap is not None:
        variables["overlap"] = (("sample", "draw", "temperature", "pair"), overlap)
    if planted_overlap is not None:
        variables["planted_overlap"] = (("sample", "draw", "temperature", "replica"), planted_overlap)
    variables["n_paths"] = ("sample", np.full(n_samples, round(ALPHA * n_weights)))
    gaps, walkers = len(temperatures) - 1, len(temperatures) * n_replicas
    variables["swap_attempted"] = (("sample", "gap"), np.full((n_samples, gaps), 100))
    variables["swap_accepted"] = (("sample", "gap"), np.full((n_samples, gaps), 40))
    variables["swap_acceptance"] = (("sample", "gap"), np.full((n_samples, gaps), 0.4))
    variables["round_trips"] = (("sample", "walker"), np.full((n_samples, walkers), 3))
    coordinates = {
        "sample": np.arange(n_samples),
        "draw": 10 * np.arange(1, n_draws + 1),
        "temperature": np.asarray(temperatures, dtype=float),
    }
    known = {"n_weights": n_weights, "p": 3, "ensemble": "regular", "couplings": "binary", "alpha": ALPHA}
    known |= {"samples_expected": n_samples, "samples_missing": [], "glass": '{"p": 3, "degree": 4}'}
    if planted is not None:
        known["planted_temperature"] = planted
    return xr.Dataset(variables, coordinates, known | attrs)


def tree(datasets, seed=1):
    """DataTree of datasets by path."""
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs={"run_file": "", "seed": seed}), **datasets})


def autoregressive(rng, shape, memory=0.5):
    """Unit normal chains along axis 1 with correlation `memory` between successive draws."""
    values = rng.normal(size=shape)
    for draw in range(1, shape[1]):
        values[:, draw] = memory * values[:, draw - 1] + np.sqrt(1 - memory**2) * values[:, draw]
    return values


def lattice(q, n_weights):
    """Nearest possible overlap."""
    return np.clip(1 - 2 * np.round((1 - q) * n_weights / 2) / n_weights, -1, 1)


def paramagnet_energy(rng, shape, temperatures, n_weights):
    """Energies with the paramagnet's mean and fluctuations, of the parity of the number of paths."""
    beta = 1 / np.asarray(temperatures, dtype=float)
    mean, deviation = -np.tanh(beta), np.sqrt(1 / np.cosh(beta) ** 2)
    paths = round(ALPHA * n_weights)
    energy = paths * mean[:, None] + np.sqrt(paths) * deviation[:, None] * autoregressive(rng, shape)
    return paths - 2 * np.round((paths - energy) / 2)


def two_level(
    sizes,
    planting_temperatures,
    *,
    seed,
    n_samples=16,
    n_draws=60,
    n_replicas=8,
    critical=0.65,
    slope=0.6,
    offset=0.4,
    disorder=1.0,
    latent=0.0,
    frozen=False,
    suffix="",
):
    """Planted scan of a two-level system: w = 1 / (1 + exp(N slope (T - critical) - offset + disorder * noise)).

    With `latent` the phase outside has that much more energy per weight; `frozen` chains never leave their start.
    """
    rng = np.random.default_rng(seed)
    datasets = {}
    for size in sizes:
        for temperature in planting_temperatures:
            shape = (n_samples, n_draws, 1, n_replicas)
            gap = size * slope * (temperature - critical) - offset + disorder * rng.normal(size=(n_samples, 1, 1, 1))
            inside = rng.random(shape) < 1 / (1 + np.exp(gap))
            if frozen:
                inside = np.broadcast_to(np.arange(n_replicas) < n_replicas // 2, shape)
            high, low = 0.96 + 0.02 * rng.normal(size=shape), rng.normal(size=shape) / np.sqrt(size)
            overlap = lattice(np.where(inside, high, low), size)
            energy = paramagnet_energy(rng, shape, [temperature], size) + 2 * np.round(~inside * latent * size / 2)
            datasets[f"/N{size}/dilution0.0/planted{temperature}{suffix}"] = node(
                [temperature], energy, size, planted_overlap=overlap, planted=temperature
            )
    return datasets


def symmetric(sizes, temperatures, overlaps, *, seed, n_samples=12, n_draws=200, n_replicas=4, energies=None):
    """Symmetric scan with pair overlaps `overlaps(rng, size, temperature, shape)`, shape (sample, draw, pair)."""
    rng = np.random.default_rng(seed)
    n_pairs = n_replicas * (n_replicas - 1) // 2
    datasets = {}
    for size in sizes:
        columns = [lattice(overlaps(rng, size, t, (n_samples, n_draws, n_pairs)), size) for t in temperatures]
        shape = (n_samples, n_draws, len(temperatures), n_replicas)
        energy = (energies or paramagnet_energy)(rng, shape, temperatures, size)
        datasets[f"/N{size}/dilution0.0"] = node(temperatures, energy, size, overlap=np.stack(columns, axis=2))
    return datasets


def independent(rng, size, temperature, shape):
    """Overlaps of independent configurations."""
    return 2 * rng.binomial(size, 0.5, size=shape) / size - 1


def glassy(critical):
    """Overlaps of a random first-order transition: one state of overlap 0.96 with weight 1 / (1 + exp(N Sigma))."""

    def draw(rng, size, temperature, shape):
        gap = 0.6 * size * (temperature - critical) + rng.normal(size=(shape[0], 1, 1))
        same = rng.random(shape) < 1 / (1 + np.exp(gap))
        return np.where(same, 0.96 + 0.02 * rng.normal(size=shape), independent(rng, size, temperature, shape))

    return draw


def landau(critical):
    """Overlaps of a continuous transition: density exp(-N [(T - Tc) q^2 / 2 + q^4 / 4])."""

    def draw(rng, size, temperature, shape):
        q = np.linspace(-1, 1, 801)
        weight = np.exp(-size * ((temperature - critical) * q**2 / 2 + q**4 / 4))
        return rng.choice(q, size=shape, p=weight / weight.sum())

    return draw


def ferromagnet(sizes, temperatures, *, critical, latent, seed, n_samples=12, n_draws=200, n_replicas=4):
    """Two phases that differ by `latent` in energy per weight; the ordered one has overlap 0.96."""
    rng = np.random.default_rng(seed)
    pairs = np.array(list(combinations(range(n_replicas), 2)))
    datasets = {}
    for size in sizes:
        shape = (n_samples, n_draws, len(temperatures), n_replicas)
        beta = 1 / np.asarray(temperatures)
        ordered = rng.random(shape) < (1 / (1 + np.exp(-size * latent * (beta - 1 / critical))))[:, None]
        both = ordered[..., pairs[:, 0]] & ordered[..., pairs[:, 1]]
        disordered = independent(rng, size, None, both.shape)
        overlap = lattice(np.where(both, 0.96 + 0.02 * rng.normal(size=both.shape), disordered), size)
        energy = paramagnet_energy(rng, shape, temperatures, size) - 2 * np.round(ordered * latent * size / 2)
        datasets[f"/N{size}/dilution0.0"] = node(temperatures, energy, size, overlap=overlap)
    return datasets
