"""What cumulants explain of a network that learned parity."""

import numpy as np
import pytest

from glassnet.network import cumulants, tasks


def test_what_explains_a_network_that_learned_parity():
    """Means and covariances of the classes are the same: all that the network does rests on third cumulants."""
    task, phi = tasks.parity(3, 0.8, 0.1), cumulants.quadratic(0.5)
    inputs, labels = task.sample(6000, seed=2)
    fit = cumulants.train_on_samples(inputs, np.array(task.targets)[labels], [8, 8], phi, iterations=100)
    found = cumulants.explained(fit, inputs, labels, task.targets, orders=(1, 2, 3, 4))
    assert found.attrs["accuracy"] > 0.9
    assert found.accuracy[:2].values == pytest.approx([0.5, 0.5], abs=0.06)
    assert found.accuracy[2] > 0.6
    assert found.mean_error[2] < 0.05 < 0.8 < found.mean_error[1] and found.mean_error[3] < 1e-20
