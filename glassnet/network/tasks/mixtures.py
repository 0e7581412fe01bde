"""Classification tasks whose cumulants are known: XOR and parity of noisy bits."""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.network.cumulants.populations import Population, of_points


@dataclass(frozen=True)
@_face.shown
class Task:
    """Two classes, each a mixture of equally likely points with Gaussian noise.

    Attributes
    ----------
    points : list of (n_points, n_in) arrays
        Of the classes with targets +1 and -1.
    noise_variance : float
    bayes_accuracy : float
        Of the best classifier.
    """

    points: list[np.ndarray]
    noise_variance: float
    bayes_accuracy: float
    targets = ((1.0,), (-1.0,))

    def populations(self, order: int = 2) -> list[Population]:
        """Return the exact cumulants of the classes up to `order`, 2 to 4; ValueError beyond."""
        order = _checks.integer("order", order, minimum=2, maximum=4)
        pairs = zip(self.points, self.targets, strict=True)
        return [of_points(points, 0.5, target, order, self.noise_variance) for points, target in pairs]

    def sample(self, n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs (n_samples, n_in) and labels (n_samples,), 0 for the target +1.

        TypeError or ValueError if `n_samples` is no integer >= 1 or needs too much memory, or `seed` no integer >= 0.
        """
        n_samples = _checks.integer("n_samples", n_samples, minimum=1)
        needed = n_samples * 8 * (2 + 3 * np.shape(self.points[0])[1])
        _checks.memory(f"n_samples: {_checks.shown(n_samples)} samples", needed)
        rng = generator(Seed(seed, "task"), Role.INITIAL)
        labels = rng.integers(2, size=n_samples)
        points = np.stack(self.points)[labels, rng.integers(len(self.points[0]), size=n_samples)]
        return points + np.sqrt(self.noise_variance) * rng.standard_normal(points.shape), labels


def parity(n_bits: int, amplitude: float, noise_variance: float) -> Task:
    """Return the task to predict the sign of the product of `n_bits` bits +-amplitude, seen with Gaussian noise.

    The classes differ in their cumulants of order `n_bits`, and in no lower one.

    Parameters
    ----------
    n_bits : int
        2 to 12.
    amplitude, noise_variance : float
        > 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_bits = _checks.integer("n_bits", n_bits, minimum=2, maximum=12)
    amplitude = _checks.real("amplitude", amplitude, minimum=0.0, exclusive=True)
    noise_variance = _checks.real("noise_variance", noise_variance, minimum=0.0, exclusive=True)
    bits = np.array(list(itertools.product([1.0, -1.0], repeat=n_bits)))
    points = [amplitude * bits[bits.prod(axis=1) == sign] for sign in (1, -1)]
    seen = 2.0 * ndtr(amplitude / np.sqrt(noise_variance)) - 1.0
    return Task(points, noise_variance, float(0.5 * (1.0 + seen**n_bits)))


def xor() -> Task:
    """Return XOR: four Gaussians of variance 0.05 at (+-1, +-1) / 2."""
    return parity(2, 0.5, 0.05)
