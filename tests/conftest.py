"""What tests of several rooms share."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter


@pytest.fixture(scope="session")
def synthetic():
    """The module of chains sampled exactly from solvable models."""
    spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def autoregressive():
    """Function (tau, shape, seed) that draws unit normal chains x_t = a x_{t-1} + noise along the first axis.

    They start in equilibrium; their integrated autocorrelation time is tau = (1 + a) / (2 (1 - a)).
    """

    def draw(tau, shape, seed):
        a = (2 * tau - 1) / (2 * tau + 1)
        noise = np.random.default_rng(seed).normal(size=shape)
        noise[1:] *= np.sqrt(1 - a**2)
        return lfilter([1], [1, -a], noise, axis=0)

    return draw
