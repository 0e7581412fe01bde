"""Every argument of the public functions with values that nobody expects: an error that names the argument.

The whole campaign takes minutes and prints its counts: `pytest -n 0 -s -m slow tests/campaigns/test_bad_values.py`.
"""

import numpy as np
import pytest

import glassnet as gn
from glassnet.theory import onersb, paramagnet
from glassnet.theory.planted import ferromagnet, population, state_following, steered_population
from glassnet.theory.zero_temperature import ground_state, xorsat

GLASS = gn.ensembles.regular(12, p=3, degree=2, seed=1)
REAL = gn.ensembles.regular(12, p=3, degree=2, seed=1, couplings="gaussian")
SAMPLER = gn.ParallelTempering(GLASS, [0.6, 1.0], n_replicas=2, seed=1)
RECORD = SAMPLER.run(8)
TREE = gn.theory.regular(3, 4)

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
    "two_branches": (
        gn.studies.two_branches,
        {
            "glass": GLASS,
            "temperatures": [0.8, 1.0],
            "ordered": np.ones(12),
            "sweeps": 40,
            "n_replicas": 32,
            "seed": 1,
        },
    ),
    "generalisation": (
        gn.studies.generalisation,
        {
            "task": gn.network.tasks.noisy_prototype(3, 0.4, 20, 20, 1),
            "widths": (3, 2, 1),
            "temperatures": [0.8, 1.0],
            "alpha": 1.5,
            "examples": 1,
            "dilution": 0.1,
            "samples": 1,
            "replicas": 2,
            "thermalization": 2,
            "sweeps": 4,
            "measure_every": 2,
            "seed": 1,
        },
    ),
    "aligned": (gn.theory.aligned, {"widths": (3, 2, 2, 1), "alpha": 1.5, "strength": 0.2, "dilution": 0.1}),
    "aligned of vectors": (gn.theory.aligned, {"widths": (2, 2, 1), "alpha": 1.5, "strength": [0.2, -0.1]}),
    "Aligned.energy": (gn.theory.aligned((3, 2, 2, 2, 1), 1.5, 0.2).energy, {"T": 0.2}),
    "Aligned.magnetisations": (gn.theory.aligned((3, 2, 2, 2, 1), 1.5, 0.2).magnetisations, {"T": 0.2}),
    "Aligned.states": (gn.theory.aligned((3, 2, 2, 2, 1), 1.5, 0.2).states, {"T": 0.2}),
    "Aligned.critical_dilution": (gn.theory.aligned((3, 2, 2, 2, 1), 1.5, 0.2).critical_dilution, {"T": 0.2}),
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


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_argument_with_every_bad_value(bad_values, capsys):
    wrong, summary = bad_values.campaign(CALLS)
    with capsys.disabled():
        print(f"\n{summary}")
        for case, fault in wrong.items():
            print(case, fault, sep=" | ")
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_arguments_of_the_analysis(bad_values, tmp_path):
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
        wrong |= {f"{call}: {case}": fault for case, fault in bad_values.in_child(function, arguments)[1].items()}
    assert wrong == {}


@pytest.mark.parametrize("call", CALLS)
def test_right_values_are_taken(bad_values, call):
    if call == "open_chains":
        pytest.skip("there is no run")
    bad_values.take_right_values(*CALLS[call])
