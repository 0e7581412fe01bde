"""Standard normal numbers that are the same on every machine."""

from decimal import Context, Decimal

import numpy as np

#: beyond this numpy's ziggurat takes logarithms from libm; and its inverse, as numpy has it
_TAIL, _INVERSE = 3.6541528853610088, 0.27366123732975828
#: more digits than a float64 has, in integer arithmetic
_DIGITS = Context(prec=30)


def standard_normal(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` standard normal numbers; where libm rounds correctly they are those of ``rng.standard_normal(count)``.

    numpy draws them by the ziggurat of G. Marsaglia and W. W. Tsang, J. Stat. Softw. 5, 8 (2000). Nearly all are
    products of a random integer and a constant. Those of the tail, one in 4000, come from two logarithms of libm, whose
    last digit depends on the machine: here they are made again from the same random numbers, with logarithms in decimal
    arithmetic.

    Parameters
    ----------
    rng : numpy.random.Generator
        Of PCG64; it advances as by ``rng.standard_normal(count)``.
    count : int

    Returns
    -------
    (count,) float64
    """
    again = np.random.Generator(np.random.PCG64())
    again.bit_generator.state = rng.bit_generator.state
    values, done = rng.standard_normal(count), 0
    for index in np.flatnonzero(np.abs(values) > _TAIL).tolist():
        again.standard_normal(index - done)
        values[index] = tail_number(again)
        done = index + 1
    return values


def tail_number(rng: np.random.Generator) -> float:
    """The next number, which is known to be one of the tail."""
    # eight bits choose a layer; 0 is the lowest; other layers were rejected, with a uniform number each
    while (word := int(rng.bit_generator.random_raw())) & 0xFF:
        rng.random()
    while True:
        beyond, height = -_INVERSE * _log_of_rest(rng.random()), -_log_of_rest(rng.random())
        if height + height > beyond * beyond:
            return -(_TAIL + beyond) if word >> 17 & 1 else _TAIL + beyond


def _log_of_rest(uniform: float) -> float:
    """ln(1 - u), correctly rounded; 1 - u is exact."""
    return float(Decimal(1.0 - uniform).ln(_DIGITS))
