"""How continuous transitions on random graphs scale with the number of weights: exponents of mean-field theory."""

from typing import NamedTuple

_FRACTIONS = {1 / 3: "(1/3)", 1 / 2: "(1/2)", 2 / 3: "(2/3)"}


class Exponents(NamedTuple):
    """How a continuous transition scales with N: `temperature` is y, `order` is r, `correction` is omega.

    `key` identifies the class of transitions together with the moment, `name` says in words what orders.

    `moment` is the column of the averages that orders: "q2", [<q^2>], or "m2", [<m^2>] with the magnetisation m. At the
    sizes of simulations T_c lies between the crossing of N^r times that moment and the crossing of the Binder
    cumulants, or near it: `between` are the smallest and largest distance from the former, in units of the distance of
    the two, and negative away from the latter.
    """

    key: str
    name: str
    temperature: float
    order: float
    correction: float
    moment: str
    between: tuple[float, float]

    @property
    def quantity(self) -> str:
        """N^r times the moment, in words."""
        power = "N" if self.order == 1 else f"N^{_FRACTIONS[self.order]}"
        return f"{power} [{'q^2' if self.moment == 'q2' else 'm^2'}]"

    @property
    def decay(self) -> str:
        """omega, in words."""
        return _FRACTIONS[self.correction]


#: spin glass on a random graph: [q^2] ~ N^-2/3 at T_c, corrections N^-1/3 (as in the Sherrington-Kirkpatrick model: G.
#: Parisi, F. Ritort and F. Slanina, J. Phys. A 26, 247 (1993))
GLASS = Exponents("glass_q2", "spin glass", 1 / 3, 2 / 3, 1 / 3, "q2", (0, 1 / 4))
#: ferromagnet on a random graph: [m^2] ~ N^-1/2 at T_c, corrections N^-1/2 (K. Binder, M. Nauenberg, V. Privman and
#: A. P. Young, Phys. Rev. B 31, 1498 (1985), above the upper critical dimension, with N for L^d)
FERROMAGNET = Exponents("ferromagnet_m2", "ferromagnet", 1 / 2, 1 / 2, 1 / 2, "m2", (-1 / 3, 1 / 3))
#: the same seen by the overlap, the product of two magnetisations
PRODUCT = Exponents("ferromagnet_q2", "ferromagnet", 1 / 2, 1.0, 1 / 2, "q2", (0, 1 / 2))
