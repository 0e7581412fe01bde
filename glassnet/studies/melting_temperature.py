"""Where crystals melt, and how well that is known."""

import numpy as np

from glassnet.statistics import bootstrap
from glassnet.statistics.standard_errors import standard_error
from glassnet.studies.planted_relaxation import LOST_BELOW


def melting_points(temperatures: np.ndarray, times: np.ndarray, overlap: np.ndarray) -> tuple[np.ndarray, float]:
    """Where each instance of the overlaps (temperature, time, instance, replica) melts, and the error of their mean."""
    mean = overlap.mean(axis=3)
    earlier = mean[:, int(np.searchsorted(times, times[-1] / 4))]
    points, before = _crossing(temperatures, mean[:, -1]), _crossing(temperatures, earlier)
    if not np.isfinite(points).all():
        return points, np.nan
    apart = np.diff(temperatures)[np.searchsorted(temperatures, points) - 1].mean() / 2
    # an earlier crossing beyond the last temperature is at least there
    moved = np.mean(np.where(np.isfinite(before), before, temperatures[-1]) - points)
    if len(points) > 1:
        scatter = standard_error(points)
    else:
        counts = bootstrap.resampling_counts(overlap.shape[3], key="replicas of one crystal")
        drawn = bootstrap.resampled_means(overlap[:, -1, 0].T, counts)
        scatter = bootstrap.bootstrap_error(_crossing(temperatures, drawn.T), overlap.shape[3])
    return points, float(np.sqrt(apart**2 + moved**2 + np.nan_to_num(scatter) ** 2))


def _crossing(temperatures: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """First temperature at which overlaps (temperature, n) fall through 1/2, interpolated; nan where they do not."""
    left = mean >= LOST_BELOW
    after = np.argmin(left, axis=0)
    crosses = left[0] & ~left.all(axis=0)
    upper, lower = (np.take_along_axis(mean, np.maximum(index, 0)[None], axis=0)[0] for index in (after - 1, after))
    share = (upper - LOST_BELOW) / np.where(crosses, upper - lower, 1)
    cold, warm = temperatures[np.maximum(after - 1, 0)], temperatures[after]
    return np.where(crosses, cold + share * np.where(crosses, warm - cold, 0), np.nan)
