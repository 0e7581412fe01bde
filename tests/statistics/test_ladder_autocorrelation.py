"""The slowest thing that the rungs of a ladder have in common, in chains whose memory is known exactly."""

import numpy as np
import pytest

from glassnet.statistics import ladder_autocorrelation
from glassnet.statistics.autocorrelation import integrated_time


@pytest.mark.parametrize("mode", [np.ones(8), np.array([1, 1, 1, 1, -1, -1, -1, -1]), np.arange(8) == 3])
def test_a_weak_slow_mode_is_found_whatever_its_shape(mode, autoregressive):
    """A fifth of the variance lives 40 draws. On the rungs themselves the time seems less than a third of that."""
    rng, slow = np.random.default_rng(1), autoregressive(40.0, (20_000, 4, 1), 2)
    chains = np.sqrt(0.8) * rng.normal(size=(20_000, 4, 8)) + np.sqrt(0.2) * slow * mode
    assert integrated_time(chains).max() < 40 / 3
    time = ladder_autocorrelation.slowest_time(chains - chains.mean(axis=(0, 1)))
    assert time == pytest.approx(40, rel=0.5 if mode.all() else 0.8)


def test_noise_and_what_never_moves_remember_nothing():
    noise = np.random.default_rng(3).normal(size=(4000, 4, 6))
    # means of 16 draws know a time to some draws
    assert ladder_autocorrelation.slowest_time(noise - noise.mean(axis=(0, 1))) < 8
    assert ladder_autocorrelation.slowest_time(np.zeros((100, 4, 6))) == 0.5


def test_blocks_cover_every_draw_once():
    chains = np.random.default_rng(4).normal(size=(103, 2, 3))
    edges = ladder_autocorrelation.block_edges(103, 8)
    assert edges[[0, -1]].tolist() == [0, 103]
    assert set(np.diff(edges)) == {12, 13}
    means = ladder_autocorrelation.block_means(chains, edges)
    assert np.average(means, axis=0, weights=np.diff(edges)) == pytest.approx(chains.mean(axis=0))


def test_blocks_last_five_slowest_times():
    assert ladder_autocorrelation.n_blocks(1000, 1, 10.0) == 20
    assert ladder_autocorrelation.n_blocks(1000, 4, 0.5) == ladder_autocorrelation.MOST_BLOCKS // 4
    assert ladder_autocorrelation.n_blocks(1000, 4, 1e6) == 1


def test_long_chains_are_averaged_to_five_hundred_means_or_more():
    chains = np.random.default_rng(5).normal(size=(5120, 3, 2))
    coarse = ladder_autocorrelation.coarse_grained(chains)
    assert coarse.shape == (512, 2, 3)
    assert pytest.approx(chains.mean(axis=0)) == coarse.mean(axis=0).T
    assert ladder_autocorrelation.coarse_grained(chains[:100]).shape == (100, 2, 3)


def test_a_rung_moves_if_any_chain_ever_changes_or_differs():
    chains = np.zeros((50, 2, 4))
    chains[40, 0, 1], chains[:, 1, 2] = 1.0, 1.0
    assert ladder_autocorrelation.moving_rungs(chains).tolist() == [False, True, True, False]
