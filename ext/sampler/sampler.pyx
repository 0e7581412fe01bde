"""What the samplers of +-J glasses and of real couplings share: their methods, the order of visits, the instruction set.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

import os

import numpy as np

from cpython.buffer cimport PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.pycapsule cimport PyCapsule_GetContext, PyCapsule_New, PyCapsule_SetContext, PyCapsule_SetDestructor
from cpython.ref cimport Py_DECREF, Py_INCREF


cdef extern from "isa.h":
    const int N_ISAS
    const char *isa_names[1]
    const char *GLASSNET_COMPILER
    bint isa_supported(int i)


#: what compiled the kernels
COMPILER = GLASSNET_COMPILER.decode()


def instruction_sets():
    """Names of the instruction sets this machine can run, fastest first."""
    return [isa_names[i].decode() for i in range(N_ISAS) if isa_supported(i)]


def chosen_instruction_set():
    """The instruction set in use: the fastest, or the one the environment variable GLASSNET_ISA names.

    Raises
    ------
    ValueError
        If GLASSNET_ISA names none that this machine has; the message lists those it has.
    """
    available = instruction_sets()
    wanted = os.environ.get("GLASSNET_ISA") or available[0]
    if wanted not in available:
        raise ValueError(f"GLASSNET_ISA must be one of {', '.join(available)} on this machine, got {wanted!r}")
    return wanted


cdef int isa_row(name) except -1:
    """Row of an instruction set in the table of isa.h, which is its place in the tables of the kernels."""
    return [isa_names[i].decode() for i in range(N_ISAS)].index(name)


cdef void *data_of(array) except NULL:
    """Where the data of an array start; they stay there as long as the array is kept alive."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES)
    start = view.buf
    PyBuffer_Release(&view)
    return start


def visits(glass):
    """The order in which the weights are visited: by degree, then index.

    Parameters
    ----------
    glass : PathGlass

    Returns
    -------
    visit : (n_weights,) int32
        The weights in this order.
    group_first : (n_groups + 1,) int64
        Groups of equal degree: the first visit of each, and behind the last.
    group_degree : (n_groups,) int32
    group_links : (n_groups + 1,) int64
        Place of the group's first path in `links`.
    links : (n_paths p,) int32, at least one
        Paths of the weights in visiting order.
    """
    degrees = np.asarray(glass.degrees, dtype=np.int32)
    visit = np.argsort(degrees, kind="stable").astype(np.int32)
    present, first = np.unique(degrees[visit], return_index=True)
    group_first = np.append(first, len(visit)).astype(np.int64)
    group_links = np.concatenate([[0], np.cumsum(np.diff(group_first) * present)]).astype(np.int64)
    by_weight = np.argsort(glass.paths.ravel(), kind="stable") // glass.p
    start = np.concatenate([[0], np.cumsum(degrees, dtype=np.int64)])
    position = np.empty(len(visit), dtype=np.int64)
    position[visit] = np.concatenate([[0], np.cumsum(degrees[visit], dtype=np.int64)])[:-1]
    links = np.zeros(max(1, len(by_weight)), dtype=np.int32)
    links[np.arange(len(by_weight)) + np.repeat(position - start[:-1], degrees)] = by_weight
    return visit, group_first, present.astype(np.int32), group_links, links


cdef void _release(object capsule) noexcept:
    """Let go of the sampler that a capsule kept alive."""
    Py_DECREF(<object>PyCapsule_GetContext(capsule))


cdef class Sampler:
    """Weights of n_replicas ladders of one glass, one bit per lane, advanced in place.

    Lane l of a block of L lanes is bit l / n of word l % n of the n = L / 64 words that a weight or path has there.
    """

    @property
    def interface(self):
        """PyCapsule around the sampler_t of sampler.h, for the recording loop; it keeps the sampler alive."""
        capsule = PyCapsule_New(&self.calls, SAMPLER_CAPSULE, NULL)
        PyCapsule_SetContext(capsule, <void *>self)
        Py_INCREF(self)
        PyCapsule_SetDestructor(capsule, _release)
        return capsule

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
            self.calls.advance(self.calls.kernel, n_sweeps)

    def rows(self, const int32_t[::1] order, bint paths=False):
        """Configurations lane by lane, 64 weights (or path products) to a word in the given order (-1: padding)."""
        cdef int64_t n_words = order.shape[0] // 64
        out = np.empty((len(self.energy), n_words), dtype=np.uint64)
        cdef uint64_t[:, ::1] view = out
        if n_words:
            with nogil:
                self.calls.rows(self.calls.kernel, &order[0], n_words, paths, &view[0, 0])
        return out
