"""Chains sampled exactly from solvable models, in the layout of `glassnet.open_chains`."""

from itertools import combinations

import numpy as np
import xarray as xr
from scipy.special import gammaln, log_ndtr, ndtr, ndtri

from glassnet.analysis.location.exponents import GLASS

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


def symmetric(sizes, temperatures, overlaps, *, seed, n_samples=12, n_draws=200, n_replicas=4, energies=None, **attrs):
    """Symmetric scan with pair overlaps `overlaps(rng, size, temperature, shape)`, shape (sample, draw, pair)."""
    rng = np.random.default_rng(seed)
    n_pairs = n_replicas * (n_replicas - 1) // 2
    datasets = {}
    for size in sizes:
        columns = [lattice(overlaps(rng, size, t, (n_samples, n_draws, n_pairs)), size) for t in temperatures]
        shape = (n_samples, n_draws, len(temperatures), n_replicas)
        energy = (energies or paramagnet_energy)(rng, shape, temperatures, size)
        data = node(temperatures, energy, size, overlap=np.stack(columns, axis=2), **attrs)
        datasets[f"/N{size}/dilution0.0"] = data
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
    """Overlaps of a continuous transition: density exp(-N [(T - Tc) q^2 / 2 + q^4 / 4]).

    Neither glass nor ferromagnet on a random graph: q scales like a magnetisation. Say ``ensemble=""``.
    """

    def draw(rng, size, temperature, shape):
        q = np.linspace(-1, 1, 801)
        weight = np.exp(-size * ((temperature - critical) * q**2 / 2 + q**4 / 4))
        return rng.choice(q, size=shape, p=weight / weight.sum())

    return draw


def spin_glass(critical):
    """Overlaps q = z N^(-1/3) that scale as in a mean-field glass: density exp(-x z^2 / 2 - z^4 / 4) of z, with
    x = (T - Tc) N^(1/3)."""

    def draw(rng, size, temperature, shape):
        unit = size ** (1 / 3)
        z = np.linspace(-unit, unit, 801)
        weight = np.exp(-(temperature - critical) * unit * z**2 / 2 - z**4 / 4)
        return rng.choice(z / unit, size=shape, p=weight / weight.sum())

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


#: transition temperature of the random energy model with energies of variance N / 2 (B. Derrida, 1981)
RANDOM_ENERGY_CRITICAL = 0.5 / np.sqrt(np.log(2))
#: Curie-Weiss with E = -N m^p / p: continuous for p = 2, first-order for p = 3
CURIE_WEISS_CRITICAL = {2: 1.0, 3: 0.4959692}
_LEVELS = 2048


class RandomEnergy:
    """One sample of the random energy model: 2^N configurations of independent energies of variance N / 2.

    The lowest levels are kept one by one, a Poisson process of the exact density; the others, of which no two draws
    ever hit the same, are a continuum. `planted` adds a configuration at the mean energy of that temperature.
    """

    def __init__(self, rng, size, planted=None):
        self.rng, self.size, self.sigma = rng, size, np.sqrt(size / 2)
        share = np.cumsum(rng.exponential(size=_LEVELS)) * 2.0**-size
        self.levels = self.sigma * ndtri(np.minimum(share, 0.5))
        self.edge = self.levels[-1]
        self.configurations = rng.choice(np.array([-1, 1], dtype=np.int8), size=(_LEVELS, size))
        if planted is not None:
            self.levels = np.append(self.levels, -size / (2 * planted))
            self.configurations = np.vstack([self.configurations, rng.choice([-1, 1], size=size)]).astype(np.int8)

    def draw(self, temperature, count):
        """Energies (count,) and configurations (count, N) at one temperature."""
        beta = 1 / temperature
        mean = -beta * self.sigma**2
        edge = (self.edge - mean) / self.sigma
        rest = self.size * np.log(2) + beta**2 * self.sigma**2 / 2 + log_ndtr(-edge)
        logs = np.append(-beta * self.levels, rest)
        weight = np.exp(logs - logs.max())
        place = self.rng.choice(len(logs), size=count, p=weight / weight.sum())
        # the tail of a normal distribution above the edge, by inversion
        tail = mean - self.sigma * ndtri(self.rng.random(count) * ndtr(-edge))
        energy = np.where(place < len(self.levels), np.append(self.levels, 0)[place], tail)
        fresh = self.rng.choice(np.array([-1, 1], dtype=np.int8), size=(count, self.size))
        known = self.configurations[np.minimum(place, len(self.levels) - 1)]
        return energy, np.where((place < len(self.levels))[:, None], known, fresh)


def random_energy(seed, sizes=(16, 22, 30), planted=(0.54, 0.57, 0.60, 0.63, 0.66), *, n_samples=16, n_draws=80):
    """Planted and symmetric scans of the random energy model: random first-order at RANDOM_ENERGY_CRITICAL."""
    rng, n_replicas = np.random.default_rng(seed), 4
    ladder = np.append(np.geomspace(0.60, 2.0, 9), np.inf)
    pairs = np.array(list(combinations(range(n_replicas), 2)))
    datasets = {}
    for size in sizes:
        energies, overlaps = [], []
        for _ in range(n_samples):
            sample = RandomEnergy(rng, size)
            drawn = [sample.draw(temperature, n_draws * n_replicas) for temperature in ladder]
            energies.append(np.stack([energy.reshape(n_draws, n_replicas) for energy, _ in drawn], axis=1))
            spins = [weights.reshape(n_draws, n_replicas, size) for _, weights in drawn]
            overlaps.append(np.stack([_compared(w, pairs, size) for w in spins], axis=1))
        given = {"couplings": "given"}
        name = f"/N{size}/dilution0.0"
        datasets[f"{name}/symmetric"] = node(ladder, np.array(energies), size, overlap=np.array(overlaps), **given)
        for temperature in planted:
            rows = []
            for _ in range(n_samples):
                sample = RandomEnergy(rng, size, temperature)
                energy, weights = sample.draw(temperature, n_draws * 2 * n_replicas)
                overlap = weights @ sample.configurations[-1].astype(float) / size
                rows.append([values.reshape(n_draws, 1, 2 * n_replicas) for values in (energy, overlap)])
            energy, overlap = np.moveaxis(np.array(rows), 1, 0)
            known = {"planted_overlap": overlap, "planted": temperature, **given}
            datasets[f"{name}/planted{temperature}"] = node([temperature], energy, size, **known)
    return datasets


def _compared(weights, pairs, size):
    return np.einsum("dri,dri->dr", weights[:, pairs[:, 0]].astype(float), weights[:, pairs[:, 1]]) / size


def curie_weiss(p, seed, sizes=None, *, n_samples=12, n_draws=100, n_replicas=4):
    """E = -N m^p / p, sampled exactly: magnetisations from their distribution, overlaps of pairs given these."""
    rng = np.random.default_rng(seed)
    pairs = np.array(list(combinations(range(n_replicas), 2)))
    span = np.geomspace(0.6, 1.7, 14) if p == 2 else np.geomspace(0.8, 1.5, 16)
    ladder = np.append(CURIE_WEISS_CRITICAL[p] * span, np.inf)
    datasets = {}
    for size in sizes or ((48, 96, 192) if p == 2 else (24, 36, 54)):
        up = np.arange(size + 1)
        levels = -size * (2 * up / size - 1.0) ** p / p
        entropy = gammaln(size + 1) - gammaln(up + 1) - gammaln(size - up + 1)
        columns = []
        for temperature in ladder:
            logs = entropy - levels / temperature
            weight = np.exp(logs - logs.max())
            columns.append(rng.choice(up, size=(n_samples, n_draws, n_replicas), p=weight / weight.sum()))
        drawn = np.stack(columns, axis=2)
        first, second = drawn[..., pairs[:, 0]], drawn[..., pairs[:, 1]]
        # two configurations with given magnetisations agree on hypergeometrically many weights
        both = rng.hypergeometric(first, size - first, second)
        overlap = 1 - 2 * (first + second - 2 * both) / size
        known = {"couplings": "given", "p": p}
        datasets[f"/N{size}/dilution0.0"] = node(ladder, levels[drawn], size, overlap=overlap, **known)
    return datasets


def free_spins(seed, sizes=(48, 72, 96), *, n_samples=12, n_draws=100, n_replicas=4):
    """Disjoint paths of three weights each (p = 3, degree 1): energies and overlaps exactly, no order at any T."""
    rng, ladder = np.random.default_rng(seed), np.geomspace(0.4, 2.5, 12)
    pairs = np.array(list(combinations(range(n_replicas), 2)))
    datasets = {}
    for size in sizes:
        n_paths = size // 3
        satisfied = 1 / (1 + np.exp(-2 / ladder))[:, None, None]
        paths = rng.random((n_samples, n_draws, len(ladder), n_replicas, n_paths)) < satisfied
        same = (paths[..., pairs[:, 0], :] == paths[..., pairs[:, 1], :]).sum(axis=-1)
        # the three agreements of a path multiply to +1 where both replicas treat it alike: 3 or 1 of them, else 2 or 0
        agree = same + 2 * rng.binomial(same, 0.25) + 2 * rng.binomial(n_paths - same, 0.75)
        overlap = 2 * agree / size - 1
        data = node(ladder, n_paths - 2.0 * paths.sum(axis=-1), size, overlap=overlap)
        data["n_paths"] = ("sample", np.full(n_samples, n_paths))
        datasets[f"/N{size}/dilution0.0"] = data
    return datasets


def drifting(seed):
    """Scans of the other models whose energies still go down while they are recorded: nothing may be said."""
    models = [lambda: curie_weiss(2, seed), lambda: curie_weiss(3, seed), lambda: free_spins(seed)]
    datasets = [*models, lambda: random_energy(seed)][seed % 4]()
    for path, data in datasets.items():
        energy = data["energy"].values
        late = np.linspace(1, 0, energy.shape[1])[:, None, None]
        spread = energy.std(axis=(1, 3), keepdims=True)
        datasets[path] = data.assign(energy=(data["energy"].dims, energy + 1.5 * spread * late))
    return datasets


def averages(columns, temperature, **attrs):
    """What overlaps.averages gives, from resampled curves (resample, temperature)."""
    variables = {f"{name}_resampled": (("resample", "temperature"), values) for name, values in columns.items()}
    known = {"n_samples": 50, "random_graph": True, "p": 2, "bias": 0.0}
    return xr.Dataset(variables, {"temperature": temperature}, known | attrs)


def scaled_curves(critical, exponents=GLASS, *, sizes=(64, 128, 256), noise=0.01, correction=0.0, shift=0.0, **attrs):
    """Curves of one scaling variable; `correction` N^-omega is added to both, `shift` N^-omega is taken
    off the variable x of the Binder cumulants, which cross below T_c then, and a sixth of it added for the moment."""
    rng, temperature, found = np.random.default_rng(5), np.linspace(0.7, 1.4, 15), {}
    y, omega = exponents.temperature, exponents.correction
    for n in sizes:
        moved = shift * n ** (-y - omega)
        common = noise * rng.normal(size=(101, 1)) + 0.2 * noise * rng.normal(size=(101, len(temperature)))
        x = (temperature - critical - moved) * n**y
        binder = 0.5 - np.tanh(x / 4) / 2 + common + correction * n**-omega
        # 1/x far above and |x| far below, as in mean-field theory
        x = (temperature - critical + moved / 6) * n**y
        moment = 0.5 * (np.sqrt(x**2 / 4 + 4) - x / 2) * np.exp(common + correction * n**-omega)
        columns = {"binder": binder, exponents.moment: moment * float(n) ** -exponents.order}
        found[n] = averages(columns | {"susceptibility": n * moment}, temperature, **attrs)
    return found
