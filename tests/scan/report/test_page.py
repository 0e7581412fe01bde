"""report.html: valid, whole by itself, and all that the terminal says."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import glassnet
from glassnet.analysis.equilibrium.assessment import Failure
from glassnet.scan.report import writing
from glassnet.scan.runfile import growth
from glassnet.scan.runfile.schema import load


class Page(HTMLParser):
    """Checks that tags are balanced while it collects ids, links and text."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.text = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            self.ids += [value] if name == "id" else []
            self.links += [value] if name in ("href", "src", "xlink:href") else []
            self.links += re.findall(r"url\(([^)]*)\)", value or "")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page(written):
    return Page((written[0] / "report.html").read_text())


def test_page_is_valid_and_needs_nothing_from_outside(written, page):
    assert len(page.ids) == len(set(page.ids)) > 100
    assert page.links
    assert {link.strip("\"'") for link in page.links} <= {f"#{name}" for name in page.ids}
    source = (written[0] / "report.html").read_text()
    assert "http" not in source
    assert "@import" not in source
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert source.startswith("<!DOCTYPE html>")
    assert "@media print" in source


def test_page_says_what_the_terminal_says_and_more(strict_json, written, page):
    out, text = written
    words_of_page = " ".join(" ".join(page.text).split())
    sentence, next_step = text.split("\n\n")[-2].splitlines()
    assert sentence[1:] in words_of_page
    assert next_step == f"to settle it: glassnet scan {out}/suggested.toml --out {out}"
    assert "o settle it: glassnet scan DIR/suggested.toml --out DIR" in words_of_page
    assert growth.objections(load(out / "run.toml"), load(out / "suggested.toml"), "out") == []
    assert "T_K = 0.6545, T_d = 0.7528" in words_of_page
    for item in strict_json(out / "summary.json")["transition"]["evidence"]:
        assert item["name"] in words_of_page
        assert " ".join(item["says"].split()) in words_of_page
    assert (out / "run.toml").read_text().strip() in "".join(page.text)
    assert f"glassnet {glassnet.__version__}" in words_of_page
    assert page.tags.count("svg") == page.tags.count("figcaption") == 6
    # two symmetric sizes and the planted scan, whole
    assert page.tags.count("details") >= 3


def test_several_dilutions_add_the_phase_diagram_and_a_table_of_the_line(finished_run, tmp_path):
    out = finished_run(tmp_path, dilutions="[0.0, 0.25]")
    text = str(writing.write(out))
    files = {path.name for path in (out / "figures").iterdir()}
    assert {"phase_diagram.svg", "critical_dilution.svg", "binder.svg", "binder-dilution0.25.pdf"} <= files
    page = Page((out / "report.html").read_text())
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("svg") == 6 + 6 + 2
    (line,) = [block for block in text.split("\n\n") if block.startswith("transition line")]
    assert [row.split()[:2] for row in line.splitlines()[2:]] == [["0", "undecided"], ["0.25", "undecided"]]
    *answers, next_step = text.split("\n\n")[-2].splitlines()
    assert [answer.startswith("at dilution ") for answer in answers] == [True, True]
    assert next_step.startswith("to settle it at dilution 0: glassnet scan ")


def test_texts_are_escaped(written, monkeypatch, tmp_path, no_figures):
    out = tmp_path / "out"
    shutil.copytree(written[0], out)
    note = "<script>alert('1')</script> & \"more\""
    monkeypatch.setattr(writing, "notes_of", lambda *arguments: [note])
    writing.write(out)
    page = Page((out / "report.html").read_text())
    assert "script" not in page.tags
    assert note in page.text


def test_html_is_in_templates_alone():
    tag = re.compile(r"</?(?:[a-z]+[1-6]?)(?: [a-z]+=[^>]*)?>")
    assert tag.search('f"<td>{cell}</td>"') and tag.search("'<p class=\"faint\">'")
    for path in Path(writing.__file__).parent.glob("*.py"):
        assert not tag.search(path.read_text()), path.name


def test_what_is_not_in_equilibrium_is_in_the_page(written, monkeypatch, tmp_path, no_figures):
    out = tmp_path / "out"
    shutil.copytree(written[0], out)
    original = writing.of_dilution

    def failing(reader, dilution):
        result = original(reader, dilution)
        failures = tuple(Failure("/N12/dilution0.0/symmetric", n, "energy drifts <", 0.5) for n in range(9))
        return replace(result, equilibration=result.equilibration._replace(failures=failures, nodes={"/N24": "why"}))

    monkeypatch.setattr(writing, "of_dilution", failing)
    text = str(writing.write(out))
    assert "9 samples and the averages of 1 node have not proved equilibrium" in text
    assert "  and 2 more, see report.html" in text
    page = Page((out / "report.html").read_text())
    assert page.text.count("energy drifts <") == 9
