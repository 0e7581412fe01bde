"""Plain tables: columns are straight, cells are what was given, nothing depends on where it is printed."""

import numpy as np
import pytest

from glassnet import _tables


def test_columns_are_straight_and_as_wide_as_their_widest_cell():
    rows = [("a", 1, 0.5), ("long name", 1000, -0.25), ("b", 20)]
    assert _tables.table({"node": "<", "tasks": "", "T": ".3f"}, rows) == "\n".join(
        [
            "node       tasks       T",
            "a              1   0.500",
            "long name   1000  -0.250",
            "b             20",
        ]
    )


def test_without_titles_and_with_an_indent():
    assert _tables.table(["z.1f", "<"], [(-0.01, "x"), (10.0, "a longer text")], indent=3) == (
        "    0.0  x\n   10.0  a longer text"
    )
    assert _tables.table({"T": ".2f", "q": ""}, []) == "T  q"
    assert _tables.table(["", ""], []) == ""


def test_texts_stand_where_a_number_is_missing_and_a_row_may_end_early():
    lines = _tables.table({"T": ".2f", "q": ".2f", "": "<"}, [("none",), (1.0, "", "end"), (np.float64(2), 0.5)])
    assert lines.splitlines() == ["   T     q", "none", "1.00        end", "2.00  0.50"]


def test_no_cell_is_lost():
    with pytest.raises(ValueError, match="shorter than"):
        _tables.table({"T": ".2f"}, [(1.0, 2.0)])


@pytest.mark.parametrize("width", ["20", "300"])
def test_the_terminal_does_not_matter(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("FORCE_COLOR", "1")
    line = _tables.table({"a": "<"}, [("w" * 90,)]).splitlines()[1]
    assert line == "w" * 90
