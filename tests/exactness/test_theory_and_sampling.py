"""The theory against Monte Carlo: planted glasses of 10^5 weights, belief propagation on them, field integration."""

import numpy as np
import pytest

import glassnet as gn

R34 = gn.theory.regular(p=3, degree=4)
P32 = gn.theory.poisson(p=3, alpha=2.0)

N_INSTANCES = 12
#: sweeps until a planted state at this temperature has relaxed, more than ten times its relaxation time
RELAXATION = {0.50: 200, 0.55: 200, 0.60: 200, 0.65: 300, 0.70: 600, 0.72: 1200}


def measured(paths, temperature, seed):
    """Energy per weight and overlap of one planting, by Monte Carlo and by belief propagation."""
    glass = gn.ensembles.planted(paths, temperature, seed=seed, unsatisfied="fixed")
    chain = gn.Metropolis(glass, temperature, n_replicas=16, seed=seed, initial=glass.planted)
    names = ["energy", "planted_overlap"]
    ds = chain.run(200, thermalization=RELAXATION[temperature], measure_every=20, measure=names)
    found = gn.theory.belief_propagation(glass, temperature, "planted", tolerance=1e-6)
    assert found.converged
    return (
        (float(ds.energy.mean()) / glass.n_weights, float(ds.planted_overlap.mean())),
        (found.energy, found.overlap),
    )


@pytest.fixture(scope="module")
def table():
    """(2 methods, temperature, instance, 2 quantities), printed with the cavity's values."""
    rows = np.empty((2, len(RELAXATION), N_INSTANCES, 2))
    for instance in range(N_INSTANCES):
        paths = gn.ensembles.regular(99_999, 3, 4, seed=100 + instance)
        for t, temperature in enumerate(RELAXATION):
            # other plantings at every temperature: as many independent comparisons
            rows[:, t, instance] = measured(paths, temperature, 1000 * t + instance)
    print("\n     T            energy  cavity    z           overlap  cavity    z")
    for t, temperature in enumerate(RELAXATION):
        line = f"{temperature:6.2f}"
        for value, stderr, exact in zip(*statistics(rows[0, t]), expected(temperature), strict=True):
            line += f"  {value:9.6f}({1e6 * stderr:4.0f}) {exact:9.6f} {(value - exact) / stderr:5.1f}"
        print(line)
    return rows


def statistics(values):
    """Mean and standard error between instances (first axis)."""
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def expected(temperature):
    return np.array([R34.energy(temperature), R34.overlap(temperature)])


@pytest.mark.slow
def test_planted_glasses_of_1e5_weights(table):
    for t, temperature in enumerate(RELAXATION):
        mean, stderr = statistics(table[0, t])
        assert (np.abs(mean - expected(temperature)) < 3 * stderr).all(), temperature


@pytest.mark.slow
def test_belief_propagation_on_the_same_glasses(table):
    # The noise between instances is common to both: what is left is that of the chain, and loops of length ln N.
    for t in range(len(RELAXATION)):
        mean, stderr = statistics(table[0, t] - table[1, t])
        assert (np.abs(mean) < 4 * stderr + 2e-5).all()
        assert (stderr < 0.5 * statistics(table[0, t])[1]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theory", "ensemble", "temperatures"),
    [
        (R34, {"ensemble": "regular", "degree": 4}, [0.55, 0.60, 0.65, 0.70]),
        (P32, {"ensemble": "poisson", "alpha": 2.0}, [0.9, 1.0, 1.05, 1.1]),
    ],
)
def test_complexity_by_field_integration(theory, ensemble, temperatures):
    # Its discretisation is below 1e-5, corrections in 1/N are of order 1e-4.
    found = gn.studies.field_integration(9999, temperatures, seed=1, p=3, **ensemble)
    print(found, theory.complexity(temperatures))
    data = found.complexity
    assert (np.abs(data["mean"].values - theory.complexity(temperatures)) < 3 * data["stderr"].values + 1e-4).all()
    assert abs(found.temperature - theory.static_temperature()) < 3 * found.stderr + 2e-4
