"""Side by side with what a user would pick instead: the same glass, the same core, the same run, in turn."""

import itertools
from collections import defaultdict

import numpy as np
from report import Table

import glassnet as gn
from glassnet.sampling import speed

#: extra `bench`: distribution and module
PACKAGES = {"openjij": "openjij", "dwave-samplers": "dwave.samplers", "dimod": "dimod", "numba": "numba"}
TEMPERATURES = gn.ladder.geometric(0.5, 1.5, 32)
BETAS = (1 / 1.5, 1 / 0.5)
#: least sweeps of one annealing: shorter ones spend their time on the random start, to the peers' disadvantage
ANNEALING = 100


def hubo(glass) -> dict[tuple, float]:
    """Terms of E(w) = sum_a h_a prod_{i in a} w_i as OpenJij takes them; equal paths add up."""
    terms = defaultdict(float)
    for path, coupling in zip(glass.paths.tolist(), glass.couplings.tolist(), strict=True):
        terms[tuple(path)] -= coupling
    return dict(terms)


def ising(glass):
    """A glass of two weights per path as a dimod.BinaryQuadraticModel of spins."""
    import dimod

    return dimod.BinaryQuadraticModel(dict.fromkeys(range(glass.n_weights), 0.0), hubo(glass), 0.0, dimod.SPIN)


def side_by_side(effort):
    """One table for three weights per path and one for two, all that dwave-samplers takes."""
    for p, sizes in ((3, (99, 999, 9999)), (2, (100, 1000, 10_000))):
        rows, notes = [], []
        for n_weights in sizes[:2] if effort.quick else sizes:
            glass = gn.ensembles.regular(n_weights=n_weights, p=p, degree=4, seed=1)
            packaged = {"OpenJij": _openjij(glass)} if p == 3 else {"dwave-samplers": _dwave(glass)}
            more, settings = _compare(glass, {**packaged, "numba loop": _scalar(glass)}, effort)
            rows += more
            notes.append(f"N = {n_weights}: " + "; ".join(f"{name}: {best}" for name, best in settings.items()) + ".")
        yield Table(f"Side by side, p = {p}", rows, [*_NOTES, *notes])


_NOTES = [
    "Regular +-J glass, degree 4. Updates/ns of one core: decisions of single weights at temperatures from 0.5 to 1.5. "
    "Ratios are medians of repeats taken in turn, against the fastest settings of each peer, tried just before.",
    "glassnet: 32 temperatures x 16 replicas; sweeps alone, and `run` with an exchange after every sweep and energies "
    "recorded every 10.",
    "OpenJij and dwave-samplers anneal through the same temperatures on one thread, 100 sweeps or more. Of a call's "
    "processor time the share counts that they report as sampling: building their model costs them nothing.",
    "numba loop: one spin at a time of one configuration per temperature; path products kept, integer thresholds, "
    "xoshiro256+, the degree known at compile time.",
]


def _compare(glass, peers, effort):
    """Rows of glassnet beside the best setting of every peer, and which setting that was."""
    tempering = speed.sampler(glass)
    lanes = len(tempering.temperatures) * tempering.n_replicas
    actions = {
        "sweeps alone": tempering.kernel.sweep_only,
        "tempering": lambda n: tempering.run(10 * n, measure_every=10, measure=["energy"]),
    }
    configurations, settings = {"sweeps alone": lanes, "tempering": 10 * lanes}, {}
    for name, candidates in peers.items():
        trial = speed.alternate({label: action for label, (action, _) in candidates.items()}, effort.seconds / 4, 2)
        best = min(trial, key=lambda label: trial[label].min() / candidates[label][1])
        actions[name], configurations[name] = candidates[best]
        settings[name] = best
    times = speed.alternate(actions, *effort.timing)
    # per decision
    times = {name: taken / (configurations[name] * glass.n_weights) for name, taken in times.items()}
    rows = [
        {
            "N": glass.n_weights,
            "peer": name,
            "its updates/ns": 1e-9 / float(np.median(times[name])),
            **{f"glassnet, {own}": 1e-9 / float(np.median(times[own])) for own in ("sweeps alone", "tempering")},
            **{f"ratio, {own}": float(np.median(times[name] / times[own])) for own in ("sweeps alone", "tempering")},
        }
        for name in peers
    ]
    return rows, settings


def _openjij(glass):
    """Settings of OpenJij from which the fastest is picked: an action, and how many configurations it sweeps."""
    import openjij

    terms, sampler = hubo(glass), openjij.SASampler()
    older = openjij.BinaryPolynomialModel(terms, "SPIN")

    def action(model, **keywords):
        def sweeps(count):
            keywords["num_sweeps"] = ANNEALING * count
            found = sampler.sample_hubo(model, seed=1, beta_min=BETAS[0], beta_max=BETAS[1], **keywords)
            # microseconds of one read
            return float(found.info["execution_time"]) * keywords["num_reads"] * 1e-6

        return sweeps, ANNEALING * keywords["num_reads"]

    candidates = {"sample_hubo of a BinaryPolynomialModel, 16 reads": action(older, num_reads=16)}
    updaters = (("METROPOLIS", 16), ("METROPOLIS", 64), ("HEAT_BATH", 16))
    for (updater, reads), engine in itertools.product(updaters, ("XORSHIFT", "MT", "MT_64")):
        label = f"sample_hubo of a dict, {updater}, {engine}, {reads} reads"
        keywords = {"updater": updater, "random_number_engine": engine, "num_reads": reads, "num_threads": 1}
        candidates[label] = action(terms, vartype="SPIN", **keywords)
    return candidates


def _dwave(glass):
    """Settings of dwave-samplers, as those of OpenJij."""
    from dwave.samplers import SimulatedAnnealingSampler

    model, sampler = ising(glass), SimulatedAnnealingSampler()

    def action(criterion, reads):
        def sweeps(count):
            found = sampler.sample(
                model,
                num_reads=reads,
                num_sweeps=ANNEALING * count,
                beta_range=BETAS,
                seed=1,
                proposal_acceptance_criteria=criterion,
            )
            return found.info["timing"]["sampling_ns"] * 1e-9

        return sweeps, ANNEALING * reads

    return {
        f"SimulatedAnnealingSampler, {criterion}, fixed order, {reads} reads": action(criterion, reads)
        for criterion, reads in itertools.product(("Metropolis", "Gibbs"), (16, 64))
    }


def _scalar(glass):
    """The two ways to write the loop."""
    from scalar import ScalarLoop

    names = {"with branches": True, "without branches": False}
    loops = {name: ScalarLoop(glass, TEMPERATURES, branches) for name, branches in names.items()}
    return {name: (loop.sweep, len(TEMPERATURES)) for name, loop in loops.items()}
