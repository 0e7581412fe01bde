"""Tasks: digits."""

from glassnet.network import tasks


def test_digits_come_in_two_parts():
    inputs, labels, test_inputs, test_labels = tasks.digits()
    assert inputs.shape == (1200, 64) and test_inputs.shape == (597, 64) and inputs.max() == 1.0
    assert set(labels) == set(test_labels) == set(range(10))
