"""What programs decide by is a key; the text beside it is for readers, and may change at any time."""

import ast
import re
from pathlib import Path

import pytest

import glassnet
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import wording
from glassnet.analysis.verdict.evidence_table import EVIDENCE
from glassnet.scan.report import run_changes

ROOT = Path(glassnet.__file__).parent
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}
#: methods whose argument picks something out
PICKS = {"get", "startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "split", "index"}
#: names of all questions by key
QUESTIONS = {row.key: row.name for row in EVIDENCE}
KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
#: attributes that are shown
SHOWN = {"name", "says", "headline", "sentence"}


def constants(node):
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def decisive(tree):
    """Strings that a comparison, a look-up or the beginning or end of another string depends on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from constants(node)
        elif isinstance(node, ast.Subscript):
            yield from constants(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PICKS:
            for argument in node.args:
                yield from constants(argument)
        elif isinstance(node, ast.MatchValue):
            yield from constants(node)


def texts(tree):
    """Texts of estimates: what they are made with, and what is assigned to a `name`."""
    for node in ast.walk(tree):
        made = isinstance(node, ast.Call) and _named(node.func) in {
            "Estimate",
            "_estimate",
            "extrapolated_means",
            "weighed",
        }
        if made or (isinstance(node, ast.Assign) and "name" in map(_named, ast.walk(node))):
            yield from (text for text in constants(node) if " " in text.strip())


def _named(node):
    return node.id if isinstance(node, ast.Name) else None


@pytest.fixture(scope="module")
def result(synthetic):
    ladder, sizes = [0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0], (48, 72, 96)
    scan = synthetic.two_level(sizes, (0.55, 0.6, 0.65, 0.7, 0.75), seed=1)
    drawn = synthetic.ferromagnet(sizes, ladder, critical=0.65, latent=0.4, seed=1)
    return find_transition(synthetic.tree(scan | {f"{path}/symmetric": data for path, data in drawn.items()}))


def test_nothing_is_decided_by_a_text_that_is_shown():
    shown = set(QUESTIONS.values())
    for path, tree in TREES.items():
        shown |= set(texts(tree)) if path.startswith("analysis/") else set()
    assert {"susceptibility grows", "crossing of all sizes", "latent heat from the distance of the phases"} <= shown
    for path, tree in TREES.items():
        assert not shown & set(decisive(tree)), path


def test_a_decision_by_a_text_would_be_found():
    for code in ('passed.get("susceptibility grows")', 'one.name == "the line"', 'one.name.startswith("w = 1/2")'):
        assert set(decisive(ast.parse(code))) & {"susceptibility grows", "the line", "w = 1/2"}


def test_no_attribute_that_is_shown_is_compared():
    """Whatever it is compared with; other rooms have paths, whose names are no texts."""
    for path in (path for path in TREES if path.startswith(("analysis/", "plots/"))):
        for node in ast.walk(TREES[path]):
            sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PICKS:
                sides = [node.func.value]
            shown = [side for side in sides if isinstance(side, ast.Attribute) and side.attr in SHOWN]
            assert not shown, (path, node.lineno, ast.unparse(node))


def test_keys_are_identifiers_and_each_belongs_to_one_text(result):
    names = {}
    for one in (*result.evidence, *result.estimates):
        assert KEY.fullmatch(one.key), one
        assert names.setdefault((type(one), one.key), one.name) == one.name
    assert len(names) == len(result.evidence) + len(result.estimates) > 20
    assert all(map(KEY.fullmatch, QUESTIONS))


def test_keys_that_are_looked_up_are_those_of_questions():
    for module, call in ((run_changes, "get"), (wording, "_item")):
        tree = ast.parse(Path(module.__file__).read_text())
        looked_up = [
            node.args[-1].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.args[-1] if node.args else None, ast.Constant)
            and (
                _named(node.func) == call
                or (isinstance(node.func, ast.Attribute) and _named(node.func.value) == "passed")
            )
        ]
        assert looked_up
        assert set(looked_up) <= QUESTIONS.keys()


def test_the_documentation_lists_the_questions():
    page = (Path(__file__).parents[1] / "docs" / "analysis.md").read_text()
    listed = dict(
        re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", page.partition("| key | name |")[2].partition("\n\n")[0], re.M)
    )
    assert listed == QUESTIONS
