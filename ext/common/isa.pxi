# Choice of the instruction set, the same for all kernels.

import os

cdef extern from "isa.h":
    enum: N_ISAS
    const char *isa_names[1]
    const char *GLASSNET_COMPILER
    bint isa_supported(int i)


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


cdef int isa_number(name):
    """Place of an instruction set in the kernels' tables."""
    return [isa_names[i].decode() for i in range(N_ISAS)].index(name)
