"""What each start of a chain has learned of a task: averages of what its networks know, and of what is inside them."""

import numpy as np
import xarray as xr

from glassnet.glass import PathGlass
from glassnet.network import learning
from glassnet.network.path_glasses import from_glass
from glassnet.network.tasks import BinaryTask
from glassnet.studies.learned_networks import SINGLE, STARTS, examined

#: networks of each start and temperature whose hidden layers are looked at
LOOKED_AT = 4
_VOTES = ("vote_train_error", "vote_test_error")
_OF_LAYERS = ("dimension", "covariance_strength", "mean_death")


def observed(chain: xr.Dataset, glass: PathGlass, task: BinaryTask) -> xr.Dataset:
    """Ask all networks of a chain about the task, and look at the hidden layers of some.

    Parameters
    ----------
    chain, glass, task
        As for :func:`glassnet.studies.learned_networks.examined`.

    Returns
    -------
    xarray.Dataset
        What that function returns, and by `start` and `temperature` what :func:`hidden_layers` does.
    """
    packed = chain["weights"].values
    some = hidden_layers(packed.transpose(1, 0, 2, 3), glass, task, chain["temperature"].values)
    table = xr.Dataset(examined(chain, glass, task)).assign_coords(temperature=chain["temperature"].values)
    return table.merge(some)


def hidden_layers(packed: np.ndarray, glass: PathGlass, task: BinaryTask, temperatures: np.ndarray) -> xr.Dataset:
    """Look at what hidden layers make of the test examples.

    Parameters
    ----------
    packed : (n_temperatures, n_draws, n_replicas, n_bytes) uint8
        Weights, 8 to a byte; some of the networks are looked at.
    glass : PathGlass
    task : BinaryTask
    temperatures : (n_temperatures,) floats

    Returns
    -------
    xarray.Dataset
        `dimension` and `covariance_strength` (start, temperature, layer) of the hidden layers and `mean_death` (start,
        temperature) of the spanning tree of their units, see :func:`glassnet.network.learning.representations`.
    """
    half = packed.shape[2] // 2
    starts = []
    for replicas in (slice(half), slice(half, None)):
        of_start = packed[:, :, replicas].reshape(len(packed), -1, packed.shape[3])
        starts.append(xr.concat([_looked_at(networks, glass, task) for networks in of_start], "temperature"))
    return xr.concat(starts, "start").assign_coords(start=np.arange(len(STARTS)), temperature=temperatures)


def _looked_at(networks: np.ndarray, glass: PathGlass, task: BinaryTask) -> xr.Dataset:
    """Mean over some of the packed configurations (n, n_bytes) of one start and temperature."""
    count = min(LOOKED_AT, len(networks))
    some = networks[np.arange(count) * len(networks) // count]
    bits = np.unpackbits(some, axis=-1, count=glass.n_weights, bitorder="little")
    weights = from_glass(glass, bits.astype(np.int8) * 2 - 1)
    found = learning.representations(weights, task.test_inputs, count)
    return found[list(_OF_LAYERS)].isel(layer=slice(1, None)).mean("network")


def summary(chain: xr.Dataset, n_paths: int) -> xr.Dataset:
    """Averages of one instance over `start` and `temperature`, as they are in `Generalisation.instances`.

    Parameters
    ----------
    chain : xarray.Dataset
        A chain and what :func:`observed`, or a scan, made of it.
    n_paths : int
        By which energies are divided.
    """
    half = chain.sizes["replica"] // 2
    per_path = chain.assign(energy=chain["energy"] / max(1, n_paths))
    parts = [per_path.isel(replica=slice(half)), per_path.isel(replica=slice(half, None))]
    middle = chain.sizes["draw"] // 2
    averages = []
    for part in parts:
        early, late = (part["energy"].isel(draw=side) for side in (slice(middle), slice(middle, None)))
        averages.append(part[["energy", *SINGLE]].mean(("draw", "replica")))
        averages[-1]["drift"] = late.mean(("draw", "replica")) - early.mean(("draw", "replica"))
    single = xr.concat(averages, "start").assign_coords(start=np.arange(len(STARTS)))
    inside = [name for name in _OF_LAYERS if name in chain]
    return single.merge(chain[[*_VOTES, *inside]], join="exact").assign_coords(start=list(STARTS))
