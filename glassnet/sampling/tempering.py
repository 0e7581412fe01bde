"""Replica exchange Monte Carlo of one glass."""

from collections.abc import Callable, Collection, Mapping
from typing import NoReturn, SupportsIndex

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

import glassnet
from glassnet import _checks, _face
from glassnet._exclusive import Exclusive
from glassnet._random import Role, Seed, words
from glassnet._terminal import reporter
from glassnet.chains import schema
from glassnet.glass import PathGlass
from glassnet.kernels import bitsliced, realvalued, recording
from glassnet.sampling.measurements import Overlaps, check, setup
from glassnet.sampling.walkers import Walkers

__all__ = ["MOST_AT_ONCE", "STRETCH", "ParallelTempering"]
_face.public(__name__)
#: updates between two looks at the progress, and for signals: some milliseconds, half a second with a few lanes only;
#: and sweeps, which take a microsecond in the smallest glass
STRETCH, MOST_AT_ONCE = 10**8, 10**5
#: keeps counts of sweeps and exchanges inside int64
_MOST_SWEEPS = 2**40
_INSIDE = frozenset({"in_use", "kernel", "measured_arrays", "overlaps", "walkers"})


@_face.shown
class ParallelTempering(Exclusive):
    """Metropolis sweeps at a ladder of temperatures with non-reversible replica exchange.

    Every sweep visits all weights in all replicas at all temperatures and is followed by one exchange step between
    neighbouring temperatures, alternating between even and odd gaps (Syed et al., JRSS B 84, 321 (2022)). Replicas
    with the same number but another temperature exchange; different replicas never meet, so that overlaps between
    them are overlaps of independent systems.

    +-J glasses run in the bit-sliced kernel, others in the one for real couplings. Moves with dE = 0 are accepted
    with probability 1/2; rungs with beta < 0.1 use heat bath, T = inf draws afresh.

    Parameters
    ----------
    glass : PathGlass
    temperatures : (n_temperatures,) floats
        Strictly increasing, > 0 (k_B = 1, |J| = 1); the last may be inf.
    n_replicas : int
        Independent replicas of the whole ladder, >= 1; 2 or more for overlaps.
    seed : int or Seed
    initial : None, (n_weights,) or (n_temperatures, n_replicas, n_weights) of +-1
        Starting weights; random by default.
    field : float, optional
        K >= 0 of an extra energy -T K sum_i w_i w*_i along the planted state of the glass: K is the same at every
        temperature, so that exchanges are as without it. `energy` is recorded without this term.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the run does not fit into memory.

    Notes
    -----
    Samplers in several threads run side by side, each in one thread: a second thread that uses the same sampler while
    it runs gets a RuntimeError.
    """

    def __init__(
        self,
        glass: PathGlass,
        temperatures: ArrayLike,
        n_replicas: int = 4,
        seed: int | Seed | None = None,
        initial: ArrayLike | None = None,
        field: float | None = None,
    ) -> None:
        super().__init__()
        _checks.instance("glass", glass, PathGlass)
        self.glass = glass
        self.temperatures = _checks.temperature_ladder("temperatures", temperatures)
        self.n_replicas = _checks.integer("n_replicas", n_replicas, minimum=1, maximum=2**20)
        if seed is None:
            raise TypeError("seed must be given: an integer names the run and makes it repeatable")
        self.seed = seed if isinstance(seed, Seed) else Seed(_checks.integer("seed", seed, minimum=0))
        self.field = 0.0 if field is None else _checks.real("field", field, minimum=0)
        if self.field and glass.planted is None:
            raise ValueError(f"field = {self.field:g} needs a planted glass (gn.ensembles.planted) to point along")
        n_lanes = len(self.temperatures) * self.n_replicas
        _require_memory(glass, n_lanes)
        self.walkers = Walkers(self.temperatures, self.n_replicas, words(self.seed, Role.EXCHANGES, 4))
        self.kernel = _kernel(glass, self.walkers, self.seed, self.field)
        self.overlaps = Overlaps(glass, self.n_replicas)
        self.kernel.set_weights(self._start(initial))
        self.n_sweeps = 0

    def __dir__(self) -> list[str]:
        # what modules of this room and tests need besides is reachable, and not what users look for with the tab key
        return [name for name in super().__dir__() if name not in _INSIDE]

    def _start(self, initial: ArrayLike | None) -> np.ndarray:
        """Starting weights as bool (n_lanes, n_weights)."""
        n_lanes, n_weights = self.walkers.n_lanes, self.glass.n_weights
        if initial is None:
            # raw words of the seed sequence: numpy may change how its distributions draw
            raw = words(self.seed, Role.INITIAL, -(-n_lanes * n_weights // 64)).astype("<u8").view(np.uint8)
            return np.unpackbits(raw, count=n_lanes * n_weights).reshape(n_lanes, n_weights) > 0
        initial = _checks.sign_array("initial", initial, n_weights=n_weights)
        whole = (len(self.temperatures), self.n_replicas, n_weights)
        if initial.shape not in ((n_weights,), whole):
            raise ValueError(f"initial must have shape ({n_weights},) or {whole}, got {initial.shape}")
        initial = np.broadcast_to(initial, whole)
        return initial.transpose(1, 0, 2).reshape(n_lanes, n_weights) > 0

    @property
    def n_updates(self) -> int:
        """Metropolis decisions taken so far: sweeps times weights times replicas of all temperatures."""
        return self.n_sweeps * self.glass.n_weights * self.walkers.n_lanes

    @property
    def weights(self) -> np.ndarray:
        """Weights now, (n_temperatures, n_replicas, n_weights) int8."""
        with self.in_use():
            return np.where(self._bits()[self.walkers.lane_at.T], 1, -1).astype(np.int8)

    def _bits(self) -> np.ndarray:
        packed = self.kernel.rows(self.overlaps.plain_layout[0]).view(np.uint8)
        return np.unpackbits(packed, axis=-1, bitorder="little", count=self.glass.n_weights) > 0

    def run(
        self,
        n_sweeps: int,
        thermalization: int = 0,
        measure_every: int = 1,
        measure: Collection[str] | None = None,
        progress: bool | Callable[[int, int], object] = False,
        pause: Callable[[], bool] | None = None,
    ) -> xr.Dataset:
        """Advance the chain and record it.

        Parameters
        ----------
        n_sweeps : int
            Recorded sweeps, a multiple of `measure_every`. With 0 nothing is recorded and no room or pairs are
            prepared: the dataset has the same variables without draws, and pairs without their replicas.
        thermalization : int
            Sweeps of this call that come first and are not recorded.
        measure_every : int
            Sweeps per measurement.
        measure : list of str, optional
            Names in :data:`glassnet.chains.schema.MEASUREMENTS`; by default energy and overlap, path_overlap for real
            couplings, planted_overlap for a planted glass.
        progress : bool or callable(done, total)
            Whether to show a progress bar, or what to call with sweeps done and to do.
        pause : callable() -> bool, optional
            Called every fraction of a second; once it returns True, the run ends there. The dataset holds the draws
            taken so far, `n_sweeps` says how far the chain is, and running the rest later gives what one run would.

        Returns
        -------
        xarray.Dataset
            With the variables of :data:`glassnet.chains.schema.VARIABLES`; exchanges and round trips are counted over
            the recorded sweeps. Calling run again continues the chain.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described, or the draws do not fit into memory.
        RuntimeError
            If the sampler is running already, in another thread or in this one.
        """
        n_sweeps = _checks.integer("n_sweeps", n_sweeps, minimum=0)
        thermalization = _checks.integer("thermalization", thermalization, minimum=0)
        measure_every = _checks.integer("measure_every", measure_every, minimum=1)
        if n_sweeps % measure_every:
            raise ValueError(f"measure_every must divide n_sweeps = {n_sweeps}, got {measure_every}")
        if thermalization + n_sweeps > _MOST_SWEEPS:
            raise ValueError(f"thermalization + n_sweeps must be <= {_MOST_SWEEPS}, got {thermalization + n_sweeps}")
        names = check(measure, self.glass, self.n_replicas)
        self._require_room(names, n_sweeps // measure_every)
        with self.in_use(moving=True):
            n_draws = n_sweeps // measure_every
            arrays, draw = self.measured_arrays(names, thermalization, n_draws, measure_every, progress, pause)
            pairs = self.overlaps.pairs if n_sweeps and _paired(names) else None
            return self._dataset(arrays, draw, pairs)

    def measured_arrays(
        self,
        names: Collection[str],
        thermalization: int,
        n_draws: int,
        measure_every: int,
        progress: bool | Callable[[int, int], object] = False,
        pause: Callable[[], bool] | None = None,
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Advance the chain and record it; the arrays by name, and the sweep of every draw taken.

        What :meth:`run` does with arguments that it has checked.

        Parameters
        ----------
        names : list of str
            What to measure.
        thermalization, n_draws, measure_every : int
            Sweeps before the first draw, draws, and sweeps per draw.
        progress, pause
            As for :meth:`run`.

        Returns
        -------
        arrays : dict of str to (n_draws, ...) array
        draw : (n_draws,) int64
            Sweeps at each draw; fewer if `pause` ended the run.
        """
        arrays = self.overlaps.arrays(names, n_draws, len(self.temperatures))
        recorder = recording.Recorder(self.kernel, self.walkers, self.overlaps, arrays) if n_draws else None
        stretch = min(MOST_AT_ONCE, max(1, STRETCH // (self.glass.n_weights * self.walkers.n_lanes)))
        paused = False
        with reporter(progress, thermalization + n_draws * measure_every) as report:
            for done in range(0, thermalization, stretch):
                self._advance(min(stretch, thermalization - done))
                report(min(done + stretch, thermalization))
                if paused := pause is not None and pause():
                    break
            self.walkers.reset_counters()
            start, draws, taken = self.n_sweeps, max(1, stretch // measure_every), 0
            while recorder is not None and taken < n_draws and not paused:
                step = min(draws, n_draws - taken)
                self._record(recorder, step, measure_every, stretch)
                taken += step
                report(thermalization + taken * measure_every)
                paused = pause is not None and pause()
        if taken < n_draws:
            # copies: a view would keep the room for all draws
            arrays = {name: array[:taken].copy() for name, array in arrays.items()}
        return arrays, start + measure_every * np.arange(1, taken + 1)

    def _require_room(self, names: Collection[str], n_draws: int) -> None:
        """Refuse, before anything runs, what cannot be recorded."""
        if not n_draws:
            return
        own = setup(self.glass, self.n_replicas, len(self.temperatures))
        sizes = {name: schema.MEASUREMENTS[name].memory_bytes(own) for name in names}
        if pairs := _paired(names):
            what = f"n_replicas: measuring all pairs of {self.n_replicas} replicas"
            _checks.memory(what, 2 * max(sizes[name] for name in pairs))
        needed = n_draws * (8 + sum(sizes.values()))
        _checks.memory(f"n_sweeps: recording {n_draws} draws of {', '.join(names)}", needed)

    def _advance(self, n_sweeps: int) -> None:
        self.n_sweeps += n_sweeps  # first: an interrupt is raised when the kernel returns, after all of these sweeps
        self.kernel.advance(n_sweeps)

    def _record(
        self, recorder: recording.Recorder, n_draws: int, measure_every: int, stretch: int = MOST_AT_ONCE
    ) -> None:
        # many sweeps to the next draw are made in stretches, too: signals are handled in between
        ahead = max(0, measure_every - stretch)
        for done in range(0, ahead, stretch):
            self._advance(min(stretch, ahead - done))
        self.n_sweeps += n_draws * (measure_every - ahead)
        recorder.run(n_draws, measure_every - ahead)

    def _dataset(self, arrays: dict[str, np.ndarray], draw: np.ndarray, pairs: np.ndarray | None = None) -> xr.Dataset:
        walkers, glass = self.walkers, self.glass
        return schema.dataset(
            arrays,
            stored=self.overlaps.stored(arrays),
            draw=draw,
            temperatures=self.temperatures,
            pairs=pairs,
            n_replicas=self.n_replicas,
            swap_attempted=walkers.attempted.copy(),
            swap_accepted=walkers.accepted.copy(),
            round_trips=walkers.round_trips.copy(),
            attrs={
                "glassnet_version": glassnet.__version__,
                "glass_digest": glass.digest,
                "ensemble": glass.ensemble,
                "n_weights": glass.n_weights,
                "n_paths": glass.n_paths,
                "p": glass.p,
                "sampler": type(self).__name__,
                "seed": self.seed.value,
                "seed_key": self.seed.key,
                "n_replicas": self.n_replicas,
                "field": self.field,
                # the only one there is; earlier releases knew two, and the attribute belongs to the bytes of a chain
                "precision": "float64",
            },
        )

    def __str__(self) -> str:
        temperatures, glass = self.temperatures, self.glass
        rungs = f"{len(temperatures)} temperatures from {temperatures[0]:g} to {temperatures[-1]:g}"
        if len(temperatures) == 1:
            rungs = f"T = {temperatures[0]:g}"
        key = f" ({self.seed.key})" if self.seed.key else ""
        field = f", field {self.field:g}" if self.field else ""
        return "\n".join(
            [
                f"{type(self).__name__} of {glass!r}",
                f"{rungs}, {self.n_replicas} replicas{field}, seed {self.seed.value}{key}",
                f"{self.n_sweeps} sweeps so far, {self.n_updates:.3g} Metropolis decisions",
            ]
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        # a copy would share the kernel's memory; run in another process, it would begin anew
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: use state() and restore()")

    def state(self) -> dict[str, np.ndarray]:
        """Everything the continuation of the chain depends on, as arrays; see :meth:`restore`.

        Raises
        ------
        RuntimeError
            If the sampler is running in another thread.
        """
        with self.in_use():
            state = {"n_sweeps": np.array([self.n_sweeps]), "kernel_rng": np.array(self.kernel.rng)}
            state["n_weights"] = np.array([self.glass.n_weights])
            state["weights"] = np.packbits(self._bits()[: self.walkers.n_lanes], axis=-1, bitorder="little")
            return state | {f"walkers_{name}": array for name, array in self.walkers.state().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Set the sampler to a state that :meth:`state` returned for the same glass, ladder and replicas.

        Raises
        ------
        TypeError
            If it is no state.
        ValueError
            If the state belongs to another system.
        RuntimeError
            If the sampler is running.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state must be what state() returned, arrays by name, got {type(state).__name__}")
        with self.in_use(moving=True):
            own = self.state()
            _require_same_system(state, own)
            arrays = {name: _state_array(name, state, array) for name, array in own.items()}
            if arrays["n_sweeps"][0] < 0:
                raise ValueError(f"state: n_sweeps must be >= 0, got {arrays['n_sweeps'][0]}")
            self.walkers.restore({name[8:]: array for name, array in arrays.items() if name.startswith("walkers_")})
            self.n_sweeps = int(arrays["n_sweeps"][0])
            self.kernel.rng[...] = arrays["kernel_rng"]
            bits = np.unpackbits(arrays["weights"], axis=-1, bitorder="little", count=self.glass.n_weights)
            self.kernel.set_weights(bits > 0)


def _paired(names: Collection[str]) -> list[str]:
    """Those of the named measurements that compare replicas."""
    return [name for name in names if "pair" in schema.MEASUREMENTS[name].dims]


def _require_same_system(state: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray]) -> None:
    """Name both systems where a state is that of another ladder, other replicas or another number of weights."""
    parts = [[np.asarray(arrays.get(name)) for name in ("walkers_lane_at", "n_weights")] for arrays in (state, own)]
    if [part.ndim for part in parts[0]] != [2, 1] or parts[0][1].dtype.kind not in "iu":
        return  # no state at all: the error names its arrays
    there, here = (_system(*part) for part in parts)
    if there != here:
        raise ValueError(f"state must be that of {here}, got that of {there}")


def _system(lane_at: np.ndarray, n_weights: np.ndarray) -> str:
    """What the arrays of a state are of."""
    n_replicas, n_rungs = np.shape(lane_at)
    return f"{n_rungs} temperatures, {n_replicas} replicas and {n_weights[0]} weights"


def _state_array(name: str, state: Mapping[str, np.ndarray], expected: np.ndarray) -> np.ndarray:
    """One array of a saved state, of the shape and kind of `expected`."""
    array = np.asarray(state.get(name))
    if array.shape != expected.shape or array.dtype.kind not in "iu":
        given = f"{array.dtype} {array.shape}" if name in state else "nothing"
        raise ValueError(f"state must hold {name}, integers of shape {expected.shape}, got {given}")
    return array


def _kernel(
    glass: PathGlass, walkers: Walkers, seed: Seed, field: float
) -> bitsliced.BitSliced | realvalued.RealValued:
    module = bitsliced if glass.is_binary else realvalued
    n_blocks = -(-walkers.n_lanes // module.LANES_PER_BLOCK)
    rng = words(seed, Role.SWEEPS, n_blocks * module.RNG_WORDS)
    if glass.is_binary:
        return bitsliced.BitSliced(glass, walkers, rng, field)
    return realvalued.RealValued(glass, walkers, rng, field)


def _require_memory(glass: PathGlass, n_lanes: int) -> None:
    block = bitsliced.LANES_PER_BLOCK if glass.is_binary else realvalued.LANES_PER_BLOCK
    lanes = -(-n_lanes // block) * block
    # with a field a weight of degree k has 4 k + 3 classes of moves
    planes = 64 * (3 + 4 * int(glass.degrees.max(initial=0)))
    state = lanes // 8 * (glass.n_weights + glass.n_paths + planes)
    what = f"n_replicas: {n_lanes} configurations of {glass.n_weights} weights on {glass.n_paths} paths"
    _checks.memory(what, 3 * state + (n_lanes + 2 * lanes) * glass.n_weights)
