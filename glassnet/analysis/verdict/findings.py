"""What the chains of one dilution give to the verdict, and what follows from it for evidence and estimators alike."""

from dataclasses import dataclass
from functools import cached_property

import xarray as xr

from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.dilution.common_dilution import Common
from glassnet.analysis.location import discontinuous, overlap_peaks, symmetric_scan
from glassnet.analysis.location.annealed_bounds import Annealed
from glassnet.analysis.location.continuous import Continuous, continuous
from glassnet.analysis.location.planted_crossing import Location, locate
from glassnet.analysis.location.symmetric_scan import Dip, LatentHeat
from glassnet.analysis.surveys.one_dilution import DilutionAverages
from glassnet.analysis.verdict.external_results import Known
from glassnet.statistics.estimate import Estimate


@dataclass(frozen=True, eq=False)
class Findings:
    """What the chains of one dilution give, from rungs and planted nodes in equilibrium only.

    `thermodynamics`, `overlaps` and `phases` are by size; `unbounded` says why there are no `annealed` curves; `field`
    and `arrest` were measured apart from the chains: the zero of the complexity, and the dynamical arrest, objects with
    `temperature`, `stderr` and `name`, or None. `ends` are the same findings with the temperatures of the sizes moved
    to one dilution by more and by less (:mod:`glassnet.analysis.dilution.common_dilution`); empty where no size was
    moved. Everything else follows from these, and is computed when it is asked for, once.
    """

    planted: list[PlantedNode]
    location: Location | None
    thermodynamics: dict[int, xr.Dataset]
    overlaps: dict[int, xr.Dataset]
    phases: dict[int, xr.Dataset]
    annealed: Annealed | None = None
    unbounded: str = ""
    field: Known = None
    arrest: Known = None
    ends: tuple["Findings", ...] = ()

    @cached_property
    def has_binder(self) -> bool:
        """Whether the order parameter has a Binder cumulant; that of networks of walks has none."""
        return symmetric_scan.has_binder(self.overlaps)

    @cached_property
    def thermal_curves(self) -> dict[int, xr.Dataset]:
        """Thermodynamics of the sizes with at least three rungs, so that a curve has a curvature."""
        return _with_three_rungs(self.thermodynamics)

    @cached_property
    def overlap_curves(self) -> dict[int, xr.Dataset]:
        """Overlaps of the sizes with at least three rungs."""
        return _with_three_rungs(self.overlaps)

    @cached_property
    def dips(self) -> list[Dip]:
        """Minima of the Binder cumulants, by size."""
        each = (symmetric_scan.dip(size, data) for size, data in self.overlap_curves.items())
        return [dip for dip in each if dip is not None]

    @cached_property
    def continuous(self) -> Continuous:
        """What symmetric scans say about a continuous transition; networks of walks are not asked."""
        return continuous(self.overlap_curves if self.has_binder else {})

    @cached_property
    def order(self) -> xr.Dataset | None:
        """Peaks of P(q) by size."""
        return overlap_peaks.of_sizes(self.overlap_curves)

    @cached_property
    def jump(self) -> Estimate | None:
        """Distance of these peaks as N grows."""
        return overlap_peaks.jump(self.order)

    @cached_property
    def heated(self) -> LatentHeat | None:
        """Square of the latent heat from the maximum of the heat capacity."""
        return symmetric_scan.latent_heat(self.thermal_curves)

    @cached_property
    def latent_heat(self) -> list[Estimate]:
        """Latent heat per weight, the headline first, as a first-order transition would have it."""
        return discontinuous.latent_heat(self.phases, self.thermal_curves)


def findings(read: DilutionAverages, common: Common, field: Known, arrest: Known, seed: int) -> Findings:
    """What the chains of one dilution give, with temperatures moved to the common dilution of its sizes; `seed` of the
    run is that of the bootstrap over samples."""
    sound = common.planted(read.sound(), {node.path: node for node in read.nodes})
    largest = max(read.nodes, key=lambda node: node.size)
    return Findings(
        sound,
        locate(sound, seed=seed),
        common.averages(read.trusted(read.thermodynamics)),
        common.averages(read.trusted(read.overlaps)),
        common.phases(read.coexisting()),
        None if read.annealed is None else read.annealed.at(largest, common.dilution),
        read.unbounded,
        field,
        arrest,
    )


def _with_three_rungs(averages: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
    return {size: data for size, data in averages.items() if data.sizes["temperature"] >= 3}
