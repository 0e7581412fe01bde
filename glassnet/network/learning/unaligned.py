"""What a network knows that fits its paths, but is not aligned with the data: the paramagnet, and the glass."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from glassnet import _checks, _wiring


def unaligned_error(
    widths: Sequence[int],
    alpha: float,
    energy: ArrayLike,
    margins: ArrayLike,
    *,
    votes: int = 1,
    dilution: float = 0.0,
) -> np.ndarray:
    """Return the error of wide networks of sign units that know of the data only the paths they were sampled with.

    Parameters
    ----------
    widths : sequence of ints
        Neurons in each layer, n_0 to n_L with n_L = 1; before dilution.
    alpha : float
        Paths per weight, before dilution.
    energy : (...) floats
        Per path that is left, in [-1, 0], units of abs(J): in the paramagnet -tanh(1/T) where the coupling of a path
        is one example.
    margins : float or (n_examples,) floats
        In [-1, 1]: y x.c / n_0 of the examples that are asked about, c_i = <y x_i> as the paths from input i have it:
        the mean of their couplings. Where all abs(c_i) are m0 and there are many inputs, all margins are m0^2.
    votes : int
        Networks that vote together.
    dilution : float
        Fraction of the connections removed, in [0, 1].

    Returns
    -------
    (...) float64
        Fraction of wrong answers, over networks and examples.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The weights are as good as random but for the paths: a walk from input to output that is one of the alpha N_w paths
    has <prod w> = -e J, any other one 0. If hidden units were linear, an output would be a sum over n_0 ... n_(L-1)
    walks with the mean alpha N_w |e| y x.c / n_0 and the variance n_0 ... n_(L-1). A layer of sign units passes on
    (2/pi)^(1/2) of a small correlation with its sums (its Hermite coefficient; products of three and more walks do not
    know of the paths). So an example with margin r is answered wrongly with probability Q(k r),

        k = (2/pi)^((L-1)/2) alpha N_w |e| (1 - delta)^(L/2) / (n_0 ... n_(L-1))^(1/2),

    Q that of the normal distribution. At fixed proportions of the widths k grows like n^((4 - L)/2), n the width: for
    L = 4 weight layers it has a limit; for more layers the error goes to 1/2, for fewer to 0. Networks are independent
    given the paths, so the answers of a vote add up. Corrections are of the order 1/n, and large where the paramagnet
    is not stable.

    The formula is the same above and below the glass transition. It fails for networks that are aligned with
    the data, of which walks that are no path know as well.
    """
    widths = _wiring.check_widths(widths)
    if widths[-1] != 1:
        raise ValueError(f"widths must end with one output unit, got {list(widths)}")
    alpha = _checks.real("alpha", alpha, minimum=0.0)
    dilution = _checks.real("dilution", dilution, minimum=0.0, maximum=1.0)
    votes = _checks.integer("votes", votes, minimum=1, maximum=2**53)
    energy = _checks.real_array("energy", energy)
    if (energy > 0).any() or (energy < -1).any():
        raise ValueError(f"energy must be per path, in [-1, 0], got {_checks.shown(energy)}")
    margins = np.atleast_1d(_checks.real_array("margins", margins))
    if margins.ndim != 1 or not margins.size:
        raise ValueError(f"margins must be a number or (n_examples,), got shape {margins.shape}")
    if (np.abs(margins) > 1).any():
        raise ValueError(f"margins must be in [-1, 1], got {_checks.shown(margins)}")
    n_layers = len(widths) - 1
    # of all walks their logarithm: they may be more than a float holds
    walks = sum(math.log(units) for units in widths[:-1])
    per_energy = alpha * (1.0 - dilution) ** (n_layers / 2)
    per_energy *= math.exp(math.log(_wiring.n_network_weights(widths)) - 0.5 * walks)
    per_energy *= (2.0 / math.pi) ** ((n_layers - 1) / 2)
    wrong = [_wrong(-per_energy * one, margins, votes) for one in energy.ravel()]
    return np.array(wrong).reshape(energy.shape)[()]


def _wrong(strength: float, margins: np.ndarray, votes: int) -> float:
    """Mean over examples; answers of a vote have the mean 1 - 2 Q and the variance 1 - mean^2."""
    mean = 2.0 * ndtr(strength * margins) - 1.0
    if votes == 1:
        return float(0.5 * (1.0 - mean.mean()))
    spread = np.sqrt(np.maximum(1.0 - mean**2, 1e-300))
    return float(ndtr(-math.sqrt(votes) * mean / spread).mean())
