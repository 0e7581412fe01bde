"""Do the replicas of a sample visit what they visit together? Those of a ladder that mixes have means that agree."""

import numpy as np
from scipy import special

from glassnet.statistics import ladder_autocorrelation, ladder_averages

#: fewest autocorrelation times a chain must last not to be called stuck
MIXED_LENGTH = 10.0
#: chains shorter than this prove nothing at all
FEWEST = 20
#: fewest blocks of a chain that its mean is held against
_STUCK_BLOCKS = 6


def scatter(chains: np.ndarray, n_independent: int, time: float) -> np.ndarray:
    """How probable the scatter of the means of (n_draws, n_chains, n_rungs) is among chains that last ten times the
    slowest mode or longer: (n_rungs,).

    Two questions, and the smaller probability, doubled: do the means scatter more than the draws within the chains
    explain (analysis of variance)? Do they scatter more than ten times the slowest mode would let them? The latter
    sees chains that cross over a few times only. `n_independent` says how many of the chains are independent: pairs of
    replicas are not.
    """
    n_draws, n_chains, n_rungs = chains.shape
    if n_chains < 2 or n_independent < 2:
        return np.ones(n_rungs)
    means = chains.mean(axis=0)
    within, between = chains - means, means.var(axis=0, ddof=1)
    longest = n_draws / MIXED_LENGTH
    time = min(time, longest)
    number = min(n_draws, max(_STUCK_BLOCKS, ladder_autocorrelation.n_blocks(n_draws, n_chains, time)))
    blocks = ladder_autocorrelation.block_means(within, ladder_autocorrelation.block_edges(n_draws, number))
    variance = ladder_autocorrelation.mean_square(within)
    bar = ladder_averages.error_bar(blocks, n_chains, n_draws / number, time, variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(between > 0, between * number / bar.stderr**2, 0.0)
        share = np.where(between > 0, between / (variance + means.var(axis=0)), 0.0)
    apart = n_independent - 1
    scattered = special.fdtrc(apart, bar.freedom, excess)
    slow = special.chdtrc(apart, apart * share * MIXED_LENGTH / 2)
    # where nothing moves the means differ by rounding alone
    return np.where(ladder_autocorrelation.moving_rungs(chains), np.minimum(2 * np.minimum(scattered, slow), 1.0), 1.0)


def never_moves(energy: np.ndarray, found: np.ndarray) -> np.ndarray:
    """On which rungs chains (n_draws, n_chains, n_rungs) never move and should, or are too short to say.

    They need not where all sit in the lowest energy of the ladder and hotter rungs move: that is a ground state. Nor
    where the planted state was `found` from everywhere, (n_rungs,) bool.
    """
    frozen = ~ladder_autocorrelation.moving_rungs(energy)
    moves_above = ~np.logical_and.accumulate(frozen[::-1])[::-1]
    ground_state = (energy[0, 0] == energy.min()) & moves_above
    return frozen & ~(ground_state | found) | (len(energy) < FEWEST)
