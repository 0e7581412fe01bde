"""Tables of docs/network/learning.md: tasks and their Hebb states, removal and ties, unrelated networks, speed.

`python docs/network/learning.py` prints them in a minute; Fashion-MNIST where tasks.idx finds it.
"""

import time

import numpy as np

import glassnet as gn

WIDTHS, SEEDS = (41, 21, 21, 21, 1), range(1, 25)
tasks, learning = gn.network.tasks, gn.network.learning


def shown(values, digits=4):
    """Mean with its standard error in the last digit."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.{digits}f}({round(error * 10**digits)})"


def hebb_error(task, hidden=(21, 21, 21)):
    """Test error of the Hebb state of the training examples, in a network of odd widths."""
    glass = gn.ensembles.walks((task.inputs.shape[1], *hidden, 1), alpha=0.0, seed=1)
    network = gn.network.from_glass(glass, gn.network.hebb_state(glass, task.mean))
    return learning.errors(network, task.test_inputs, task.test_labels)


def table_of_tasks():
    makers = {
        "teacher(41)": lambda s: tasks.teacher(41, 2000, 2000, s),
        "teacher(41-21-21-21-1)": lambda s: tasks.teacher(WIDTHS, 2000, 2000, s),
        "noisy_prototype(41, 0.125)": lambda s: tasks.noisy_prototype(41, 0.125, 2000, 2000, s),
        "noisy_prototype(41, 0.25)": lambda s: tasks.noisy_prototype(41, 0.25, 2000, 2000, s),
        "digit_pairs((3, 8))": lambda s: tasks.digit_pairs(seed=s),
        "digit_pairs, median": lambda s: tasks.digit_pairs(threshold="median", seed=s),
        "parity_of_signs(41)": lambda s: tasks.parity_of_signs(41, 2000, 2000, s),
        "shuffled(teacher(41))": lambda s: tasks.shuffled(tasks.teacher(41, 2000, 2000, s), s),
    }
    for name, maker in makers.items():
        made = [maker(seed) for seed in SEEDS]
        strength = [np.abs(task.mean).mean() for task in made]
        print(f"| {name} | {shown(strength)} | {shown([hebb_error(task) for task in made])} |")
    digits = tasks.digit_pairs()
    mixed = [tasks.shuffled(digits, seed) for seed in range(4000)]
    wrong, more = np.array([hebb_error(task) for task in mixed]), np.array([task.labels.sum() > 0 for task in mixed])
    print("shuffled digits:", *(f"{shown(part)} +- {part.std():.2f}" for part in (wrong, wrong[more], wrong[~more])))
    try:
        for pair in ((0, 1), (3, 8), (5, 7), (2, 4), (0, 6)):
            made = [tasks.idx_pairs(pair, threshold=threshold) for threshold in ("median", 0.5)]
            print(pair, [f"{np.abs(task.mean).mean():.4f} {hebb_error(task):.4f}" for task in made])
    except FileNotFoundError as error:
        print(error)


def table_of_removal():
    task = tasks.teacher(41, 2000, 2000, seed=1)
    glass = gn.ensembles.walks(WIDTHS, alpha=0.0, seed=1)
    hebb = gn.network.from_glass(glass, gn.network.hebb_state(glass, task.mean))
    for fraction in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        left = [gn.network.layers.remove(hebb, fraction, seed) for seed in SEEDS]
        stacked = [np.stack(layer) for layer in zip(*left, strict=True)]
        silent = learning.errors(stacked, task.test_inputs, task.test_labels)
        fallen = learning.errors(stacked, task.test_inputs, task.test_labels, ties="random")
        print(f"| {fraction} | {shown(silent)} | {shown(fallen)} | {(fallen - silent).std(ddof=1):.4f} |")


def table_of_unrelated_networks():
    rng = np.random.default_rng(1)
    for hidden in (11, 21, 41, 81):
        glass = gn.ensembles.walks((2 * hidden - 1, hidden, hidden, hidden, 1), alpha=0.0, seed=1)
        w, reference = rng.choice([-1, 1], (200, glass.n_weights)), rng.choice([-1, 1], glass.n_weights)
        pair = gn.network.from_glass(glass, w), gn.network.from_glass(glass, reference)
        gauge, walks = learning.gauge_overlap(*pair), learning.walk_overlap(*pair)
        print(f"| {hidden} | {gauge.mean():.3f} +- {gauge.std():.3f} | {walks.mean():.5f} +- {walks.std():.5f} |")


def table_of_speed():
    rng, task = np.random.default_rng(1), tasks.teacher(41, 2000, 2000, seed=1)
    glass = gn.ensembles.walks(WIDTHS, alpha=0.0, seed=1)
    weights = gn.network.from_glass(glass, rng.choice([-1, 1], (1000, glass.n_weights)))
    labels, reference = task.labels, [matrices[0] for matrices in weights]
    for name, call in (
        ("errors of 1000 networks, 2000 examples", lambda: learning.errors(weights, task.inputs, labels)),
        ("with random ties", lambda: learning.errors(weights, task.inputs, labels, ties="random")),
        ("gauge_overlap of 1000", lambda: learning.gauge_overlap(weights, reference)),
        ("measure, 1000 networks, 8 representations", lambda: learning.measure(weights, task, reference)),
    ):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        print(f"{name}: {min(times):.3f} s")


if __name__ == "__main__":
    for table in (table_of_tasks, table_of_removal, table_of_unrelated_networks, table_of_speed):
        print(f"\n{table.__name__}")
        table()
