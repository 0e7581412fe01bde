"""Quenched glasses age, paramagnets do not."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.studies import aging

E = gn.ensembles


def test_a_glass_ages_below_the_dynamical_temperature():
    """The longer it waited the less it forgets, by many standard errors."""
    glass = E.regular(6000, 3, 4, seed=1)
    data = aging(glass, 0.5, [1, 10, 100], [0, 3, 30, 300], seed=1).correlation
    assert (data["mean"].sel(time=0) == 1).all()
    gain = np.diff(data["mean"].values[:, 1:], axis=0)
    error = np.hypot(data["stderr"].values[1:, 1:], data["stderr"].values[:-1, 1:])
    assert (gain > 10 * error).all()
    assert (np.diff(data["energy"].values) < -0.02).all()


def test_a_paramagnet_is_stationary():
    """Far above T_d no waiting time matters: |z| < 4.5, and the correlation is that of a planted start."""
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 1.5, seed=2)
    data = aging(glass, 1.5, [200, 400], [1, 3, 10, 30], seed=1).correlation
    difference = data["mean"].values[1] - data["mean"].values[0]
    error = np.hypot(data["stderr"].values[0], data["stderr"].values[1])
    assert (np.abs(difference) < 4.5 * error).all()
    chain = gn.Metropolis(glass, 1.5, n_replicas=64, seed=9, initial=glass.planted)
    record = chain.run(30, measure=["planted_overlap"]).planted_overlap.values[:, 0]
    for column, time in enumerate(data.time.values):
        start = record[time - 1]
        bound = 4.5 * np.hypot(data["stderr"].values[1, column], start.std(ddof=1) / 8)
        # one planted state against 64 starts: its own scatter, of order 1 / sqrt(N)
        assert abs(data["mean"].values[1, column] - start.mean()) < bound + 2.5 / np.sqrt(6000)


def test_correlations_at_infinite_temperature_are_gone_after_one_sweep():
    glass = E.regular(3000, 3, 4, seed=1)
    data = aging(glass, np.inf, [0, 5], [0, 1, 2, 7], seed=1).correlation
    assert (data["mean"].sel(time=0) == 1).all()
    assert np.abs(data["mean"].values[:, 1:]).max() < 4.5 / np.sqrt(64 * 3000)


def test_aging_is_what_one_chain_does():
    """Against configurations recorded sweep by sweep by the same chain."""
    glass = E.regular(60, 3, 4, seed=1, couplings="gaussian")
    result = aging(glass, 0.7, [2, 5], [0, 1, 3], seed=4, n_replicas=8).correlation
    record = gn.Metropolis(glass, 0.7, n_replicas=8, seed=4).run(8, measure=["weights"])
    bits = np.unpackbits(record.weights.values[:, 0], axis=-1, bitorder="little", count=60)
    weights = 2.0 * bits - 1
    for row, wait in enumerate((2, 5)):
        for column, time in enumerate((0, 1, 3)):
            expected = (weights[wait - 1] * weights[wait + time - 1]).mean(axis=-1)
            assert np.abs(result["correlation"].values[row, column] - expected).max() < 1e-12


def test_figure_of_one_column():
    aged = aging(E.regular(60, 3, 4, seed=1), 0.5, [1, 4], [1, 2, 4], seed=1)
    figure = aged.plot()
    assert tuple(figure.get_size_inches()) == (3.4, 2.6)
    assert figure.axes[0].get_ylabel() == "$C(t_w, t_w + t)$"
    assert str(aged) in aged._repr_html_().replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda glass: aging(glass, 1.0, [3, 2], [1], seed=1), ValueError, "waiting_times must be whole numbers"),
        (lambda glass: aging(glass, 1.0, [3], [-1], seed=1), ValueError, "times must be in"),
        (lambda glass: aging(glass, 1.0, [3], [1], seed=1, n_replicas=1), ValueError, "n_replicas must be >= 2, got 1"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(E.regular(30, 3, 4, seed=1))
