"""The report of a scan: what it says, and the files that it writes."""

import html
import re
import shutil
from types import SimpleNamespace

import pytest

from glassnet.analysis.reweighting import reweight
from glassnet.analysis.transition import find_transition
from glassnet.analysis.transition_line import TransitionLine
from glassnet.chains.pack import pack
from glassnet.chains.segment import ChainError
from glassnet.chains.store import open_chains
from glassnet.scan.directory.readable_chains import Readable
from glassnet.scan.execute import progress
from glassnet.scan.report import writing
from glassnet.scan.report.next_run import Suggestion
from glassnet.scan.runfile.schema import UserError


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


def test_every_dilution_has_its_verdict_and_figure(strict_json, finished_run, tmp_path, no_figures):
    out = finished_run(tmp_path, dilutions="[0.0, 0.25]")
    text = str(writing.write(out))
    assert "\n\ndilution 0: " in text
    assert "\n\ndilution 0.25: " in text
    assert (out / "transition.png").exists()
    assert (out / "transition-dilution0.25.png").exists()
    summary = strict_json(out / "summary.json")
    assert [entry["dilution"] for entry in summary["dilutions"]] == [0.0, 0.25]
    assert summary["transition"] == summary["dilutions"][0]["transition"]


def test_planted_scan_alone_is_reported_and_twice_the_same(finished_run, tmp_path, no_figures):
    out = finished_run(tmp_path, symmetric="false")
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


def test_a_single_sample_has_thermal_bars_and_says_so(finished_run, tmp_path, no_figures):
    out = finished_run(tmp_path, samples=1)
    text = str(writing.write(out))
    title = "N = 12, dilution 0: 1 sample, entropy from n_weights ln 2 at T = inf; least swaps .*, round trips/bound"
    assert re.search(rf"^{title} [0-9.()]*; bars of energy and <q\^2> are thermal alone$", text, flags=re.MULTILINE)
    table = next(block for block in text.split("\n\n") if "energy/N" in block)
    # four draws may not move on the coldest rung
    _, energy, entropy, square, *_ = table.splitlines()[-1].split()
    assert energy.endswith(")")
    assert square.endswith(")")
    assert not entropy.endswith(")")


def test_networks_have_the_weight_of_high_overlaps_in_place_of_a_binder_cumulant(finished_run, tmp_path, no_figures):
    networks = ('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 2.0')
    networks += ("[12, 24]", "[[2, 2, 2, 1], [4, 4, 4, 1]]", "planted = [0.6, 0.8]\n", "")
    out = finished_run(tmp_path, *networks)
    text = str(writing.write(out))
    assert "Binder " not in text.split("\n\ndilution 0: ")[0]
    assert "high overlaps" in text
    assert "not asked of networks" in text


def test_a_directory_without_chains_is_refused_and_left_alone(tmp_path):
    with pytest.raises(ChainError, match="not a run directory"):
        writing.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


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


def test_files_are_told_from_directories(written, tmp_path):
    out, _ = written
    with pytest.raises(
        UserError, match=r"run\.toml: not the directory of a run, .*, did you mean glassnet analyze .*out\?$"
    ):
        writing.write(out / "run.toml")
    path = tmp_path / "small.toml"
    path.write_text((out / "run.toml").read_text())
    with pytest.raises(ChainError, match=r"small\.toml: not a chain file of glassnet"):
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
    assert (tmp_path / "home-summary.json").read_bytes() == (out / "summary.json").read_bytes()


def test_sizes_are_those_before_dilution_in_both_faces(strict_json, finished_run, tmp_path, no_figures):
    """N is what the run file says wherever it is shown: on the command line, in the page and the summary, in Python."""
    out = finished_run(tmp_path, dilutions="[0.25]", samples=4)
    text = str(writing.write(out))
    assert "N = 12 (9 left), dilution 0.25" in text
    shown = strict_json(out / "summary.json")["transition"]
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


def test_the_next_step_is_told_if_there_is_one(tmp_path):
    def found(results, advice):
        return writing.Findings([], results, [], [], [], advice)

    result = SimpleNamespace(kind="undecided", dilution=0.1)
    told = [
        writing.notes_of(
            tmp_path, tmp_path, [], found([result] * count, writing.Advice(result, Suggestion("", settles, ())))
        )
        for count, settles in ((1, True), (2, True), (2, False))
    ]
    assert told == [
        [f"to settle it: glassnet scan {tmp_path}/suggested.toml --out {tmp_path}"],
        [f"to settle it at dilution 0.1: glassnet scan {tmp_path}/suggested.toml --out {tmp_path}"],
        [f"nothing that grows in this directory settles it at dilution 0.1; {tmp_path}/suggested.toml says why"],
    ]
    assert writing.notes_of(tmp_path, tmp_path, [], found([result], None)) == []


def test_a_suggestion_of_an_earlier_analysis_does_not_stay(synthetic, tmp_path):
    scan = {p: d.drop_attrs().assign_attrs(n_weights=48) for p, d in synthetic.two_level((48,), (0.6,), seed=1).items()}
    (tmp_path / "suggested.toml").write_text("of an earlier analysis")
    results = TransitionLine([find_transition(synthetic.tree(scan))])
    assert writing.advice_for(results) is None
    files = writing.Files(tmp_path)
    chains = synthetic.tree(scan)
    with progress.steps() as steps:
        found = writing.Findings([], results, [None], [[]], [], None)
        writing.write_files(tmp_path, chains, [], found, files, steps)
    assert not (tmp_path / "suggested.toml").exists()
