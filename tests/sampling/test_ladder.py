"""Temperature ladders: exact ends, spacing, and equal exchange rates from a pilot."""

import numpy as np
import pytest

import glassnet as gn

E = gn.ensembles


def test_geometric_ladder():
    ladder = gn.ladder.geometric(0.5, 1.7, 9)
    assert ladder[[0, -1]].tolist() == [0.5, 1.7]
    assert ladder[1:] / ladder[:-1] == pytest.approx((1.7 / 0.5) ** (1 / 8))
    assert gn.ladder.geometric(0.1, 0.3, 2).tolist() == [0.1, 0.3]


def test_linear_ladder():
    ladder = gn.ladder.linear(0.5, 1.7, 9)
    assert ladder[[0, -1]].tolist() == [0.5, 1.7]
    assert np.diff(ladder) == pytest.approx(0.15)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_adaptive_ladder_has_equal_exchange_rates(couplings):
    """On a glass where a geometric ladder is uneven by a factor; every gap within 0.06 of the mean acceptance."""
    glass = E.regular(120, 3, 4, seed=1, couplings=couplings)

    def acceptance(temperatures):
        chain = gn.ParallelTempering(glass, temperatures, n_replicas=16, seed=3)
        return chain.run(2000, thermalization=1000, measure_every=2000, measure=["energy"]).swap_acceptance.values

    adaptive = gn.ladder.adaptive(glass, 0.8, 4.0, 8, seed=5)
    assert adaptive[[0, -1]].tolist() == [0.8, 4.0]
    assert (np.diff(adaptive) > 0).all()
    even, uneven = acceptance(adaptive), acceptance(gn.ladder.geometric(0.8, 4.0, 8))
    assert np.abs(even - even.mean()).max() < 0.06
    assert np.abs(uneven - uneven.mean()).max() > 0.12


def test_adaptive_ladder_up_to_infinite_temperature():
    glass = E.regular(24, 3, 4, seed=1)
    ladder = gn.ladder.adaptive(glass, 0.6, np.inf, 6, seed=5, rounds=2, sweeps=100)
    assert ladder[0] == 0.6
    assert np.isinf(ladder[-1])
    assert (np.diff(ladder[:-1]) > 0).all()
    gn.ParallelTempering(glass, ladder, seed=1)


def test_adaptive_ladder_of_a_glass_that_accepts_everything_is_even_in_beta():
    glass = gn.PathGlass(np.empty((0, 3), dtype=int), [], n_weights=5)
    ladder = gn.ladder.adaptive(glass, 0.5, 2.0, 4, seed=1, rounds=1, sweeps=10)
    assert 1 / ladder == pytest.approx(np.linspace(2.0, 0.5, 4), rel=0.05)


def test_adaptive_ladders_are_repeatable():
    glass = E.regular(24, 3, 4, seed=1)
    one, two, other = (gn.ladder.adaptive(glass, 0.6, 2.0, 5, seed=s, rounds=2, sweeps=50) for s in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()


@pytest.mark.parametrize("make", [gn.ladder.geometric, gn.ladder.linear])
def test_bad_bounds_of_simple_ladders(make):
    for arguments, word in (
        ((0.0, 1.0, 3), "t_min must be > 0, got 0"),
        ((-1.0, 1.0, 3), "t_min"),
        ((np.nan, 1.0, 3), "t_min"),
        ((np.inf, np.inf, 3), "t_min"),
        ((1.0, 1.0, 3), "t_max must be > t_min = 1, got 1"),
        ((1.0, 0.5, 3), "t_max"),
        ((1.0, np.nan, 3), "t_max"),
        ((1.0, np.inf, 3), "t_max must be finite"),
        ((1.0, 2.0, 1), "n must be in .* got 1"),
        ((1.0, 2.0, -1), "n must be"),
        ((1.0, 2.0, 2**63), "n must be"),
    ):
        with pytest.raises(ValueError, match=word):
            make(*arguments)
    for arguments, word in ((("1", 2.0, 3), "t_min"), ((1.0, [2.0, 3.0], 3), "t_max"), ((1.0, 2.0, 3.5), "n must be")):
        with pytest.raises(TypeError, match=word):
            make(*arguments)


def test_bad_arguments_of_the_adaptive_ladder():
    glass = E.regular(12, 3, 4, seed=1)
    with pytest.raises(TypeError, match="glass must be a PathGlass, got int"):
        gn.ladder.adaptive(3, 0.5, 1.0, 3, seed=1)
    with pytest.raises(ValueError, match="t_max must be > t_min"):
        gn.ladder.adaptive(glass, 0.5, 0.4, 3, seed=1)
    with pytest.raises(ValueError, match="rounds must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=1, rounds=0)
    with pytest.raises(ValueError, match="sweeps must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=1, sweeps=0)
    with pytest.raises(ValueError, match="n_replicas must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=1, n_replicas=0)
    with pytest.raises(ValueError, match="seed must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=-1)
    with pytest.raises(TypeError, match="seed must be"):
        gn.ladder.adaptive(glass, 0.5, 1.0, 3, seed=None)
