# What the two samplers share as Python objects; after isa.pxi and sampler.pxi.

cdef class Kernel:
    """Weights of n_replicas ladders of one glass, one bit per lane, advanced in place.

    Lane l of a block of L lanes is bit l / n of word l % n of the n = L / 64 words that a weight or path has there.
    """

    cdef sampler_t sampler
    cdef int64_t n_lanes
    cdef readonly str instruction_set
    #: (n_blocks, n_weights or n_paths, n) uint64 and the streams of the sweeps; n is left out where it is 1
    cdef readonly object weight, path, rng
    #: (lanes of whole blocks,) float64
    cdef readonly object energy
    cdef readonly object walkers
    #: (n_paths, p) int32
    cdef readonly object paths
    cdef object _keep
    #: address of the sampler_t of sampler.h, for the recording loop
    cdef readonly size_t interface

    def set_weights(self, up):
        """Take the weights (n_lanes, n_weights), bool, True = +1, and bring what depends on them up to date."""
        n_blocks, n_weights = self.weight.shape[:2]
        lanes = np.zeros((len(self.energy), n_weights), dtype=bool)
        lanes[:self.n_lanes] = up
        bits = lanes.reshape(n_blocks, 64, -1, n_weights).transpose(0, 3, 2, 1)
        packed = np.packbits(np.ascontiguousarray(bits), axis=-1, bitorder="little")
        self.weight[...] = np.ascontiguousarray(packed).view(np.uint64).reshape(self.weight.shape)
        self.refresh()

    def advance(self, int64_t n_sweeps):
        """`n_sweeps` sweeps of all weights in all lanes, each followed by an exchange step; releases the GIL."""
        with nogil:
            self.sampler.advance(self.sampler.kernel, n_sweeps)

    def rows(self, const int32_t[::1] order, bint paths=False):
        """Configurations lane by lane, 64 weights (or path products) to a word in the given order (-1: padding)."""
        cdef int64_t n_words = order.shape[0] // 64
        out = np.empty((len(self.energy), n_words), dtype=np.uint64)
        cdef uint64_t[:, ::1] view = out
        if n_words:
            with nogil:
                self.sampler.rows(self.sampler.kernel, &order[0], n_words, paths, &view[0, 0])
        return out
