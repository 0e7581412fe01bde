"""The exponents of given glasses: those of a spin glass, of a ferromagnet, or none that are known."""

import numpy as np
import xarray as xr

from glassnet.analysis.location import scaling, symmetric_scan
from glassnet.analysis.location.exponents import FERROMAGNET, GLASS, PRODUCT, Exponents
from glassnet.statistics import bootstrap, fits


def two_body(overlaps: dict[int, xr.Dataset]) -> bool:
    """Whether these are two-body glasses on random graphs, of which mean-field theory knows the exponents."""
    return bool(overlaps) and all(
        data.attrs.get("random_graph", False) and data.attrs.get("p") == 2 for data in overlaps.values()
    )


def discontinuous(overlaps: dict[int, xr.Dataset]) -> bool:
    """Whether nothing can order continuously: with three or more weights on each path of a random graph the field on a
    weight is a product of others, so that the paramagnet is stable against weak order at any T > 0."""
    return any(data.attrs.get("random_graph", False) and data.attrs.get("p", 0) > 2 for data in overlaps.values())


def universality(overlaps: dict[int, xr.Dataset]) -> Exponents | None:
    """The exponents of mean-field theory that hold in these glasses.

    None elsewhere than on random graphs, for more than two weights on a path, and where it is not known which ones
    hold. With a bias between 0 and 1, or with given couplings, the magnetisation decides if it was measured
    (:func:`magnetised`). Given couplings may be those of a ferromagnet up to a gauge, so that a vanishing magnetisation
    says nothing. If all paths join the same two layers, a negative bias certainly means such a ferromagnet: turning one
    layer makes the bias positive, and only the overlap shows the order. On other random graphs couplings of -1 are
    frustrated, and make a glass.
    """
    if not two_body(overlaps):
        return None
    biases = {float(data.attrs["bias"]) for data in overlaps.values()}
    if min(biases) < 0 and all(data.attrs.get("bipartite", False) for data in overlaps.values()):
        return PRODUCT if biases == {-1.0} else None
    measured = all("m2_resampled" in data for data in overlaps.values())
    ferromagnet = FERROMAGNET if measured else PRODUCT
    if biases <= {0.0, 1.0}:
        return None if len(biases) > 1 else GLASS if biases == {0.0} else ferromagnet
    grows = magnetised(overlaps)
    if grows is None or (not grows and np.isnan(list(biases)).any()):
        return None
    return ferromagnet if grows else GLASS


def magnetised(overlaps: dict[int, xr.Dataset]) -> bool | None:
    """Whether the magnetisation orders: N^1/2 [m^2] of all sizes crosses.

    It does not where N [m^2] grows with an exponent below 1/2, that of a ferromagnet at its transition, on the coldest
    common rung; None where neither is significant, or [m^2] was not measured.
    """
    crossing = scaling.order(overlaps, FERROMAGNET)
    if crossing is None:
        return None
    if crossing.crosses:
        return True
    size = np.array(list(overlaps), dtype=float)
    shared = symmetric_scan.common_rungs(list(overlaps.values()))
    rows = [data["m2_resampled"].sel(temperature=shared[0], method="nearest").values for data in overlaps.values()]
    logs = np.log(np.maximum(size[:, None] * np.array(rows), 1e-300))
    growth = fits.straight_line(
        np.log(size), logs[:, 0], bootstrap.bootstrap_error(logs.T, scaling.fewest_samples(overlaps))
    )[1]
    return False if growth.below(0.5) else None
