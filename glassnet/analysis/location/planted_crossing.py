"""Where the planted phase and the rest weigh the same: the transition temperature from planted scans.

The planted phase holds the fraction w = 1 / (1 + exp(N Sigma(T) - c)) of the weight: Sigma, the free energy per
weight and temperature that separates the phases, vanishes at the transition, and c stands for everything that does not
grow with N. Curves of w against T of different sizes therefore cross at the transition, at any c. The headline is the
crossing of all sizes at once: a logistic regression of the disorder-mean w on N and N T (and N T^2) with a free
constant c. It uses every size and temperature, where crossings of pairs of sizes use slopes that are hardly known, and
it needs no extrapolation; w near 0 or 1 gets the little weight that it deserves.

The zeros of the separate sizes (w = 1/2) move like c / (N Sigma') and are extrapolated in 1/N and ln N/N beside it.

Networks of walks have loops of the order sqrt(N), so that ln(w / (1 - w)) has a term c sqrt(N) in place of c: curves of
different widths cross away from the transition, by the order N^-1/2 or 1/width. With that term the regression is an
extrapolation in 1/width. It needs three widths, and half of what it moves the crossing by is in its bar.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from glassnet import _face
from glassnet.analysis.averages.planted_weight import PlantedNode, log_ratio
from glassnet.analysis.location.symmetric_scan import FORMS
from glassnet.statistics import bootstrap
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import fit_rows, logistic_regression, rising_root

#: another estimate widens the bar only if its own statistical error is at most this multiple of the headline's
ADMISSIBLE = 2.0
#: the curves of the sizes must cross at an angle of at least this many standard errors
_SIGNIFICANT = 3.0
#: an extrapolation in 1/width needs at least this many widths, so that it can be checked
_WIDTHS = 3
_FEW_WIDTHS = "networks need three widths, as their corrections are of the order 1/width"
_IN_WIDTH, _SMALL = ", extrapolated in 1/width", "crossing of all sizes, as if corrections were of the order 1/N"


@_face.shown
class Location(NamedTuple):
    """Result of :func:`locate`. Sizes are numbers of weights before dilution; the fits stand on those that are left.

    Attributes
    ----------
    temperature, stderr : float
        Headline and its error, the quadrature sum of `statistical` (bootstrap over samples) and `spread` (largest
        distance to an estimate whose own statistical error is at most twice the headline's; of networks also half of
        the distance to the crossing without their larger corrections), and `shift`.
    statistical, spread : float
    shift : float
        Contribution of the slope by which temperatures of sizes with different dilutions were moved to one dilution
        (:func:`widened`).
    estimates : tuple of Estimate
        The headline first, then the others.
    zeros : dict of int to Estimate
        Temperature where w = 1/2, by size.
    offset : float
        The constant c: ln(w / (1 - w)) at the crossing, of networks at the mean size.
    slope_significance : float
        How many standard errors d Sigma/d T lies above zero.
    inside : bool
        Whether the headline lies between the lowest and the highest planting temperature.
    curves : dict of int to (temperatures, weights)
        The fitted w of each size.
    lacks : str
        What is missing to call this a crossing, whatever the data say; "" if nothing is missing.
    """

    temperature: float
    stderr: float
    statistical: float
    spread: float
    estimates: tuple[Estimate, ...]
    zeros: dict[int, Estimate]
    offset: float
    slope_significance: float
    inside: bool
    curves: dict[int, tuple[np.ndarray, np.ndarray]]
    lacks: str = ""
    shift: float = 0.0

    @property
    def crosses(self) -> bool:
        """Whether the curves of different sizes cross, significantly and within the temperatures planted at."""
        known = self.inside and np.isfinite(self.stderr) and self.slope_significance > _SIGNIFICANT
        return bool(known and not self.lacks)

    @property
    def known_zeros(self) -> dict[int, Estimate]:
        """The zeros of the sizes that have one, with its error."""
        known = lambda zero: np.isfinite(zero.value) and np.isfinite(zero.stderr)  # noqa: E731
        return {size: zero for size, zero in self.zeros.items() if known(zero)}


class _Data(NamedTuple):
    """Observations of the regression; `x` is the temperature in units of `scale` from `centre`.

    `size` names the weights before dilution, `left` counts those after it, and `n` is `left` over its mean. The term of
    ln(w / (1 - w)) that does not vanish at the transition grows like n^(1 - correction).
    """

    size: np.ndarray
    left: np.ndarray
    x: np.ndarray
    n: np.ndarray
    n_samples: np.ndarray
    weight: np.ndarray
    centre: float
    scale: float
    correction: float = 1.0

    def temperature(self, x):
        return self.centre + self.scale * x

    def only(self, chosen: np.ndarray) -> "_Data":
        columns = {name: getattr(self, name)[chosen] for name in ("size", "left", "x", "n", "n_samples")}
        return self._replace(weight=self.weight[:, chosen], **columns)

    def left_of(self, sizes: list[int]) -> np.ndarray:
        """Weights that are left of each size."""
        return np.array([self.left[self.size == size].mean() for size in sizes])


def locate(nodes: list[PlantedNode], *, seed: int = 0) -> Location | None:
    """Transition temperature from planted scans of at least two sizes at two or more temperatures each, or None.

    `nodes` are all sizes and planting temperatures of one dilution; `seed` of the run is that of the bootstrap over
    samples.
    """
    if len(nodes) < 4:
        return None
    data = _observations(nodes, seed)
    sizes = [int(size) for size in np.unique(data.size) if np.unique(data.x[data.size == size]).size >= 2]
    if len(sizes) < 2:
        return None
    data = data.only(np.isin(data.size, sizes))
    bent = np.unique(data.x).size >= 3
    n_samples = int(data.n_samples.min())
    theta, roots = _joint(data, bent)
    name = f"crossing of all sizes{_IN_WIDTH if data.correction < 1 else ''}"
    headline = _estimate("planted_crossing", name, roots, n_samples, sizes)
    others, zeros = _others(data, bent, sizes, n_samples, headline, nodes, seed)
    admissible = [other for other in others if other.stderr <= ADMISSIBLE * headline.stderr]
    spread = max((abs(other.value - headline.value) for other in admissible), default=0.0)
    if data.correction < 1:
        roots = _joint(data._replace(correction=1.0), bent)[1]
        small = _estimate("planted_crossing_small_corrections", _SMALL, roots, n_samples, sizes)
        if np.isfinite(small.value) and np.isfinite(small.stderr):
            spread, others = max(spread, abs(small.value - headline.value) / 2), [*others, small]
    lowest, highest = data.temperature(data.x.min()), data.temperature(data.x.max())
    slope = theta[:, 1]
    return Location(
        temperature=headline.value,
        stderr=float(np.hypot(headline.stderr, spread)),
        statistical=headline.stderr,
        spread=spread,
        estimates=(headline, *others),
        zeros=zeros,
        offset=float(theta[0, -1]),
        slope_significance=_significance(slope, n_samples),
        inside=bool(lowest <= headline.value <= highest),
        curves=_curves(data, theta[0], bent, sizes),
        lacks=_FEW_WIDTHS if data.correction < 1 and len(sizes) < _WIDTHS else "",
    )


def widened(located: Location | None, ends: list[Location | None]) -> Location | None:
    """The location with a bar that holds, in quadrature, its distance to the farther one of `ends`: the locations with
    temperatures moved between dilutions by more and by less. The bar is nan if one of these does not exist."""
    if located is None or not ends:
        return located
    apart = [np.nan if end is None else abs(end.temperature - located.temperature) for end in ends]
    shift = float(np.max(apart))
    return located._replace(stderr=float(np.hypot(located.stderr, shift)), shift=shift)


def _significance(slope: np.ndarray, n_samples: int) -> float:
    """A slope in units of its error, from its resamples; nan where all resamples agree, so that its scatter is not
    known."""
    error = float(bootstrap.bootstrap_error(slope, n_samples))
    return float(slope[0]) / error if error > 0 else np.nan


def _observations(nodes: list[PlantedNode], seed: int) -> _Data:
    size, left = np.array([(node.size, node.n_weights) for node in nodes], dtype=np.float64).T
    temperature = np.array([node.temperature for node in nodes])
    weights = []
    for node in nodes:
        counts = bootstrap.resampling_counts(node.n_samples, key=node.path, seed=seed)
        weights.append(bootstrap.resampled_means(node.weight, counts))
    scale = np.ptp(temperature) / 2 or 1.0
    centre = temperature.mean()
    n_samples = np.array([node.n_samples for node in nodes], dtype=np.float64)
    x, n = (temperature - centre) / scale, left / left.mean()
    correction = min(node.correction for node in nodes)
    return _Data(size, left, x, n, n_samples, np.array(weights).T, centre, scale, correction)


def _joint(data: _Data, bent: bool) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (n_resamples, k) of Sigma in powers of x, then c; and the temperatures where Sigma = 0."""
    powers = [data.x**k for k in range(3 if bent else 2)]
    columns = [-data.n * power for power in powers] + [data.n ** (1 - data.correction)]
    theta = logistic_regression(np.stack(columns, axis=1), data.n_samples, data.weight)
    bend = theta[:, 2] if bent else np.zeros(len(theta))
    return theta, data.temperature(rising_root(theta[:, 0], theta[:, 1], bend))


def _others(data, bent, sizes, n_samples, headline, nodes, seed):
    """Every other estimate from the same data, and the zeros of the sizes."""
    others = []
    if bent:
        roots = _joint(data, False)[1]
        others.append(_estimate("planted_crossing_linear", "crossing, Sigma linear in T", roots, n_samples, sizes))
    if len(sizes) > 2:
        roots = _joint(data.only(data.size > sizes[0]), bent)[1]
        name = "crossing without the smallest size"
        others.append(_estimate("planted_crossing_larger_sizes", name, roots, n_samples, sizes[1:]))
    roots, theta = _by_size(data, bent, sizes)
    zeros = {size: _estimate("planted_zero", "w = 1/2", roots[:, i], n_samples, [size]) for i, size in enumerate(sizes)}
    left = data.left_of(sizes)
    for form, inverse in (_INVERSES if data.correction == 1 else _INVERSE_WIDTHS).items():
        extrapolated = _intercept(inverse(left), roots)
        name = f"w = 1/2, extrapolated in {FORMS[form]}"
        others.append(_estimate(f"planted_zero_{form}", name, extrapolated, n_samples, sizes))
    # in networks curves of two widths cross away from the transition
    for i, (small, large) in enumerate(pairwise(sizes) if data.correction == 1 else ()):
        crossing = _pair_crossing(data, theta, i, left, headline.value)
        key, name = f"planted_crossing_{small}_{large}", f"crossing of {small} and {large}"
        others.append(_estimate(key, name, crossing, n_samples, [small, large]))
    logit_zeros = _logit_zeros(nodes, sizes, seed)
    if logit_zeros is not None:
        extrapolated = _intercept(left**-data.correction, logit_zeros)
        form = "inverse_size" if data.correction == 1 else "inverse_width"
        name = f"zero of the mean ln((1-w)/w), extrapolated in {FORMS[form]}"
        others.append(_estimate(f"logit_zero_{form}", name, extrapolated, n_samples, sizes))
    return [other for other in others if np.isfinite(other.value) and np.isfinite(other.stderr)], zeros


_INVERSE_WIDTHS = {"inverse_width": lambda size: size**-0.5}
_INVERSES = {"inverse_size": lambda size: 1 / size, "log_size": lambda size: np.log(size) / size}


def _by_size(data: _Data, bent: bool, sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Zero of ln(w/(1-w)) of each size (n_resamples, n_sizes), with a line for each and one common curvature."""
    columns = [(data.size == size) * data.x**k for size in sizes for k in (0, 1)]
    if bent:
        columns.append(data.n * data.x**2)
    theta = logistic_regression(np.stack(columns, axis=1), data.n_samples, data.weight)
    if not bent:
        theta = np.hstack([theta, np.zeros((len(theta), 1))])
    roots = []
    for i, n in enumerate(data.left_of(sizes) / np.mean(data.left / data.n)):
        roots.append(rising_root(-theta[:, 2 * i], -theta[:, 2 * i + 1], -n * theta[:, -1]))
    return data.temperature(np.array(roots).T), theta


def _pair_crossing(data: _Data, theta: np.ndarray, i: int, left: np.ndarray, near: float) -> np.ndarray:
    """Temperatures where the curves of size i and the next one meet, the larger one falling faster."""
    n = left / np.mean(data.left / data.n)
    level, slope = (theta[:, 2 * i + k] - theta[:, 2 * i + 2 + k] for k in (0, 1))
    crossing = data.temperature(rising_root(level, slope, (n[i] - n[i + 1]) * theta[:, -1]))
    return np.where(np.abs(crossing - near) < 2 * data.scale, crossing, np.nan)


def _logit_zeros(nodes: list[PlantedNode], sizes: list[int], seed: int) -> np.ndarray | None:
    """Zero of the disorder mean of ln((1-w)/w) of each size, (n_resamples, n_sizes); lines through the mixed nodes."""
    zeros = []
    for size in sizes:
        mixed = [node for node in nodes if node.size == size and 0.05 < node.weight.mean() < 0.95]
        if len(mixed) < 2:
            return None
        temperature = np.array([node.temperature for node in mixed])
        values = [log_ratio(node) for node in mixed]
        counts = [bootstrap.resampling_counts(node.n_samples, key=node.path, seed=seed) for node in mixed]
        means = np.array([bootstrap.resampled_means(v, c) for v, c in zip(values, counts, strict=True)]).T
        precision = np.array([np.sqrt(len(v) / (v.var() + 1e-6)) for v in values])
        level, slope = fit_rows([precision, temperature * precision], means * precision).T
        zeros.append(np.where(slope > 0, -level / np.where(slope > 0, slope, 1), np.nan))
    return np.array(zeros).T


def _intercept(inverse_size: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """Value at infinite size of a line through the zeros (n_resamples, n_sizes); nan where a size has none."""
    known = np.isfinite(zeros).all(axis=1)
    intercept = np.full(len(zeros), np.nan)
    intercept[known] = fit_rows([np.ones_like(inverse_size), inverse_size], zeros[known])[:, 0]
    return intercept


def _curves(data: _Data, theta: np.ndarray, bent: bool, sizes: list[int]) -> dict:
    x = np.linspace(data.x.min(), data.x.max(), 101)
    sigma = sum(theta[k] * x**k for k in range(3 if bent else 2))
    shares = data.left_of(sizes) / np.mean(data.left / data.n)
    return {
        size: (data.temperature(x), expit(theta[-1] * n ** (1 - data.correction) - n * sigma))
        for size, n in zip(sizes, shares, strict=True)
    }


def _estimate(key: str, name: str, resampled: np.ndarray, n_samples: int, sizes) -> Estimate:
    stderr = float(bootstrap.bootstrap_error(resampled, n_samples))
    return Estimate(float(resampled[0]), stderr, name, tuple(sizes), key=key)
