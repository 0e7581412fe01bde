"""All rungs of one sample together: thermal averages at any temperature of its ladder, and the same without each block.

The multiple-histogram estimate of the density of states (:mod:`glassnet.statistics.multihistogram`), reweighted to the
temperature asked for. Pairs of replicas are reweighted alike, by the energy of both. Draws are left out in blocks that
span all rungs and replicas, so that correlations between rungs, which exchanges cause, are included.
"""

from typing import NamedTuple

import numpy as np

from glassnet.statistics import ladder_autocorrelation, ladder_averages, multihistogram

#: most and fewest blocks of draws
_MOST, _FEWEST = 20, 4
#: bins of the energies of pairs are wider by this factor: averages are taken from them, and no free energies
_COARSE = 4


class _Weighted(NamedTuple):
    """Sums over the draws on each level, from all draws and without each block, ready to be reweighted.

    `levels` (n_levels,); `log_weight` (n_levels,) of a draw, from all draws; `columns` each (1 + n_blocks, n_levels),
    weighted relative to it.
    """

    levels: np.ndarray
    log_weight: np.ndarray
    columns: list[np.ndarray]

    def boltzmann(self, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors of the levels at each inverse temperature, (n_levels, n_wanted), and the logarithm of their scale."""
        exponent = self.log_weight[:, None] - np.multiply.outer(self.levels, betas)
        scale = exponent.max(axis=0)
        return np.exp(exponent - scale), scale


class Combined:
    """The chains of one sample.

    Parameters
    ----------
    energy : (n_draws, n_rungs, n_replicas) float64
        Total energies.
    temperatures : (n_rungs,) float64
        Increasing; the last may be inf.
    anchor : float
        ln Z on the last rung; nan where it is not known.
    overlap : (n_draws, n_rungs, n_pairs) float64, optional
    pairs : (n_pairs, 2) int, optional
        The replicas of each pair.
    blocks : bool
        Whether averages without each block of draws are computed as well, for thermal errors.

    Attributes
    ----------
    plain : ThermalAverage
        Energy on each rung from its own draws alone, with their effective number.
    n_blocks : int
        0 where none were asked for.
    from_above : (n_rungs,) float64
        ln Z on the rungs by Bennett's ratio: it does not depend on colder rungs, which may not be in equilibrium.
    log_z : (1 + n_blocks, n_rungs) float64
        ln Z on the rungs from all rungs together, with all draws and without each block.
    """

    def __init__(self, energy, temperatures, anchor, overlap=None, pairs=None, *, blocks=True):
        self._betas = 1.0 / temperatures
        self.plain = ladder_averages.thermal_average(energy.swapaxes(1, 2))
        self.n_blocks = self._count_blocks(energy, overlap) if blocks else 0
        draws, n_rungs, n_replicas = energy.shape
        block = np.arange(draws) * max(self.n_blocks, 1) // draws
        counts = n_replicas * self._leave_out(np.bincount(block).astype(np.float64))
        levels, level = multihistogram.sort_into_levels(energy, float(self._betas[0]))
        by_rung = multihistogram.tally(level, len(levels), np.arange(n_rungs)[:, None])
        totals = self._leave_out(multihistogram.tally(level, len(levels), block[:, None, None]))
        first = multihistogram.bennett(multihistogram.Histogram(levels, by_rung), self._betas)
        rows = []
        for total, n_draws in zip(totals, counts, strict=True):
            start = rows[0] if rows else first
            rows.append(multihistogram.multihistogram(levels, total, n_draws, self._betas, start))
        # the anchor, which may be unknown, only shifts ln Z
        self._anchor = anchor
        self.from_above = anchor + first
        self.log_z = anchor + np.array(rows)
        self._single = self._weighted(levels, np.array(rows), counts, [totals])
        self._double = None
        if overlap is not None:
            both = energy[:, :, pairs[:, 0]] + energy[:, :, pairs[:, 1]]
            levels, level = multihistogram.sort_into_levels(both, float(self._betas[0]) / _COARSE)
            square = overlap * overlap
            by_block = block[:, None, None]
            sums = [multihistogram.tally(level, len(levels), by_block, q) for q in (None, square, square**2)]
            self._double = self._weighted(
                levels, 2 * np.array(rows), counts, [self._leave_out(column) for column in sums]
            )

    def _leave_out(self, blocks):
        """The sum over all blocks (n_blocks, ...), then over all but each: (1 + n_blocks, ...)."""
        total = blocks.sum(axis=0, keepdims=True)
        return np.concatenate([total, total - blocks]) if self.n_blocks else total

    def _weighted(self, levels, log_z, counts, columns) -> _Weighted:
        rows = [multihistogram.log_weights(levels, self._betas, *row) for row in zip(log_z, counts, strict=True)]
        relative = np.exp(np.array(rows) - rows[0])
        return _Weighted(levels, rows[0], [column * relative for column in columns])

    def _count_blocks(self, energy, overlap) -> int:
        """Number of blocks: as many as five times the time of the slowest mode of the ladder, in energy or q^2, fit
        into the draws."""
        series = [energy] if overlap is None else [energy, overlap * overlap]
        slowest = max(
            ladder_autocorrelation.slowest_time((values - values.mean(axis=(0, 2), keepdims=True)).swapaxes(1, 2))
            for values in series
        )
        return min(len(energy), _MOST, max(_FEWEST, int(len(energy) / (ladder_autocorrelation.BLOCK_LENGTH * slowest))))

    def at(self, betas: np.ndarray) -> dict[str, np.ndarray]:
        """Thermal averages at any inverse temperatures (n_wanted,) of the ladder.

        Returns
        -------
        dict of str to (1 + n_blocks, n_wanted) float64
            log_z, energy and variance (of the energy), and where there are pairs q2 = <q^2> and q4 = <q^4>; the first
            row from all draws, the others without each block.
        """
        levels, (visits,) = self._single.levels, self._single.columns
        factors, scale = self._single.boltzmann(betas)
        norm = visits @ factors
        centre = levels.mean()
        mean = (visits * (levels - centre)) @ factors / norm
        variance = (visits * (levels - centre) ** 2) @ factors / norm - mean**2
        averages = {"log_z": np.log(norm) + scale + self._anchor, "energy": centre + mean, "variance": variance}
        if self._double is not None:
            factors, _ = self._double.boltzmann(betas)
            count, square, fourth = (column @ factors for column in self._double.columns)
            averages |= {"q2": square / count, "q4": fourth / count}
        return averages
