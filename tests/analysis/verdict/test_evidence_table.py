"""The table of questions: a row more is asked, answered and shown."""

from types import SimpleNamespace

import numpy as np

from glassnet.analysis import transition_line
from glassnet.analysis.questions import Answer
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import evidence_table
from glassnet.analysis.verdict.evidence_table import EVIDENCE, Question
from glassnet.statistics.estimate import Estimate

LADDER = np.geomspace(0.7, 1.6, 8)


def test_keys_and_names_belong_to_one_question():
    keys, names = [row.key for row in EVIDENCE], [row.name for row in EVIDENCE]
    assert len(set(keys)) == len(keys) == len(set(names))


def test_an_added_question_is_answered_named_and_open_until_then(synthetic, monkeypatch):
    """In one place: a row of the table."""

    def four_sizes(found):
        sizes = tuple(found.overlap_curves)
        return Answer(float(len(sizes)), 0.0, sizes, True if len(sizes) > 3 else None, f"there are {len(sizes)}")

    row = Question("four_sizes", "four sizes", four_sizes, unknown="whether four sizes agree", rests_on="overlaps")
    monkeypatch.setattr(evidence_table, "EVIDENCE", (row, *EVIDENCE))
    scan = synthetic.symmetric((24, 36, 48, 60), (0.6, 0.8, 1.0), synthetic.independent, seed=1, n_samples=3)
    assert "yes  four sizes: there are 4" in str(find_transition(synthetic.tree(scan)))
    few = dict(list(scan.items())[:2])
    found = find_transition(synthetic.tree(few))
    assert "  ?  four sizes: there are 2" in str(found)
    assert "it is open whether four sizes agree" in found.sentence
    unpaired = {path: data.drop_vars("overlap") for path, data in scan.items()}
    (item,) = [one for one in find_transition(synthetic.tree(unpaired)).evidence if one.key == "four_sizes"]
    assert item.passed is None
    assert np.isnan(item.value)
    assert item.says.startswith("needs overlaps of the symmetric scans")


def disordered(synthetic):
    """Of no order, at temperatures where the entropy of the annealed bound is positive."""
    return find_transition(synthetic.tree(synthetic.symmetric((48, 72, 96), LADDER, synthetic.independent, seed=1)))


def glassy(synthetic):
    """Of a random first-order transition that these chains alone leave open."""
    scan = synthetic.symmetric((48, 72, 96), np.geomspace(0.5, 1.6, 12), synthetic.glassy(0.65), seed=1)
    return find_transition(synthetic.tree(scan))


def add(monkeypatch, **meaning):
    """A row whose answer is yes, wherever it is asked."""
    row = Question("they_cross", "they cross", lambda found: Answer(0.7, 0.01, (48, 96), True, "at 0.70(1)"), **meaning)
    monkeypatch.setattr(evidence_table, "EVIDENCE", (*EVIDENCE, row))


def test_an_added_crossing_counts_as_one_in_the_rules_the_line_and_suggestions(synthetic, monkeypatch):
    """In one place: `crossing` of its row."""
    assert disordered(synthetic).kind == "none"
    add(monkeypatch, crossing=True)
    assert disordered(synthetic).kind == "undecided"
    # a crossing of glasses as drawn does not locate planted ones
    assert "Planted scans around" in glassy(synthetic).suggest()
    add(monkeypatch, crossing=True, planted=True)
    found = glassy(synthetic)
    assert found.kind == "undecided"
    assert "Planted scans around" not in found.suggest()
    along = SimpleNamespace(answers=[Estimate(0.1, 0.01, "axis")], estimates=[], jumps=None, why="")
    monkeypatch.setattr(transition_line, "along", lambda reader, temperature: along)
    open_ones = transition_line.TransitionLine([found], reader=object())
    assert "at dilution 0, where curves cross as well, is undecided" in open_ones.critical(0.7).why
    monkeypatch.setattr(evidence_table, "EVIDENCE", EVIDENCE)
    assert open_ones.critical(0.7).claimed


def test_other_meanings_of_a_row_are_read_there_as_well(synthetic, monkeypatch):
    no = Question("no", "no", lambda found: Answer(0.0, 0.0, (), False, "it does not"))
    for row, says in ((no, True), (no._replace(against_planting=True), False)):
        monkeypatch.setattr(evidence_table, "EVIDENCE", (*EVIDENCE, row))
        assert ("Planted scans around" in glassy(synthetic).suggest()) is says
    order = Question("yes", "yes", lambda found: Answer(0.0, 0.0, (), True, "it orders"), order=True)
    noisy = Question("open", "open", lambda found: Answer(0.0, 0.0, (), None, "who knows"), noisy=True)
    for rows, says in (((order,), False), ((order, noisy), True)):
        monkeypatch.setattr(evidence_table, "EVIDENCE", (*EVIDENCE, *rows))
        found = disordered(synthetic)
        assert found.kind == "undecided"
        assert ("are too noisy to decide" in found.suggest()) is says
