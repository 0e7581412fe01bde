"""How a task of field integration is run: one set of paths, planted in all lanes of a block, each in its field."""

from collections.abc import Callable

import numpy as np
import xarray as xr

import glassnet
from glassnet._random import Seed
from glassnet._wiring import n_weights
from glassnet.chains.field_schema import field_dataset
from glassnet.glass import PathGlass
from glassnet.kernels import bitsliced
from glassnet.sampling import independent_lanes, planted_field
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.dilution import removal
from glassnet.scan.runfile.schema import RunFile

#: temperatures where they are found by short runs
_N_TEMPERATURES = 6


def n_lanes(run_file: RunFile) -> int:
    """Lanes of a task: as many plantings as fit into a block at each temperature and field."""
    assert run_file.field is not None
    n_temperatures = len(run_file.field.temperatures or range(_N_TEMPERATURES))
    return planted_field.NODES * n_temperatures * planted_field.n_plantings(n_temperatures)


def updates(size: field_settings.Size, dilution: float, run_file: RunFile) -> float:
    """Metropolis updates of a task, about: without its temperatures the sweeps are those at the zero of the entropy."""
    sweeps = field_settings.sweeps(run_file, dilution)
    return n_weights(size) * (1 - dilution) * n_lanes(run_file) * sweeps


def record(
    size: field_settings.Size,
    dilution: float,
    run_file: RunFile,
    seed: Seed,
    temperatures: list[float],
    proceed: Callable[[float], bool] = lambda share: True,
) -> tuple[xr.Dataset, PathGlass, int]:
    """Run one task of field integration.

    Parameters
    ----------
    size : int or tuple of int
    dilution : float
    run_file : RunFile
    seed : Seed
        Of the task.
    temperatures : list of float
    proceed : callable(share) -> bool
        Called with the share of the sweeps that is done; returns whether to go on.

    Returns
    -------
    dataset : xarray.Dataset
        Of :func:`glassnet.chains.field_schema.field_dataset`.
    glass : PathGlass
        The paths, with couplings +1: in the gauge where the planted state is +1 they are +1 or -1 as each lane has it.
    sweeps : int
        Per lane.

    Raises
    ------
    glassnet.sampling.planted_field.Stopped
        If `proceed` returns False: nothing of the task is kept.
    """
    diluted = _diluted(size, dilution, run_file, seed)
    glass = independent_lanes.bare(diluted)
    rungs, sweeps = np.array(temperatures), field_settings.sweeps(run_file, dilution, temperatures)
    top, (fields, _) = field_settings.largest_degree(run_file, size), planted_field.quadrature()
    overlaps = planted_field.planted(glass, rungs, seed, sweeps, top=top, proceed=proceed)
    shape = (len(rungs), len(fields), -1)
    dataset = field_dataset(
        overlaps.aligned.reshape(-1, *shape[:2], overlaps.aligned.shape[1] // (len(rungs) * len(fields))),
        overlaps.local_fields.reshape(*shape, 2 * top + 1),
        np.bincount(glass.degrees, minlength=top + 1).astype(np.int32),
        draw=sweeps // 2 + planted_field.EVERY * np.arange(1, len(overlaps.aligned) + 1),
        temperatures=rungs,
        fields=fields,
        attrs={
            "glassnet_version": glassnet.__version__,
            "glass_digest": glass.digest,
            "n_weights": glass.n_weights,
            "n_paths": glass.n_paths,
            "sampler": "FieldIntegration",
            "seed": seed.value,
            "seed_key": seed.key,
            "thermalization": sweeps // 2,
            "sweeps": sweeps,
            "measure_every": planted_field.EVERY,
        },
    )
    return dataset.assign(removal(size, dilution, run_file, diluted)), glass, sweeps


def sampler(size: field_settings.Size, dilution: float, run_file: RunFile, seed: Seed) -> independent_lanes.Lanes:
    """The lanes of a task at the start, where short runs find the temperatures at guessed ones."""
    guessed = field_settings.guess(run_file, dilution)[0] * np.linspace(0.9, 1.1, _N_TEMPERATURES)
    glass = independent_lanes.bare(_diluted(size, dilution, run_file, seed))
    assert run_file.field is not None
    rungs = np.array(run_file.field.temperatures or guessed)
    temperatures, fields, violated = planted_field.planting(glass, rungs, seed)
    return independent_lanes.Lanes(glass, temperatures, seed, fields=fields, violated=violated)


def _diluted(size: field_settings.Size, dilution: float, run_file: RunFile, seed: Seed) -> PathGlass:
    keywords = run_file.glass.keywords | {"dilution": dilution, "rounding": run_file.rounding}
    return independent_lanes.diluted(run_file.glass.ensemble, size, seed, **keywords)


def footprint(size: field_settings.Size, dilution: float, run_file: RunFile) -> tuple[int, int, int]:
    """Bytes of the draws of a task, of the rest of its file, and of what it holds in memory; upper bounds."""
    before, count = n_weights(size), n_lanes(run_file)
    p, paths = run_file.glass.p_of(size), run_file.glass.n_paths(size)
    sweeps = field_settings.sweeps(run_file, dilution)
    draws = planted_field.n_draws(sweeps) * (4 * count + 8)
    laws = 4 * count * (2 * field_settings.largest_degree(run_file, size) + 1)
    of_glass = int(paths * (4 * p + 8) + before * 17)
    block = bitsliced.LANES_PER_BLOCK * -(-count // bitsliced.LANES_PER_BLOCK)
    kernel = block // 8 * (2 * before + 4 * int(paths))
    return draws, laws + of_glass, int(paths * (24 * p + 80) + before * 96) + kernel + 4 * (draws + laws)
