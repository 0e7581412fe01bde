"""Where the compiled modules land, built from ``ext/``.

Both samplers, what they share, and their recording loop, the enumeration, populations of cavity fields, what is done on
one instance, and the spanning tree of neurons; and arithmetic that is the same on every machine.
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
