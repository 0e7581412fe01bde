"""Planting: couplings drawn together with an equilibrium configuration (the Nishimori line)."""

import numpy as np

from glassnet import _checks, _meant
from glassnet._random import Role, Seed, generator
from glassnet.glass import PathGlass, seed_record
from glassnet.kernels import arithmetic


@_meant.keywords
def planted(glass: PathGlass, temperature: float, seed: int | Seed, unsatisfied: str = "independent") -> PathGlass:
    """Redraw the signs of the couplings around a random configuration w*, which then is in equilibrium.

    w* is uniform; |J_a| stays, and J_a prod_{i in a} w*_i > 0 with probability (1 + tanh(|J_a| / T)) / 2. The pair
    (J, w*) is an exact joint sample of the symmetric couplings and the Boltzmann law at T (H. Nishimori, Prog. Theor.
    Phys. 66, 1169 (1981)), so [<E>] = [E(w*)] = -sum_a |J_a| tanh(|J_a| / T) for every N.

    Parameters
    ----------
    glass : PathGlass
        Its paths and |J_a| are kept.
    temperature : float
        Planting temperature, > 0, k_B = 1; inf gives random signs.
    seed : int or Seed
    unsatisfied : {"independent", "fixed"}
        "independent": as above. "fixed" (+-J only): exactly n_paths (1 - tanh(1 / T)) / 2 couplings, rounded at random
        to that mean, are violated by w*; less noise between instances, but the identities above hold up to O(1) only.

    Returns
    -------
    PathGlass
        With `planted` set to w*.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    _checks.instance("glass", glass, PathGlass)
    temperature = _checks.real("temperature", temperature, minimum=0, exclusive=True, finite=False)
    _checks.choice("unsatisfied", unsatisfied, ("independent", "fixed"))
    if unsatisfied == "fixed" and not glass.is_binary:
        raise ValueError("unsatisfied='fixed' needs couplings +-1, got real couplings")
    state = generator(seed, Role.PLANTED_STATE).choice(np.array([-1, 1], dtype=np.int8), glass.n_weights)
    size = np.abs(glass.couplings)
    with np.errstate(over="ignore"):
        # (1 - tanh(|J| / T)) / 2
        p_violated = arithmetic.fermi(2 * size / temperature)
    rng = generator(seed, Role.PLANTED_SIGNS)
    if unsatisfied == "independent":
        violated = rng.random(glass.n_paths) < p_violated
    else:
        violated = np.zeros(glass.n_paths, dtype=bool)
        count = int(np.floor(arithmetic.total(p_violated) + rng.random()))
        violated[rng.choice(glass.n_paths, count, replace=False)] = True
    sign = np.where(violated, -1, 1) * state[glass.paths].prod(axis=1)
    how = {"temperature": temperature, "unsatisfied": unsatisfied, **seed_record(seed)}
    return glass._replace(couplings=size * sign, planted=state, recipe=glass.recipe | {"planted": how})
