"""A Metropolis chain on the number of training errors of a network of sign units; training.h says how it works.

Everything is checked before it comes here (glassnet.network.training): this module trusts its arguments.
"""

import numpy as np

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint64_t

from glassnet.kernels.sampler cimport isa_row

from glassnet.kernels.sampler import chosen_instruction_set


cdef extern from "training.h" nogil:
    enum: TRAINING_PAD

    ctypedef struct site_t:
        int32_t layer, unit, before

    ctypedef struct training_t:
        int64_t n_layers, n_examples, n_padded, stride, n_sites, row_length, longest
        const int64_t *width
        const int64_t *first_sum
        const int64_t *first_row
        const int64_t *first_weight
        const int64_t *first_column
        const site_t *site
        int8_t *weight
        int16_t *column
        int16_t *last
        int16_t *sums
        int16_t *rows
        const int8_t *label
        int8_t *cost
        uint64_t *wrong
        uint64_t *changed
        int16_t *fresh
        int16_t *change
        int16_t *trial
        int16_t *output
        int16_t *step
        int32_t *unit
        int32_t *order
        uint64_t *rng
        double beta
        int64_t cost_sum, accepted

    ctypedef void (*training_run_t)(training_t *s, int64_t n_proposals) noexcept nogil

    void training_start(training_t *s)
    const training_run_t training_run[1]


#: the widest hidden layer, and the largest number of inputs
MOST_HIDDEN = 4096
MOST_INPUTS = 32000


cdef class TrainingChain:
    """One network whose weights +-1 are flipped one at a time, with the probability min(1, exp(-beta dE)).

    Parameters
    ----------
    weights : list of (n_out, n_in) int8
        By layer from input to output, the last with one row: +-1, or 0 for a connection that is not there. They
        are copied. At least one is not 0.
    inputs : (n_examples, n_in) int8, +-1
    labels : (n_examples,) int8, +-1
    beta : float
        Inverse temperature, in units of one error, >= 0 or inf.
    rng : (4,) uint64
        State words of the generator; not all 0.
    """

    cdef training_t s
    cdef readonly str instruction_set
    cdef list _shapes
    cdef dict _arrays

    def __init__(self, weights, inputs, labels, double beta, rng):
        cdef training_t *s = &self.s
        self.instruction_set = chosen_instruction_set()
        self._shapes = [one.shape for one in weights]
        self._arrays = {}
        n_layers, n_examples = len(weights), len(inputs)
        width = np.array([weights[0].shape[1], *(len(one) for one in weights)], dtype=np.int64)
        padded = -(-width // TRAINING_PAD) * TRAINING_PAD
        between = padded[2:-1]  # of the hidden layers but the first
        n_padded = -(-n_examples // 64) * 64
        s.n_layers, s.n_examples, s.n_padded, s.beta = n_layers, n_examples, n_padded, beta
        s.row_length = max(TRAINING_PAD, between.sum())
        s.longest = padded[1:].max()
        s.cost_sum = s.accepted = 0
        flat = np.concatenate([np.ravel(one) for one in weights]).astype(np.int8)
        sites = [np.argwhere(one) for one in weights]
        site = np.concatenate([np.insert(rows, 0, layer, axis=1) for layer, rows in enumerate(sites)])
        first_row, first_column = np.zeros(n_layers + 1, dtype=np.int64), np.zeros(n_layers, dtype=np.int64)
        first_row[2:-1] = np.cumsum(between) - between
        sizes = width[1:-2] * between
        first_column[1:-1] = np.cumsum(sizes) - sizes
        columns = np.zeros(sizes.sum() + TRAINING_PAD, dtype=np.int16)
        for layer in range(1, n_layers - 1):
            block = np.zeros((width[layer], padded[layer + 1]), dtype=np.int16)
            block[:, : width[layer + 1]] = weights[layer].T
            columns[first_column[layer] :][: block.size] = block.ravel()
        last = np.zeros(padded[-2], dtype=np.int16)
        last[: width[-2]] = weights[-1][0]
        s.stride = n_padded + 32
        sums = np.zeros((width.sum(), s.stride), dtype=np.int16)
        sums[: width[0], :n_examples] = inputs.T
        s.width = <const int64_t *>self._kept("width", width)
        s.first_sum = <const int64_t *>self._kept("first_sum", np.cumsum(width) - width)
        s.first_row = <const int64_t *>self._kept("first_row", first_row)
        s.first_weight = <const int64_t *>self._kept(
            "first_weight", np.cumsum(width[:-1] * width[1:]) - width[:-1] * width[1:]
        )
        s.first_column = <const int64_t *>self._kept("first_column", first_column)
        s.site = <const site_t *>self._kept("site", np.ascontiguousarray(site, dtype=np.int32))
        s.n_sites = len(site)
        s.weight = <int8_t *>self._kept("weight", flat)
        s.column = <int16_t *>self._kept("column", columns)
        s.last = <int16_t *>self._kept("last", last)
        s.sums = <int16_t *>self._kept("sums", sums)
        s.rows = <int16_t *>self._kept("rows", np.zeros((n_examples, s.row_length), dtype=np.int16))
        s.label = <const int8_t *>self._kept("label", np.array(labels, dtype=np.int8))
        s.cost = <int8_t *>self._kept("cost", np.zeros(n_examples, dtype=np.int8))
        s.wrong = <uint64_t *>self._kept("wrong", np.zeros(n_padded // 64, dtype=np.uint64))
        s.changed = <uint64_t *>self._kept("changed", np.zeros(n_padded // 64, dtype=np.uint64))
        s.fresh = <int16_t *>self._kept("fresh", np.zeros(n_padded, dtype=np.int16))
        s.change = <int16_t *>self._kept("change", np.zeros(n_padded, dtype=np.int16))
        s.trial = <int16_t *>self._kept("trial", np.zeros((n_examples, s.row_length), dtype=np.int16))
        s.output = <int16_t *>self._kept("output", np.zeros(n_examples, dtype=np.int16))
        s.step = <int16_t *>self._kept("step", np.zeros(2 * s.longest, dtype=np.int16))
        s.unit = <int32_t *>self._kept("unit", np.zeros(2 * s.longest, dtype=np.int32))
        s.order = <int32_t *>self._kept("order", np.zeros(n_examples, dtype=np.int32))
        s.rng = <uint64_t *>self._kept("rng", np.array(rng, dtype=np.uint64))
        training_start(s)

    cdef void *_kept(self, str name, array) except NULL:
        """The data of an array that lives as long as the chain."""
        cdef size_t place = array.ctypes.data
        self._arrays[name] = array
        return <void *>place

    def run(self, int64_t n_proposals):
        """Propose n_proposals flips, each of a connection drawn at random."""
        cdef training_run_t run = training_run[isa_row(self.instruction_set)]
        with nogil:
            run(&self.s, n_proposals)

    def set_beta(self, double beta):
        """Change the inverse temperature."""
        self.s.beta = beta

    @property
    def costs(self):
        """(n_examples,) int8: 0 where the network is right, 2 where it is wrong, 1 where it has no answer; a copy."""
        return self._arrays["cost"].copy()

    @property
    def cost_sum(self):
        """Twice the number of errors, where no answer is half an error."""
        return self.s.cost_sum

    @property
    def accepted(self):
        """Proposals that were accepted since the start."""
        return self.s.accepted

    @property
    def weights(self):
        """List of (n_out, n_in) int8 by layer; copies."""
        ends = np.cumsum([rows * columns for rows, columns in self._shapes])
        return [
            part.reshape(shape).copy()
            for part, shape in zip(np.split(self._arrays["weight"], ends[:-1]), self._shapes, strict=True)
        ]
