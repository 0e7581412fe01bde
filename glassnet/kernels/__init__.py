"""The compiled modules, built from ``ext/``.

The two samplers (bitsliced, realvalued), what they share (sampler) and their recording loop (recording); enumeration;
populations of cavity fields (cavity); what is computed on one instance; the spanning tree of neurons (persistence); and
arithmetic that is the same on every machine.
"""

from importlib.util import find_spec

if find_spec("glassnet.kernels.bitsliced") is None:
    raise ImportError(
        "glassnet's compiled kernels are not here: Python found a clone in which they were never built. "
        "Build them there with pip install -e ."
    )

from glassnet.kernels import (
    arithmetic,
    bitsliced,
    cavity,
    enumeration,
    instance,
    persistence,
    realvalued,
    recording,
    sampler,
)

__all__ = [
    "arithmetic",
    "bitsliced",
    "cavity",
    "enumeration",
    "instance",
    "persistence",
    "realvalued",
    "recording",
    "sampler",
]
