"""Every argument of the public functions of networks with values that nobody expects: an error that names the argument.

The whole campaign takes minutes and prints its counts:
`pytest -n 0 -s -m slow tests/campaigns/test_bad_values_of_networks.py`.
"""

import numpy as np
import pytest

import glassnet as gn
from glassnet import network

RNG = np.random.default_rng(1)
INPUTS = RNG.normal(size=(20, 4))
LABELS = np.arange(20) % 2
TARGETS = np.eye(2)[LABELS]
MODES = np.array([2.0, 1.0])
STARTS = np.full(2, 0.01)
WEIGHTS = [RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3))]
SIGNS = np.sign(INPUTS)
SIGN_LABELS = 2 * LABELS - 1
NETWORK = [np.sign(WEIGHTS[0]), np.ones((1, 3))]
GLASS = gn.ensembles.walks((4, 3, 1), 1.5, 1)
HIDDEN = np.abs(RNG.normal(size=(12, 5)))

#: what is called, and right values of its arguments
CALLS = {
    "data_couplings": (network.data_couplings, {"X": INPUTS, "y": np.sign(INPUTS[:, 0]), "samples_per_path": 1}),
    "single_output_energy": (
        network.path_glasses.single_output_energy,
        {"glass": gn.ensembles.walks((3, 3, 1), 1.5, 1), "temperatures": [1.0]},
    ),
    "hebb_state": (network.hebb_state, {"glass": GLASS, "mean": np.ones(4)}),
    "layers.remove": (network.layers.remove, {"weights": NETWORK, "fraction": 0.2, "seed": 1}),
    "learning.outputs": (network.learning.outputs, {"weights": NETWORK, "inputs": SIGNS, "ties": "zero", "seed": 1}),
    "learning.errors": (
        network.learning.errors,
        {"weights": NETWORK, "inputs": SIGNS, "labels": SIGN_LABELS, "ties": "random", "seed": 1},
    ),
    "vote_errors": (
        network.learning.vote_errors,
        {"outputs": np.ones((10, 20), dtype=np.int8), "labels": SIGN_LABELS, "sizes": [1, 5]},
    ),
    "training.random_signs": (network.training.random_signs, {"widths": (4, 3, 1), "shape": (), "seed": 1}),
    "training.ErrorChains": (
        network.training.ErrorChains,
        {"weights": NETWORK, "inputs": SIGNS, "labels": SIGN_LABELS, "beta": 1.0, "seed": 1},
    ),
    "training.straight_through": (
        network.training.straight_through,
        {
            "weights": NETWORK,
            "inputs": SIGNS,
            "labels": SIGN_LABELS,
            "activation": "sign",
            "synapses": "binary",
            "n_epochs": 2,
            "batch_size": 7,
            "rate": 0.1,
            "seed": 1,
        },
    ),
    "training.gradients": (
        network.training.gradients,
        {"weights": WEIGHTS, "inputs": INPUTS, "labels": LABELS, "activation": "tanh"},
    ),
    "walk_overlap": (network.learning.walk_overlap, {"weights": NETWORK, "reference": NETWORK}),
    "gauge_overlap": (network.learning.gauge_overlap, {"weights": NETWORK, "reference": NETWORK}),
    "representations": (
        network.learning.representations,
        {"weights": NETWORK, "inputs": SIGNS, "n_networks": 2},
    ),
    "learning.measure": (
        network.learning.measure,
        {
            "weights": NETWORK,
            "task": network.tasks.teacher(4, 10, 10, 1),
            "reference": NETWORK,
            "sizes": [1],
            "n_networks": 2,
            "ties": "zero",
            "seed": 1,
        },
    ),
    "activations.as_activation": (network.activations.as_activation, {"activation": "tanh"}),
    "quadratic": (network.cumulants.quadratic, {"alpha": 0.5}),
    "of_samples": (
        network.cumulants.of_samples,
        {"inputs": INPUTS, "labels": LABELS, "targets": np.eye(2), "order": 2, "third": "samples"},
    ),
    "ThirdOfSamples": (network.cumulants.ThirdOfSamples, {"inputs": INPUTS}),
    "propagate": (
        network.cumulants.propagate,
        {"weights": WEIGHTS, "biases": None, "mean": np.zeros(4), "cov": np.eye(4), "activation": "tanh"},
    ),
    "gradient_on_samples": (
        network.cumulants.gradient_on_samples,
        {
            "weights": WEIGHTS,
            "biases": [np.zeros(3), np.zeros(2)],
            "inputs": INPUTS,
            "targets": TARGETS,
            "activation": "tanh",
            "objective": "mse",
        },
    ),
    "train_on_samples": (
        network.cumulants.train_on_samples,
        {
            "inputs": INPUTS,
            "targets": np.eye(2)[LABELS],
            "hidden": [3],
            "activation": "tanh",
            "seed": 1,
            "iterations": 3,
            "objective": "cross_entropy",
        },
    ),
    "layer_moments": (
        network.cumulants.layer_moments,
        {
            "weights": WEIGHTS,
            "biases": None,
            "inputs": INPUTS,
            "labels": LABELS,
            "activation": "tanh",
            "order": 2,
        },
    ),
    "by_layer": (
        network.cumulants.by_layer,
        {"weights": WEIGHTS, "biases": None, "inputs": INPUTS, "labels": LABELS, "activation": "tanh", "orders": 2},
    ),
    "mean_field": (
        network.dimension.mean_field,
        {
            "depth": 3,
            "activation": "tanh",
            "variance": 1.0,
            "covariance": 0.0,
            "bias_variance": 0.0,
            "input_ratio": 1.0,
            "width": 1.0,
        },
    ),
    "simulate": (
        network.dimension.simulate,
        {
            "depth": 2,
            "activation": "tanh",
            "variance": 1.0,
            "covariance": 0.0,
            "bias_variance": 0.0,
            "input_ratio": 1.0,
            "width": 10,
            "n_networks": 2,
            "n_samples": 20,
            "kind": "gaussian",
            "seed": 1,
        },
    ),
    "measure": (
        network.dimension.measure,
        {"weights": WEIGHTS, "inputs": INPUTS, "activation": "tanh", "biases": None},
    ),
    "hebbian.train": (
        network.hebbian.train,
        {
            "inputs": INPUTS,
            "n_units": 3,
            "rule": "oja",
            "rate": 0.2,
            "n_updates": 1,
            "variance": 1.0,
            "seed": 1,
        },
    ),
    "forward": (network.layers.forward, {"weights": WEIGHTS, "inputs": INPUTS, "activation": "tanh", "biases": None}),
    "balanced_start": (
        network.pathways.balanced_start,
        {"depths": [2, 3], "target": np.diag(MODES), "u0": STARTS, "width": 3, "seed": 1},
    ),
    "final_shares": (
        network.pathways.final_shares,
        {"depths": [2, 3], "target": MODES, "u0": STARTS},
    ),
    "random_start": (
        network.pathways.random_start,
        {"depths": [2, 3], "n_inputs": 2, "n_outputs": 2, "width": 3, "scale": 0.1, "seed": 1},
    ),
    "trajectories": (
        network.pathways.trajectories,
        {"depths": [2, 3], "target": MODES, "u0": STARTS, "times": [0.0, 1.0]},
    ),
    "two_layer_shares": (
        network.pathways.two_layer_shares,
        {"weights": [[np.eye(2), np.eye(2)], [np.eye(2), np.eye(2)]], "target": np.diag(MODES)},
    ),
    "wide_shares": (
        network.pathways.wide_shares,
        {"depths": [2, 3], "target": MODES, "strength0": STARTS, "scale": 0.3},
    ),
    "wide_trajectories": (
        network.pathways.wide_trajectories,
        {"depths": [2, 3], "target": MODES, "strength0": STARTS, "scale": 0.3, "times": [0.0, 1.0]},
    ),
    "wide_clock": (network.pathways.wide_clock, {"depth": 3, "p": [0.1, 0.2]}),
    "common_clock": (network.pathways.common_clock, {"depth": 2, "u": [0.1, 0.2]}),
    "correlations": (network.persistence.correlations, {"activations": HIDDEN}),
    "all_pairs": (network.persistence.all_pairs, {"activations": HIDDEN}),
    "t1": (network.persistence.t1, {"activations": HIDDEN, "distance": "sine", "precision": "single"}),
    "t2": (network.persistence.t2, {"activations": HIDDEN, "alpha": 0.5}),
    "deaths": (network.persistence.deaths, {"activations": HIDDEN, "distance": "sine"}),
    "most_active": (network.persistence.most_active, {"layers": [HIDDEN], "n_neurons": 3}),
    "most_active_fraction": (network.persistence.most_active, {"layers": [HIDDEN], "fraction": 0.5}),
    "synapses.gaussian": (
        network.synapses.gaussian,
        {"n_out": 3, "n_in": 4, "variance": 1.0, "covariance": 0.1, "seed": 1},
    ),
    "synapses.binary": (
        network.synapses.binary,
        {"n_out": 3, "n_in": 4, "variance": 1.0, "covariance": 0.1, "latent": False, "seed": 1},
    ),
    "synapses.measured": (network.synapses.measured, {"weights": WEIGHTS[0]}),
    "tasks.parity": (network.tasks.parity, {"n_bits": 2, "amplitude": 1.0, "noise_variance": 0.1}),
    "tasks.teacher": (network.tasks.teacher, {"widths": (5, 3, 1), "n_train": 10, "n_test": 10, "seed": 1}),
    "tasks.noisy_prototype": (
        network.tasks.noisy_prototype,
        {"n_inputs": 5, "strength": 0.3, "n_train": 10, "n_test": 10, "seed": 1},
    ),
    "tasks.parity_of_signs": (
        network.tasks.parity_of_signs,
        {"n_inputs": 5, "n_train": 10, "n_test": 10, "seed": 1, "n_bits": 2},
    ),
    "tasks.shuffled": (network.tasks.shuffled, {"task": network.tasks.teacher(4, 10, 10, 1), "seed": 1}),
    "tasks.digit_pairs": (
        network.tasks.digit_pairs,
        {"classes": (3, 8), "threshold": 0.5, "n_test": 10, "seed": 1},
    ),
    "Task.sample": (network.tasks.xor().sample, {"n_samples": 10, "seed": 1}),
    "Task.populations": (network.tasks.xor().populations, {"order": 2}),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_argument_with_every_bad_value(bad_values, capsys):
    wrong, summary = bad_values.campaign(CALLS)
    with capsys.disabled():
        print(f"\n{summary}")
        for case, fault in wrong.items():
            print(case, fault, sep=" | ")
    assert wrong == {}


@pytest.mark.parametrize("call", CALLS)
def test_right_values_are_taken(bad_values, call):
    bad_values.take_right_values(*CALLS[call])
