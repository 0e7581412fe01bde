"""A map that pathways learn."""

import numpy as np
import pytest

MODES = np.array([4.0, 3.0, 2.0, 1.0])


@pytest.fixture(scope="session")
def target():
    """A 20 x 20 map of rank 4, with the singular values 4, 3, 2 and 1."""
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.standard_normal((20, 4)))[0] for _ in range(2))
    return (left * MODES) @ right.T


@pytest.fixture(scope="session")
def tree():
    """15 features of the 8 leaves of a binary tree, one for each node: those of a leaf are the nodes above it."""
    return np.vstack([np.repeat(np.eye(2**level), 8 // 2**level, axis=1) for level in range(4)])
