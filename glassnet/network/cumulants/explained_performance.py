"""How much of what a trained network does its first, second and third cumulants explain."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet._random import Role, Seed, generator
from glassnet.network.cumulants import mapping, objectives, populations
from glassnet.network.cumulants.fitting import Fit
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.objectives import Objective
from glassnet.network.cumulants.populations import Population

_DRAWS = 4000


def explained(
    fit: Fit,
    inputs: ArrayLike,
    labels: ArrayLike,
    targets: ArrayLike,
    *,
    orders: int | Sequence[int] = (1, 2, 3),
    seed: int = 1,
) -> xr.Dataset:
    """Predict loss and accuracy of a trained network from the cumulants of the classes, and compare with what they are.

    The cumulants of every class go through the network with the Gaussian closure. The loss that the network was trained
    on follows from the moments of the output, the cross-entropy by taking it for Gaussian; the accuracy from 4000
    Gaussian outputs with these moments for each class.

    Parameters
    ----------
    fit : Fit
        From `train_on_samples` or `train_on_moments`.
    inputs : (n_samples, n_in) array
    labels : (n_samples,) array of int
    targets : (n_classes, n_out) array
    orders : int or sequence of int
        Highest cumulant of the input that counts, 1 (means) to 4 (needs a quadratic first layer).
    seed : int
        Of the Gaussian outputs.

    Returns
    -------
    xarray.Dataset
        Over `order`: `loss` and `accuracy` predicted, `mean_error` = the distance between the predicted and the true
        mean output of a class, squared and averaged over classes, as a share of the mean squared true one. Attributes
        `loss` and `accuracy`: those of the data.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.
    """
    _checks.instance("fit", fit, Fit)
    orders, objective = populations.checked_orders(orders), objectives.named(fit.objective)
    targets = _checks.real_array("targets", targets, ndim=2)
    accuracy, loss = fit.score(inputs, labels, targets)
    outputs, whole = fit.outputs(inputs), populations.of_samples(inputs, labels, targets, max(orders), third="samples")
    rows = []
    for order in orders:
        classes = [one.up_to(order) for one in whole]
        rng = generator(Seed(seed, "explained"), Role.INITIAL)
        moments, right, off, size = [], 0.0, 0.0, 0.0
        for label, one in enumerate(classes):
            out = _through(fit, one)
            moments.append(out)
            right += one.share * np.mean(_classified(out, targets, objective, rng) == label)
            true = outputs[np.asarray(labels) == label].mean(axis=0)
            off += one.share * np.square(out.mean - true).sum()
            size += one.share * np.square(true).sum()
        rows.append((objective.of_moments(moments, classes)[0], right, off / size))
    columns = zip(("loss", "accuracy", "mean_error"), np.array(rows).T, strict=True)
    return xr.Dataset(
        {name: ("order", column) for name, column in columns},
        coords={"order": orders},
        attrs={"loss": loss, "accuracy": accuracy},
    )


def _through(fit: Fit, one: Population) -> Moments:
    args = (one.mean, one.cov, one.third, one.fourth)
    return mapping.forward(fit.weights, fit.biases, fit.activation, *args)[0][-1]


def _classified(out: Moments, targets: np.ndarray, objective: Objective, rng: np.random.Generator) -> np.ndarray:
    """Classes of Gaussian outputs; negative eigenvalues, which a truncated series may have, count as zero."""
    values, vectors = np.linalg.eigh(out.cov)
    noise = rng.standard_normal((_DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0))
    drawn = out.mean + noise @ vectors.T
    return objective.of_pairs(drawn, targets).argmin(axis=1)
