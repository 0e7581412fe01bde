"""The table of questions: a row more is asked, answered and shown."""

import numpy as np

from glassnet.analysis.questions import QUESTIONS, Answer
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import evidence_table
from glassnet.analysis.verdict.evidence_table import EVIDENCE, Question


def test_keys_and_names_belong_to_one_question():
    keys = [*(row.key for row in EVIDENCE), *QUESTIONS]
    names = [*(row.name for row in EVIDENCE), *QUESTIONS.values()]
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
