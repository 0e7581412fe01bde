"""Tables of a report: their columns and the rows that the terminal shows."""

from types import SimpleNamespace

import numpy as np

import glassnet as gn
from glassnet.scan.report import tables


def test_tables_are_aligned(written):
    for block in written[1].split("\n\n"):
        if "energy/N" in block:
            title, *rows = (line for line in block.splitlines()[1:] if not line.startswith("("))
            ends = [at + len(word) for word in title.split() for at in [title.index(word)]]
            # the hottest rung has no swaps
            assert all(line[end : end + 2].strip() == "" for line in rows for end in ends)


def test_short_tables_keep_both_ends_and_what_is_near_the_transition():
    ladder = np.append(np.geomspace(0.5, 5, 24), np.inf)
    kept = ladder[tables.telling_rows(ladder, 0.9)]
    assert (kept[0], kept[-1], len(kept)) == (0.5, np.inf, 7)
    assert all(abs(np.log(t / 0.9)) < 0.35 for t in kept[1:-1])
    assert tables.telling_rows(ladder, np.nan) == [0, 4, 8, 12, 16, 20, 24]
    assert tables.telling_rows(ladder, np.nan, worst=23) == [0, 4, 8, 12, 16, 20, 23, 24]
    assert tables.telling_rows(ladder[:5], 0.9) == [0, 1, 2, 3, 4]
    table = tables.Table("title", ["a"], [[str(i)] for i in range(9)], [0, 8])
    assert table.text().splitlines() == ["title", "a", "0", "8", "(7 more rungs in report.html)"]


def test_the_table_has_no_theory_above_t_d():
    """T_d = 0.7528: above it theory is blank, in the table as in the figure; the run does not notice at 0.8."""
    found = gn.studies.field_integration(600, [0.7, 0.8], instances=2, seed=1, p=3, degree=4, sweeps=80)
    table = tables.complexity(
        SimpleNamespace(complexity=found, glass={"ensemble": "regular", "p": 3, "degree": 4}, dilution=0.0)
    )
    assert [row[-1] for row in table.rows] == ["0.02846", "-"]
    assert table.title.endswith("bars are statistical, the shift of finite N is in the bar of T_K alone")
