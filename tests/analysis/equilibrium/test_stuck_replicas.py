"""Replicas that stay apart are stuck, replicas that mix are not."""

import numpy as np

from glassnet.analysis.equilibrium import stuck_replicas
from glassnet.statistics import ladder_autocorrelation


def test_chains_that_stay_apart_are_stuck_and_chains_that_mix_are_not(autoregressive):
    mixing = autoregressive(5, (2000, 4, 3), seed=5)
    apart = mixing + np.array([0.0, 0.0, 2.0, 2.0])[:, None]
    assert (stuck_replicas.scatter(mixing, 4, ladder_autocorrelation.slowest_time(mixing)) > 1e-3).all()
    assert (
        stuck_replicas.scatter(apart, 4, ladder_autocorrelation.slowest_time(apart - apart.mean(axis=(0, 1)))) < 1e-6
    ).all()
