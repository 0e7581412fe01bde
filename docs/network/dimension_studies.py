"""Studies of docs/network/dimension.md that take longer: the exponent, orthogonal weights, Hebbian depth, readouts.

`python docs/network/dimension_studies.py [scaling] [orthogonal] [hebbian] [readout]` prints the tables and writes the
figures beside it, all of them if none is named. The readout takes Fashion-MNIST where tasks.idx finds it.
"""

import re
import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from glassnet.network import dimension, hebbian, layers, synapses, tasks
from glassnet.plots import appearance, export

HERE = Path(__file__).parent
#: exponents e of <w_ik w_jk> = R N^-e, sizes with the number of networks, G, R, directions of the inputs over N
EXPONENTS, SIZES, G, R, RATIO = (1.0, 1.25, 1.5, 1.75, 2.0), {125: 96, 250: 48, 500: 24, 1000: 16}, 1.0, 0.5, 2.0
DEPTH = 10
#: name of random layers: kind of the weights, R/G
KINDS = {
    "orthogonal": ("orthogonal", 0.0),
    "independent": ("gaussian", 0.0),
    "correlated, R/G = 1": ("gaussian", 1.0),
    "correlated, R/G = 3": ("gaussian", 3.0),
}
#: name of learned layers: rule, updates
RULES = {"none": ("hebb", 0), "Hebb": ("hebb", 2), "Oja": ("oja", 2), "Sanger": ("sanger", 20)}
READ = (0, 1, 2, 3, 5, 7, 10)


def averaged(values):
    """Mean and standard error over networks, the first axis."""
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def shown(values, digits=3):
    """Mean with its standard error in the last digit."""
    mean, error = averaged(values)
    return f"{mean:.{digits}f}({error * 10**digits:.0f})"


def saved(name, figure):
    """Write the figure without indentation and with coordinates to a hundredth of a point, a tenth smaller."""
    file = export.files(export.Drawing(name, figure, ""))[f"{name}.svg"]
    file = re.sub(rb'(?<=[ "])(\d+\.\d\d)\d+', rb"\1", re.sub(rb"\n +", rb"\n", file))
    (HERE / f"{name}.svg").write_bytes(file)


def extra_terms(width, seed):
    """What correlated weights add to N <Delta_ij^2> of one linear layer, over (R K1)^2, for each exponent.

    The same network without correlations is subtracted, and the mean taken of shared weights u and -u: the terms odd in
    u, of order sqrt(rho), average out over networks but are much larger than what is looked for at large exponents.
    """
    directions = np.random.default_rng(seed).standard_normal((width, round(RATIO * width))) / np.sqrt(width)
    cov = directions @ directions.T
    scale = (R * np.trace(cov) / width) ** 2

    def strength(weights):
        return layers.spread_exact(np.zeros(width), weights @ cov @ weights.T)["covariance_strength"]

    independent = synapses.gaussian(width, width, G, seed=seed)
    free, found = strength(independent), []
    for exponent in EXPONENTS:
        covariance = R * width ** (1.5 - exponent)
        plus = synapses.gaussian(width, width, G, covariance, seed=seed)
        minus = 2 * np.sqrt(1 - synapses.correlation(width, G, covariance)) * independent - plus
        found.append((0.5 * (strength(plus) + strength(minus)) - free) / scale)
    return found


def scaling():
    """The extra term against N, and the dimension of deep tanh networks."""
    sizes = np.array(list(SIZES))
    extra = {width: np.array([extra_terms(width, seed) for seed in range(n)]) for width, n in SIZES.items()}
    deep = {}
    for exponent in EXPONENTS:
        for width, n in SIZES.items():
            options = {"variance": G, "covariance": R * width ** (1.5 - exponent), "input_ratio": RATIO}
            deep[exponent, width] = dimension.simulate(
                5, "tanh", **options, width=width, n_networks=max(n // 2, 12), n_samples=1000
            )
    with appearance.column(4.8, rows=2) as (figure, (upper, lower)):
        for number, exponent in enumerate(EXPONENTS):
            colour, marker = appearance.look(number)
            style = {"color": colour, "fmt": marker, "linestyle": "none", "label": f"$e$ = {exponent:g}"}
            mean, error = np.transpose([averaged(extra[width][:, number]) for width in SIZES])
            slope, variance = np.polyfit(np.log(sizes), np.log(mean), 1, w=mean / error, cov="unscaled")
            scaled = zip(*(np.array([mean, error]) / sizes ** (3 - 2 * exponent)), strict=True)
            cells = " ".join(f"{m:.3f}({s:.3f})" for m, s in scaled)
            print(f"e = {exponent:g}: slope {slope[0]:.3f}({np.sqrt(variance[0, 0]):.3f}), extra / N^(3-2e) {cells}")
            upper.errorbar(sizes, mean, error, **style)
            upper.plot(sizes, sizes ** (3 - 2 * exponent), color=colour)
            runs = [deep[exponent, width] for width in SIZES]
            values, errors = ([float(run[name][5]) for run in runs] for name in ("dimension", "dimension_stderr"))
            lower.errorbar(sizes, values, errors, **style)
            wide = np.geomspace(sizes[0], sizes[-1], 40)
            theory = [
                dimension.mean_field(5, "tanh", variance=G, covariance=R * n ** (1.5 - exponent), input_ratio=RATIO)
                for n in wide
            ]
            lower.plot(wide, [float(one.dimension[5]) for one in theory], color=colour)
            print(f"e = {exponent:g}: D/N", " ".join(f"{v:.4f}({s:.4f})" for v, s in zip(values, errors, strict=True)))
        upper.set(yscale="log", xscale="log", ylabel=r"extra $N\langle\Delta_{ij}^2\rangle / (R K_1)^2$")
        lower.set(xlabel="$N$", ylabel="$D/N$, layer 5", ylim=(0, None), xticks=sizes, xticklabels=sizes)
        lower.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 0.74))
        lower.minorticks_off()
    saved("dimension_scaling", figure)


def orthogonal():
    """Random layers of three kinds, by theory and simulation."""
    cases = {
        "linear": ("linear", {"variance": 0.8}),
        "tanh, $G$ = 0.8": ("tanh", {"variance": 0.8}),
        "tanh, $G$ = 2": ("tanh", {"variance": 2.0}),
        "tanh, $G$ = 2, biases": ("tanh", {"variance": 2.0, "bias_variance": 0.3}),
    }
    with appearance.printed():
        figure = Figure(figsize=(6.8, 2.4), dpi=300, layout="constrained")
        axes = figure.subplots(1, len(cases), sharey=True)
        for ax, (title, (activation, options)) in zip(axes, cases.items(), strict=True):
            for number, (name, (kind, ratio)) in enumerate(list(KINDS.items())[:3]):
                given = options | {"kind": kind, "covariance": ratio * options["variance"], "input_ratio": RATIO}
                theory = dimension.mean_field(DEPTH, activation, **given)
                run = dimension.simulate(DEPTH, activation, **given, width=500, n_networks=16 if ratio else 8)
                size, error = run.dimension.values, run.dimension_stderr.values
                cells = [f"{float(theory.dimension[k]):.4f} / {size[k]:.4f}({error[k]:.4f})" for k in (1, 2, 5, 10)]
                print(f"| {title} | {name} | " + " | ".join(cells) + " |", flush=True)
                colour, marker = appearance.look(number)
                ax.plot(theory.layer, theory.dimension, color=colour)
                ax.errorbar(run.layer, size, error, fmt=marker, linestyle="none", color=colour, label=name)
            ax.set_title(title)
            ax.set(xlabel="layer", ylim=(0, 1), xticks=(0, 5, 10))
        axes[0].set_ylabel("$D/N$")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    saved("dimension_orthogonal", figure)


def hebbian_network(rule, updates, seed):
    """D/N, S/K1^2, r_eff = R/G (rms) by layer of 400 tanh units, and D/N by the theory for these G and R."""
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((400, 800)) / 20
    inputs = rng.standard_normal((4000, 800)) @ directions.T
    weights = hebbian.train_layers(inputs, [400] * 6, rule, n_updates=updates, rate=0.5, variance=0.8, seed=seed)
    found = dimension.measure(weights, inputs, "tanh")
    variance, covariance = found.variance.values[1:], found.covariance_rms.values[1:]
    theory = dimension.mean_field(6, "tanh", variance=variance, covariance=np.maximum(covariance, 0), input_ratio=2.0)
    ratio = np.append(np.nan, covariance / variance)
    mean = np.append(np.nan, found.covariance_mean.values[1:] / variance)
    return [found.dimension, found.covariance_strength, found.relative_strength, ratio, mean, theory.dimension]


def one_direction(seed):
    """R/G (rms) of independent weights after two updates of Hebb's rule on inputs that vary in one direction."""
    weights = synapses.gaussian(400, 400, seed=seed)
    weights[:, 0] *= 1.5**2
    scales = synapses.measured(weights)
    return scales["covariance_rms"] / scales["variance"]


def hebbian_depth(seeds=range(1, 7)):
    """Layers that learn one after another."""
    print("one direction: R/G rms", shown([one_direction(seed) for seed in range(8)]))
    with appearance.column(6.0, rows=3) as (figure, axes):
        for number, (name, (rule, updates)) in enumerate(RULES.items()):
            rows = np.array([hebbian_network(rule, updates, seed) for seed in seeds])
            for i, what in enumerate(("D/N", "S", "S/K1^2", "R/G rms", "R/G mean", "D/N by theory")):
                print(
                    f"| {name} | {what} | " + " | ".join(shown(rows[:, i, k], 4) for k in range(7)) + " |", flush=True
                )
            colour, marker = appearance.look(number)
            style = {"color": colour, "marker": marker, "label": name if updates == 0 else f"{name}, {updates} updates"}
            mean, error = averaged(rows)
            axes[0].errorbar(range(7), mean[0], error[0], **style)
            axes[1].errorbar(range(7), mean[1] / mean[1, 0], error[1] / mean[1, 0], **style)
            axes[2].errorbar(range(7), mean[3], error[3], **style)
        axes[0].set(ylabel="$D/N$", ylim=(0, None))
        axes[0].legend(loc="upper right", bbox_to_anchor=(1, 0.84))
        axes[1].set(ylabel="$S_l / S_0$", yscale="log")
        axes[2].set(ylabel="$R/G$, rms excess", xlabel="layer")
    saved("dimension_hebbian", figure)


def ridge_accuracies(train, labels, tests, test_labels, strengths):
    """Accuracy (n_strengths,) of least squares on one-hot labels, ridges in units of the mean variance of a unit."""
    mean, targets = train.mean(axis=0), np.eye(10)[labels]
    values, vectors = np.linalg.eigh(np.cov(train.T))
    driven = vectors.T @ ((train - mean).T @ (targets - targets.mean(axis=0))) / (len(train) - 1)
    seen = (tests - mean) @ vectors
    ridges = np.asarray(strengths) * values.mean()
    return [
        np.mean(
            np.argmax(seen @ (driven / (values.clip(0) + ridge)[:, None]) + targets.mean(axis=0), axis=1) == test_labels
        )
        for ridge in ridges
    ]


def readout_accuracy(states, labels, test_states, test_labels, n_folds):
    """Test accuracy of a linear readout whose ridge is the best on parts of the training examples (one, or n_folds)."""
    strengths, part = 10.0 ** np.arange(-8, 2), np.arange(len(labels)) % 5
    scores = np.mean(
        [
            ridge_accuracies(states[part != k], labels[part != k], states[part == k], labels[part == k], strengths)
            for k in range(n_folds)
        ],
        axis=0,
    )
    return ridge_accuracies(states, labels, test_states, test_labels, [strengths[np.argmax(scores)]])[0]


def readout_network(data, kind, ratio, variance, seed, width=400):
    """Accuracy with all and with ten examples a class, and D, at the layers READ of a tanh network (3, n_read)."""
    inputs, labels, test_inputs, test_labels = data
    few = np.concatenate([np.flatnonzero(labels == k)[10 * seed : 10 * seed + 10] for k in range(10)])
    few = few[np.random.default_rng(seed).permutation(100)]
    rows = []
    for layer in range(DEPTH + 1):
        if layer:
            n_in = inputs.shape[1]
            weights = synapses.draw(kind, width, n_in, variance, ratio * variance, seed=1000 * seed + layer)
            inputs, test_inputs = np.tanh(inputs @ weights.T), np.tanh(test_inputs @ weights.T)
        if layer in READ:
            rows.append(
                [
                    readout_accuracy(inputs, labels, test_inputs, test_labels, 1),
                    readout_accuracy(inputs[few], labels[few], test_inputs, test_labels, 5),
                    layers.spread(test_inputs[::2], test_inputs[1::2])["dimension"] * inputs.shape[1],
                ]
            )
    return np.transpose(rows)


def prepared(data, n_train, n_test):
    """Pixels with zero mean and mean variance 1."""
    inputs, labels, test_inputs, test_labels = (
        part[: (n_train, n_train, n_test, n_test)[i]] for i, part in enumerate(data)
    )
    mean, scale = inputs.mean(axis=0), np.sqrt(inputs.var(axis=0).mean())
    return (inputs - mean) / scale, labels, (test_inputs - mean) / scale, test_labels


def readout(seeds=range(5)):
    """Linear readouts by depth behind random layers, on digits and Fashion-MNIST."""
    data = {"digits": [prepared(tasks.digits(seed=seed + 1), 1200, 597) for seed in seeds]}
    try:
        data["Fashion-MNIST"] = [prepared(tasks.idx(), 4000, 2000)] * len(seeds)
    except FileNotFoundError as error:
        print(error)
    cases = [(name, variance) for name in data for variance in (0.8, 2.0)]
    with appearance.printed():
        figure = Figure(figsize=(6.8, 4.4), dpi=300, layout="constrained")
        axes = figure.subplots(2, len(cases), sharex=True)
        for (upper, lower), (name, variance) in zip(axes.T, cases, strict=True):
            found = {}
            for number, (label, (kind, ratio)) in enumerate(KINDS.items()):
                rows = np.array([readout_network(data[name][seed], kind, ratio, variance, seed) for seed in seeds])
                found[label] = rows
                for i, what in enumerate(("all", "ten a class", "D")):
                    cells = " | ".join(shown(rows[:, i, k], 2 if i == 2 else 3) for k in range(len(READ)))
                    print(f"| {name} | {variance} | {label} | {what} | {cells} |", flush=True)
                colour, marker = appearance.look(number)
                mean, error = averaged(rows)
                for ax, i in ((upper, 0), (lower, 1)):
                    ax.errorbar(READ, mean[i], error[i], color=colour, marker=marker, label=label)
            for label, rows in found.items():
                gains = [[shown(one, 3) for one in (rows - found["independent"])[:, i].T[[1, 4, 6]]] for i in (0, 1)]
                print(f"| {name} | {variance} | {label} - independent, layers 1, 5, 10 | {gains} |", flush=True)
            upper.set_title(f"{name}, $G$ = {variance:g}")
            lower.set_xlabel("layer")
        axes[0, 0].set_ylabel("accuracy, all examples")
        axes[1, 0].set_ylabel("accuracy, ten a class")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    saved("dimension_readout", figure)


if __name__ == "__main__":
    studies = {"scaling": scaling, "orthogonal": orthogonal, "hebbian": hebbian_depth, "readout": readout}
    for name in sys.argv[1:] or studies:
        start = time.process_time()
        studies[name]()
        print(f"{name}: {time.process_time() - start:.0f} s of one core")
