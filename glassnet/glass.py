"""One disorder realisation: which weights sit on which active path, and the coupling of each path."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet import _catalogue, _checks, _dilution, _face, _wiring
from glassnet._random import Role, Seed, generator
from glassnet.kernels import arithmetic

_INT32_MAX = 2**31 - 1
#: keeps every energy finite
_LARGEST_COUPLING = 1e307
#: weights that :meth:`PathGlass.energy` transposes at once, about; it adds up 64 configurations side by side
ENERGY_BLOCK = 2**18


@_face.shown
class PathGlass:
    """Glass of weights w_i = +-1 with energy E(w) = -sum_a J_a prod_{i in a} w_i over active paths a.

    Immutable: arrays are read-only, equality and hash go by content. Paths are kept in canonical order: within a path
    weights by (layer, index), paths lexicographically, equal paths by coupling. Equal paths are legal and add up.

    Parameters
    ----------
    paths : (n_paths, p) integers
        The weights on each path, p >= 2, no weight twice in a path, any order.
    couplings : (n_paths,) floats
        J_a, finite, in the order of `paths`.
    n_weights : int, optional
        Number of weights; by default what `layer`, `widths` or the largest index in `paths` says.
    layer : (n_weights,) integers in [0, p), optional
        Layer of each weight; every path then holds one weight of each. All zeros means the same as None: no layers.
    widths : sequence of p + 1 ints, optional
        Neurons in each layer of the network whose edges are the weights; the edge from neuron i of layer l to neuron j
        of layer l + 1 is the weight ``sum_{m<l} widths[m] * widths[m+1] + i * widths[l+1] + j`` unless `edges` is
        given. Every path must then be a walk from input to output.
    ensemble : str
        Where the glass comes from: "given", or the function of `glassnet.ensembles` that drew it.
    edges : (n_weights, 2) integers, optional
        The two neurons each weight joins (index within layer l, index within layer l + 1), when `widths` is given and
        some edges are missing; needs `layer`.
    planted : (n_weights,) of +-1, optional
        The planted configuration.
    parent_index : (n_weights,) increasing integers, optional
        Index of each weight in the glass before dilution; by default 0, 1, 2, ...
    recipe : dict, optional
        How the glass was drawn (JSON-able); informational, no part of its identity.

    Attributes
    ----------
    paths : (n_paths, p) int32
    couplings : (n_paths,) float64
    layer, degrees, parent_index : (n_weights,) int32
        `degrees` counts the paths through each weight; `layer` is zero without layers.
    edges : (n_weights, 2) int32 or None
    planted : (n_weights,) int8 or None
    n_weights, n_paths, p : int
    ensemble : str
    widths : tuple of int or None
    has_layers, is_binary : bool
        Whether every path holds one weight per layer; whether all |J_a| = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    """

    #: (n_paths, p): the weights on each path, in canonical order
    paths: NDArray[np.int32]
    #: (n_paths,): J_a of each path
    couplings: NDArray[np.float64]
    #: number of weights, number of paths, weights per path
    n_weights: int
    n_paths: int
    p: int
    #: "given", or the function of `glassnet.ensembles` that drew it
    ensemble: str
    #: neurons in each layer of the network, p + 1 of them
    widths: tuple[int, ...] | None
    #: whether every path holds one weight per layer, and whether all |J_a| = 1
    has_layers: bool
    is_binary: bool
    #: (n_weights,): layer of each weight, zero without layers, and the number of paths through it
    layer: NDArray[np.int32]
    degrees: NDArray[np.int32]
    #: (n_weights, 2): the neurons that each weight joins
    edges: NDArray[np.int32] | None
    #: (n_weights,) of +-1: the planted configuration
    planted: NDArray[np.int8] | None
    #: (n_weights,): index of each weight in the glass before dilution
    parent_index: NDArray[np.int32]
    _recipe: str

    def __init__(
        self,
        paths: ArrayLike,
        couplings: ArrayLike,
        n_weights: int | None = None,
        layer: ArrayLike | None = None,
        widths: Sequence[int] | None = None,
        *,
        ensemble: str = _catalogue.GIVEN,
        edges: ArrayLike | None = None,
        planted: ArrayLike | None = None,
        parent_index: ArrayLike | None = None,
        recipe: Mapping[str, Any] | None = None,
    ) -> None:
        paths = _checks.integer_array("paths", paths, ndim=2)
        n_paths, p = paths.shape
        if p < 2:
            raise ValueError(f"paths must hold at least 2 weights each, got shape {paths.shape}")
        couplings = _checks.real_array("couplings", couplings, shape=(n_paths,))
        if couplings.size and np.abs(couplings).max() > _LARGEST_COUPLING / n_paths:
            largest = np.abs(couplings).max()
            raise ValueError(f"couplings must add up to less than {_LARGEST_COUPLING:g}, got one of size {largest:g}")
        ensemble = _checks.choice("ensemble", ensemble, (*_catalogue.names(), _catalogue.GIVEN))
        widths, layer, edges = _wiring.network(p, layer, widths, edges)
        n_weights = _count_weights(paths, n_weights, layer)
        if layer is not None and not layer.any() and widths is None:
            layer = None
        record = _catalogue.of_chain({"ensemble": ensemble})
        if record.is_network and widths is None:
            raise ValueError(f"widths must be given for ensemble {ensemble!r}")
        if record.has_layers and layer is None:
            raise ValueError(f"layer must be given for ensemble {ensemble!r}")
        if ensemble != _catalogue.GIVEN and layer is not None and not record.has_layers:
            raise ValueError(f"layer must not be given for ensemble {ensemble!r}, whose glasses have no layers")
        paths, couplings = _canonical(paths, couplings, layer)
        if edges is not None:
            _wiring.check_walks(paths, edges)
        if planted is not None:
            planted = _checks.sign_array("planted", planted, shape=(n_weights,)).copy()
        self.__dict__.update(
            paths=paths,
            couplings=couplings,
            n_weights=n_weights,
            n_paths=n_paths,
            p=p,
            ensemble=ensemble,
            widths=widths,
            has_layers=layer is not None,
            is_binary=bool((np.abs(couplings) == 1).all()),
            layer=np.zeros(n_weights, dtype=np.int32) if layer is None else layer.copy(),
            degrees=np.bincount(paths.ravel(), minlength=n_weights).astype(np.int32),
            edges=None if edges is None else edges.copy(),
            planted=planted,
            parent_index=_check_parent(parent_index, n_weights),
            _recipe=json.dumps({} if recipe is None else recipe, sort_keys=True),
        )
        self._lock()

    def _lock(self) -> None:
        for value in self.__dict__.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a PathGlass is immutable, cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a PathGlass is immutable, cannot delete {name}")

    def __setstate__(self, state: dict[str, Any]) -> None:
        # unpickled arrays come back writable
        self.__dict__.update(state)
        self._lock()

    @functools.cached_property
    def digest(self) -> str:
        """32 hex digits, blake2b-128 over the canonical content (all that matters but the recipe and the parent)."""
        parts: dict[str, tuple[np.ndarray, str]]
        parts = {"paths": (self.paths, "<i4"), "couplings": (self.couplings, "<f8"), "layer": (self.layer, "<i4")}
        if self.edges is not None:
            parts["edges"] = self.edges, "<i4"
        if self.planted is not None:
            parts["planted"] = self.planted, "|i1"
        header = {
            "n_weights": self.n_weights,
            "widths": self.widths,
            "shapes": {name: array.shape for name, (array, _) in parts.items()},
        }
        hasher = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
        for array, dtype in parts.values():
            hasher.update(np.ascontiguousarray(array, dtype=dtype).data)
        return hasher.hexdigest()

    @property
    def layer_sizes(self) -> list[int]:
        """Number of weights of each layer; one entry without layers."""
        sizes: list[int] = np.bincount(self.layer, minlength=self.p if self.has_layers else 1).tolist()
        return sizes

    @property
    def recipe(self) -> dict[str, Any]:
        """How the glass was drawn: keywords and seeds, empty if it was given. A fresh copy at each call."""
        keywords: dict[str, Any] = json.loads(self._recipe)
        return keywords

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PathGlass):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        words = [self.ensemble, f"n_weights={self.n_weights}", f"n_paths={self.n_paths}", f"p={self.p}"]
        if self.widths is not None:
            words.append(f"widths={self.widths}")
        words.append("binary couplings" if self.is_binary else "real couplings")
        if self.planted is not None:
            words.append("planted")
        return f"PathGlass({', '.join(words)}, digest={self.digest[:8]})"

    def energy(self, w: ArrayLike) -> np.ndarray:
        """Total energy E(w) = -sum_a J_a prod_{i in a} w_i, units of |J|.

        Parameters
        ----------
        w : (..., n_weights) of +-1

        Returns
        -------
        (...) float64
            A float64 scalar for one configuration; exact for integer couplings, else summed in the order of the paths,
            the same on every machine.

        Raises
        ------
        TypeError, ValueError
            If `w` is not +-1 everywhere or its last axis is not `n_weights` long.
        """
        w = _checks.sign_array("w", w, n_weights=self.n_weights)
        states = w.reshape(-1, self.n_weights)
        energy = np.empty(len(states))
        n_states = 64 * max(1, ENERGY_BLOCK // (64 * self.n_weights))
        for first in range(0, len(states), n_states):
            block = np.ascontiguousarray(states[first : first + n_states].T)
            energy[first : first + n_states] = arithmetic.energies(self.paths, self.couplings, block)
        return energy.reshape(w.shape[:-1])[()]

    def dilute(self, fraction: float, *, seed: int | Seed, rounding: str = "nearest") -> "PathGlass":
        """Remove round(fraction * N) weights and every path through them; number the remaining weights afresh.

        An exact number removes the largest sample-to-sample fluctuation. With layers it is spread over them in
        proportion to their size: layer l loses the whole number below or above its share n N_l / N of the n weights
        that go, drawn so that its mean is that share. The stream also depends on the number of weights, so diluting
        twice with the same seed draws independently.

        Parameters
        ----------
        fraction : float
            In [0, 1).
        seed : int or Seed
        rounding : {"nearest", "random", "layers"}
            "nearest": round(fraction * N) weights go. "random": the whole number below or above fraction * N, drawn so
            that its mean is fraction * N. "layers", the rule of release 0.3.0, kept for runs it began:
            round(fraction * N_l) of each layer, which in small layers is another fraction than asked, or nothing.

        Returns
        -------
        PathGlass
            `parent_index` maps its weights to those of the first, undiluted glass.

        Raises
        ------
        ValueError
            If an argument is out of range, or the glass or one of its layers would be emptied, if only in some draws.
        """
        fraction = _wiring.dilution("fraction", fraction)
        rounding = _checks.choice("rounding", rounding, _dilution.ROUNDINGS)
        value, key = seed if isinstance(seed, Seed) else (seed, "")
        rng = generator(Seed(value, f"{key}|n_weights={self.n_weights}"), Role.DILUTION)
        check_emptied("fraction", fraction, self, rounding)
        counts = _dilution.drawn(fraction, self.layer_sizes, rounding, rng)
        layers = (np.flatnonzero(self.layer == number) for number in range(len(counts)))
        removed = [rng.choice(members, count, replace=False) for members, count in zip(layers, counts, strict=True)]
        event = {"fraction": fraction, **rounding_record(self, rounding), **seed_record(seed)}
        return self.without(np.concatenate(removed), event)

    def without(self, removed: np.ndarray, event: dict[str, Any]) -> "PathGlass":
        """Remove given weights and every path through them; number the remaining weights afresh.

        All dilutions use it.

        Parameters
        ----------
        removed : (n_removed,) int array
            Weights, each once; at least one must be left.
        event : dict
            What the recipe says of this dilution.

        Returns
        -------
        PathGlass
            As of :meth:`dilute`.
        """
        keep = np.ones(self.n_weights, dtype=bool)
        keep[removed] = False
        alive = keep[self.paths].all(axis=1)
        new_index = np.cumsum(keep, dtype=np.int32) - 1
        recipe = self.recipe
        return self._replace(
            paths=new_index[self.paths[alive]],
            couplings=self.couplings[alive],
            n_weights=int(keep.sum()),
            layer=self.layer[keep],
            edges=None if self.edges is None else self.edges[keep],
            planted=None if self.planted is None else self.planted[keep],
            parent_index=self.parent_index[keep],
            recipe=recipe | {"diluted": [*recipe.get("diluted", []), event]},
        )

    def _replace(self, **changes: Any) -> "PathGlass":
        names = ("paths", "couplings", "n_weights", "layer", "widths", "ensemble", "edges", "planted", "parent_index")
        return PathGlass(**({name: getattr(self, name) for name in names} | {"recipe": self.recipe} | changes))


def seed_record(seed: int | Seed) -> dict[str, Any]:
    """What a recipe keeps of a seed."""
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    return {"seed": int(value), "seed_key": key}


def rounding_record(glass: PathGlass, rounding: str) -> dict[str, Any]:
    """What a recipe keeps of a rule of rounding: nothing where release 0.3.0 removed the same weights."""
    same = rounding == "layers" or (rounding == "nearest" and not glass.has_layers)
    return {} if same else {"rounding": rounding}


def check_emptied(name: str, fraction: float, glass: PathGlass, rounding: str) -> None:
    """Raise ValueError, naming the argument, if this dilution empties the glass or a layer, if only in some draws."""
    layer = _dilution.emptied(fraction, glass.layer_sizes, rounding)
    if layer is not None:
        raise emptied(name, fraction, glass, layer, certain=rounding == "layers" or not glass.has_layers)


def emptied(name: str, fraction: float, glass: PathGlass, layer: int, certain: bool = True) -> ValueError:
    """The error of a dilution that removes a whole layer, in all draws or only in some."""
    where = f" of layer {layer}" if glass.has_layers else ""
    removes = f"{'removes' if certain else 'may remove'} all {glass.layer_sizes[layer]}{where}"
    return ValueError(f"{name} must leave a weight, got {fraction:g} which {removes}")


def _count_weights(paths: np.ndarray, n_weights: int | None, layer: np.ndarray | None) -> int:
    largest = int(paths.max()) if paths.size else -1
    if n_weights is None:
        if layer is None and not paths.size:
            raise ValueError("n_weights must be given for a glass without paths")
        n_weights = largest + 1 if layer is None else len(layer)
        if n_weights <= largest or not n_weights:
            raise ValueError(f"layer and widths must be of {max(largest, 0) + 1} weights at least, got {n_weights}")
    n_weights = _checks.integer("n_weights", n_weights, minimum=1, maximum=_INT32_MAX)
    if layer is not None and len(layer) != n_weights:
        raise ValueError(f"n_weights must be the {len(layer)} weights of layer and widths, got {n_weights}")
    if largest >= n_weights:
        raise ValueError(f"paths must hold weights below n_weights = {n_weights}, got {largest}")
    return n_weights


def _canonical(paths: np.ndarray, couplings: np.ndarray, layer: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Sort the weights of each path by (layer, index), then the paths; check that no path repeats a weight."""
    if layer is None:
        paths = np.sort(paths, axis=1)
        repeated = (paths[:, 1:] == paths[:, :-1]).any(axis=1)
        if repeated.any():
            raise ValueError(f"paths must not hold a weight twice, got {paths[np.argmax(repeated)].tolist()}")
    else:
        paths = np.take_along_axis(paths, np.argsort(layer[paths], axis=1, kind="stable"), axis=1)
        wrong = (layer[paths] != np.arange(paths.shape[1], dtype=np.int32)).any(axis=1)
        if wrong.any():
            path = paths[np.argmax(wrong)]
            raise ValueError(
                f"paths must hold one weight of each layer, got {path.tolist()} in layers {layer[path].tolist()}"
            )
    couplings = couplings + 0.0  # -0.0 and 0.0 are one coupling
    order = np.lexsort((couplings, *paths.T[::-1]))
    return np.ascontiguousarray(paths[order]), couplings[order]


def _check_parent(parent_index: ArrayLike | None, n_weights: int) -> np.ndarray:
    if parent_index is None:
        return np.arange(n_weights, dtype=np.int32)
    parent_index = _checks.integer_array("parent_index", parent_index, shape=(n_weights,))
    if (np.diff(parent_index) <= 0).any():
        raise ValueError("parent_index must increase strictly")
    return parent_index.copy()
