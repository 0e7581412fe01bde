"""The line T_c(dilution) and its inverse."""

from types import SimpleNamespace

import numpy as np
import pytest

from glassnet.analysis.transition import find_transition, transition_line
from glassnet.analysis.transition_line import TransitionLine


def line(temperatures, stderr=0.01, dilutions=(0.0, 0.1, 0.2, 0.3)):
    return TransitionLine(
        SimpleNamespace(
            dilution=d,
            temperature=t,
            stderr=stderr,
            kind="continuous",
            headline="continuous",
            sizes=(48, 96),
            provisional=None,
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


def test_provisional_temperatures_stand_in_where_no_transition_is_known():
    known = line([1.0, np.nan, 0.8, 0.7])
    # a zero of the complexity that was refused is no temperature
    known[1].complexity = SimpleNamespace(temperature=0.7, stderr=0.001)
    assert "continuous at 0.1" in known.critical_dilution(1.2).name
    known[0].temperature, known[0].provisional = np.nan, SimpleNamespace(value=1.0, stderr=0.001)
    known[1].provisional = SimpleNamespace(value=0.9, stderr=0.001)
    found = known.critical_dilution(0.95)
    assert found.value == pytest.approx(0.05)
    assert found.name == "critical dilution at T = 0.95, from the line, provisional"
    told = known.critical(0.95)
    assert not told.claimed
    assert np.isnan(told.dilution)
    assert told.provisional == found
    # between transitions that are known, those are what is claimed
    assert known.critical_dilution(0.75).name == "critical dilution at T = 0.75, from the line"


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
    # past a dilution without a transition nothing is claimed
    assert known.critical_dilution(0.9).value == pytest.approx(0.1)
    assert known.critical_dilution(0.9).name.endswith("from the line, provisional")
    assert known.critical(0.9).why == "the line passes between dilutions 0 and 0.2, but is continuous at 0.1"
    assert known.dilutions.tolist() == [0.0, 0.1, 0.2, 0.3]
    assert np.isnan(known.temperatures[1])
    assert known.kinds == ["continuous"] * 4
    assert "1.000(10)" in str(known)
    assert len(str(known).splitlines()) == 5


PLANTED = (0.55, 0.60, 0.65, 0.70, 0.75)


def test_several_dilutions_give_a_line_and_one_must_be_chosen(synthetic):
    scan = synthetic.two_level((48, 96), PLANTED, seed=1)
    colder = synthetic.two_level((48, 96), PLANTED, seed=2, critical=0.62)
    scan |= {path.replace("dilution0.0", "dilution0.1"): data for path, data in colder.items()}
    tree = synthetic.tree(scan)
    with pytest.raises(ValueError, match=r"dilution must be given where chains hold several, one of 0, 0\.1"):
        find_transition(tree)
    with pytest.raises(
        ValueError, match=r"one of 0, 0\.1 \(the ones asked for: \.asked of a transition line\), got 0\.5"
    ):
        find_transition(tree, dilution=0.5)
    line = transition_line(tree)
    assert [found.dilution for found in line] == [0.0, 0.1]
    assert line[1].temperature == find_transition(tree, dilution=0.1).temperature
