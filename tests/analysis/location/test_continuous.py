"""Continuous transitions: curves and trees whose critical temperature is exact."""

import numpy as np
import pytest
from scipy.special import gammaln

from glassnet.analysis.averages import overlaps
from glassnet.analysis.location import scaling
from glassnet.analysis.location.continuous import continuous, divergence_estimates
from glassnet.analysis.location.exponents import FERROMAGNET, GLASS, PRODUCT
from glassnet.analysis.nodes import nodes
from glassnet.analysis.verdict import evidence

SIZES = (64, 128, 256)


def test_no_crossing_is_found_outside_the_temperatures_or_in_curves_that_do_not_fall(synthetic):
    assert not scaling.binder(synthetic.scaled_curves(2.0), GLASS).crosses
    assert continuous(synthetic.scaled_curves(2.0)).estimates == []
    flat = synthetic.scaled_curves(1.0)
    flat = {n: data.assign(binder_resampled=data["binder_resampled"] * 0 + 0.1 * n / 64) for n, data in flat.items()}
    assert not scaling.binder(flat, GLASS).crosses
    assert scaling.binder({64: flat[64]}, GLASS) is None
    assert scaling.fitted({64: flat[64]}) is None
    assert scaling.order(flat, FERROMAGNET) is None
    assert continuous({}).estimates == []


@pytest.mark.parametrize(("exponents", "bias"), [(GLASS, 0.0), (FERROMAGNET, 1.0)])
def test_the_headline_lies_between_the_crossings_and_its_bar_knows_their_distance(exponents, bias, synthetic):
    """Without statistical errors the bar is what the two crossings leave open; a row alone has next to none."""
    found = continuous(synthetic.scaled_curves(1.0, exponents, noise=1e-5, shift=1.0, bias=bias))
    assert found.exponents is exponents
    headline, moment, binder = found.estimates
    assert headline.name == f"crossings of {exponents.quantity} and Binder, weighed"
    assert binder.value < headline.value <= moment.value
    assert max(moment.stderr, binder.stderr) < 1e-3
    assert headline.stderr > 0.05 * (moment.value - binder.value)
    assert abs(moment.value - 1) < abs(binder.value - 1) / 2
    assert abs(headline.value - 1) < 2 * headline.stderr


def test_binder_cumulants_that_cross_below_all_rungs_do_not_hide_the_transition(synthetic):
    curves = synthetic.scaled_curves(1.0, shift=3.0, noise=1e-4)
    curves = {n: data.isel(temperature=slice(5, None)) for n, data in curves.items()}
    assert not scaling.binder(curves, GLASS).crosses
    found = continuous(curves)
    assert found.order.crosses
    assert found.estimates[0].stderr > 2 * found.estimates[1].stderr


def moments_of_curie_weiss(n, temperature):
    """<m^2>, and <q^2> and <q^4> of two replicas, of E = -N m^2 / 2, from correlations of two and four weights."""
    up = np.arange(n + 1)
    total = 2.0 * up - n
    logs = gammaln(n + 1) - gammaln(up + 1) - gammaln(n - up + 1) + total**2 / (2 * n * temperature)
    weight = np.exp(logs - logs.max())
    second, fourth = ((weight * total**k).sum() / weight.sum() for k in (2, 4))
    pairs, quadruples = n * (n - 1), n * (n - 1) * (n - 2) * (n - 3)
    once = 6 * pairs * (n - 2) + 4 * pairs
    two = (second - n) / pairs
    four = (fourth - once * two - 3 * pairs - n) / quadruples
    square = (n + pairs * two**2) / n**2
    return second / n**2, square, (quadruples * four**2 + once * two**2 + 3 * pairs + n) / n**4


def curie_weiss(synthetic, sizes=SIZES, noise=0.005, magnetisation=True, **attrs):
    rng, ladder, found = np.random.default_rng(6), np.geomspace(0.7, 1.4, 20), {}
    for n in sizes:
        m2, q2, q4 = np.array([moments_of_curie_weiss(n, t) for t in ladder]).T
        common = np.exp(noise * rng.normal(size=(201, 1)) + 0.2 * noise * rng.normal(size=(201, 20)))
        common[0] = 1
        ratio = 3 - 2 / n
        columns = {"binder": (ratio - q4 / q2**2 * common) / (ratio - 1), "q2": q2 * common**2, "m2": m2 * common}
        if not magnetisation:
            del columns["m2"]
        found[n] = synthetic.averages(columns | {"susceptibility": n * columns["q2"]}, ladder, **attrs)
    return found


@pytest.mark.parametrize("sizes", [SIZES, (64, 128, 256, 512)])
@pytest.mark.parametrize(
    ("known", "exponents"),
    [
        ({"bias": 1.0}, FERROMAGNET),
        ({"bias": 0.8}, FERROMAGNET),
        ({"bias": np.nan}, FERROMAGNET),
        ({"bias": 1.0, "magnetisation": False}, PRODUCT),
        ({"bias": np.nan, "magnetisation": False}, PRODUCT),
        ({"bias": 1.0, "random_graph": False}, None),
    ],
)
def test_the_curie_weiss_ferromagnet_orders_at_one(known, exponents, sizes, synthetic):
    """Exact moments with the noise of some samples: whatever is known of the glass, T_c = 1 within three bars."""
    found = continuous(curie_weiss(synthetic, sizes, **known))
    assert found.exponents == exponents
    headline = found.estimates[0]
    assert abs(headline.value - 1) < 3 * headline.stderr
    assert headline.stderr < 0.06
    # in a ferromagnet [q^2] does not diverge as the paramagnet ends
    assert not any("susceptibility" in one.name for one in found.estimates)


def test_the_moment_of_the_curie_weiss_ferromagnet_crosses_nearer_than_its_binder_cumulant(synthetic):
    found = continuous(curie_weiss(synthetic, noise=1e-4, bias=1.0))
    assert 0 < found.order.temperature - 1 < 0.3 * (1 - found.binder.temperature)


@pytest.mark.parametrize("bias", [0.0, 1.0, -1.0, np.nan])
def test_three_weights_a_path_have_no_exponents_of_two(bias, synthetic):
    """The paramagnet of p >= 3 on random graphs is stable against weak order, so nothing orders continuously there."""
    found = continuous(synthetic.scaled_curves(1.0, bias=bias, p=3))
    assert found.exponents is None
    assert found.order is None
    assert found.estimates == []
    item = evidence.moment(found, SIZES)
    assert item.passed is None
    assert "spin glass" not in item.says
    # of glasses without a name p says nothing
    assert continuous(synthetic.scaled_curves(1.0, bias=bias, p=3, random_graph=False)).estimates


def unreadable(curves, how):
    """The same curves whose Binder cumulants are noise, or cross below the coldest rung."""
    if how == "cold":
        return {n: data.isel(temperature=data.temperature.values > 0.95) for n, data in curves.items()}
    rng = np.random.default_rng(9)
    return {
        n: data.assign(binder_resampled=data["binder_resampled"] * 0 + _noise(rng, data)) for n, data in curves.items()
    }


def _noise(rng, data):
    return 5 * rng.normal(size=data["binder_resampled"].shape)


@pytest.mark.parametrize("how", ["noise", "cold"])
@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("exponents", "bias"), [(GLASS, 0.0), (FERROMAGNET, 1.0), (PRODUCT, 1.0)])
@pytest.mark.parametrize("sizes", [SIZES, (64, 128, 256, 512)])
def test_losing_the_binder_cumulants_makes_no_bar_smaller(exponents, bias, shift, how, sizes, synthetic):
    curves = synthetic.scaled_curves(1.0, exponents, sizes=sizes, noise=0.003, shift=shift, bias=bias)
    whole, rest = continuous(curves), continuous(unreadable(curves, how))
    assert whole.binder.crosses
    if how == "noise":
        assert not rest.binder.falls
    if not rest.estimates:
        assert how == "cold"
        return
    if not rest.binder.crosses:
        assert rest.estimates[0].stderr > whole.estimates[0].stderr
        assert rest.estimates[0].name.startswith(("crossing of", "inverse susceptibility"))
    assert abs(rest.estimates[0].value - 1) < 2 * rest.estimates[0].stderr


def paramagnet_of_a_tree(synthetic, degree, noise=0.003, seed=8):
    """Two-body glasses on a tree: 1 / chi = (1 - (k - 1) t^2) / (1 + t^2), t = tanh(1/T), and corrections in N."""
    rng, temperature, found = np.random.default_rng(seed), np.geomspace(1.0, 2.4, 22), {}
    square = np.tanh(1 / temperature) ** 2
    exact = (1 - (degree - 1) * square) / (1 + square)
    for n in (128, 256, 512):
        # at T_c the susceptibility of N weights is of order N^(1/3); far above it the correction is of order 1/N, of
        # the size that regular graphs show
        inverse = 0.5 * (exact + np.sqrt(exact**2 + 4 * n ** (-2 / 3)))
        inverse = np.where(exact > 0, exact + 0.2 / (n * np.maximum(exact, 1e-3) ** 2), inverse)
        common = rng.normal(size=(101, 1))
        inverse = np.minimum(inverse, 0.5) * np.exp(noise * (common + 0.2 * rng.normal(size=(101, 22))))
        found[n] = synthetic.averages({"susceptibility": 1 / inverse}, temperature, n_samples=100)
    return found


def test_the_inverse_susceptibility_of_a_tree_vanishes_at_its_transition(synthetic):
    exact = 1 / np.arctanh(np.sqrt(1 / 3))
    forms = scaling.divergence(paramagnet_of_a_tree(synthetic, 4))
    assert list(forms) == [(form, variable) for form in ("quadratic", "inverse_size") for variable in ("T", "1/T")]
    (headline, *rows) = divergence_estimates(paramagnet_of_a_tree(synthetic, 4))
    assert len(rows) == 4
    assert abs(headline.value - exact) < 2 * headline.stderr
    assert headline.stderr < 0.05 * exact
    # a parabola in T stays below, one in 1/T above
    assert forms["quadratic", "T"][0] < forms["quadratic", "1/T"][0]


def test_rungs_on_which_the_sizes_still_differ_are_not_extrapolated(synthetic):
    cold = {n: data.isel(temperature=slice(0, 9)) for n, data in paramagnet_of_a_tree(synthetic, 4).items()}
    assert scaling.divergence(cold) == {}
    assert scaling.divergence({512: paramagnet_of_a_tree(synthetic, 4)[512]}) == {}


def test_couplings_that_are_given_leave_the_exponents_to_the_fit(synthetic):
    """Chains of the Curie-Weiss ferromagnet that say neither bias nor magnetisation; on no random graph, not that."""
    found = {
        node.size: overlaps.averages(node).isel(temperature=slice(0, -1))
        for node in nodes(synthetic.tree(synthetic.curie_weiss(2, 3)))
    }
    fitted = continuous(found)
    assert fitted.exponents is PRODUCT
    unnamed = {size: data.assign_attrs(random_graph=False) for size, data in found.items()}
    rows = continuous(unnamed).estimates
    assert rows[0].name == "Binder cumulants of all sizes cross, no exponent known"
    assert rows[0].stderr > rows[1].stderr
    for one in (fitted.estimates[0], rows[0]):
        assert abs(one.value - 1) < 3 * one.stderr
    two = {size: unnamed[size] for size in list(unnamed)[:2]}
    assert continuous(two).estimates == []


def test_exponents_that_do_not_hold_are_not_taken(synthetic):
    """A glass of which nothing is known: N [q^2] crosses, far above the Binder cumulants."""
    assert continuous(synthetic.scaled_curves(1.0, bias=np.nan)).exponents is GLASS
    assert continuous(synthetic.scaled_curves(1.0, bias=np.nan, shift=2.0, noise=0.03)).exponents in (GLASS, None)


def test_overlaps_that_scale_as_in_a_glass_order_where_they_should(synthetic):
    ladder = np.geomspace(0.7, 1.4, 16)
    for seed in range(3):
        drawn = synthetic.tree(synthetic.symmetric(SIZES, ladder, synthetic.spin_glass(1.0), seed=seed, p=2))
        found = continuous({node.size: overlaps.averages(node) for node in nodes(drawn)})
        assert found.exponents is GLASS
        headline = found.estimates[0]
        assert abs(headline.value - 1) < 3 * headline.stderr
        assert headline.stderr < 0.05
        assert found.estimates[1].name == "N^(2/3) [q^2] of all sizes cross"
