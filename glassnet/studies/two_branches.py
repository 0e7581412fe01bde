"""Equilibrium at a strong first-order transition: free energies of both branches, and where they cross.

Where the two states of a first-order transition are far apart no chain passes between them, and what heating and
cooling show is how long the run was. But each state is in equilibrium with itself, and its free energy follows from
energies alone once it is known at one point: that of the disordered state at T = inf, where ln Z = N ln 2, and that of
the ordered state in a field that holds it to one configuration w*, where ln Z is the Boltzmann weight of w*.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet._random import Seed
from glassnet.glass import PathGlass
from glassnet.sampling import independent_lanes
from glassnet.statistics.estimate import Estimate, with_error
from glassnet.studies import branch_free_energies, branch_runs
from glassnet.studies.branch_free_energies import Branch, Crossing, Pair, jackknife_error

LN2 = math.log(2.0)
#: the ordered state is held, and its free energy known, at this share of the lowest temperature
_COLDER = 0.75
#: standard errors by which two values must differ
_SIGNIFICANT = 4.0
#: share of turned symmetries above which the images of the ordered state are no longer apart
_TURNED = 0.01
_BRANCHES = ("ordered", "disordered", "reference")
_UNKNOWN = Estimate(math.nan, math.nan)


@dataclass(frozen=True)
@_face.shown
class TwoBranches:
    """Answer of :func:`two_branches`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    kind : {"first-order", "none", "undecided"}
        "none": at no temperature all lanes keep to two states. "undecided": the branches do not cross between the
        temperatures at which both are there, or a check below failed.
    temperature, stderr : float
        T_c, where the free energies of both branches cross, all images of the ordered state under the symmetries of the
        energy counted; nan without a crossing.
    one_sector : Estimate
        Where that of the disordered branch crosses that of a single image: how much `log_images` moves T_c.
    latent_heat : Estimate
        Energy per weight of the disordered branch minus that of the ordered one at T_c.
    curves : xarray.Dataset
        Over `temperature`: `free_energy` and `energy` (branch, temperature) per weight and their `_stderr`, for the
        branches "ordered", with all images, and "disordered"; nan where a branch has left itself.
    left : dict
        By branch: the temperature of the rung on which it was first found to have left itself (from where on it is not
        used); nan while it is itself on all rungs.
    images : str
        Which images of the ordered state are counted.
    log_images : float
        Their number: its logarithm, for the whole glass.
    free_weights : int
        Weights without a path. They add ln 2 each to the entropy of both branches, and are not simulated.
    colder : Estimate
        Check of the reference: ln Z of the ordered branch at the lowest temperature, for the whole glass, as it follows
        from 3/4 of that temperature, minus the same found at that temperature itself.
    turned : float
        Share of the symmetries that lanes have turned by themselves where they start: 0 where images are apart. Above
        0.01 the same images would be counted twice, and the result is "undecided".
    drift : float
        T_c of the second half of the draws minus that of the first, in standard errors. Beyond 4, the difference is
        part of `stderr`.
    notes : tuple of str
        Why the result is undecided, in words.
    """

    kind: str
    temperature: float
    stderr: float
    one_sector: Estimate
    latent_heat: Estimate
    curves: xr.Dataset
    left: dict[str, float]
    images: str
    log_images: float
    free_weights: int
    colder: Estimate
    turned: float
    drift: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        found = f", T_c = {with_error(self.temperature, self.stderr)}" if np.isfinite(self.temperature) else ""
        lines = [f"two branches: {self.kind}{found}", *(f"  {note}" for note in self.notes)]
        if found:
            lines.append(f"latent heat {self.latent_heat} per weight")
        counted = f"images of the ordered state: {self.images}"
        if self.log_images:
            counted += f", ln of their number {self.log_images:.4g}; with one of them T_c = {self.one_sector}"
        lines.append(counted)
        if self.free_weights:
            lines.append(f"{self.free_weights} weights without a path: ln 2 each in both branches")
        for branch, temperature in self.left.items():
            if np.isfinite(temperature):
                lines.append(f"the {branch} branch has left itself at T = {temperature:.5g}")
        lines.append(f"ln Z of the ordered branch, from colder minus directly: {self.colder}")
        columns = ("T", "free energy, ordered", "free energy, disordered", "energy, ordered", "energy, disordered")
        rows = map(self._row, range(len(self.curves.temperature)))
        return "\n".join([*lines, "", _tables.table(dict.fromkeys(columns, ".5g"), rows)])

    def _row(self, at: int) -> list[float | str]:
        here = self.curves.isel(temperature=at)
        pairs = [(here[name].values, here[f"{name}_stderr"].values) for name in ("free_energy", "energy")]
        cells = [
            with_error(float(value[branch]), float(stderr[branch])) for value, stderr in pairs for branch in (0, 1)
        ]
        return [float(here.temperature), *cells]

    def plot(self, ax: Any = None) -> Any:
        """Draw the difference of the two free energies against T; see :func:`glassnet.plots.two_branches`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.two_branches(self, ax)


def two_branches(
    glass: PathGlass,
    temperatures: ArrayLike,
    ordered: ArrayLike | None = None,
    sweeps: int = 160,
    n_replicas: int | None = None,
    seed: int | None = None,
) -> TwoBranches:
    """Free energies of the ordered and of the disordered state, and the temperature at which they cross.

    The disordered branch is cooled from T = inf, the ordered one heated from its state; rungs are placed by what they
    scatter. Nothing needs to pass between the two states, so sizes may be as large as memory allows.

    Parameters
    ----------
    glass : PathGlass
        Any couplings.
    temperatures : list of floats
        Where the free energies are wanted, strictly increasing, > 0 and finite, at least two; units of |J|. The
        crossing is looked for between the first, at which the ordered state must be safe, and the last.
    ordered : (n_weights,) of +-1, optional
        A configuration of the ordered state; by default the planted one. It need not be its lowest: in the field that
        is taken away it finds the state around it. With biased couplings +1 everywhere, for couplings from data
        :func:`glassnet.network.hebb_state`.
    sweeps : int
        On every rung, >= 40; the first half is not recorded. States that relax slowly, such as a paramagnet little
        above T_d, need more: twice the sweeps should not move T_c.
    n_replicas : int, optional
        Independent lanes, >= 32; by default 256 for +-J and 64 for real couplings. Errors come from them.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    A branch has left itself where a lane is beyond the middle between the energies of both: from that rung on, away
    from the stretch of temperatures in which the branches are apart, it is not used. Errors are those of the lanes of
    this one glass.

    Images: the energy does not change under a group of flips (all weights of a hidden unit; two layers; for even p all
    weights). The disordered state contains all of them, the ordered one is one image of many. ln of their number
    belongs to the equilibrium of a finite glass, and vanishes per weight as it grows.
    """
    _checks.instance("glass", glass, PathGlass)
    temperatures = _temperatures(temperatures)
    state = _ordered(glass, ordered)
    sweeps = _checks.integer("sweeps", sweeps, minimum=40, most=2**30)
    n_lanes = (256 if glass.is_binary else 64) if n_replicas is None else n_replicas
    n_lanes = _checks.integer("n_replicas", n_lanes, minimum=2 * branch_free_energies.GROUPS, maximum=2**20)
    if not glass.n_paths:
        raise ValueError("glass must have a path, got none")
    seed = independent_lanes.instance_seed(seed, 0).value
    coupled, n_free = branch_runs.without_free_weights(glass)
    kept = state[glass.degrees > 0]
    bare = independent_lanes.bare(coupled, coupled.couplings * kept[coupled.paths].prod(axis=1))
    sets = branch_runs.symmetries(coupled)
    runs = _run(bare, temperatures, sets, [branch_runs.Walk(bare, n_lanes, sweeps, Seed(seed, k)) for k in _BRANCHES])
    return _evaluated(runs, temperatures, glass, n_free, _images(coupled, len(sets)), len(sets) * LN2)


def _temperatures(temperatures: ArrayLike) -> np.ndarray:
    ladder = _checks.temperature_ladder("temperatures", temperatures)
    if len(ladder) < 2 or not np.isfinite(ladder[-1]):
        raise ValueError(f"temperatures must be at least two finite ones, got {_checks.shown(list(ladder))}")
    return ladder


def _ordered(glass: PathGlass, ordered: ArrayLike | None) -> np.ndarray:
    if ordered is not None:
        return _checks.sign_array("ordered", ordered, shape=(glass.n_weights,))
    if glass.planted is None:
        raise ValueError("ordered must be given: the glass has no planted state")
    return glass.planted


def _images(glass: PathGlass, number: int) -> str:
    """Which images of the ordered state are counted, in words."""
    if not number:
        return "none but itself"
    if glass.widths is not None:
        return f"gauge of {number} hidden units"
    return f"flips of two of {glass.p} layers" if glass.has_layers else "w and -w"


class _Runs(NamedTuple):
    """What was sampled, by decreasing inverse temperature: pairs are (ordered, disordered)."""

    betas: tuple[np.ndarray, np.ndarray]
    energies: tuple[np.ndarray, np.ndarray]
    #: ln Z of the ordered branch on its first rung, and at the lowest temperature, (1 + GROUPS,)
    coldest: np.ndarray
    direct: np.ndarray
    turned: float
    n_weights: int


def _run(glass: PathGlass, temperatures: np.ndarray, sets: list[np.ndarray], walks: list[branch_runs.Walk]) -> _Runs:
    """Sample both branches, and the free energy of the ordered one where it starts and at the lowest temperature."""
    lowest, highest = float(temperatures[0]), float(temperatures[-1])
    released, first = walks[0].release(_COLDER * lowest)
    heated = walks[0].go((1 / (_COLDER * lowest), 1 / highest), released.weights, first)
    cooled = walks[1].go((0.0, 1 / lowest), None)
    checked, _ = walks[2].release(lowest)
    return _Runs(
        (heated.conjugate, cooled.conjugate[::-1]),
        (heated.values, cooled.values[::-1]),
        _held(glass, released, _COLDER * lowest),
        _held(glass, checked, lowest),
        branch_runs.turned(released.weights, sets),
        glass.n_weights,
    )


def _held(glass: PathGlass, released: branch_runs.Record, temperature: float) -> np.ndarray:
    """ln Z of the ordered state without a field: its weight exp(-E/T) in units of its share, (1 + GROUPS,)."""
    branch = Branch(released.conjugate, released.values)
    return glass.couplings.sum() / temperature - branch.log_density(-glass.n_weights)


def _evaluated(
    runs: _Runs, temperatures: np.ndarray, glass: PathGlass, n_free: int, images: str, log_images: float
) -> TwoBranches:
    """Trim both branches to where they are themselves, and compare them."""
    bounds = branch_free_energies.separate(runs.betas, runs.energies)
    apart = bool(np.isfinite(bounds[0]))
    kept = [runs.betas[0] >= (bounds[0] if apart else 0.0), runs.betas[1] <= (bounds[1] if apart else np.inf)]
    pair = _pair(runs, kept, slice(None))
    common = max(bounds[0], 1 / temperatures[-1]), min(bounds[1], 1 / temperatures[0])
    crossing = pair.crossing(common, log_images) if apart else None
    curves = _curves(pair, runs, kept, temperatures, glass, n_free * LN2, log_images, apart)
    left = {name: _left(runs.betas[k], kept[k], k) for k, name in enumerate(_BRANCHES[:2])}
    check = pair.log_z(0, 1 / temperatures[0]) - runs.direct
    # two runs: lanes left out in one have nothing to do with those of the other
    colder = Estimate(
        check[0], math.hypot(*(float(jackknife_error(one)) for one in (check + runs.direct, runs.direct)))
    )
    notes = _notes(apart, crossing, common, runs.turned, colder)
    values: dict[str, Any] = {"temperature": math.nan, "stderr": math.nan, "latent_heat": _UNKNOWN, "drift": math.nan}
    if crossing is not None:
        values = _transition(runs, kept, crossing, common, log_images, glass.n_weights)
        heat = values["latent_heat"]
        if not heat.value > _SIGNIFICANT * heat.stderr:
            notes.append(f"the latent heat {heat} is not significant")
    alone = pair.crossing(common, 0.0) if apart else None
    sector = _UNKNOWN if alone is None else Estimate(1 / alone.beta[0], jackknife_error(1 / alone.beta))
    kind = "none" if not apart else "undecided" if notes else "first-order"
    return TwoBranches(
        kind=kind,
        one_sector=sector,
        curves=curves,
        left=left,
        images=images,
        log_images=log_images,
        free_weights=n_free,
        colder=colder,
        turned=runs.turned,
        notes=tuple(notes),
        **values,
    )


def _pair(runs: _Runs, kept: list[np.ndarray], draws: slice) -> Pair:
    betas = [own[use] for own, use in zip(runs.betas, kept, strict=True)]
    energies = [own[use][:, draws] for own, use in zip(runs.energies, kept, strict=True)]
    return Pair((betas[0], betas[1]), (energies[0], energies[1]), runs.coldest, runs.n_weights * LN2)


def _transition(
    runs: _Runs, kept: list[np.ndarray], crossing: Crossing, common: tuple[float, float], log_images: float, size: int
) -> dict[str, Any]:
    """T_c with its error, the latent heat, and how far the crossing still moves along the run."""
    temperature, half = 1 / crossing.beta, runs.energies[0].shape[1] // 2
    stderr, drift = float(jackknife_error(temperature)), math.nan
    parts = [_pair(runs, kept, part).crossing(common, log_images) for part in (slice(half), slice(half, None))]
    if parts[0] is not None and parts[1] is not None:
        moved = 1 / parts[1].beta - 1 / parts[0].beta
        drift = float(moved[0] / jackknife_error(moved))
        if abs(drift) > _SIGNIFICANT:
            stderr = math.hypot(stderr, float(moved[0]))
    heat = Estimate(crossing.heat[0] / size, jackknife_error(crossing.heat) / size, "latent heat")
    return {"temperature": float(temperature[0]), "stderr": stderr, "latent_heat": heat, "drift": drift}


def _left(betas: np.ndarray, kept: np.ndarray, branch: int) -> float:
    """Temperature of the first rung, from the start of its branch, on which it is no longer used; nan without one."""
    lost = betas[~kept]
    return float(1 / (lost.max() if branch == 0 else lost.min())) if lost.size else math.nan


def _notes(
    apart: bool, crossing: Crossing | None, common: tuple[float, float], turned: float, colder: Estimate
) -> list[str]:
    """Why a result is undecided."""
    if not apart:
        return ["no temperature at which all lanes keep to two states: chains that pass between them need no branches"]
    notes = []
    if crossing is None:
        notes.append(f"no crossing from T = {1 / common[1]:.5g} to {1 / common[0]:.5g}, where both branches are there")
    if turned > _TURNED:
        notes.append(f"{turned:.1%} of the images are passed on the coldest rung: begin at a lower temperature")
    if abs(colder.value) > _SIGNIFICANT * colder.stderr:
        notes.append(f"the free energy of the ordered branch depends on where it is held: ln Z differs by {colder}")
    return notes


def _curves(
    pair: Pair,
    runs: _Runs,
    kept: list[np.ndarray],
    temperatures: np.ndarray,
    glass: PathGlass,
    free: float,
    log_images: float,
    apart: bool,
) -> xr.Dataset:
    """Free energies and energies per weight at the temperatures asked for."""
    shape = (2, len(temperatures))
    table = {name: np.full(shape, np.nan) for name in ("free_energy", "free_energy_stderr", "energy", "energy_stderr")}
    for branch, images in enumerate((log_images, 0.0)):
        own = runs.betas[branch][kept[branch]]
        for at, temperature in enumerate(temperatures):
            beta = 1 / temperature
            if not own.min() * (1 - 1e-9) <= beta <= own.max() * (1 + 1e-9) or not apart:
                continue
            free_energy = -temperature * (pair.log_z(branch, beta) + images + free) / glass.n_weights
            energy = pair.energy(branch, beta) / glass.n_weights
            for name, values in (("free_energy", free_energy), ("energy", energy)):
                table[name][branch, at] = values[0]
                table[f"{name}_stderr"][branch, at] = jackknife_error(values)
    return xr.Dataset(
        {name: (("branch", "temperature"), values) for name, values in table.items()},
        coords={"branch": list(_BRANCHES[:2]), "temperature": temperatures},
        attrs={"n_weights": glass.n_weights},
    )
