"""A run file that is changed keeps every comment, and holds exactly the tables that are wanted."""

import copy
import tomllib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.scan.report.run_file_text import changed, comments

RUN = """\
# an example, "quoted
seed = 7   # of 'everything
name = "a # in a string"   # named
[sampling]   # head
# about measure
measure = ["energy", "planted_overlap"]   # what is measured
sweeps = 60   # of every sample
[scan]
sizes = [ 24, # small
          36  # large
        ]   # weights
planted = [0.5,   # cold
  # between
  0.7]
"""


def parsed(text):
    return tomllib.loads(text)


def test_the_example_has_its_comments():
    assert comments(RUN) == [
        *('# an example, "quoted', "# of 'everything", "# named", "# head", "# about measure", "# what is measured"),
        *("# of every sample", "# small", "# large", "# weights", "# cold", "# between"),
    ]


def test_the_comment_beside_a_key_that_goes_keeps_its_line():
    tables = parsed(RUN)
    tables["sampling"]["planted"] = {"measure": tables["sampling"].pop("measure")}
    text = changed(RUN, tables)
    assert parsed(text) == tables
    assert "# about measure\n# what is measured\nsweeps = 60   # of every sample\n" in text
    assert comments(text) == comments(RUN)


def test_arrays_grow_around_their_comments():
    tables = parsed(RUN)
    tables["scan"] |= {"sizes": [24, 36, 48], "planted": [0.4, 0.5, 0.6, 0.7, 0.8]}
    text = changed(RUN, tables)
    assert parsed(text) == tables
    assert comments(text) == comments(RUN)
    lines = dict.fromkeys(text.splitlines())
    assert [line for line in lines if line.endswith(("# small", "# large"))] == [
        "sizes = [ 24, # small",
        "          36,  # large",
    ]


def test_an_array_that_shrinks_leaves_its_comments_at_the_end():
    tables = parsed(RUN)
    tables["scan"]["sizes"] = [48]
    text = changed(RUN, tables)
    assert parsed(text) == tables
    assert text.endswith("\n# small\n# large\n")
    assert Counter(comments(text)) == Counter(comments(RUN))


@pytest.mark.parametrize("text", ["seed = ", "seed = 8\n[glass.more", "a = 1\na = 2 # twice\n"])
def test_of_no_toml_the_tables_are_left(text):
    assert changed(text, {"seed": 7}) == "seed = 7\n"


@pytest.mark.parametrize(
    "text",
    [
        '[a]\nx = 1 # one\n[b]\ny = 2\n[a.c] # out of order\nz = """\n# text\n"""  # three\n',
        "a.x = 1 # dotted\na.y = 2 # too\n",
        "a = { x = 1, y = [1, # within\n 2] } # inline\n",
        "a = [[1, 2], # row\n [3, 4] # last\n] # all\n",
        "a = [\n 1 # no comma\n , 2]\n",
        "[[a]] # of tables\nx = 1 # first\n[[a]]\nx = 2 # second\n",
    ],
)
def test_what_goes_whole_leaves_every_comment(text):
    for tables in (
        {},
        {"a": {}},
        {"a": 1},
        {"a": {"x": [2]}, "d": {"e": 1}},
        {"a": [[1, 2], [0, 0], [3, 4]]},
        {"a": [1, 5, 2]},
    ):
        now = changed(text, tables)
        assert parsed(now) == tables
        assert Counter(comments(now)) == Counter(comments(text))


VALUES = st.integers(-9, 9) | st.sampled_from([0.5, float("inf"), True, 'a # "b"', "", "plain"])
ARRAYS = st.lists(st.integers(0, 9), max_size=4) | st.lists(st.lists(st.integers(1, 4), max_size=2), max_size=3)
KEYS = st.sampled_from(["seed", "sizes", "planted", "measure", "p", "scan"])
FLAT = st.dictionaries(KEYS, VALUES | ARRAYS | st.dictionaries(KEYS, VALUES | ARRAYS, max_size=2), max_size=5)
TABLES = st.dictionaries(KEYS, VALUES | ARRAYS, max_size=3).flatmap(
    lambda own: st.dictionaries(st.sampled_from(["glass", "run", "sampling"]), FLAT, max_size=3).map(
        lambda tables: own | tables
    )
)
NOTES = st.sampled_from(["", "", "  # x", " # 'y", ' # "z', "# #", " # a = [1, 2]", " # [scan]"])


@st.composite
def commented(draw, value, top=True):
    """A value as a user may write it: arrays over several lines, comments between their entries."""
    if isinstance(value, list) and top:
        end = lambda: draw(st.sampled_from(["", "\n", " # w\n", "\n# above\n"]))  # noqa: E731
        return "[" + end() + ",".join(draw(commented(one, False)) + end() for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {draw(commented(one, False))}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else (repr(value))


@st.composite
def run_files(draw):
    """Text of tables with comments everywhere."""
    lines = []

    def write(tables, above):
        inner = {}
        for key, value in tables.items():
            if isinstance(value, dict) and (not above or draw(st.booleans())):
                inner[key] = value
                continue
            lines.extend(filter(None, [draw(NOTES)]))
            lines.append(f"{key} = {draw(commented(value))}{draw(NOTES)}")
        for key, value in inner.items():
            lines.append(f"[{'.'.join([*above, key])}]{draw(NOTES)}")
            write(value, [*above, key])

    write(draw(TABLES), [])
    return "\n".join([*lines, draw(NOTES)]) + "\n"


@st.composite
def changes(draw, tables):
    """Other tables: keys go, arrays grow in between, tables are added, values are replaced."""
    tables = copy.deepcopy(tables)
    for key, value in list(tables.items()):
        what = draw(st.sampled_from(["stay", "stay", "go", "grow", "else"]))
        if what == "go":
            del tables[key]
        elif isinstance(value, dict):
            tables[key] = draw(changes(value))
        elif what == "grow" and isinstance(value, list):
            value.insert(draw(st.integers(0, len(value))), draw(st.integers(0, 9)))
        elif what == "else":
            tables[key] = draw(VALUES | ARRAYS | FLAT)
    return tables | draw(FLAT if draw(st.booleans()) else st.just({}))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_every_comment_stays_whatever_changes(data):
    text = data.draw(run_files())
    before = parsed(text)
    assert changed(text, before) == text
    tables = data.draw(changes(before))
    now = changed(text, tables)
    assert parsed(now) == tables
    assert Counter(comments(now)) == Counter(comments(text))
