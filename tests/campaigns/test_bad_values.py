"""Every argument of the public functions with values that nobody expects: an error that names the argument.

The whole campaign takes minutes and prints its counts: `pytest -n 0 -s -m slow tests/campaigns/test_bad_values.py`.
"""

import inspect
import json
import os
import re
import resource
import signal
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.theory import onersb, paramagnet
from glassnet.theory.planted import ferromagnet, population, state_following, steered_population
from glassnet.theory.zero_temperature import ground_state, xorsat

#: seconds after which a call counts as hanging, and bytes that a call may take beyond what is there
_PATIENCE, _ROOM = 3.0, 3 * 2**30

GLASS = gn.ensembles.regular(12, p=3, degree=2, seed=1)
REAL = gn.ensembles.regular(12, p=3, degree=2, seed=1, couplings="gaussian")
SAMPLER = gn.ParallelTempering(GLASS, [0.6, 1.0], n_replicas=2, seed=1)
RECORD = SAMPLER.run(8)
TREE = gn.theory.regular(3, 4)
RNG = np.random.default_rng(1)
INPUTS = RNG.normal(size=(20, 4))
LABELS = np.arange(20) % 2
TARGETS = np.eye(2)[LABELS]
MODES = np.array([2.0, 1.0])
STARTS = np.full(2, 0.01)
WEIGHTS = [RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3))]
HIDDEN = np.abs(RNG.normal(size=(12, 5)))
PRODUCT = [RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2))]

network = gn.network
#: what is called, and right values of its arguments
CALLS = {
    "PathGlass": (gn.PathGlass, {"paths": [[0, 1, 2], [1, 2, 3]], "couplings": [1, -1], "n_weights": 5}),
    "PathGlass with layers": (
        gn.PathGlass,
        {"paths": [[0, 1], [2, 3]], "couplings": [1, 1], "layer": [0, 1, 0, 1], "planted": [1, 1, 1, 1]},
    ),
    "PathGlass.energy": (GLASS.energy, {"w": np.ones(12)}),
    "PathGlass.dilute": (GLASS.dilute, {"fraction": 0.2, "seed": 1}),
    "regular": (gn.ensembles.regular, {"n_weights": 12, "p": 3, "degree": 2, "seed": 1, "bias": 0.1, "dilution": 0.1}),
    "regular couplings": (
        gn.ensembles.regular,
        {"n_weights": 12, "p": 3, "degree": 2, "seed": 1, "couplings": "binary"},
    ),
    "poisson": (gn.ensembles.poisson, {"n_weights": 12, "p": 3, "alpha": 1.5, "seed": 1, "dilution": 0.1}),
    "layered": (gn.ensembles.layered, {"n_weights": 12, "p": 3, "alpha": 1.5, "seed": 1, "dilution": 0.0}),
    "walks": (gn.ensembles.walks, {"widths": (3, 3, 3), "alpha": 1.5, "seed": 1, "dilution": 0.0}),
    "planted": (
        gn.ensembles.planted,
        {"glass": GLASS, "temperature": 0.9, "seed": 1, "unsatisfied": "independent"},
    ),
    "nested_dilutions": (gn.ensembles.nested_dilutions, {"glass": GLASS, "fractions": [0.0, 0.2], "seed": 1}),
    "ParallelTempering": (
        gn.ParallelTempering,
        {
            "glass": GLASS,
            "temperatures": [0.6, 1.0],
            "n_replicas": 2,
            "seed": 1,
            "initial": np.ones(12),
            "field": 0.0,
            "precision": "float64",
        },
    ),
    "Metropolis": (gn.Metropolis, {"glass": GLASS, "temperature": 1.0, "n_replicas": 2, "seed": 1}),
    "run": (
        lambda **words: gn.ParallelTempering(GLASS, [0.6, 1.0], n_replicas=2, seed=1).run(**words),
        {"n_sweeps": 8, "thermalization": 4, "measure_every": 2, "measure": ["energy"]},
    ),
    "restore": (SAMPLER.restore, {"state": SAMPLER.state()}),
    "density_of_states": (gn.exact.density_of_states, {"glass": GLASS}),
    "thermodynamics": (gn.exact.thermodynamics, {"glass": GLASS, "temperatures": [0.5, 1.0]}),
    "states": (gn.exact.states, {"n_weights": 4}),
    "probabilities": (gn.exact.probabilities, {"glass": GLASS, "temperature": 1.0}),
    "product_distribution": (gn.exact.product_distribution, {"glass": GLASS, "temperature": 1.0}),
    "overlap_distribution": (gn.exact.overlap_distribution, {"glass": GLASS, "temperature": 1.0}),
    "geometric": (gn.ladder.geometric, {"t_min": 0.5, "t_max": 1.5, "n": 8}),
    "linear": (gn.ladder.linear, {"t_min": 0.5, "t_max": 1.5, "n": 8}),
    "exchanges": (gn.ladder.exchanges, {"record": RECORD}),
    "adaptive": (
        gn.ladder.adaptive,
        {"glass": GLASS, "t_min": 0.5, "t_max": 1.5, "n": 3, "seed": 1, "n_replicas": 2, "sweeps": 200},
    ),
    "open_chains": (gn.open_chains, {"path": "/nowhere"}),
    "aging": (
        gn.studies.aging,
        {"glass": GLASS, "temperature": 1.0, "waiting_times": [2, 4], "times": [1, 2], "seed": 1, "n_replicas": 4},
    ),
    "field_integration": (
        gn.studies.field_integration,
        {"n_weights": 12, "temperatures": [0.8, 1.0], "instances": 1, "seed": 1, "sweeps": 80, "p": 3, "degree": 2},
    ),
    "melting": (
        gn.studies.melting,
        {"glass": gn.ensembles.planted(GLASS, 0.9, 2), "temperatures": [0.8, 1.0], "sweeps": 20, "seed": 1},
    ),
    "planted_relaxation": (
        gn.studies.planted_relaxation,
        {"n_weights": 12, "temperatures": [0.8, 1.0], "sweeps": 64, "instances": 1, "seed": 1, "p": 3, "degree": 2},
    ),
    "theory.regular": (gn.theory.regular, {"p": 3, "degree": 4, "dilution": 0.0}),
    "theory.poisson": (gn.theory.poisson, {"p": 3, "alpha": 1.5, "dilution": 0.0}),
    "theory.cavity_of": (
        gn.theory.cavity_of,
        {"ensemble": "poisson", "p": 3, "alpha": 1.5, "dilution": 0.0, "bias": 0.0},
    ),
    "theory.cavity_of walks": (gn.theory.cavity_of, {"ensemble": "walks", "widths": (7, 7, 7), "alpha": 1.5}),
    "paramagnet_of": (gn.theory.paramagnet_of, {"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.0}),
    "phase_diagram": (gn.theory.phase_diagram, {"ensemble": "regular", "p": 3, "degree": 2, "dilutions": [0.5]}),
    "Cavity.free_energy": (TREE.free_energy, {"T": 1.0}),
    "Cavity.energy": (TREE.energy, {"T": 1.0}),
    "Cavity.entropy": (TREE.entropy, {"T": 1.0}),
    "Cavity.complexity": (TREE.complexity, {"T": 0.6}),
    "Cavity.overlap": (TREE.overlap, {"T": 0.6}),
    "belief_propagation": (
        gn.theory.belief_propagation,
        {
            "glass": GLASS,
            "temperature": 1.0,
            "initial": "random",
            "field": 0.0,
            "damping": 0.1,
            "tolerance": 1e-6,
            "max_sweeps": 50,
            "seed": 1,
        },
    ),
    "ground_states": (gn.theory.ground_states, {"glass": GLASS}),
    "GroundStates.states": (gn.theory.ground_states(GLASS).states, {"count": 2, "seed": 1}),
    "leaf_removal": (gn.theory.leaf_removal, {"glass": GLASS}),
    "ferromagnet": (ferromagnet.ferromagnet, {"theory": TREE, "bias": 0.9}),
    "ferromagnet.magnetization": (ferromagnet.ferromagnet(TREE, 0.9).magnetization, {"T": 0.8}),
    "follow": (state_following.follow, {"theory": TREE, "planted_temperature": 0.6}),
    "followed.energy": (state_following.follow(TREE, 0.6).energy, {"T": 0.6}),
    "energetic": (ground_state.energetic, {"theory": TREE, "y": 2.0, "members": 500, "iterations": 20, "seed": 1}),
    "ground_state": (ground_state.ground_state, {"theory": TREE, "members": 500, "iterations": 20, "seed": 1}),
    "threshold_energy": (ground_state.threshold_energy, {"theory": TREE}),
    "onersb.states": (
        onersb.states,
        {
            "theory": TREE,
            "temperature": 0.6,
            "m": 0.9,
            "couplings": "binary",
            "members": 1000,
            "inside": 50,
            "iterations": 20,
            "seed": 1,
        },
    ),
    "paramagnet.free_energy": (paramagnet.free_energy, {"temperature": 1.0, "alpha": 1.5, "couplings": "binary"}),
    "paramagnet.entropy": (paramagnet.entropy, {"temperature": 1.0, "alpha": 1.5, "couplings": "binary"}),
    "paramagnet.zero_entropy_temperature": (
        paramagnet.zero_entropy_temperature,
        {"alpha": 1.5, "couplings": "binary"},
    ),
    "Paramagnet": (gn.theory.Paramagnet, {"alpha": 1.5, "couplings": "binary"}),
    "Paramagnet.energy": (gn.theory.Paramagnet(1.5).energy, {"T": 1.0}),
    "population.planted": (
        population.planted,
        {"theory": TREE, "temperature": 0.6, "couplings": "binary", "members": 8000, "iterations": 50, "seed": 1},
    ),
    "population.static_temperature": (
        population.static_temperature,
        {"theory": TREE, "couplings": "binary", "members": 8000, "iterations": 50, "seed": 1},
    ),
    "steering.dynamic_temperature": (
        steered_population.dynamic_temperature,
        {"theory": TREE, "couplings": "binary", "members": 32000, "iterations": 50, "seed": 1},
    ),
    "xorsat.path_thresholds": (xorsat.path_thresholds, {"p": 3}),
    "data_couplings": (network.data_couplings, {"X": INPUTS, "y": np.sign(INPUTS[:, 0]), "samples_per_path": 1}),
    "single_output_energy": (
        network.path_glasses.single_output_energy,
        {"glass": gn.ensembles.walks((3, 3, 1), 1.5, 1), "temperatures": [1.0]},
    ),
    "activations.as_activation": (network.activations.as_activation, {"activation": "tanh"}),
    "quadratic": (network.cumulants.quadratic, {"alpha": 0.5}),
    "of_samples": (
        network.cumulants.of_samples,
        {"inputs": INPUTS, "labels": LABELS, "targets": np.eye(2), "order": 2},
    ),
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
        },
    ),
    "train_on_samples": (
        network.cumulants.train_on_samples,
        {"inputs": INPUTS, "targets": TARGETS, "hidden": [3], "activation": "tanh", "seed": 1, "iterations": 3},
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
    "common_clock": (network.pathways.common_clock, {"depth": 2, "u": [0.1, 0.2]}),
    "correlations": (network.persistence.correlations, {"activations": HIDDEN}),
    "all_pairs": (network.persistence.all_pairs, {"activations": HIDDEN}),
    "t1": (network.persistence.t1, {"activations": HIDDEN}),
    "t2": (network.persistence.t2, {"activations": HIDDEN, "alpha": 0.5}),
    "most_active": (network.persistence.most_active, {"layers": [HIDDEN], "n_neurons": 3}),
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
    "Task.sample": (network.tasks.xor().sample, {"n_samples": 10, "seed": 1}),
    "Task.populations": (network.tasks.xor().populations, {"order": 2}),
}

RUN_FILE = """\
seed = 7
samples = 2
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12]
[sampling]
temperatures = [0.6, 0.8, 1.2]
thermalization = 8
sweeps = 40
measure_every = 4
"""
MASKED = np.ma.masked_array([0.6, 1.0], mask=[True, False])
BAD = {
    "nothing": None,
    "true": True,
    "text": "x",
    "bytes": b"x",
    "object": object(),
    "function": len,
    "list": [],
    "table": {},
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "-1": -1,
    "0": 0,
    "half": 0.5,
    "2^31": 2**31,
    "2^40": 2**40,
    "2^63": 2**63,
    "huge": 10**400,
    "-huge": -(10**400),
    "largest": 1e308,
    "tiny": 5e-324,
    "complex": 1j,
    "nan array": np.full(3, np.nan),
    "empty array": np.empty(0),
    "flat": np.ones(7),
    "table of numbers": np.ones((2, 3)),
    "cube": np.ones((2, 2, 2)),
    "ragged": [[1.0], [1.0, 2.0]],
    "masked": MASKED,
    "masked table": np.ma.masked_array(np.ones((4, 4)), mask=np.eye(4)),
    "words": np.array(["a", "b"]),
    "objects": np.array([None, 1], dtype=object),
    "huge list": [10**400, 10**400],
    "truths": np.array([True, False]),
    "minus array": -np.ones(3),
    "complex array": np.ones(3) * 1j,
    "generator": iter([1, 2]),
}
#: values that are never right, whatever the argument: to be taken without a word is wrong as well
NEVER = {
    "object",
    "complex",
    "nan",
    "nan array",
    "masked",
    "masked table",
    "ragged",
    "words",
    "objects",
    "complex array",
}
NEVER |= {"huge list"}
#: what numpy says of the same
NUMPY = re.compile("ufunc|broadcast|ambiguous|inhomogeneous|loop of|Maximum allowed|array is too big|core dimension")
#: what an argument may be called in a message besides its name
ALSO = {"X": "inputs", "path": "no such file"}
#: so many may be asked for, if the user can change his mind
COUNTS = {"iterations", "sweeps", "n_sweeps", "thermalization", "max_sweeps", "n_networks", "n_updates", "instances"}
COUNTS |= {"waiting_times", "times", "count", "depth", "couplings"}


class Hanging(BaseException):
    """A call does not end."""


def fault(function, arguments, name, kind, slow=False):
    """What is wrong with the answer to a wrong value; None if nothing is."""
    given = arguments | {name: BAD[kind]}
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    begun = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(**given)
    except (TypeError, ValueError) as error:
        text = str(error)
        # of two arguments that do not fit each other the message may begin with the other one
        named = any(other in text for other in arguments) or ALSO.get(name, name) in text
        ours = "must" in text or not NUMPY.search(text)
        return None if named and ours else f"{type(error).__name__} without {name}: {text[:150]}"
    except FloatingPointError as error:
        # what is documented where a rule of learning diverges
        return None if "rate" in str(error) else f"FloatingPointError: {error}"
    except OSError as error:
        return None if function is gn.open_chains else f"OSError: {error}"
    except Hanging:
        # a signal ended it, as Ctrl-C would
        return None if (name in COUNTS or slow) and time.monotonic() - begun < _PATIENCE + 2 else "hangs"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:150]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "accepted" if kind in NEVER else None


def in_child(function, arguments, kinds):
    """(number of cases, faults) of every argument with every kind of bad value, in a process of its own."""

    def end(*_):
        raise Hanging

    told = Path(tempfile.mkstemp(dir=tempfile.gettempdir())[1])
    child = os.fork()
    if not child:
        code = 1
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + _ROOM, used + _ROOM))
            signal.signal(signal.SIGALRM, end)
            tried, wrong, begun = 0, {}, time.process_time()
            if function is not gn.open_chains:
                function(**arguments)
            slow = time.process_time() - begun > 0.2
            for name in arguments:
                for kind in kinds:
                    told.write_text(json.dumps([tried, wrong | {f"{name} = {kind}": "died"}]))
                    tried += 1
                    if found := fault(function, arguments, name, kind, slow):
                        wrong[f"{name} = {kind}"] = found
            told.write_text(json.dumps([tried, wrong]))
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    try:
        return json.loads(told.read_text())
    finally:
        told.unlink()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_argument_with_every_bad_value(capsys):
    counts, wrong = Counter(), {}
    for call, (function, arguments) in CALLS.items():
        tried, faults = in_child(function, arguments, BAD)
        counts["cases"] += tried
        counts.update("accepted" if found == "accepted" else "wrong" for found in faults.values())
        wrong |= {f"{call}: {case}": found for case, found in faults.items()}
    with capsys.disabled():
        print(f"\n{len(CALLS)} functions, {dict(counts)}")
        for case, found in wrong.items():
            print(case, found, sep=" | ")
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_arguments_of_the_analysis(tmp_path):
    from glassnet.scan.execute import run
    from glassnet.scan.report import writing

    path = tmp_path / "run.toml"
    path.write_text(RUN_FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert run.scan(path, tmp_path / "out") == 0
    chains = gn.open_chains(tmp_path / "out")
    words = {"chains": chains, "dilution": 0.0, "above": 0.0, "field": None, "arrest": None}
    node = chains["N12/dilution0.0"]
    calls = {
        "find_transition": (gn.find_transition, words),
        "transition_line": (gn.transition_line, {"chains": chains, "above": 0.0}),
        "reweight": (gn.analysis.reweight, {"chain": node, "seed": 1}),
        "Reweighted.energy": (gn.analysis.reweight(node).energy, {"temperature": 0.8}),
    }
    wrong = {}
    for call, (function, arguments) in calls.items():
        function(**arguments)
        wrong |= {f"{call}: {case}": found for case, found in in_child(function, arguments, BAD)[1].items()}
    assert wrong == {}


@pytest.mark.parametrize("call", CALLS)
def test_right_values_are_taken(call):
    function, arguments = CALLS[call]
    assert set(arguments) <= set(inspect.signature(function).parameters) or "words" in str(inspect.signature(function))
    if call == "open_chains":
        pytest.skip("there is no run")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function(**arguments)
