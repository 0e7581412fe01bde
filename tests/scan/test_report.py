"""What a scan ends with: tables, verdict, figure and a summary in strict JSON."""

import html
import json
import re
import shutil
from dataclasses import asdict, replace
from html.parser import HTMLParser

import numpy as np
import pytest

import glassnet
from glassnet import theory
from glassnet.analysis.equilibrium.assessment import Equilibration, Failure
from glassnet.analysis.questions import QUESTIONS, answer
from glassnet.analysis.reweighting import reweight
from glassnet.analysis.transition import Transition, find_transition
from glassnet.analysis.verdict import wording as answers
from glassnet.chains.pack import pack
from glassnet.chains.segment import ChainError
from glassnet.chains.store import open_chains
from glassnet.scan.directory.readable_chains import Readable
from glassnet.scan.execute import run
from glassnet.scan.report import summary, tables, theory_comparison, writing
from glassnet.scan.runfile import growth
from glassnet.scan.runfile.schema import UserError, load
from glassnet.statistics.estimate import Estimate

RUN_FILE = """\
seed = 7
samples = {samples}
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12, 24]
dilutions = {dilutions}
planted = [0.6, 0.8]
symmetric = {symmetric}
[sampling]
temperatures = {{min = 0.5, max = 1.5, n = 4}}
replicas = 4
thermalization = 20
sweeps = 40
measure_every = 10
"""


def finished(directory, dilutions="[0.0]", symmetric="true", samples=2):
    """Directory of a finished run without its report."""
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(dilutions=dilutions, symmetric=symmetric, samples=samples))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert run.scan(path, directory / "out") == 0
    return directory / "out"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A run of two sizes, planted and symmetric: its directory and its report."""
    out = finished(tmp_path_factory.mktemp("report"))
    return out, str(writing.write(out))


@pytest.fixture
def no_figures(monkeypatch):
    """For tests of words and tables: drawing is most of the work."""
    monkeypatch.setattr(writing.export, "of_result", lambda *_: [])
    monkeypatch.setattr(writing.export, "of_line", lambda *_: [])


def strict(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


def test_report_has_tables_verdict_theory_and_paths(written):
    out, text = written
    lines = text.splitlines()
    header = next(line for line in lines if "energy/N" in line)
    assert header.split() == ["T", "energy/N", "entropy/N", "<q^2>", "Binder", "swaps"]
    title = "N = 12, dilution 0: 2 samples, entropy from n_weights ln 2 at T = inf; least swaps "
    assert any(line.startswith(title) for line in lines)
    assert any(line.endswith("; bars of overlaps from fewer than 32 samples may lack rare ones") for line in lines)
    assert any(line.startswith("planted, dilution 0") for line in lines)
    assert "\n\ndilution 0: undecided\n" in text
    assert "theory (cavity method, N = infinity): T_K = 0.6545, T_d = 0.7528" in text
    names = ["chains", "summary.json", "transition.png", "figures", "suggested.toml", "report.html"]
    assert [line.split()[1] for line in lines[-6:]] == [str(out / name) for name in names]
    assert all((out / name).exists() for name in names)


def test_the_answer_stands_last_in_one_sentence(written):
    blocks = written[1].split("\n\n")
    assert blocks[-2].startswith("at dilution 0 the chains do not tell whether there is a transition: ")
    verdict = next(i for i, block in enumerate(blocks) if block.startswith("dilution 0: "))
    assert not any("energy/N" in block or "planted weight  " in block for block in blocks[verdict:])


def test_tables_are_aligned(written):
    for block in written[1].split("\n\n"):
        if "energy/N" in block:
            assert len({len(line) for line in block.splitlines()[1:]}) == 1


def test_summary_is_strict_json_with_what_is_asked_for(written):
    summary = strict(written[0] / "summary.json")
    assert summary["sizes"] == [12, 24]
    assert summary["transition"]["kind"] == "undecided"
    assert summary["transition"]["temperature"] is None
    assert summary["transition"]["stderr"] is None
    asked = {item["key"]: item["name"] for item in summary["transition"]["evidence"]}
    assert asked["planted_crossing"] == "planted weight crosses"
    assert asked["equilibration"] == "equilibrium"
    assert summary["theory"]["static_temperature"] == pytest.approx(0.65448, abs=1e-3)
    assert summary["theory"]["dynamic_temperature"] == pytest.approx(0.75279, abs=1e-3)
    # four draws prove nothing: every sample is named
    assert len({(entry["path"], entry["sample"]) for entry in summary["unequilibrated"]["samples"]}) == 12


def test_every_dilution_has_its_verdict_and_figure(tmp_path, no_figures):
    out = finished(tmp_path, dilutions="[0.0, 0.25]")
    text = str(writing.write(out))
    assert "\n\ndilution 0: " in text
    assert "\n\ndilution 0.25: " in text
    assert (out / "transition.png").exists()
    assert (out / "transition-dilution0.25.png").exists()
    summary = strict(out / "summary.json")
    assert [entry["dilution"] for entry in summary["dilutions"]] == [0.0, 0.25]
    assert summary["transition"] == summary["dilutions"][0]["transition"]


def test_planted_scan_alone_is_reported_and_twice_the_same(tmp_path, no_figures):
    out = finished(tmp_path, symmetric="false")
    first, summary = str(writing.write(out)), (out / "summary.json").read_bytes()
    assert "planted weight" in first
    assert "entropy/N" not in first
    assert str(writing.write(out)) == first
    assert (out / "summary.json").read_bytes() == summary


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        (lambda data: data.isel(draw=[0]) if "draw" in data.dims else data, "N.* has fewer than two draws per chain"),
        (lambda data: data.drop_vars("energy", errors="ignore"), "chains hold no finished sample"),
        (lambda data: data.drop_vars("planted_overlap", errors="ignore"), "N.* holds no planted_overlap"),
    ],
)
def test_what_cannot_be_analysed_is_said_in_one_line_and_left_alone(written, monkeypatch, lacking, reason):
    out, _ = written
    before = (out / "summary.json").read_bytes()
    lacks = lambda directory: Readable(open_chains(directory).map_over_datasets(lacking), [])  # noqa: E731
    monkeypatch.setattr(writing, "open_readable", lacks)
    with pytest.raises(UserError, match=f"out: cannot be analysed: .*{reason}.*; the chains are kept$") as raised:
        writing.write(out)
    assert len(str(raised.value).splitlines()) == 1
    assert (out / "summary.json").read_bytes() == before


def test_a_single_sample_has_thermal_bars_and_says_so(tmp_path, no_figures):
    out = finished(tmp_path, samples=1)
    text = str(writing.write(out))
    title = "N = 12, dilution 0: 1 sample, entropy from n_weights ln 2 at T = inf; least swaps .*, round trips/bound"
    assert re.search(rf"^{title} [0-9.()]*; bars of energy and <q\^2> are thermal alone$", text, flags=re.MULTILINE)
    table = next(block for block in text.split("\n\n") if "energy/N" in block)
    # four draws may not move on the coldest rung
    _, energy, entropy, square, *_ = table.splitlines()[-1].split()
    assert energy.endswith(")")
    assert square.endswith(")")
    assert not entropy.endswith(")")


def test_networks_have_the_weight_of_high_overlaps_in_place_of_a_binder_cumulant(tmp_path, no_figures):
    path = tmp_path / "walks.toml"
    text = RUN_FILE.format(dilutions="[0.0]", symmetric="true", samples=2)
    text = text.replace('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 2.0')
    path.write_text(text.replace("[12, 24]", "[[2, 2, 2, 1], [4, 4, 4, 1]]").replace("planted = [0.6, 0.8]\n", ""))
    assert run.scan(path, tmp_path / "out") == 0
    text = str(writing.write(tmp_path / "out"))
    assert "Binder " not in text.split("\n\ndilution 0: ")[0]
    assert "high overlaps" in text
    assert "not asked of networks" in text


def test_a_directory_without_chains_is_refused_and_left_alone(tmp_path):
    with pytest.raises(ChainError, match="not a run directory"):
        writing.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_strict_values_hold_no_numpy_and_no_nan():
    value = {"a": np.float64("nan"), 1: [np.int64(3), (np.bool_(True), None)], "b": np.inf, "c": "text"}
    assert summary._strict(value) == {"a": None, "1": [3, [True, None]], "b": None, "c": "text"}


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


def test_page_says_what_the_terminal_says_and_more(written, page):
    out, text = written
    words_of_page = " ".join(" ".join(page.text).split())
    sentence, next_step = text.split("\n\n")[-2].splitlines()
    assert sentence[1:] in words_of_page
    assert next_step == f"to settle it: glassnet scan {out}/suggested.toml --out {out}"
    assert "o settle it: glassnet scan DIR/suggested.toml --out DIR" in words_of_page
    assert growth.objections(load(out / "run.toml"), load(out / "suggested.toml"), "out") == []
    assert "T_K = 0.6545, T_d = 0.7528" in words_of_page
    for item in strict(out / "summary.json")["transition"]["evidence"]:
        assert item["name"] in words_of_page
        assert " ".join(item["says"].split()) in words_of_page
    assert (out / "run.toml").read_text().strip() in "".join(page.text)
    assert f"glassnet {glassnet.__version__}" in words_of_page
    assert page.tags.count("svg") == page.tags.count("figcaption") == 6
    # two symmetric sizes and the planted scan, whole
    assert page.tags.count("details") >= 3


def test_every_figure_is_there_as_svg_and_pdf(written):
    names = ("planted_weight", "binder", "overlap_map", "overlap_ridges", "thermodynamics", "exchange")
    files = {path.name for path in (written[0] / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in names for kind in ("svg", "pdf")}


def test_the_same_chains_give_the_same_bytes_wherever_they_are(written, tmp_path):
    out, _ = written
    copy = tmp_path / "elsewhere"
    shutil.copytree(out, copy, ignore=shutil.ignore_patterns("figures", "*.html", "*.png", "summary.json"))
    writing.write(copy)
    made = [
        path.relative_to(copy) for path in copy.rglob("*") if path.suffix in (".svg", ".pdf", ".html", ".png", ".json")
    ]
    assert len(made) >= 12 + 3
    for path in made:
        assert (copy / path).read_bytes() == (out / path).read_bytes(), path


def test_several_dilutions_add_the_phase_diagram_and_a_table_of_the_line(tmp_path):
    out = finished(tmp_path, dilutions="[0.0, 0.25]")
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


def test_files_are_told_from_directories(written, tmp_path):
    out, _ = written
    with pytest.raises(UserError, match=r"run\.toml: a run file; .*: glassnet analyze .*out$"):
        writing.write(out / "run.toml")
    path = tmp_path / "small.toml"
    path.write_text((out / "run.toml").read_text())
    with pytest.raises(UserError, match=r"small\.toml: a run file; .* glassnet analyze results/small$"):
        writing.write(path)


def test_a_packed_run_is_analysed_beside_itself(written, tmp_path, no_figures):
    out, _ = written
    packed = pack(out, tmp_path / "home.zip").path
    text = str(writing.write(packed))
    assert {path.name for path in tmp_path.iterdir()} == {
        "home.zip",
        "home-report.html",
        "home-suggested.toml",
        "home-summary.json",
        "home-transition.png",
    }
    assert str(tmp_path / "home-report.html") in text
    with pytest.raises(
        UserError, match=r"home-report\.html: the page of a packed run; .*glassnet analyze .*home\.zip$"
    ):
        writing.write(tmp_path / "home-report.html")
    assert (tmp_path / "home-summary.json").read_bytes() == (out / "summary.json").read_bytes()


def test_short_tables_keep_both_ends_and_what_is_near_the_transition():
    ladder = np.append(np.geomspace(0.5, 5, 24), np.inf)
    kept = ladder[tables._telling(ladder, 0.9)]
    assert (kept[0], kept[-1], len(kept)) == (0.5, np.inf, 7)
    assert all(abs(np.log(t / 0.9)) < 0.35 for t in kept[1:-1])
    assert tables._telling(ladder, np.nan) == [0, 4, 8, 12, 16, 20, 24]
    assert tables._telling(ladder, np.nan, worst=23) == [0, 4, 8, 12, 16, 20, 23, 24]
    assert tables._telling(ladder[:5], 0.9) == [0, 1, 2, 3, 4]
    table = tables.Table("title", ["a"], [[str(i)] for i in range(9)], [0, 8])
    assert table.text().splitlines() == ["title", "a", "0", "8", "(7 more rungs in report.html)"]


def result(kind, evidence=(), **changes):
    passed = Equilibration((), {}, 1, 0.01)
    return Transition(kind, 0.601, 0.012, tuple(evidence), 0.1, (48, 96), None, passed, **changes)


def test_sentences():
    jump = Estimate(0.92, 0.03)
    heat = Estimate(0.413, 0.021, "latent heat", (48, 96))
    place = "at dilution 0.1 the spin glass gives way to the paramagnet at T = 0.601(12)"
    assert answers.sentence(result("random first-order", jump=jump)) == (
        f"{place}; the overlap jumps by 0.920(30), the energy does not: a random first-order transition"
    )
    assert answers.sentence(result("first-order", jump=jump, latent_heat=heat)) == (
        f"{place}; the overlap jumps by 0.920(30) and the energy by 0.413(21) per weight: a first-order transition"
    )
    assert answers.sentence(result("continuous")) == f"{place}; the overlap grows from zero: a continuous transition"
    ordered = answers.sentence(result("first-order", glass={"ensemble": "regular", "bias": 1.0}))
    assert ordered.startswith("at dilution 0.1 the ordered phase gives way")
    nowhere = replace(result("none", lowest={48: 0.45, 96: 0.5}), temperature=np.nan)
    assert answers.sentence(nowhere) == "at dilution 0.1 there is no transition above T = 0.5"


def test_what_is_open_is_said_in_plain_words():
    head = "at dilution 0.1 the chains do not tell whether there is a transition: "
    unknown = replace(result("undecided"), temperature=np.nan)
    grows = answer("susceptibility_growth", np.nan, np.nan, (), None, "")
    asked = replace(unknown, evidence=(grows, grows._replace(key="not_in_the_list")))
    assert answers.sentence(asked) == f"{head}it is open whether the order grows with N"
    everything = tuple(grows._replace(key=key) for key in QUESTIONS)
    assert answers.sentence(replace(unknown, evidence=everything)).endswith("differ in energy and 6 questions more")
    assert answers.sentence(unknown) == f"{head}the evidence contradicts itself"
    failures = (Failure("/N48/dilution0.1", 3, "stuck", 0.5),)
    rest = answer("verdict_of_rest", 0.6, 0.01, (), None, "the rest says continuous")
    failed = replace(unknown, equilibration=Equilibration(failures, {}, 1, 0.01), evidence=(rest,))
    assert answers.sentence(failed) == f"{head}1 sample has not proved equilibrium; the rest says continuous"


def test_every_item_of_real_evidence_is_a_question_of_the_catalogue(written):
    """An item renamed in the analysis would silently lose its question."""
    items = strict(written[0] / "summary.json")["transition"]["evidence"]
    assert {key for key, question in QUESTIONS.items() if question.unknown} <= {item["key"] for item in items}
    assert all(item["name"] == QUESTIONS[item["key"]].name for item in items)


def test_theory_of_the_tree_limit_is_called_so(written):
    beside = theory_comparison.comparison(
        result("continuous", glass={"ensemble": "walks"}), theory.poisson(p=3, alpha=2.0)
    )
    assert beside.startswith(
        "theory (cavity method of the Poisson glass, the tree limit of a network, N = infinity): T_K"
    )


def test_an_estimate_is_written_whole():
    one = Estimate(0.7, 0.1, "peak weight 1/10", (12, 24), 0.05, "peak_weight")
    assert summary._estimate(one) == asdict(one)
    assert summary._estimate(None) is None


def test_sizes_are_those_before_dilution_in_both_faces(tmp_path, no_figures):
    """N is what the run file says wherever it is shown: on the command line, in the page and the summary, in Python."""
    out = finished(tmp_path, dilutions="[0.25]", samples=4)
    text = str(writing.write(out))
    assert "N = 12 (9 left), dilution 0.25" in text
    shown = strict(out / "summary.json")["transition"]
    sizes = {size for item in shown["evidence"] + shown["estimates"] for size in item["sizes"]}
    assert sizes <= {12, 24}
    # the same words from Python, to the letter
    found = find_transition(open_chains(out))
    head, _, asked = str(found).partition("\n\n")
    assert asked in text
    assert head.splitlines()[0] in text
    for shown in (text, str(found), html.unescape((out / "report.html").read_text())):
        assert not re.search(r"N = ([\d, ]*\b)?(9|18)\b(?! left)|crossing of (9|18)", shown)
    assert set(found.planted) == set(found.thermodynamics) == {12, 24} == set(found.sizes)
    assert [(table.attrs["size"], table.attrs["n_weights"]) for table in found.planted.values()] == [(12, 9), (24, 18)]
    if found.location is not None:
        assert set(found.location.zeros) == set(found.location.curves) <= {12, 24}
    # one node by itself
    reweighted = reweight(open_chains(out)["/N24/dilution0.25"])
    assert str(reweighted).startswith("N = 24 (18 left), 4 samples;")
    assert (reweighted.size, reweighted.n_weights) == (24, 18)
