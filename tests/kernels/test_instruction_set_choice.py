"""GLASSNET_ISA names an instruction set that the machine has, or nothing runs."""

import platform

import numpy as np
import pytest

import glassnet as gn
from glassnet.kernels import bitsliced, realvalued, sampler

GLASSES = {
    bitsliced: gn.PathGlass([[0, 1], [1, 2]], [1.0, -1.0]),
    realvalued: gn.PathGlass([[0, 1], [1, 2]], [0.4, -1.3]),
}

#: what every machine of this kind has
PLAIN = bitsliced.instruction_sets()[-1]


@pytest.mark.parametrize("module", [bitsliced, realvalued])
def test_all_kernels_offer_the_same_instruction_sets(module):
    """The plain one is named after the kind of machine."""
    assert module.instruction_sets()[-1] == ("x86-64" if platform.machine() == "x86_64" else "generic")
    assert module.instruction_sets() == bitsliced.instruction_sets()
    assert module.chosen_instruction_set() == bitsliced.chosen_instruction_set()


@pytest.mark.parametrize("module", GLASSES)
@pytest.mark.parametrize("has", [["v3", PLAIN], [PLAIN]] if PLAIN == "x86-64" else [[PLAIN]])
def test_an_instruction_set_the_machine_lacks_is_refused(monkeypatch, module, has):
    """A machine without AVX-512, and one without AVX2: the error lists what there is."""
    monkeypatch.setattr(sampler, "instruction_sets", lambda: has)
    monkeypatch.setenv("GLASSNET_ISA", "v4")
    with pytest.raises(ValueError, match=f"GLASSNET_ISA must be one of {', '.join(has)} on this machine, got 'v4'"):
        gn.Metropolis(GLASSES[module], 1.0, seed=1)
    monkeypatch.delenv("GLASSNET_ISA")
    assert gn.Metropolis(GLASSES[module], 1.0, seed=1).kernel.instruction_set == has[0]


@pytest.mark.parametrize("wrong", ["avx512", "V4", " v4", "v5", "native"])
@pytest.mark.parametrize("module", GLASSES)
def test_an_unknown_name_is_refused(monkeypatch, module, wrong):
    monkeypatch.setenv("GLASSNET_ISA", wrong)
    with pytest.raises(ValueError, match=f"GLASSNET_ISA must be one of .*{PLAIN} on this machine, got '{wrong}'"):
        gn.Metropolis(GLASSES[module], 1.0, seed=1)


def test_the_choice_changes_no_energy(monkeypatch):
    """Every set that is offered runs."""
    for module, glass in GLASSES.items():
        records = []
        for isa in module.instruction_sets():
            monkeypatch.setenv("GLASSNET_ISA", isa)
            records.append(gn.Metropolis(glass, 1.0, n_replicas=9, seed=1).run(20).energy.values)
        assert all(np.array_equal(records[0], other) for other in records)
