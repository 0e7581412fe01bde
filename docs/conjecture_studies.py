"""Studies of docs/conjecture.md beside the two scans: piece by piece, each a file of FOLDER that is not made again.

python docs/conjecture_studies.py FOLDER            # all pieces, or those whose names begin as the further arguments do

Half an hour of one core, the longest piece four minutes, but for the sign network at many paths, which takes
longer. Images are looked at where the data are at hand (docs/network/learning.md). docs/conjecture.py prints tables.
"""

import functools
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

import glassnet as gn

tasks = gn.network.tasks
M0, N_TRAIN, N_TEST = 0.4, 2000, 1000
#: the line between paramagnet and aligned phase: hidden units, paths per weight, dilution, number of networks
LINE = [
    *((21, alpha, 0.0, 3) for alpha in (9.0, 12.0, 20.0)),
    *((21, 20.0, dilution, 3) for dilution in (0.1, 0.2)),
    *((41, alpha, 0.0, 2) for alpha in (12.0, 20.0)),
    (41, 20.0, 0.2, 2),
]


def widths_of(hidden, n_inputs=None):
    return (n_inputs or 2 * hidden - 1, hidden, hidden, hidden, 1)


def line(hidden, alpha, dilution, seed):
    """Where the free energies of one network cross, beside the theory of its bias."""
    widths = widths_of(hidden)
    task = tasks.noisy_prototype(widths[0], M0, N_TRAIN, 4, seed)
    couplings = gn.network.data_couplings(task.inputs, task.labels, 1)
    glass = gn.ensembles.walks(widths, alpha, seed, couplings=couplings, dilution=dilution)
    state = gn.network.hebb_state(glass, task.mean)
    bias = float((glass.couplings * state[glass.paths].prod(axis=1)).mean())
    theory = gn.theory.aligned_glass(widths, alpha, bias, dilution=dilution)
    T = theory.transition_temperature()
    heat = theory.paramagnetic_energy(T) - theory.energy(T)
    images = T * sum(widths[1:-1]) * math.log(2.0) / (heat * (2 * hidden**2 + hidden + widths[0] * hidden))
    wanted = T * np.array([0.92, 1.0, (1.0 + images) * 1.07])
    found = gn.studies.two_branches(glass, wanted, state, sweeps=80, seed=seed)
    return {
        "theory": T,
        "heat": heat * np.dot(widths[1:], widths[:-1]) / glass.n_weights,
        "kind": found.kind,
        "one_image": list(found.one_sector),
        "all_images": [found.temperature, found.stderr],
        "latent_heat": list(found.latent_heat)[:2],
        "left": found.left,
    }


def learned(task, widths, temperatures, alpha, **given):
    """The averages of a study by sample, as json takes them."""
    given = {"samples": 4, "replicas": 64, "thermalization": 1000, "sweeps": 800, "measure_every": 50} | given
    result = gn.studies.generalisation(task, widths, temperatures, alpha=alpha, seed=1, **given)
    return result.instances.to_dict()


def prototype(hidden, strength=M0):
    return lambda seed: tasks.noisy_prototype(2 * hidden - 1, strength, N_TRAIN, N_TEST, seed)


def ferromagnet(hidden):
    """All examples in every path, at fixed T / (alpha m0)."""
    T = 10.0 * M0 * np.array([0.4, 0.8, 1.2, 1.6, 2.0])
    few = {"replicas": 32, "thermalization": 100, "sweeps": 160, "measure_every": 20, "examples": "all"}
    return learned(prototype(hidden), widths_of(hidden), T, 10.0, **few, samples=4 if hidden < 81 else 2)


def votes(hidden):
    """A bias so small that the best classifier errs as well, in the paramagnet."""
    alpha = 1.0 / 0.15**2
    T = math.sqrt(alpha) * np.array([1.5, 2.5])
    return learned(prototype(hidden, 0.15), widths_of(hidden), T, alpha, replicas=128, thermalization=300)


def control(name, examples):
    """Labels that say nothing, in sum or to this energy: 24 draws of everything."""

    def task(seed):
        if name == "parity":
            return tasks.parity_of_signs(21, N_TRAIN, N_TEST, seed)
        return tasks.shuffled(tasks.teacher(21, N_TRAIN, N_TEST, seed), seed)

    # c_i is the scatter of the examples alone
    unit = math.sqrt(10.0) if examples == 1 else 10.0 * math.sqrt(2.0 / math.pi / N_TRAIN)
    few = {"replicas": 32, "thermalization": 500, "sweeps": 320, "measure_every": 20, "examples": examples}
    return learned(task, widths_of(11), unit * np.array([0.3, 1.0, 2.0]), 10.0, samples=24, **few)


OTHER_TASKS = {
    "linear teacher": lambda seed: tasks.teacher(41, N_TRAIN, N_TEST, seed),
    "deep teacher": lambda seed: tasks.teacher(widths_of(21), N_TRAIN, N_TEST, seed),
    "digits 3 and 8": lambda seed: tasks.digit_pairs((3, 8), threshold="median", seed=seed),
    "dress and bag": lambda seed: tasks.idx_pairs((3, 8), n_train=N_TRAIN, seed=seed),
}


def other_task(name, share):
    """Paths per weight in units of 1 / <c^2>; below and above what alignment needs."""
    task = OTHER_TASKS[name]
    example = task(1)
    alpha = share / float(np.mean(example.mean**2))
    widths = widths_of(21, example.inputs.shape[1])
    few = {"thermalization": 300, "sweeps": 320, "measure_every": 20}
    found = learned(task, widths, math.sqrt(alpha) * np.array([0.5, 0.8, 1.25, 2.0]), alpha, **few)
    return found | {"alpha": alpha, "n_inputs": widths[0], "square": float(np.mean(example.mean**2))}


def mean_of_examples(examples):
    """More examples in every path, below the fewest paths that single ones need; T in units of sqrt(alpha <J^2>)."""
    second = M0**2 if examples == "all" else M0**2 + (1 - M0**2) / examples
    T = math.sqrt(5.0 * second) * np.array([0.5, 0.8, 1.25, 2.0])
    few = {"replicas": 32, "thermalization": 500, "sweeps": 320, "measure_every": 20, "examples": examples}
    return learned(prototype(21), widths_of(21), T, 5.0, **few)


def cut(hidden):
    """Networks of the aligned phase that lose connections after they were sampled: accuracy by fraction and mask."""
    widths, alpha = widths_of(hidden), 20.0
    fractions, samples = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], []
    for seed in range(1, 5):
        task = tasks.noisy_prototype(widths[0], M0, N_TRAIN, N_TEST, seed)
        couplings = gn.network.data_couplings(task.inputs, task.labels, 1)
        glass = gn.ensembles.walks(widths, alpha, seed, couplings=couplings)
        state = gn.network.hebb_state(glass, task.mean)
        sampler = gn.Metropolis(glass, 0.8 * math.sqrt(alpha), 8, initial=state, seed=seed)
        sampler.run(300)
        weights = gn.network.from_glass(glass, sampler.weights[0])
        accuracies = []
        for fraction in fractions:
            cuts = (gn.network.layers.remove(weights, fraction, seed=mask) for mask in range(24))
            errors = [gn.network.learning.errors(left, task.test_inputs, task.test_labels).mean() for left in cuts]
            accuracies.append([1.0 - float(error) for error in errors])
        samples.append(accuracies)
    return {"fractions": fractions, "accuracies": samples}


def pieces():
    """By the name of its file: what computes it."""
    part, found = functools.partial, {}
    for hidden in (21, 41):
        found[f"votes, {hidden}"] = part(votes, hidden)
    for name in OTHER_TASKS:
        for share in (0.4, 2.5):
            found[f"task, {name}, {share}"] = part(other_task, name, share)
    for name in ("shuffled", "parity"):
        for examples in (1, "all"):
            found[f"control, {name}, {examples}"] = part(control, name, examples)
    for examples in (1, 3, 10, "all"):
        found[f"examples, {examples}"] = part(mean_of_examples, examples)
    for hidden, alpha, dilution, seeds in LINE:
        for seed in range(1, seeds + 1):
            found[f"line, {hidden}, {alpha:g}, {dilution:g}, {seed}"] = part(line, hidden, alpha, dilution, seed)
    for hidden in (11, 21, 41, 81):
        found[f"cut, {hidden}"] = part(cut, hidden)
        found[f"ferromagnet, {hidden}"] = part(ferromagnet, hidden)
    return found


def main(folder, begin):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, compute in pieces().items():
        file = folder / f"{name}.json"
        if file.exists() or not name.startswith(begin):
            continue
        start = time.process_time()
        try:
            found = compute()
        except FileNotFoundError as error:
            print(f"{name}: left out, {error}")
            continue
        file.write_text(json.dumps(found | {"seconds": time.process_time() - start}))
        print(f"{name}: {time.process_time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], tuple(sys.argv[2:]) or "")
