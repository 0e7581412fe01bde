"""Persistence regularisers for training in torch; the only module that imports it (extra `torch`).

Values and gradients are those of :mod:`glassnet.network.persistence.regularisers`, computed on the CPU in double
precision, products of all pairs of neurons in single precision where asked for.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("glassnet.network.torch needs torch: pip install 'glassnet[torch]'") from error

from glassnet import _checks, _face
from glassnet.network import persistence
from glassnet.network.persistence.clique import DISTANCES, PRECISIONS

__all__ = ["Regulariser", "all_pairs", "t1", "t2"]
_face.public(__name__)

#: value and gradient of a regulariser, from activations
_Regulariser = Callable[[np.ndarray], tuple[float, np.ndarray]]


class _Persistence(torch.autograd.Function):
    """A function of :mod:`glassnet.network.persistence.regularisers`, which returns its value with its gradient."""

    @staticmethod
    def forward(ctx: Any, activations: torch.Tensor, regulariser: _Regulariser) -> torch.Tensor:
        value, gradient = regulariser(activations.detach().to("cpu", torch.float64).numpy())
        ctx.save_for_backward(torch.from_numpy(gradient).to(activations))
        return activations.new_tensor(value)

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return slope * gradient, None


def t1(activations: torch.Tensor, *, distance: str = "absolute", precision: str = "double") -> torch.Tensor:
    """T1 of (n_samples, n_neurons) activations, a scalar with gradient; see :func:`glassnet.network.persistence.t1`."""
    return _applied(activations, lambda values: persistence.t1(values, distance=distance, precision=precision))


def t2(
    activations: torch.Tensor, alpha: float = 0.5, *, distance: str = "absolute", precision: str = "double"
) -> torch.Tensor:
    """T2 of (n_samples, n_neurons) activations, a scalar with gradient; see :func:`glassnet.network.persistence.t2`."""
    return _applied(activations, lambda values: persistence.t2(values, alpha, distance=distance, precision=precision))


def all_pairs(activations: torch.Tensor, *, precision: str = "double") -> torch.Tensor:
    """The baseline "all", a scalar with gradient; see :func:`glassnet.network.persistence.all_pairs`."""
    return _applied(activations, lambda values: persistence.all_pairs(values, precision=precision))


class Regulariser(torch.nn.Module):
    """strength * T of the most active neurons of several layers, taken as one clique.

    Parameters
    ----------
    kind : {"t1", "t2", "all_pairs"}
    strength : float
        >= 0.
    n_neurons : int or sequence of ints, optional
        Neurons to take from each layer, the most active ones of the batch; by default all.
    fraction : float, optional
        In (0, 1], in place of `n_neurons`; see :func:`glassnet.network.persistence.most_active`.
    distance : {"absolute", "sine"}
        As for :func:`glassnet.network.persistence.t1`; of no effect on "all_pairs", which has no tree.
    precision : {"double", "single"}
        As for :func:`glassnet.network.persistence.t1`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """

    def __init__(
        self,
        kind: str = "t1",
        strength: float = 1.0,
        n_neurons: int | Sequence[int] | None = None,
        *,
        fraction: float | None = None,
        distance: str = "absolute",
        precision: str = "double",
    ) -> None:
        super().__init__()
        self.kind = _checks.choice("kind", kind, ("t1", "t2", "all_pairs"))
        self.strength = _checks.real("strength", strength, minimum=0)
        self.n_neurons, self.fraction = n_neurons, fraction
        if n_neurons is not None and fraction is not None:
            raise ValueError(f"give n_neurons or fraction, not both, got {n_neurons} and {fraction}")
        self.distance = _checks.choice("distance", distance, DISTANCES)
        self.precision = _checks.choice("precision", precision, tuple(PRECISIONS))

    def forward(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """The term to add to the loss, from a list of (n_samples, width) activations of hidden layers."""
        if self.n_neurons is not None or self.fraction is not None:
            values = [layer.detach().to("cpu", torch.float64).numpy() for layer in layers]
            chosen = persistence.most_active(values, self.n_neurons, fraction=self.fraction)
            layers = [layer[:, torch.from_numpy(index)] for layer, index in zip(layers, chosen, strict=True)]
        clique = torch.cat(list(layers), dim=1)
        if self.kind == "all_pairs":
            return self.strength * all_pairs(clique, precision=self.precision)
        term = {"t1": t1, "t2": t2}[self.kind]
        return self.strength * term(clique, distance=self.distance, precision=self.precision)


def _applied(activations: torch.Tensor, regulariser: _Regulariser) -> torch.Tensor:
    if not isinstance(activations, torch.Tensor):
        raise TypeError(f"activations must be a torch.Tensor, got {type(activations).__name__}")
    return _Persistence.apply(activations, regulariser)
