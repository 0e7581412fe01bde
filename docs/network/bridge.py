"""Figure of docs/network/bridge.md: python docs/network/bridge.py writes it beside it, in about half a minute."""

from pathlib import Path

import numpy as np

from glassnet import Metropolis, ParallelTempering, ensembles
from glassnet.network import data_couplings, path_glasses
from glassnet.plots import appearance, export

N_EXAMPLES, AGREEMENT = 81, 0.65


def examples(n_inputs):
    """+-1 inputs that agree with their label in 65 % of all entries."""
    rng = np.random.default_rng(3)
    y = rng.choice([-1.0, 1.0], N_EXAMPLES)
    return y[:, None] * np.where(rng.random((N_EXAMPLES, n_inputs)) < AGREEMENT, 1.0, -1.0), y


def glass(widths, k):
    """Three paths per weight, couplings from k examples per path."""
    return ensembles.walks(widths, 3.0, seed=2, couplings=data_couplings(*examples(widths[0]), k))


def energies(ax):
    """Two weight layers, one output: the exact energy, and sampling of 840 weights."""
    temperatures = np.linspace(0.1, 4, 100)
    for number, (k, label) in enumerate(((1, "$K$ = 1"), ("all", "all examples"))):
        sample = glass((20, 40, 1), k)
        total = np.abs(sample.couplings).sum()
        exact = path_glasses.single_output_energy(sample, temperatures) / total
        ax.plot(temperatures, exact, color=appearance.COLOURS[number], label=label)
        for temperature in (0.4, 1.0, 2.0, 3.0):
            run = Metropolis(sample, temperature, n_replicas=16, seed=1).run(300, thermalization=300, measure_every=10)
            ax.plot(
                temperature,
                run.energy.mean() / total,
                appearance.MARKERS[number],
                color=appearance.COLOURS[number],
                mfc="white",
            )
    ax.set(xlabel="temperature $T$", ylabel=r"energy / $\sum_a |J_a|$", xlim=(0, 4))
    ax.legend(loc="lower right")


def frustration(ax):
    """Lowest energy against the number of examples per path."""
    numbers = [1, 3, 9, 27, N_EXAMPLES]
    two, three = [], []
    for k in numbers:
        sample = glass((20, 40, 1), k)
        two.append(-path_glasses.single_output_energy(sample, 1e-9) / np.abs(sample.couplings).sum())
        sample = glass((8, 8, 8, 1), k)
        ladder = np.geomspace(0.1, 3, 24) * np.abs(sample.couplings).mean()
        run = ParallelTempering(sample, ladder, n_replicas=4, seed=1).run(2000, thermalization=1000, measure_every=10)
        three.append(-run.energy.values.min() / np.abs(sample.couplings).sum())
    ax.plot(numbers, two, "o-", color=appearance.COLOURS[2], label="two weight layers (exact)")
    ax.plot(numbers, three, "s", color=appearance.COLOURS[3], label="three (tempering)")
    print("two layers", np.round(two, 3), "three", np.round(three, 3))
    ax.axhline(1, color="black", linewidth=0.5)
    ax.set(xscale="log", xlabel="examples per path $K$", ylabel=r"$-E_0$ / $\sum_a |J_a|$")
    ax.set_xticks(numbers, [*map(str, numbers[:-1]), "all"])
    ax.minorticks_off()
    ax.legend(loc="lower right")


if __name__ == "__main__":
    with appearance.column(4.4, rows=2, sharex=False) as (figure, (top, bottom)):
        energies(top)
        frustration(bottom)
    Path(__file__).with_suffix(".svg").write_bytes(export.files(export.Drawing("b", figure, ""))["b.svg"])
