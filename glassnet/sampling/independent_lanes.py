"""Planted +-J glasses side by side: one block of lanes, each with its own couplings, temperature and field.

The bit-sliced kernel keeps, for every lane, one bit per weight and one per path that says whether the path is
satisfied; couplings enter through the latter alone. In the gauge where the planted state is +1 everywhere an instance
is the set of its violated paths, so lanes on the same paths may hold different instances, and a block of 512 of them
moves in the time of one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _catalogue, _checks, _dilution, _wiring, ensembles
from glassnet._exclusive import Exclusive
from glassnet._random import Role, Seed, generator, words
from glassnet.ensembles.dilution_sequences import coupled_dilution
from glassnet.glass import PathGlass
from glassnet.kernels import arithmetic, bitsliced
from glassnet.sampling.walkers import Walkers

#: updates, and sweeps, between two looks for signals
_STRETCH, _MOST_AT_ONCE = 2 * 10**8, 10**5
_ONES_IN = np.array([bin(number).count("1") for number in range(2**16)], dtype=np.uint8)


class Lanes(Exclusive):
    """Metropolis chains that never exchange, all started on the planted state w* = +1.

    Parameters
    ----------
    glass : PathGlass
        +-J; `planted` must be +1 everywhere (see :func:`gauged`).
    temperatures : (n_lanes,) floats
        > 0 (k_B = 1), inf allowed.
    seed : Seed
        Of the sweeps.
    fields : (n_lanes,) floats, optional
        K > 0 of an extra energy -T K sum_i w_i.
    violated : iterable of (lane, (n_paths,) bool), optional
        Which paths the planted state violates in each lane; by default what the couplings of the glass say.
    """

    def __init__(
        self,
        glass: PathGlass,
        temperatures: ArrayLike,
        seed: Seed,
        *,
        fields: ArrayLike | None = None,
        violated: Iterable[tuple[int, np.ndarray]] | None = None,
    ) -> None:
        super().__init__()
        temperatures = np.asarray(temperatures, dtype=np.float64)
        self.n_lanes, self.n_weights = len(temperatures), glass.n_weights
        # a rung for every lane: the kernel has thresholds for each rung
        walkers = Walkers(temperatures, 1, words(seed, Role.EXCHANGES, 4))
        n_blocks = -(-self.n_lanes // bitsliced.LANES_PER_BLOCK)
        needed = n_blocks * bitsliced.LANES_PER_BLOCK // 8 * (2 * glass.n_weights + 4 * glass.n_paths)
        _checks.memory(f"n_weights: {self.n_lanes} instances of {self.n_weights} weights", needed)
        rng = words(seed, Role.SWEEPS, n_blocks * bitsliced.RNG_WORDS)
        self.kernel = bitsliced.BitSliced(glass, walkers, rng, 0.0 if fields is None else float(np.max(fields)))
        if fields is not None:
            self._set_fields(glass, walkers.beta, np.asarray(fields, dtype=np.float64))
        self.kernel.weight[...] = np.uint64(2**64 - 1)
        self.kernel.refresh()
        if violated is not None:
            self.kernel.path[...] = _packed(violated, n_blocks, glass.n_paths)
        self._order = np.full(-(-self.n_weights // 64) * 64, -1, dtype=np.int32)
        self._order[: self.n_weights] = np.arange(self.n_weights)

    def _set_fields(self, glass: PathGlass, beta: np.ndarray, fields: np.ndarray) -> None:
        """Give every lane the thresholds of its own field; the kernel, made for one field, has room for all of them."""
        degrees = np.unique(glass.degrees)
        for field in np.unique(fields):
            own = np.flatnonzero(fields == field)
            self.kernel.thresholds[:, own] = bitsliced.acceptance_thresholds(beta[own], degrees, field)[0]

    @property
    def stretch(self) -> int:
        """Sweeps that take a fraction of a second."""
        return min(_MOST_AT_ONCE, max(1, _STRETCH // (self.n_weights * self.n_lanes)))

    def sweep(self, n_sweeps: int) -> None:
        """Advance every lane by `n_sweeps` sweeps."""
        with self.in_use(moving=True):
            for done in range(0, n_sweeps, self.stretch):
                self.kernel.sweep_only(min(self.stretch, n_sweeps - done))

    def overlap(self) -> np.ndarray:
        """Overlap (1/N) sum_i w_i w*_i of every lane with the planted state, (n_lanes,) float64."""
        return (self.aligned() + self.n_weights) / self.n_weights - 1

    def aligned(self) -> np.ndarray:
        """Sum sum_i w_i w*_i of every lane, (n_lanes,) int64."""
        with self.in_use():
            rows = self.kernel.rows(self._order)[: self.n_lanes].view(np.uint16)
        # in parts, as numpy makes an index array eight bytes wide first
        step = max(1, 2**22 // rows.shape[1])
        parts = [rows[first : first + step] for first in range(0, self.n_lanes, step)]
        up = np.concatenate([_ONES_IN[part].sum(axis=1, dtype=np.int64) for part in parts])
        return 2 * up - self.n_weights


def per_block(n_kinds: int) -> int:
    """How many lanes of each of `n_kinds` kinds fit into one block, at least 1."""
    return max(1, bitsliced.LANES_PER_BLOCK // n_kinds)


def instance_seed(seed: int | None, instance: int) -> Seed:
    """Seed of one instance of a study; raises TypeError or ValueError if `seed` is no integer >= 0."""
    if seed is None:
        raise TypeError("seed must be given: an integer names the run and makes it repeatable")
    return Seed(_checks.integer("seed", seed, minimum=0), f"instance={instance}")


def draw(
    ensemble: str,
    n_weights: int | Sequence[int],
    seed: int | Seed,
    *,
    dilution: float = 0.0,
    rounding: str = "nearest",
    **keywords: Any,
) -> PathGlass:
    """Draw the paths of an instance, with couplings +1 and the planted state +1; layers and networks are forgotten.

    Parameters
    ----------
    ensemble : str
        Name of a function of `glassnet.ensembles`.
    n_weights : int, or widths of walks
    seed : Seed
    dilution : float
        With the same seed the larger of two dilutions removes what the other one does, up to one weight of each layer.
    rounding : {"nearest", "random", "layers"}
        As in :meth:`glassnet.PathGlass.dilute`.
    **keywords
        p, degree, alpha: those of the ensemble.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    return bare(diluted(ensemble, n_weights, seed, dilution=dilution, rounding=rounding, **keywords))


def diluted(
    ensemble: str,
    n_weights: int | Sequence[int],
    seed: int | Seed,
    *,
    dilution: float = 0.0,
    rounding: str = "nearest",
    **keywords: Any,
) -> PathGlass:
    """The glass of which :func:`draw` takes the paths; parameters and errors are the same."""
    _catalogue.ensemble(ensemble)
    if extra := keywords.keys() & {"couplings", "bias"}:
        raise TypeError(f"{min(extra)} must not be given: the couplings are planted, +-1")
    glass = getattr(ensembles, ensemble)(n_weights, seed=seed, **keywords)
    dilution = _wiring.dilution("dilution", dilution)
    glass = coupled_dilution(glass, dilution, seed, _checks.choice("rounding", rounding, _dilution.ROUNDINGS))
    if not glass.n_paths:
        raise ValueError("degree, alpha and dilution must leave the instance a path, got none")
    return glass


def bare(glass: PathGlass, couplings: ArrayLike = 1.0) -> PathGlass:
    """The paths of a glass, with the given couplings and the planted state +1 everywhere."""
    couplings = np.broadcast_to(couplings, glass.n_paths)
    return PathGlass(glass.paths, couplings, glass.n_weights, planted=np.ones(glass.n_weights, dtype=np.int8))


def describe(ensemble: str, n_weights: int | Sequence[int] | str, keywords: Mapping[str, Any]) -> str:
    """One line that names the instances of a study."""
    shown = ", ".join(f"{name} = {value}" for name, value in keywords.items() if name != "rounding")
    shown += ", rounded at random" * (keywords.get("rounding") == "random")
    return f"{ensemble} glasses of {n_weights} weights, {shown}"


def keywords_text(ensemble: str, n_weights: int | Sequence[int], keywords: Mapping[str, Any]) -> str:
    """The ensemble and its dilution as JSON, to be kept with a result; of networks, `n_weights` are the widths, and the
    number of their layers is p."""
    keywords = {name: value for name, value in keywords.items() if name != "rounding"}
    own = {} if isinstance(n_weights, int) else {"p": len(n_weights) - 1}
    return json.dumps({"ensemble": ensemble, "dilution": 0.0, **own, **keywords}, default=float)


def gauged(glass: PathGlass) -> PathGlass:
    """Return the same glass with its planted state turned to +1 everywhere; layers and networks are forgotten."""
    if glass.planted is None:
        raise ValueError(f"glass must be planted (gn.ensembles.planted), got {glass!r}")
    return bare(glass, glass.couplings * glass.planted[glass.paths].prod(axis=1))


def plantings(
    n_paths: int, temperatures: ArrayLike, number: np.ndarray, seed: Seed
) -> Iterator[tuple[int, np.ndarray]]:
    """Violated paths of every lane: instances planted with a fixed number of violated paths.

    The number is n_paths (1 - tanh(1 / T)) / 2, rounded at random to that mean. Lanes with the same `number` draw from
    the same ranking of the paths: equal at equal temperatures, nested at different ones (common random numbers).

    Parameters
    ----------
    n_paths : int
    temperatures : (n_lanes,) floats
        Planting temperatures.
    number : (n_lanes,) integers
    seed : Seed

    Yields
    ------
    lane : int
    violated : (n_paths,) bool
    """
    fraction = arithmetic.fermi(2 / np.asarray(temperatures))  # (1 - tanh(1 / T)) / 2
    for which in np.unique(number):
        rng = generator(Seed(seed.value, f"{seed.key},planting={which}"), Role.PLANTED_SIGNS)
        rounding, rank = rng.random(), rng.permutation(n_paths)
        for lane in np.flatnonzero(number == which).tolist():
            yield lane, rank < int(fraction[lane] * n_paths + rounding)


def _packed(violated: Iterable[tuple[int, np.ndarray]], n_blocks: int, n_paths: int) -> np.ndarray:
    """Bits of the satisfied paths in the order of the kernel: lane l is bit l / 8 of word l % 8."""
    per_block = bitsliced.LANES_PER_BLOCK
    octets = np.zeros((n_blocks, n_paths, per_block // 8), dtype=np.uint8)
    for lane, pattern in violated:
        bit, word = divmod(lane % per_block, 8)
        octets[lane // per_block, :, 8 * word + bit // 8] |= pattern.astype(np.uint8) << np.uint8(bit % 8)
    return np.invert(octets, out=octets).view("<u8")
