"""Captions."""

from glassnet.plots.captions import CAPTIONS


def test_captions_say_what_is_not_known():
    assert "not known in detail" in CAPTIONS["critical_dilution"]
    assert "theory of the tree limit" in CAPTIONS["binder"]
    assert "no transition is claimed" in CAPTIONS["phase_diagram"]
