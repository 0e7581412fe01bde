"""Which exponents a scan has: told by the bias of the couplings or by the magnetisation."""

import numpy as np

from glassnet.analysis.location.exponents import FERROMAGNET, GLASS, PRODUCT
from glassnet.analysis.location.universality import magnetised, universality


def growing(synthetic, power, **attrs):
    """Curves of a glass with a magnetisation [m^2] that falls like N^-power on every rung."""
    curves = synthetic.scaled_curves(1.0, **attrs)
    return {n: data.assign(m2_resampled=0 * data["q2_resampled"] + n**-power) for n, data in curves.items()}


def test_bias_or_the_magnetisation_tells_the_exponents(synthetic):
    assert universality(synthetic.scaled_curves(1.0)) is GLASS
    assert universality(synthetic.scaled_curves(1.0, FERROMAGNET, bias=1.0)) is FERROMAGNET
    assert universality(synthetic.scaled_curves(1.0, bias=1.0)) is PRODUCT
    assert universality(synthetic.scaled_curves(1.0, FERROMAGNET, bias=0.6)) is FERROMAGNET
    # a magnetisation that falls as without order, and one that falls as at the transition everywhere
    assert magnetised(growing(synthetic, 1.0)) is False
    assert universality(growing(synthetic, 1.0, bias=0.3)) is GLASS
    assert magnetised(growing(synthetic, 0.5)) is None
    assert universality(growing(synthetic, 0.5, bias=0.3)) is None
    # not measured; couplings that may hide a ferromagnet behind a gauge; no random graph
    assert universality(synthetic.scaled_curves(1.0, bias=0.6)) is None
    assert universality(growing(synthetic, 1.0, bias=np.nan)) is None
    assert universality(synthetic.scaled_curves(1.0, random_graph=False)) is None


def test_a_negative_bias_is_a_ferromagnet_where_turning_one_layer_makes_it_positive(synthetic):
    """Elsewhere it is an antiferromagnet on a random graph, which is frustrated and makes a glass."""
    assert universality(growing(synthetic, 1.0, bias=-1.0, bipartite=True)) is PRODUCT
    assert universality(growing(synthetic, 1.0, bias=-0.8, bipartite=True)) is None
    assert universality(growing(synthetic, 1.0, bias=0.3, bipartite=True)) is GLASS
    assert universality(growing(synthetic, 1.0, bias=-1.0)) is GLASS
    assert universality(growing(synthetic, 1.0, bias=-0.8)) is GLASS
