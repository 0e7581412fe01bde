"""The answer in one sentence, and what is open in plain words."""

from dataclasses import replace

import numpy as np

from glassnet.analysis.equilibrium.assessment import Equilibration, Failure
from glassnet.analysis.questions import Answer, Evidence
from glassnet.analysis.transition import Transition
from glassnet.analysis.verdict import wording as answers
from glassnet.analysis.verdict.evidence_table import EVIDENCE, named
from glassnet.statistics.estimate import Estimate


def result_of(kind, evidence=(), **changes):
    passed = Equilibration((), {}, 1, 0.01)
    return Transition(kind, 0.601, 0.012, tuple(evidence), 0.1, (48, 96), None, passed, **changes)


def test_sentences():
    jump = Estimate(0.92, 0.03)
    heat = Estimate(0.413, 0.021, "latent heat", (48, 96))
    place = "at dilution 0.1 the spin glass gives way to the paramagnet at T = 0.601(12)"
    assert answers.sentence(result_of("random first-order", jump=jump)) == (
        f"{place}; the overlap jumps by 0.920(30), the energy does not: a random first-order transition"
    )
    assert answers.sentence(result_of("first-order", jump=jump, latent_heat=heat)) == (
        f"{place}; the overlap jumps by 0.920(30) and the energy by 0.413(21) per weight: a first-order transition"
    )
    assert answers.sentence(result_of("continuous")) == f"{place}; the overlap grows from zero: a continuous transition"
    ordered = answers.sentence(result_of("first-order", glass={"ensemble": "regular", "bias": 1.0}))
    assert ordered.startswith("at dilution 0.1 the ordered phase gives way")
    nowhere = replace(result_of("none", lowest={48: 0.45, 96: 0.5}), temperature=np.nan)
    assert answers.sentence(nowhere) == "at dilution 0.1 there is no transition above T = 0.5"


def test_what_is_open_is_said_in_plain_words():
    head = "at dilution 0.1 the chains do not tell whether there is a transition: "
    unknown = replace(result_of("undecided"), temperature=np.nan)
    grows = Evidence("susceptibility_growth", "", np.nan, np.nan, (), None, "")
    asked = replace(unknown, evidence=(grows, grows._replace(key="not_in_the_list")))
    assert answers.sentence(asked) == f"{head}it is open whether the order grows with N"
    everything = tuple(grows._replace(key=key) for key in [row.key for row in EVIDENCE])
    assert answers.sentence(replace(unknown, evidence=everything)).endswith("differ in energy and 6 questions more")
    assert answers.sentence(unknown) == f"{head}the evidence contradicts itself"
    failures = (Failure("/N48/dilution0.1", 3, "stuck", 0.5),)
    rest = named("verdict_of_rest", Answer(0.6, 0.01, (), None, "the rest says continuous"))
    failed = replace(unknown, equilibration=Equilibration(failures, {}, 1, 0.01), evidence=(rest,))
    assert answers.sentence(failed) == f"{head}1 sample has not proved equilibrium; the rest says continuous"
