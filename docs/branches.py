"""Tables and figure of docs/branches.md: python docs/branches.py, about five minutes of one core.

Names of parts do only these: python docs/branches.py ferromagnet networks.
"""

import sys
import time
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.plots import appearance, export

WIDTHS = ((41, 21, 21, 21, 1), (61, 41, 41, 41, 1))


def ferromagnet():
    """Regular hypergraphs with all couplings +1, against the cavity method."""
    theory = gn.theory.ferromagnet.ferromagnet(gn.theory.regular(3, 4))
    print(f"cavity method: T_c {theory.transition_temperature():.5f}, latent heat {theory.latent_heat():.5f}")
    for n_weights in (999, 9999):
        for seed in (1, 2, 3):
            start = time.process_time()
            glass = gn.ensembles.regular(n_weights, p=3, degree=4, bias=1.0, seed=seed)
            result = gn.studies.two_branches(glass, [1.0, 1.2, 1.4], np.ones(n_weights), seed=seed)
            took = time.process_time() - start
            found = gn.statistics.Estimate(result.temperature, result.stderr)
            print(f"N = {n_weights}, seed {seed}: T_c {found}, latent heat {result.latent_heat}, {took:.1f} s")


def network(widths, alpha, seed, n_examples=2000):
    """A glass with couplings from all examples of a random teacher sign(t x), its aligned state and its theory."""
    rng = np.random.default_rng(seed)
    teacher, inputs = rng.choice([-1.0, 1.0], widths[0]), rng.choice([-1.0, 1.0], (n_examples, widths[0]))
    couplings = gn.network.data_couplings(inputs, np.sign(inputs @ teacher), "all")
    glass = gn.ensembles.walks(widths, alpha, seed=seed, couplings=couplings)
    signs = np.where(couplings.mean > 0, 1, -1)
    aligned = np.where(glass.layer == 0, signs[np.where(glass.layer == 0, glass.edges[:, 0], 0)], 1)
    return glass, aligned, gn.theory.aligned(widths, alpha, couplings.mean)


def crossing(widths, alpha, seed, sweeps, n_replicas):
    """The study and the theory of one network."""
    glass, aligned, theory = network(widths, alpha, seed)
    T = theory.transition_temperature() * np.linspace(0.93, 1.06, 5)
    return gn.studies.two_branches(glass, T, aligned, sweeps, n_replicas, seed), theory


def networks():
    """Networks with couplings from data, in units of alpha times the mean of |c_i|."""
    for widths, alpha, sweeps, lanes, seeds in (
        (WIDTHS[0], 30.0, 160, 64, 6),
        (WIDTHS[0], 120.0, 80, 32, 2),
        (WIDTHS[1], 30.0, 80, 32, 2),
    ):
        rows = []
        for seed in range(1, seeds + 1):
            start = time.process_time()
            result, theory = crossing(widths, alpha, seed, sweeps, lanes)
            unit = theory.alpha * theory.mean_strength
            row = (
                result.one_sector.value,
                result.temperature,
                theory.transition_temperature(),
                result.latent_heat.value,
            )
            errors = np.array([result.one_sector.stderr, result.stderr, result.latent_heat.stderr]) / unit
            rows.append(np.array([*row, theory.latent_heat()]) / unit)
            took = time.process_time() - start
            print(
                widths, alpha, seed, result.kind, np.round(rows[-1], 4), "errors", np.round(errors, 5), f"{took:.0f} s"
            )
        scatter = np.std(rows, axis=0, ddof=1) / np.sqrt(seeds)
        print(widths, alpha, "mean", np.round(np.mean(rows, axis=0), 4), "+-", np.round(scatter, 4), flush=True)


def figure():
    """Both free energies of one network around the transition."""
    result, theory = crossing(WIDTHS[0], 30.0, 1, 80, 64)
    unit = theory.alpha * theory.mean_strength
    data, T = result.curves, result.curves.temperature.values
    difference = data["free_energy"][0] - data["free_energy"][1]
    stderr = np.hypot(*data["free_energy_stderr"].values)
    images = T * result.log_images / data.attrs["n_weights"]
    with appearance.column(2.8) as (drawn, (ax,)):
        ax.axhline(0, color="black", linewidth=0.6)
        for shift, label, number in ((0.0, "all images", 0), (images, "one image", 1)):
            style = {"fmt": f"{appearance.MARKERS[number]}-", "color": appearance.COLOURS[number]}
            ax.errorbar(T / unit, (difference + shift) / unit, stderr / unit, label=label, **style)
        fine = np.linspace(T[0], T[-1], 100)
        disordered = -fine * np.log(2) * (1 - 21 / 1764)
        excess = (theory.free_energy(fine) - disordered) / unit
        ax.plot(fine / unit, excess, color=appearance.THEORY, linestyle="--", label="many paths, infinite width")
        ax.set(
            xlabel=r"$T\,/\,\alpha\,[\,|c_i|\,]$",
            ylabel=r"$(f_\mathrm{aligned} - f_\mathrm{para})\,/\,\alpha\,[\,|c_i|\,]$",
        )
        ax.legend(loc="upper left")
    Path(__file__).with_suffix(".svg").write_bytes(export.files(export.Drawing("b", drawn, ""))["b.svg"])


if __name__ == "__main__":
    for name in sys.argv[1:] or ("ferromagnet", "networks", "figure"):
        {"ferromagnet": ferromagnet, "networks": networks, "figure": figure}[name]()
