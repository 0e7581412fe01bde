"""The report of a study: from a run file to tables, figures, page and summary."""

import json

import pytest

from glassnet.plots import network
from glassnet.scan.execute import run
from glassnet.scan.report import writing

TEXT = """
seed = 3
samples = 3
study = "generalisation"
[glass]
ensemble = "walks"
couplings = "data"
[data]
task = "noisy prototype"
strength = 0.4
train = 60
test = 40
[scan]
sizes = [[7, 3, 3, 1], [9, 4, 4, 1]]
dilutions = [0.0, 0.2]
alphas = [3.0, 6.0, 9.0]
[sampling]
temperatures = [0.3, 0.6, 1.5]
unit = "sqrt(alpha)"
replicas = 4
thermalization = 10
sweeps = 60
measure_every = 5
"""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Directory of a study, and what its scan printed."""
    directory = tmp_path_factory.mktemp("study")
    (directory / "run.toml").write_text(TEXT)
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert run.scan(directory / "run.toml", directory / "out") == 0
    return directory / "out", writing.write(directory / "out", said.append), said


def test_the_terminal_shows_test_errors_and_the_answers(studied):
    out, report, said = studied
    text = "\n\n".join(said).replace("\n\n\n", "\n\n")
    assert str(report).startswith(said[0])
    assert "9-4-4-1 (N = 56), dilution 0: test error of votes of 10, ordered | random start" in text
    assert "9-4-4-1 (N = 56), alpha 9: test error of votes of 10, ordered | random start" in text
    headers = [line.split("  ")[-1].strip() for line in text.splitlines() if line.startswith("T/sqrt(alpha)")]
    assert headers == ["alpha = 9", "alpha = 9", "dilution = 0.2", "dilution = 0.2"] * 2
    assert "9-4-4-1: the test error of single networks goes from 0." in text
    assert " of 36 temperatures: not in equilibrium there" in text
    assert not report.damaged and not report.unwritten
    assert not (out / "suggested.toml").exists()


def test_the_page_has_everything(studied):
    out, _, _ = studied
    page = (out / "report.html").read_text()
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "Noisy prototype, m0 = 0.4, 1 example per path" in page
    assert page.count("<details>") == 12
    assert page.count("<figure>") == 5
    assert "study = &#34;generalisation&#34;" in page
    assert page.count("<svg") == 5
    names = {path.name for path in (out / "figures").iterdir()}
    assert names == {f"{name}.{kind}" for name in FIGURES for kind in ("svg", "pdf")}


FIGURES = ("alpha-N33", "alpha-N56", "dilution-N33", "dilution-N56", "width")


def test_the_summary_has_the_numbers_of_the_result(studied):
    import glassnet as gn

    out, _, _ = studied
    numbers = json.loads((out / "summary.json").read_text())
    result = gn.studies.generalisation_of(gn.open_chains(out))
    assert (numbers["study"], numbers["unit"], numbers["task"]["strength"]) == ("generalisation", "sqrt(alpha)", 0.4)
    assert (numbers["temperatures"], numbers["votes"]) == ([0.3, 0.6, 1.5], [1, 10])
    assert len(numbers["nodes"]) == 12
    last = numbers["nodes"][-1]
    assert (last["size"], last["dilution"], last["alpha"], last["samples"]) == (56, 0.2, 9.0, 3)
    at = {"size": 56, "dilution": 0.2, "alpha": 9.0, "start": "random"}
    assert last["test_error"]["random"] == result.mean["test_error"].sel(at).values.tolist()
    assert last["vote_test_error_stderr"]["random"] == result.stderr["vote_test_error"].sel(at).values.tolist()
    assert numbers["damaged"] == [] and numbers["missing_samples"] == {}


def test_the_same_chains_give_the_same_files(studied, monkeypatch):
    out, _, _ = studied
    draw = network.drawings
    # drawing is most of the work: one figure of each kind
    monkeypatch.setattr(network, "drawings", lambda result: draw(result)[::4])
    names = ("summary.json", "figures/alpha-N33.svg", "figures/alpha-N33.pdf", "figures/width.svg")
    before = [(out / name).read_bytes() for name in names]
    writing.write(out)
    assert [(out / name).read_bytes() for name in names] == before


def test_damaged_and_missing_chains_are_named(studied, monkeypatch):
    out, _, _ = studied
    monkeypatch.setattr(network, "drawings", lambda result: [])
    chain = out / "chains/N33/dilution0.0/alpha3.0/sample1.h5"
    image = chain.read_bytes()
    try:
        chain.write_bytes(image[:1000])
        report = writing.write(out)
        assert len(report.damaged) == 1
        assert "WITHOUT THE CHAINS OF 1 DAMAGED FILE" in str(report)
        assert json.loads((out / "summary.json").read_text())["nodes"][0]["samples"] == 2
        chain.unlink()
        report = writing.write(out)
        assert "1 samples are not finished; glassnet scan" in str(report)
    finally:
        chain.write_bytes(image)
