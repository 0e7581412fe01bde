"""The table of estimators: what a row says decides where its estimates stand, and the rules need not know it."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq

from glassnet.analysis.questions import KINDS
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import estimators
from glassnet.analysis.verdict.estimators import ESTIMATORS, Estimator
from glassnet.analysis.verdict.findings import Findings
from glassnet.statistics.estimate import Estimate

SIZES, PLANTED = (48, 72, 96), (0.55, 0.60, 0.65, 0.70, 0.75)
LADDER = np.geomspace(0.5, 1.6, 12)
NOISE, WEIGHT = np.polynomial.hermite_e.hermegauss(40)


def mean_weight(size, temperature, critical):
    """Mean weight of the planted phase in the two-level system of the tests."""
    return WEIGHT @ (1 / (1 + np.exp(0.6 * size * (temperature - critical) - 0.4 + NOISE))) / WEIGHT.sum()


def known_law(found):
    """Temperature at which each planted node has the weight that it has, by the law of the two-level system with its
    slope and its constant: who knows the law has a smaller bar than who fits it."""
    rows = []
    for node in found.planted:
        weight, stderr = node.weight.mean(), node.weight.std(ddof=1) / np.sqrt(node.n_samples)
        if 0.1 < weight < 0.9:
            at = lambda w, node=node: brentq(  # noqa: E731
                lambda critical: mean_weight(node.size, node.temperature, critical) - w, 0.2, 1.5
            )
            rows.append((at(weight), (at(weight + stderr) - at(weight - stderr)) / 2))
    value, stderr = np.array(rows).T
    share = stderr**-2 / (stderr**-2).sum()
    return [Estimate(share @ value, (stderr**-2).sum() ** -0.5, "weights by the known law", SIZES, key="known_law")]


def test_every_kind_with_a_temperature_has_estimators_of_different_families():
    families = [row.family for row in ESTIMATORS]
    assert len(set(families)) == len(families)
    heads = {kind for row in ESTIMATORS for kind, place in row.kinds.items() if place is not None}
    assert heads == {*KINDS} - {"none", "undecided"}


@pytest.mark.parametrize(
    ("bars", "head"),
    [
        ({"first": 0.3, "rival": 0.2, "second": 0.1, "listed": 0.01}, "rival"),
        ({"first": np.nan, "second": 0.1, "listed": 0.01}, "second"),
        ({"listed": 0.01}, None),
        ({"other": 0.01}, None),
    ],
)
def test_the_smallest_bar_of_the_first_place_with_a_known_bar_stands_for_a_kind(bars, head, monkeypatch):
    places = {"first": {"continuous": 1}, "rival": {"continuous": 1}, "second": {"continuous": 2}}
    places |= {"listed": {"continuous": None}, "other": {"first-order": 1}}
    rows = tuple(Estimator(family, kinds, lambda found: []) for family, kinds in places.items())
    monkeypatch.setattr(estimators, "ESTIMATORS", rows)
    listed = {family: [Estimate(0.6, bars[family], key=family)] if family in bars else [] for family in places}
    chosen = estimators.headline("continuous", listed)
    assert (None if chosen is None else chosen.key) == head
    own, others = estimators.divided("continuous", listed)
    assert [one.key for one in own] == [
        family for family in ("first", "rival", "second", "listed") if bars.get(family, 0) > 0
    ]
    assert [one.key for one in others] == [family for family in bars if family == "other"]


def test_bars_hold_how_far_estimates_move_with_the_slope_between_dilutions(monkeypatch):
    def measured(found):
        return [Estimate(found.field.temperature, 0.03, key="a"), Estimate(found.field.temperature, 0.0, key="b")]

    def at(temperature, ends=()):
        return Findings([], None, {}, {}, {}, field=SimpleNamespace(temperature=temperature), ends=ends)

    rows = [Estimator("moved", {}, measured), Estimator("held", {}, measured, holds_shift=True)]
    rows.append(Estimator("absent", {}, measured, applies=lambda found: found.location is not None))
    monkeypatch.setattr(estimators, "ESTIMATORS", tuple(rows))
    listed = estimators.estimates(at(0.6, (at(0.56), at(0.63))))
    bars = {family: [one.stderr for one in rows] for family, rows in listed.items()}
    assert bars == {"moved": pytest.approx([0.05, 0.04]), "held": pytest.approx([0.03, 0.04]), "absent": []}


def test_an_added_estimator_with_the_smallest_bar_becomes_the_headline(synthetic, monkeypatch):
    """In one place: a row of the table."""
    chains = synthetic.tree(synthetic.two_level(SIZES, PLANTED, seed=0, n_samples=12))
    before = find_transition(chains)
    row = Estimator("known_law", {"random first-order": 1}, known_law, applies=lambda found: bool(found.planted))
    monkeypatch.setattr(estimators, "ESTIMATORS", (*ESTIMATORS, row))
    found = find_transition(chains)
    assert found.kind == before.kind == "random first-order"
    assert [one.key for one in found.estimates[:2]] == ["known_law", "planted_crossing"]
    assert (found.temperature, found.stderr) == tuple(found.estimates[0])
    assert found.stderr < before.stderr
    assert abs(found.temperature - 0.65) < 3 * found.stderr
    assert set(before.estimates) < set(found.estimates)
    assert "weights by the known law (headline)" in str(found)
    # the same row in the second place is listed after the crossing
    monkeypatch.setattr(estimators, "ESTIMATORS", (*ESTIMATORS, row._replace(kinds={"random first-order": 2})))
    found = find_transition(chains)
    assert found.temperature == before.temperature
    assert "known_law" in [one.key for one in found.estimates[1:]]


def test_an_added_estimator_of_another_kind_is_no_estimate_of_this_one(synthetic, monkeypatch):
    chains = synthetic.tree(synthetic.ferromagnet(SIZES, LADDER, critical=1.0, latent=0.4, seed=0))
    before = find_transition(chains)
    row = Estimator(
        "sure",
        {"random first-order": 1, "continuous": 1},
        lambda found: [Estimate(0.7, 1e-6, "sure of it", key="sure")],
    )
    monkeypatch.setattr(estimators, "ESTIMATORS", (row, *ESTIMATORS))
    found = find_transition(chains)
    assert found.kind == before.kind == "first-order"
    assert found.estimates == before.estimates
    assert "sure of it" not in str(found)


def test_an_undecided_result_keeps_the_estimates_of_every_row(synthetic, monkeypatch):
    chains = synthetic.tree(synthetic.two_level(SIZES, PLANTED, seed=0, latent=0.3))
    row = Estimator("sure", {"continuous": 1}, lambda found: [Estimate(0.7, 1e-6, "sure of it", key="sure")])
    monkeypatch.setattr(estimators, "ESTIMATORS", (*ESTIMATORS, row))
    found = find_transition(chains)
    assert found.kind == "undecided"
    assert "sure" in [one.key for one in found.estimates]
