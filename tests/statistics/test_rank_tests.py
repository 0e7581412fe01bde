"""Friedman's test against scipy, critical differences against Demsar's table, groups by hand and under a true null."""

import numpy as np
import pytest
from scipy import stats

from glassnet.statistics import rank_tests


@pytest.mark.parametrize("seed", range(20))
def test_statistic_against_scipy(seed):
    """Without ties and, for every other seed, with many."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((int(rng.integers(2, 20)), int(rng.integers(3, 9))))
    scores[:, 0] += seed / 10
    if seed % 2:
        scores = np.round(scores)
    found = rank_tests.friedman(scores)
    expected = stats.friedmanchisquare(*scores.T)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.mean_ranks.sum() == pytest.approx(scores.shape[1] * (scores.shape[1] + 1) / 2)


def test_two_treatments_are_the_sign_test():
    scores = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]] * 3)
    found = rank_tests.friedman(scores)
    assert found.statistic == pytest.approx((9 - 3) ** 2 / 12)
    # the mean ranks of two differ by 1.96 / sqrt n where the root of the statistic, a normal variable, is 1.96
    assert found.critical_difference == pytest.approx(stats.norm.ppf(0.975) / np.sqrt(12), rel=1e-6)
    assert found.mean_ranks == pytest.approx([1.25, 1.75])
    assert found.groups == ((0, 1),)


def test_critical_values_of_demsar():
    """Table 5a of J. Mach. Learn. Res. 7, 1 (2006), and the example of section 3.2.5: 4 classifiers, 14 data sets."""
    table = {
        0.05: [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164],
        0.10: [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920],
    }
    for level, values in table.items():
        for k, value in enumerate(values, start=2):
            found = rank_tests.critical_difference(k, 1, level=level) / np.sqrt(k * (k + 1) / 6)
            assert found == pytest.approx(value, abs=1.1e-3)
    assert rank_tests.critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert rank_tests.critical_difference(4, 14, level=0.1) == pytest.approx(1.12, abs=0.005)


def test_groups_by_hand():
    """Mean ranks 1, 2, 3, 4, 5 in order, whose critical difference is 6.1 / sqrt n."""
    order = np.array([3.0, 1.0, 5.0, 2.0, 4.0])
    assert rank_tests.friedman(np.tile(order, (4, 1))).groups == ((2, 4, 0, 3), (4, 0, 3, 1))
    assert rank_tests.friedman(np.tile(order, (10, 1))).groups == ((2, 4), (4, 0), (0, 3), (3, 1))
    assert rank_tests.friedman(np.tile(order, (40, 1))).groups == ((2,), (4,), (0,), (3,), (1,))
    found = rank_tests.friedman(np.tile(order, (4, 1)))
    assert found.critical_difference == pytest.approx(2.728 * np.sqrt(5 * 6 / 24), abs=2e-3)
    assert found.mean_ranks.tolist() == [3, 5, 1, 4, 2] and found.statistic == pytest.approx(16)


def test_scores_that_are_all_equal():
    found = rank_tests.friedman(np.ones((5, 3)))
    assert (found.statistic, found.p_value, found.groups) == (0, 1, ((0, 1, 2),))
    assert found.mean_ranks.tolist() == [2, 2, 2]


def test_rates_under_the_null_and_an_alternative():
    """Random orders: each test errs at its level, by 2000 comparisons of standard error .005. Then one better one."""
    rng = np.random.default_rng(7)
    n, by_friedman, by_nemenyi, alone = 2000, 0, 0, 0
    for _ in range(n):
        scores = rng.standard_normal((30, 5))
        found = rank_tests.friedman(scores)
        by_friedman += found.p_value < 0.05
        by_nemenyi += len(found.groups) > 1
    for _ in range(200):
        scores = rng.standard_normal((30, 5))
        scores[:, 3] += 2
        alone += rank_tests.friedman(scores).groups[0] == (3,)
    assert abs(by_friedman / n - 0.05) < 0.02
    assert abs(by_nemenyi / n - 0.05) < 0.02
    assert alone > 180


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rank_tests.friedman(np.ones(3)), "scores must have 2 dimensions"),
        (lambda: rank_tests.friedman(np.ones((1, 3))), r"at least 2 blocks of 2 treatments, got shape \(1, 3\)"),
        (lambda: rank_tests.friedman(np.ones((3, 1))), "at least 2 blocks of 2 treatments"),
        (lambda: rank_tests.friedman([[1, np.nan], [1, 2]]), "scores must be finite"),
        (lambda: rank_tests.friedman(np.eye(3), level=0), r"level must be in \(0, 1"),
        (lambda: rank_tests.critical_difference(3, 5, level=1), r"level must be in \(0, 1\), got 1"),
        (lambda: rank_tests.critical_difference(1, 5), "n_treatments must be"),
        (lambda: rank_tests.critical_difference(3, 0), "n_blocks must be >= 1, got 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
