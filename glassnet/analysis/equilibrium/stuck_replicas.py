"""Do all replicas of a sample visit the same states? If a ladder mixes, the means of its replicas agree."""

import numpy as np
from scipy import special

from glassnet.statistics import ladder_autocorrelation, ladder_averages

#: a chain must last at least this many autocorrelation times not to be called stuck
MIXED_LENGTH = 10.0
#: chains with fewer draws than this prove nothing
FEWEST = 20
#: fewest blocks of a chain with which its mean is compared
_STUCK_BLOCKS = 6


def scatter(chains: np.ndarray, n_independent: int, time: float) -> np.ndarray:
    """Probability of the scatter of the means of (n_draws, n_chains, n_rungs) for chains that last at least ten times
    the slowest mode, (n_rungs,).

    It is the smaller probability of two tests, doubled: do the means scatter more than the draws within the chains
    explain (analysis of variance)? Do they scatter more than in chains of ten times the slowest mode? The latter
    detects chains that change between states only a few times. `n_independent` says how many of the chains are
    independent: pairs of replicas are not.
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


def never_moves(energy: np.ndarray, all_planted: np.ndarray) -> np.ndarray:
    """On which rungs chains (n_draws, n_chains, n_rungs) never move although they should, or are too short to decide.

    They need not move where all are in the lowest energy of the ladder and hotter rungs move: that is a ground state.
    Nor where all chains stay in the planted state: `all_planted`, (n_rungs,) bool.
    """
    frozen = ~ladder_autocorrelation.moving_rungs(energy)
    moves_above = ~np.logical_and.accumulate(frozen[::-1])[::-1]
    ground_state = (energy[0, 0] == energy.min()) & moves_above
    return frozen & ~(ground_state | all_planted) | (len(energy) < FEWEST)
