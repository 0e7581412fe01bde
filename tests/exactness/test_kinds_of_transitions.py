"""Every kind of transition, told from chains that are sampled exactly from solvable models; and chains that drift.

    pytest -m slow -s tests/exactness/test_kinds_of_transitions.py

prints how often each kind was told in 200 seeds, and how far off the temperatures were; half an hour on one core.
"""

from collections import Counter

import numpy as np
import pytest

from glassnet.analysis.transition import find_transition

MODELS = {
    "random first-order": lambda s, seed: s.random_energy(seed),
    "continuous": lambda s, seed: s.curie_weiss(2, seed),
    "first-order": lambda s, seed: s.curie_weiss(3, seed),
    "none": lambda s, seed: s.free_spins(seed),
    "undecided": lambda s, seed: s.drifting(seed),
}


def answers(synthetic, kind, seeds):
    return [find_transition(synthetic.tree(MODELS[kind](synthetic, seed))) for seed in seeds]


def critical(synthetic, kind):
    exact = {2: synthetic.CURIE_WEISS_CRITICAL[2], 3: synthetic.CURIE_WEISS_CRITICAL[3]}
    return {"random first-order": synthetic.RANDOM_ENERGY_CRITICAL, "continuous": exact[2], "first-order": exact[3]}[
        kind
    ]


def check(synthetic, kind, found, share):
    kinds = Counter(one.kind for one in found)
    print(kind, dict(kinds))
    assert set(kinds) <= {kind, "undecided"}
    assert kinds[kind] >= share * len(found)
    located = [one for one in found if np.isfinite(one.temperature)]
    if located:
        away = [abs(one.temperature - critical(synthetic, kind)) / one.stderr for one in located]
        print(f"within 1, 2, 3 bars: {np.mean(np.less.outer(away, [1, 2, 3]), axis=0)}, at most {max(away):.2f}")
    assert bool(located) == (kind not in ("none", "undecided"))
    for one in located:
        assert abs(one.temperature - critical(synthetic, kind)) < 3 * one.stderr
        assert one.stderr < 0.05 * one.temperature
    for one in found:
        assert kind != "none" or one.kind == "undecided" or "no transition above T = 0.4" in str(one)


@pytest.mark.parametrize("kind", MODELS)
def test_kinds_of_solvable_models(synthetic, kind):
    """With a probability of 0.05 each, 4 seeds give two that are undecided with a probability of 0.014."""
    check(synthetic, kind, answers(synthetic, kind, range(4)), 0.75)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_kinds_of_solvable_models_with_200_seeds(synthetic, kind):
    check(synthetic, kind, answers(synthetic, kind, range(200)), 0.95)


def test_latent_heat_and_jump_of_the_first_order_model(synthetic):
    """E = -N m^3 / 3 at its transition: m from the minimum of the free energy, L = m^3 / 3, q = m^2."""
    (found,) = answers(synthetic, "first-order", [1])
    m = np.linspace(0.5, 1, 100_001)[:-1]
    free = -(m**3) / 3 + critical(synthetic, "first-order") * (
        (1 + m) / 2 * np.log((1 + m) / 2) + (1 - m) / 2 * np.log((1 - m) / 2)
    )
    ordered = m[np.argmin(free)]
    assert abs(found.latent_heat.value - ordered**3 / 3) < 3 * found.latent_heat.stderr
    assert found.latent_heat.stderr < 0.1 * found.latent_heat.value
    assert found.jump.value == pytest.approx(ordered**2, abs=0.12)
    assert "latent heat" in found.headline
