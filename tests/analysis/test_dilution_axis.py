"""The line T_c(dilution), its inverse, and the crossing along the dilution axis."""

from types import SimpleNamespace

import numpy as np
import pytest

from glassnet.analysis.dilution_axis import critical_dilution
from glassnet.analysis.line import TransitionLine


def line(temperatures, stderr=0.01, dilutions=(0.0, 0.1, 0.2, 0.3)):
    return TransitionLine(
        SimpleNamespace(
            dilution=d, temperature=t, stderr=stderr, kind="continuous", headline="continuous", sizes=(48, 96)
        )
        for d, t in zip(dilutions, temperatures, strict=True)
    )


def test_a_straight_line_is_inverted_exactly():
    found = line([1.0, 0.9, 0.8, 0.7]).critical_dilution(0.83)
    assert found.value == pytest.approx(0.17)
    # shares of the parabola through 0.1, 0.2 and 0.3 at 0.17, of independent errors of 0.01, over a slope of 1
    assert found.stderr == pytest.approx(0.01 * np.sqrt(0.195**2 + 0.91**2 + 0.105**2))
    two = line([0.9, 0.8], dilutions=(0.1, 0.2)).critical_dilution(0.83)
    assert two.value == pytest.approx(0.17)
    assert two.stderr == pytest.approx(0.01 * np.hypot(0.3, 0.7))


#: T_K of the Poisson glass p = 3, alpha = 2 by the cavity method
POISSON = {0.0: 1.06286, 0.1: 0.89277, 0.2: 0.69949, 0.3: 0.41951}


@pytest.mark.parametrize(("temperature", "dilution"), [(0.97968, 0.05), (0.80043, 0.15), (0.58247, 0.25)])
@pytest.mark.parametrize("glass", [{"p": 3}, {"widths": [9, 9, 9, 9]}, {}])
def test_a_bent_line_within_its_bar_and_one_per_cent(temperature, dilution, glass):
    """Between four dilutions of the exact line: 0.3 % where p is known; without it 1 %, and within two bars."""
    bent = line(list(POISSON.values()), stderr=1e-4)
    for found in bent:
        found.glass = glass
    found = bent.critical_dilution(temperature)
    assert abs(found.value / dilution - 1) < (0.003 if glass else 0.01)
    assert abs(found.value - dilution) < 2 * found.stderr
    assert found.stderr < 0.02 * dilution


def test_zeros_of_the_complexity_stand_in_where_no_transition_is_known():
    known = line([1.0, np.nan, 0.8, 0.7])
    known[1].complexity = SimpleNamespace(temperature=0.9, stderr=0.001)
    found = known.critical_dilution(0.95)
    assert found.value == pytest.approx(0.05)
    assert found.name == "critical dilution at T = 0.95, from the line, with zeros of the complexity"


def test_a_line_that_does_not_pass_there_and_unknown_temperatures():
    known = line([1.0, np.nan, 0.8, 0.7])
    below, above = known.critical_dilution(0.5), known.critical_dilution(1.5)
    assert np.isnan([below.value, above.value, below.stderr, above.stderr]).all()
    assert "the line lies above down to T = 0.7 at dilution 0.3" in below.name
    assert "the line lies below, at T = 1 and less" in above.name
    assert (
        "known at 1 of 2 dilutions, two are needed (continuous at 0.1)"
        in line([1.0, np.nan], dilutions=(0.0, 0.1)).critical_dilution(0.9).name
    )
    assert known.critical_dilution(0.9).value == pytest.approx(0.1)
    assert known.dilutions.tolist() == [0.0, 0.1, 0.2, 0.3]
    assert np.isnan(known.temperatures[1])
    assert known.kinds == ["continuous"] * 4
    assert "1.000(10)" in str(known)
    assert len(str(known).splitlines()) == 5


def planted_at(synthetic, temperature, critical, seed, **options):
    """Two-level glasses whose T_c falls with dilution like 0.8 - dilution: critical at 0.8 - temperature."""
    scan = {}
    for dilution in (0.05, 0.1, 0.15, 0.2, 0.25):
        rows = synthetic.two_level((48, 96), (temperature,), seed=seed, critical=critical - dilution, **options)
        scan |= {path.replace("dilution0.0", f"dilution{dilution}"): data for path, data in rows.items()}
        seed += 1000
    return synthetic.tree(scan)


def test_planted_weights_cross_along_the_dilution_axis(synthetic):
    found = critical_dilution(planted_at(synthetic, 0.65, 0.8, 3, n_samples=12), 0.65)
    assert abs(found.dilution - 0.15) < 3 * found.stderr
    assert found.stderr < 0.05
    assert str(found).startswith("critical dilution at T = 0.65: 0.1")


def test_frozen_chains_leave_the_critical_dilution_open(synthetic):
    found = critical_dilution(planted_at(synthetic, 0.65, 0.8, 3, n_samples=4, frozen=True), 0.65)
    assert np.isnan(found.dilution)
    assert "undecided, 40 samples have not proved equilibrium" in str(found)


def test_a_temperature_nothing_was_planted_at_is_refused(synthetic):
    with pytest.raises(
        ValueError, match=r"temperature must be a planting temperature of the chains \(0\.65\) or within .*, got 0\.5"
    ):
        critical_dilution(planted_at(synthetic, 0.65, 0.8, 3, n_samples=4), 0.5)


def test_planted_weights_that_do_not_cross_say_so(synthetic):
    outside = critical_dilution(planted_at(synthetic, 0.65, 1.2, 3, n_samples=12), 0.65)
    assert np.isnan(outside.dilution)
    assert outside.why.startswith("planted weights cross ")
    one_size = {path: data for path, data in planted_at(synthetic, 0.65, 0.8, 3, n_samples=4).to_dict().items()}
    few = {path: data for path, data in one_size.items() if "/N48" in path and "planted" in path}
    found = critical_dilution(synthetic.tree(few), 0.65)
    assert found.why == "planted weights need two sizes at two or more dilutions each"


def symmetric_at(synthetic, critical, rungs, seed, dilutions=None, sizes=(48, 96, 192)):
    """Mean-field glasses with a continuous transition at T_c = critical - dilution."""
    scan = {}
    for dilution in np.linspace(0, 0.4, 9) if dilutions is None else dilutions:
        seed += 1
        rows = synthetic.symmetric(sizes, rungs, synthetic.landau(critical - dilution), seed=seed)
        scan |= {path.replace("dilution0.0", f"dilution{dilution:.3g}"): data for path, data in rows.items()}
    return synthetic.tree(scan)


@pytest.mark.parametrize(("rungs", "temperature"), [((0.9, 1.0, 1.1), 1.0), ((0.98, 1.02, 1.06), 1.0)])
def test_binder_cumulants_cross_along_the_dilution_axis(synthetic, rungs, temperature):
    """Density exp(-N [(T - T_c) q^2 / 2 + q^4 / 4]): exactly at T_c = T, on a rung and between two."""
    found = critical_dilution(symmetric_at(synthetic, 1.2, rungs, 5), temperature)
    assert abs(found.dilution - 0.2) < 2 * found.stderr
    assert found.stderr < 0.03
    assert found.why == ""
    assert {"Binder cumulants of all sizes cross", "N^r [q^2] of all sizes cross"} <= {
        one.name for one in found.estimates
    }


def test_symmetric_scans_that_do_not_cross_say_so(synthetic):
    found = critical_dilution(symmetric_at(synthetic, 2.0, (0.9, 1.0, 1.1), 6, sizes=(48, 96)), 1.0)
    assert np.isnan(found.dilution)
    assert found.why == "Binder cumulants of all sizes do not cross within the dilutions of the scan"
    few = symmetric_at(synthetic, 1.2, (0.9, 1.0, 1.1), 6, dilutions=(0.1, 0.2))
    assert "four or more common dilutions" in critical_dilution(few, 1.0).why
    with pytest.raises(ValueError, match=r"chains \(none\) or within the ladders of symmetric ones, got 1\.5"):
        critical_dilution(few, 1.5)
