"""Lines of constant annealed entropy beside the transition lines of the cavity method."""

import json

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.dilution.isentropes import Isentropes
from glassnet.analysis.nodes import Node


@pytest.mark.parametrize(("ensemble", "keywords"), [("poisson", {"alpha": 2.0}), ("regular", {"degree": 6})])
def test_transitions_run_along_isentropes(synthetic, ensemble, keywords):
    """T_K by the cavity method falls faster than they do by 0 to 12 per cent; a slope that was not fitted has 10."""
    known = {"ensemble": ensemble, "p": 3, "glass": json.dumps(keywords)}
    data = synthetic.node((0.7,), np.zeros((2, 4, 1, 2)), 36, **known)
    lines = Isentropes(Node("/N36/dilution0.0", 36, 0.0, None, data))
    theory = getattr(gn.theory, ensemble)
    places = {d: theory(p=3, dilution=d, **keywords).static_temperature() for d in (0.0, 0.08, 0.16)}
    for one, other in ((0.0, 0.08), (0.08, 0.16), (0.16, 0.08)):
        ratio = (places[other] - places[one]) / float(lines.shift(places[one], one, other))
        assert 1.0 < ratio < 1.12
