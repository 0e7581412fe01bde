"""One step of replica symmetry breaking at any m: the glass below T_K.

States of free energy phi = -beta f count as exp(N m phi). With z the partition functions of weights and paths within
one state (1 without fields), <..> the mean over states and x = tanh(beta J) prod m
(M. Mezard, G. Parisi, Eur. Phys. J. B 20, 217 (2001)),

    G(m) = (1/N) ln sum exp(N m phi) = m phi_paramagnet + [ln <z_weight^m>] - (p - 1) alpha [ln <(1 + x)^m>],
    Sigma(m) = G - m dG/dm,    -beta f = min G(m)/m, at m* where Sigma = 0.

m = 1 is the planted glass. Below T_K m* < 1, and P(q) = m* delta(q) + (1 - m*) delta(q - q1): two states overlap by
q0 = 0, since both signs of a weight are equivalent.

If all weights look alike (regular, +-J, undiluted) one population of fields stands for every weight. Otherwise each of
many sites, drawn with their degrees and couplings, has its own. Those are small, which shifts results by O(1/inside):
they are extrapolated from two sizes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet import _checks, _face, _random
from glassnet._terminal import reporter
from glassnet.kernels import cavity
from glassnet.statistics.autocorrelation import mean_of_series
from glassnet.statistics.estimate import Estimate, table
from glassnet.statistics.fits import extrapolated_in_size, fit_estimates
from glassnet.theory.planted.population import LARGEST, MELTED, Fields
from glassnet.theory.trees.branching import Branching, Law, branching
from glassnet.theory.trees.degrees import HasTree, Tree

__all__ = ["Glass", "States", "glass", "states"]
_face.public(__name__)

FEWEST = 1_000  # members that resolve a distribution of fields: of one population for all, of all sites together
FEWEST_INSIDE = 50  # members of a site
FEWEST_SITES = 20
MEMBERS_INSIDE = 100
MOST_M = 2.0
_AROUND = (0.96, 1.0, 1.04)  # of m*, where states are measured


@dataclass(frozen=True)
@_face.shown
class States:
    """Thermodynamics of the states that dominate at one m.

    Attributes
    ----------
    temperature, m : float
    potential : Estimate
        G(m)/m, the replicated free entropy per weight; its minimum over m is -beta f of the glass.
    complexity : Estimate
        Sigma(m), logarithm of the number of these states per weight, in nats.
    energy : Estimate
        Per weight.
    overlap : Estimate
        Within one state; 0 if there are no states at this m, and all others are those of the paramagnet.
    """

    temperature: float
    m: float
    potential: Estimate
    complexity: Estimate
    energy: Estimate
    overlap: Estimate

    def __str__(self) -> str:
        title = f"states at T = {self.temperature:g}, m = {self.m:g}"
        if self.overlap.value == 0.0:
            title += ": none, the paramagnet"
        rows = {"free energy": self.free_energy, "energy": self.energy}
        return table(title, rows | {"complexity": self.complexity, "overlap": self.overlap})

    @property
    def free_energy(self) -> Estimate:
        """-T G(m)/m per weight; highest at m*, where it is the glass's."""
        return Estimate(-self.temperature * self.potential.value, self.temperature * self.potential.stderr)


@dataclass(frozen=True)
@_face.shown
class Glass:
    """Equilibrium of the symmetric ensemble at one temperature; above T_K the paramagnet, with m = 1.

    Attributes
    ----------
    temperature : float
    m : Estimate
        m*: weight of the peak of P(q) at 0. Reaches 1 at T_K, and is (1, without error) above.
    free_energy, energy : Estimate
        Per weight.
    overlap : Estimate
        q1, within a state; 0 above T_K, where P(q) has no second peak (up to T_d states have the overlap that `states`
        finds at m = 1).
    """

    temperature: float
    m: Estimate
    free_energy: Estimate
    energy: Estimate
    overlap: Estimate

    def __str__(self) -> str:
        kind = "paramagnet" if self.m.value == 1.0 else "glass"
        rows = {"m*": self.m, "overlap q1": self.overlap, "free energy": self.free_energy, "energy": self.energy}
        return table(f"{kind} at T = {self.temperature:g}", rows | {"entropy": self.entropy})

    @property
    def entropy(self) -> Estimate:
        """(e - f)/T per weight, in nats."""
        stderr = math.hypot(self.energy.stderr, self.free_energy.stderr)
        return Estimate((self.energy.value - self.free_energy.value) / self.temperature, stderr / self.temperature)

    def overlap_distribution(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the two peaks of P(q) as (overlap, weight): (0, m*) and (q1, 1 - m*); of P(abs(q)) for even p."""
        return (0.0, self.m.value), (self.overlap.value, 1.0 - self.m.value)


class Sites(Fields):
    """Fields within the states: a population of its own for every site.

    Parameters
    ----------
    tree : Branching
    n_sites, inside : int
        Sites, and fields in each of them (rounded down to an even number).
    seed : int
    """

    def __init__(self, tree: Branching, n_sites: int, inside: int, seed: int) -> None:
        self.n_sites, self.inside = n_sites, 2 * (inside // 2)
        key = _random.Seed(seed, f"states,sites={n_sites},inside={inside}")
        super().__init__(tree, n_sites, self.inside, key, cavity.state_step)

    def observe(self, temperature: float, m: float) -> tuple[float, float, float, float]:
        """G/m, complexity, energy and overlap of the populations as they are."""
        tree, ratios = self.tree, self.tree.ratios(temperature)
        with self.in_use():
            weights, paths = cavity.state_observe(
                self._fields, ratios, tree.full, tree.n_factors, m, self.n_sites, self._rng
            )
        links, paramagnet = tree.n_factors * tree.alpha, tree.paramagnet(temperature)[0]
        log_weight, weight, overlap = _unbiased(weights)
        log_path, path, energy = _unbiased(paths)
        exponent = m * paramagnet + log_weight - links * log_path
        slope = paramagnet + weight - links * path
        return exponent / m, exponent - m * slope, -temperature * tree.alpha * energy, overlap

    def measure(
        self, temperature: float, m: float, iterations: int, report: Callable[[int], object] | None = None
    ) -> States | None:
        """Relax, then average over some iterations; None if the states melt."""
        if not self.relax(temperature, m):
            return None
        series = np.empty((iterations, 4))
        for i in range(iterations):
            overlap = self.step(temperature, m)
            series[i] = self.observe(temperature, m)
            if report:
                report(i + 1)
        if overlap < MELTED:
            return None
        return States(temperature, m, *(mean_of_series(column) for column in series.T))


def states(
    theory: Tree | HasTree,
    temperature: float,
    m: float,
    couplings: Law = "binary",
    *,
    members: int = 50_000,
    inside: int = MEMBERS_INSIDE,
    iterations: int = 100,
    seed: int = 1,
    progress: bool | Callable[[int, int], None] = False,
) -> States:
    """Solve for the states that dominate at m.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`; its own couplings are not used.
    temperature : float
        At least 0.05 mean abs(J); below, `glassnet.theory.zero_temperature.ground_state`.
    m : float
        In (0, 2]; m > 1 finds states below the free energy of the planted one.
    couplings
        Law of the couplings, see `glassnet.theory.trees.branching.strengths`.
    members : int
        Fields altogether, >= 1000.
    inside : int
        Fields of one site, >= 50, where weights differ by degree or couplings; there must be 20 sites or more.
    iterations : int
        Measured, >= 20, after as many as it takes to become stationary.
    seed : int
    progress : bool or callable
        True for a bar of the iterations; a callable is called as progress(done, total).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    tree = branching(theory, couplings)
    temperature = tree.temperature(temperature)
    m = _checks.real("m", m, minimum=0.0, maximum=MOST_M, exclusive=True)
    populations = _populations(tree, members, inside, seed)
    iterations = _checks.integer("iterations", iterations, minimum=20, most=10**7)
    with reporter(progress, iterations, "iterations") as report:
        extrapolated = _extrapolated(populations, temperature, m, iterations, report)
    if extrapolated:
        return extrapolated
    exponent, energy = tree.paramagnet(temperature)
    return States(temperature, m, *(Estimate(value, 0.0) for value in (exponent, 0.0, energy, 0.0)))


def glass(
    theory: Tree | HasTree,
    temperature: float,
    couplings: Law = "binary",
    *,
    members: int = 50_000,
    inside: int = MEMBERS_INSIDE,
    iterations: int = 100,
    seed: int = 1,
    progress: bool | Callable[[int, int], None] = False,
) -> Glass:
    """Find m* and with it the equilibrium at a temperature; parameters as for `states`.

    Iterations are measured at three m around m*, and interpolated to it.

    Raises
    ------
    TypeError, ValueError
        As for `states`, and if p < 3: pairs break replica symmetry at every step, not at one.
    """
    tree = branching(theory, couplings)
    if tree.tree.p < 3:
        raise ValueError(f"p must be >= 3, got {tree.tree.p}: pairs break replica symmetry at every step")
    temperature = tree.temperature(temperature)
    populations = _populations(tree, members, inside, seed)
    iterations = _checks.integer("iterations", iterations, minimum=20, most=10**7)
    scout = Sites(tree, 1, members // 4, seed) if tree.is_alike else populations[-1]
    rough = _rough_m(scout, temperature)
    measured = []
    with reporter(progress, len(_AROUND) * iterations, "iterations") as report:
        for i, m in enumerate(rough * np.array(_AROUND)) if rough < 1.0 else ():
            further = lambda done, before=i * iterations: report(before + done)  # noqa: E731
            measured.append(_extrapolated(populations, temperature, float(m), iterations, further))
    found = [one for one in measured if one is not None]
    crossing = _cross(found) if found and len(found) == len(measured) else None
    if crossing:
        return crossing
    exponent, energy = tree.paramagnet(temperature)
    return Glass(temperature, *(Estimate(value, 0.0) for value in (1.0, -temperature * exponent, energy, 0.0)))


def _unbiased(halves: np.ndarray) -> np.ndarray:
    """Mean of ln a, b/a and c/a over the sites, where a, b, c are themselves means over states.

    Of means over few states the logarithm and the ratios are biased by O(1/states); twice the value of all states less
    that of their halves is not (M. H. Quenouille, J. R. Stat. Soc. B 11, 68 (1949)).
    """

    def logarithm_and_ratios(means: Any) -> Any:
        return np.array([np.log(means[..., 0]).mean(), *(means[..., 1:] / means[..., :1]).reshape(-1, 2).mean(axis=0)])

    return 2.0 * logarithm_and_ratios(halves.mean(axis=1)) - logarithm_and_ratios(halves)


def _populations(tree: Branching, members: int, inside: int, seed: int) -> list[Sites]:
    """Populations to extrapolate from: the larger ones, and as many of a quarter of their size."""
    members = _checks.integer("members", members, minimum=FEWEST, maximum=LARGEST)
    inside = _checks.integer("inside", inside, minimum=FEWEST_INSIDE)
    if tree.is_alike:
        return [Sites(tree, 1, members, seed)]
    inside = _checks.integer("inside", inside, maximum=members // FEWEST_SITES)
    return [Sites(tree, members // inside, size, seed) for size in (inside, inside // 4)]


def _extrapolated(
    populations: list[Sites], temperature: float, m: float, iterations: int, report: Callable[[int], object]
) -> States | None:
    """States at m for infinite populations; None if they melt. `report` gets the iterations of the largest."""
    measured: list[Any] = []
    for sites in populations:
        measured.append(sites.measure(temperature, m, iterations, None if measured else report))
        if measured[-1] is None:
            return None
    sizes = [sites.inside for sites in populations]
    names = ("potential", "complexity", "energy", "overlap")
    limits = (extrapolated_in_size(sizes, [getattr(one, name) for one in measured]) for name in names)
    return States(temperature, m, *limits)


def _rough_m(sites: Sites, temperature: float) -> float:
    """m* to a few percent; 1.0 where Sigma(1) is positive or there are no states."""

    def complexity(m: float) -> float:
        measured = sites.measure(temperature, m, 20)
        if measured is None:
            sites.polarize()
            return math.inf
        return measured.complexity.value

    zero = sites.tree.zero_entropy_temperature()
    if zero == 0.0 or complexity(1.0) >= 0.0:
        return 1.0
    low = min(0.95, temperature / zero)
    high, above, below = 1.0, -1.0, complexity(low)
    while below < 0.0:
        high, above, low = low, below, 0.8 * low
        below = complexity(low)
    while high > 1.05 * low:
        share = below / (below - above) if math.isfinite(below) and high < 1.0 else 0.5
        middle = low + min(max(share, 0.1), 0.9) * (high - low)
        value = complexity(middle)
        if value < 0.0:
            high, above = middle, value
        else:
            low, below = middle, value
    return math.sqrt(low * high)


def _cross(measured: list[States]) -> Glass | None:
    """The states at m*, between and around the measured ones; None if m* is 1 or beyond."""
    centre = measured[1].m
    x = np.array([one.m for one in measured]) / centre - 1.0
    line = [np.ones_like(x), x]
    fit = fit_estimates(line, [one.complexity for one in measured])
    (shift, error), slope = fit.root(), fit.coefficients[1]
    if centre * (1.0 + shift) >= 1.0:
        return None
    # -beta f of the states is lowest at m*, and bends there as Sigma falls: d(G/m)/dm = -Sigma/m^2.
    bend = measured[1].temperature * slope / centre
    values = [_peak(x - shift, [one.free_energy for one in measured], bend, error)]
    for name in ("energy", "overlap"):
        (value, tilt), spread, *_ = fit_estimates(line, [getattr(one, name) for one in measured])
        at = np.array([1.0, shift])
        stderr = math.hypot(math.sqrt(at @ spread @ at), tilt * error)
        values.append(Estimate(float(value + tilt * shift), stderr))
    return Glass(measured[1].temperature, Estimate(centre * (1.0 + shift), centre * error), *values)


def _peak(x: np.ndarray, free: list[Estimate], bend: float, error: float) -> Estimate:
    """Height of the parabola of that bend with its maximum at x = 0, through values at x; `error` is that of x.

    Close to m = 1, where a free energy is known without error, the error of x limits the height of the maximum.
    """
    slope = bend * x
    raised = [
        Estimate(one.value - 0.5 * steep * at, math.hypot(one.stderr, steep * error))
        for one, steep, at in zip(free, slope, x, strict=True)
    ]
    (height,) = fit_estimates([np.ones(len(x))], raised).estimates
    weight = np.array([1.0 / max(one.stderr, 1e-15) ** 2 for one in raised])
    common = error * float(weight @ slope) / weight.sum()
    return Estimate(height.value, math.hypot(height.stderr, common))
