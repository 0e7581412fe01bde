"""Figure and tables of docs/network/dimension.md: python docs/network/dimension.py writes and prints them.

Some minutes on one core.
"""

from pathlib import Path

import numpy as np

from glassnet.network import cumulants, dimension, hebbian, synapses, tasks
from glassnet.plots import export, network

HERE = Path(__file__).parent
LAYERS = [1, 2, 5, 10]


def compared(activation, covariance, **shape):
    """Theory and simulation of ten layers, G = 0.8 (1 for sign units), a = 2."""
    options = {"variance": 1.0 if activation == "sign" else 0.8, "covariance": covariance, "input_ratio": 2.0}
    theory = dimension.mean_field(10, activation, **options)
    simulation = dimension.simulate(10, activation, **options, **shape)
    for name in ("dimension", "covariance_strength", "relative_strength"):
        scale = 1.0 if name == "dimension" else float(theory[name][0])
        cells = []
        for k in LAYERS:
            columns = theory[name], simulation[name], simulation[f"{name}_stderr"]
            exact, found, stderr = (float(column[k]) / scale for column in columns)
            cells.append(f"{exact:.4f} / {found:.4f}({stderr:.4f})")
        print(activation, covariance, name, " | ".join(cells), flush=True)
    return theory, simulation


def learned():
    """One layer of 400 tanh units after Hebbian learning."""
    rng = np.random.default_rng(1)
    directions = rng.standard_normal((400, 800)) / 20
    inputs = rng.standard_normal((4000, 800)) @ directions.T
    for rule, updates in (("oja", 0), ("hebb", 2), ("hebb", 5), ("oja", 2), ("oja", 5), ("sanger", 5), ("sanger", 20)):
        weights = hebbian.train(inputs, 400, rule, n_updates=updates, rate=0.5, variance=0.8)
        row = dimension.measure([weights], inputs, "tanh").isel(layer=1)
        scales = [float(row[name] / row.variance) for name in ("covariance_mean", "covariance_rms")]
        print(
            rule,
            updates,
            f"G {row.variance:.2f} R/G mean {scales[0]:+.2f} rms {scales[1]:+.2f} D/N {row.dimension:.3f}",
        )


def descended(seeds=(1, 2, 3)):
    """The first layer of networks that learned digits by descent, and random ones of the same variance."""
    inputs, labels, test_inputs, test_labels = tasks.digits()
    rows, accuracies = {"learned": [], "random": []}, []
    for seed in seeds:
        fit = cumulants.train_on_samples(inputs, np.eye(10)[labels], [60, 60], "tanh", seed=seed, iterations=100)
        accuracies.append(fit.score(test_inputs, test_labels, np.eye(10))[0])
        variance = synapses.measured(fit.weights[0])["variance"]
        for name, weights in (("learned", fit.weights[0]), ("random", synapses.gaussian(60, 64, variance, seed=seed))):
            row = dimension.measure([weights], inputs, "tanh").isel(layer=1)
            scales = [float(row[scale] / row.variance) for scale in ("covariance_mean", "covariance_rms")]
            rows[name].append([*scales, float(row.dimension)])
    print("digits, accuracies", np.round(accuracies, 3))
    for name, found in rows.items():
        errors = np.std(found, axis=0, ddof=1) / np.sqrt(len(seeds))
        cells = zip(("R/G mean", "rms", "D/N"), np.mean(found, axis=0), errors, strict=True)
        print(name, ", ".join(f"{what} {mean:.3f}({error:.3f})" for what, mean, error in cells))


if __name__ == "__main__":
    learned()
    descended()
    curves = {
        "tanh, $R$ = 0": compared("tanh", 0.0),
        "tanh, $R$ = 0.8": compared("tanh", 0.8, n_networks=32, n_samples=1000),
        "sign, binary, $R$ = 0.8": compared("sign", 0.8, width=201, n_networks=60, kind="binary"),
    }
    files = export.files(export.Drawing("dimension", network.dimension(curves), ""))
    (HERE / "dimension.svg").write_bytes(files["dimension.svg"])
