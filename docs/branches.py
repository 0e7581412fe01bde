"""Tables and figure of docs/branches.md: python docs/branches.py, about six minutes of one core.

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


def glasses():
    """Twenty ferromagnets of 999 weights in units of their errors, and eight planted crystals, with 64 lanes."""
    reference = gn.theory.ferromagnet.ferromagnet(gn.theory.regular(3, 4))
    exact, found = np.array([reference.transition_temperature(), reference.latent_heat()]), []
    for seed in range(20):
        glass = gn.ensembles.regular(999, p=3, degree=4, bias=1.0, seed=seed)
        result = gn.studies.two_branches(glass, [1.1, 1.3], np.ones(999), n_replicas=64, seed=seed)
        found.append([(result.temperature, result.latent_heat.value), (result.stderr, result.latent_heat.stderr)])
    values, errors = np.array(found).swapaxes(0, 1)
    print("ferromagnets", values.mean(axis=0), "+-", values.std(axis=0, ddof=1) / np.sqrt(20))
    print("  root mean square in units of the errors", np.sqrt(np.mean(((values - exact) / errors) ** 2, axis=0)))
    for n_weights in (999, 3000):
        temperatures = [one_crystal(n_weights, seed, 160, 64).temperature for seed in range(8)]
        print(f"crystals, N = {n_weights}", np.mean(temperatures), "+-", np.std(temperatures, ddof=1) / np.sqrt(8))


def one_crystal(n_weights, seed, sweeps, n_replicas):
    """The study of a crystal planted at T = 0.5."""
    glass = gn.ensembles.regular(n_weights, p=3, degree=4, seed=seed)
    planted = gn.ensembles.planted(glass, 0.5, seed=seed + 100, unsatisfied="fixed")
    return gn.studies.two_branches(planted, [1.0, 1.12], None, sweeps, n_replicas, seed)


def lag():
    """How T_c of a crystal depends on the sweeps."""
    for sweeps in (40, 80, 160, 320, 1280):
        result = one_crystal(3000, 1, sweeps, 256)
        found = gn.statistics.Estimate(result.temperature, result.stderr)
        print(f"{sweeps} sweeps: T_c {found}, drift {result.drift:.1f}")


def network(widths, alpha, seed, n_examples=2000):
    """A glass with couplings from all examples of a random teacher sign(t x), its aligned state and its theory."""
    rng = np.random.default_rng(seed)
    teacher, inputs = rng.choice([-1.0, 1.0], widths[0]), rng.choice([-1.0, 1.0], (n_examples, widths[0]))
    couplings = gn.network.data_couplings(inputs, np.sign(inputs @ teacher), "all")
    glass = gn.ensembles.walks(widths, alpha, seed=seed, couplings=couplings)
    aligned = gn.network.hebb_state(glass, couplings.mean)
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


def diluted():
    """The same with connections removed; energies per weight of the undiluted network."""
    for dilution in (0.1, 0.2):
        glass, aligned, whole = network(WIDTHS[0], 60.0, 1)
        left = glass.dilute(dilution, seed=1)
        theory = gn.theory.aligned(WIDTHS[0], 60.0, whole.strength, dilution)
        unit = theory.alpha * theory.mean_strength
        T = theory.transition_temperature() * np.linspace(0.93, 1.07, 3)
        result = gn.studies.two_branches(left, T, aligned[left.parent_index], 80, 32, 1)
        heat = gn.statistics.Estimate(*(left.n_weights / glass.n_weights / unit * np.array([*result.latent_heat])))
        crossings = [
            gn.statistics.Estimate(value / unit, error / unit)
            for value, error in (result.one_sector, (result.temperature, result.stderr))
        ]
        print(f"dilution {dilution}: one image {crossings[0]}, all images {crossings[1]}, latent heat {heat}")
        print(f"  theory {theory.transition_temperature() / unit:.4f}, latent heat {theory.latent_heat() / unit:.4f}")


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


PARTS = {
    "ferromagnet": ferromagnet,
    "glasses": glasses,
    "lag": lag,
    "networks": networks,
    "diluted": diluted,
    "figure": figure,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
