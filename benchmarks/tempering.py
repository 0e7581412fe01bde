"""Speed of parallel tempering as a user runs it, and how fast replicas travel along the ladder."""

import time

from report import Table

import glassnet as gn
from glassnet.sampling import speed


def efficiency(effort):
    """Table of what exchanges and measurements leave of the bare kernel's speed."""
    rows = []
    for name, glass in _glasses(effort):
        found = speed.measure(glass, seconds=effort.seconds, repeats=effort.repeats)
        rows.append(
            {
                "glass": name,
                "N": glass.n_weights,
                "sweeps alone": found.bare,
                "exchanges, energies": found.tempered,
                "of bare": found.efficiency,
                "default measurements": found.measured,
                "one measurement, sweeps": found.measurement,
            }
        )
    yield Table(
        "Parallel tempering",
        rows,
        [
            "Updates/ns; 32 temperatures from 0.5 to 1.5 x 16 replicas = 512 lanes, an exchange after every sweep.",
            "Energies of all lanes, or the default measurements (energies and overlaps), recorded every 10 sweeps.",
            "Overlaps of all 120 pairs of replicas at all temperatures; of 8 disjoint pairs in networks of walks.",
            "One measurement: what the overlaps cost beyond the energies.",
        ],
    )


def _glasses(effort):
    """Name and glass of every row."""
    sizes = (99, 999) if effort.quick else (99, 999, 9999)
    yield from (("regular, degree 4, +-J", speed.standard(n)) for n in sizes)
    for n in (99, 999):
        yield "Poisson, alpha 1.5, +-J", gn.ensembles.poisson(n_weights=n, p=3, alpha=1.5, seed=1)
        yield "layered, alpha 1.5, +-J", gn.ensembles.layered(n_weights=n, p=3, alpha=1.5, seed=1)
    for width in (6, 18):
        name = f"walks {'-'.join([str(width)] * 4)}, alpha 1.5, +-J"
        yield name, gn.ensembles.walks(widths=(width,) * 4, alpha=1.5, seed=1)
    yield from (("regular, degree 4, Gaussian", speed.standard(n, "gaussian")) for n in (99, 999))


def round_trips(effort):
    """Table of round trips along geometric and adaptive ladders."""
    rows = []
    for couplings, n_sweeps in (("binary", 100_000), ("gaussian", 10_000)):
        glass = speed.standard(96, couplings)
        for coldest in (0.5, 0.75):
            ladders = {
                "geometric": gn.ladder.geometric(coldest, 1.5, 16),
                "adaptive": gn.ladder.adaptive(glass, coldest, 1.5, 16, seed=5),
            }
            for name, ladder in ladders.items():
                found = _travel(glass, ladder, n_sweeps // (10 if effort.quick else 1))
                rows.append({"couplings": couplings, "coldest T": coldest, "ladder": name, **found})
    yield Table(
        "Round trips",
        rows,
        [
            "Regular glass, N = 96, p = 3, degree 4; 16 temperatures up to 1.5, 32 replicas of the ladder.",
            "Barrier: sum of the rejection rates of all gaps. Bound: 1/(2 + 2 barrier) round trips per sweep of all "
            "walkers of one ladder together (Syed et al., JRSS B 84, 321 (2022)), for walkers that forget their energy "
            "between two exchanges; below T_d (0.75 for +-J) they do not.",
            "Round trips per second: of all 32 ladders on one core, energies recorded every 10 sweeps.",
        ],
    )


def _travel(glass, ladder, n_sweeps, n_replicas=32):
    """Barrier, bound and round trips of one ladder."""
    sampler = gn.ParallelTempering(glass, ladder, n_replicas, seed=1)
    sampler.run(0, thermalization=n_sweeps // 5)
    start = time.process_time()
    record = sampler.run(n_sweeps, measure_every=10, measure=["energy"])
    seconds = time.process_time() - start
    rejection = 1.0 - record.swap_accepted.values / record.swap_attempted.values
    barrier, trips = float(rejection.sum()), int(record.round_trips.sum())
    bound, rate = 1.0 / (2.0 + 2.0 * barrier), trips / (n_sweeps * n_replicas)
    return {
        "least rejection": float(rejection.min()),
        "largest rejection": float(rejection.max()),
        "barrier": barrier,
        "bound": bound,
        "round trips per sweep": rate,
        "of bound": rate / bound,
        "round trips per second": trips / seconds,
    }
