"""What `glassnet bench` prints hangs together; how fast it is belongs to benchmarks/."""

import pytest

from glassnet.kernels import bitsliced
from glassnet.sampling import speed


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_speeds_are_updates_over_seconds(couplings, monkeypatch):
    monkeypatch.setenv("GLASSNET_ISA", bitsliced.instruction_sets()[-1])
    found = speed.measure(speed.standard(99, couplings), n_temperatures=3, n_replicas=2, seconds=0.002, repeats=1)
    updates = 99 * 3 * 2 * 1e-9
    assert found.instruction_set == bitsliced.instruction_sets()[-1]
    assert found.bare * found.sweep == pytest.approx(updates)
    assert found.tempered * (found.sweep + found.exchange) == pytest.approx(updates)
    assert found.measured * (10 * (found.sweep + found.exchange) + found.record) == pytest.approx(10 * updates)
