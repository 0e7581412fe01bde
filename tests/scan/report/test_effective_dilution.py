"""What a report says of glasses that lost another fraction than was asked for: everywhere the effective dilution."""

import json

import numpy as np
import pytest

from glassnet import plots, theory
from glassnet.scan.directory.readable_chains import Readable
from glassnet.scan.report import writing

#: connections removed from each of the four layers of layered glasses: round(dilution N) in all
REMOVED = {(32, 0.05): [1, 1, 0, 0], (48, 0.05): [1, 1, 0, 0], (32, 0.1): [1, 1, 1, 0], (48, 0.1): [2, 1, 1, 1]}
#: 1 - (prod_l (1 - f_l) / (1 - mean f))^(1/3): 0.0653, 0.0429, 0.0958 and 0.1052
EFFECTIVE = {
    (32, 0.05): 1 - ((7 / 8) ** 2 / (30 / 32)) ** (1 / 3),
    (48, 0.05): 1 - ((11 / 12) ** 2 / (46 / 48)) ** (1 / 3),
    (32, 0.1): 1 - ((7 / 8) ** 3 / (29 / 32)) ** (1 / 3),
    (48, 0.1): 1 - ((10 / 12) * (11 / 12) ** 3 / (43 / 48)) ** (1 / 3),
}
DILUTIONS, PLANTED = (0.05, 0.1), (0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
FITTED = "common_dilution"


def transition(dilution):
    """Temperature of the transition of the chains at an effective dilution."""
    return 0.93 - 2 * dilution


def layered(data, size, asked):
    """Chains that say what the layers lost; couplings are given, as their energies are not those of this paramagnet."""
    counts = np.tile(REMOVED[size, asked], (data.sizes["sample"], 1))
    data = data.assign(removed_fraction=(("sample", "layer"), counts / (size // 4)))
    known = {"ensemble": "layered", "p": 4, "glass": '{"p": 4, "alpha": 2.0}', "couplings": "given"}
    return data.assign_attrs(known, n_weights=size - sum(REMOVED[size, asked]))


@pytest.fixture(scope="module")
def told(synthetic, tmp_path_factory):
    """Text and summary of a report of planted and symmetric scans, the results that were drawn, and the page."""
    found, paths = [], {}
    for seed, ((size, asked), effective) in enumerate(EFFECTIVE.items()):
        critical = transition(effective)
        scan = synthetic.two_level((size,), PLANTED, seed=11 + seed, critical=critical, n_samples=12, disorder=0.3)
        ladder, draw = np.geomspace(0.5, 1.6, 5), synthetic.glassy(critical)
        rows = synthetic.symmetric((size,), ladder, draw, seed=seed, n_samples=4, n_draws=60)
        scan |= {f"{path}/symmetric": data for path, data in rows.items()}
        for path, data in scan.items():
            paths[path.replace("dilution0.0", f"dilution{asked}")] = layered(data, size, asked)
    out = tmp_path_factory.mktemp("effective")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "open_readable", lambda _: Readable(synthetic.tree(paths), []))
        patch.setattr(writing.export, "of_result", lambda *_: [])
        patch.setattr(writing.export, "of_line", lambda results: found.append(results) or [])
        patch.setattr(writing.plots, "save", lambda *_: None)
        text = str(writing.write(out))
    return text, json.loads((out / "summary.json").read_text()), found[0], (out / "report.html").read_text()


def rows(text, title):
    """Title and cells of the table that begins so."""
    (block,) = [block for block in text.split("\n\n") if block.startswith(title)]
    return block.splitlines()


def test_titles_name_both_dilutions(told):
    text, _, _, page = told
    for (size, asked), effective in EFFECTIVE.items():
        left = size - sum(REMOVED[size, asked])
        title = f"N = {size} ({left} left), dilution {asked:g} (effective {effective:.4f}): 4 samples"
        assert len([block for block in text.split("\n\n") if block.startswith(title)]) == 1
        assert title in page
    # what is said of a dilution is said of the largest glasses
    assert "\n\ndilution 0.05 (effective 0.04287): " in text
    assert "\n\ndilution 0.1 (effective 0.1052): " in text


def test_tables_have_a_column_for_each(told):
    text, *_ = told
    header, *lines = rows(text, "transition line")[1:]
    assert header.split()[:4] == ["dilution", "effective", "kind", "T"]
    assert [line.split()[:2] for line in lines] == [["0.05", "0.0429"], ["0.1", "0.1052"]]
    for asked in DILUTIONS:
        header, *lines = rows(text, f"planted, dilution {asked:g}")[1:]
        assert header.split()[:4] == ["N", "effective", "dilution", "T"]
        shown = {(int(line.split()[0]), float(line.split()[1])) for line in lines}
        assert shown == {(size, round(EFFECTIVE[size, asked], 4)) for size in (32, 48)}


def test_the_summary_has_the_dilution_of_each_size_and_the_common_one(told):
    _, summary, *_ = told
    for entry, asked in zip(summary["dilutions"], DILUTIONS, strict=True):
        assert entry["dilution"] == asked
        assert entry["effective_dilution"] == pytest.approx(EFFECTIVE[48, asked])
        expected = {str(size): EFFECTIVE[size, asked] for size in (32, 48)}
        assert entry["effective_dilutions"] == pytest.approx(expected)
        item = next(item for item in entry["transition"]["evidence"] if item["key"] == FITTED)
        assert item["passed"]


def test_theory_is_that_of_the_effective_dilution(told):
    text, summary, results, _ = told
    for result, entry in zip(results, summary["dilutions"], strict=True):
        limit = theory.poisson(p=4, alpha=2.0, dilution=EFFECTIVE[48, result.dilution])
        for static in (plots.theory_of(result).static_temperature(), entry["theory"]["static_temperature"]):
            assert static == pytest.approx(limit.static_temperature(), abs=1e-4)
    assert "N = infinity, at the effective dilution 0.04287): T_K = 0.8864" in text
    assert "N = infinity, at the effective dilution 0.1052): T_K = 0.7265" in text


def test_points_of_the_phase_diagram_lie_at_effective_dilutions(told, monkeypatch):
    *_, results, _ = told
    # the lines of theory take longest
    monkeypatch.setattr(plots.phase_diagrams, "theory_lines", lambda _: [])
    for result in results:
        assert abs(result.temperature - transition(result.effective_dilution)) < 3 * result.stderr
    (ax,) = plots.phase_diagram(results).axes
    x = sorted(x for points in ax.containers for x in points.lines[0].get_xdata())
    assert x == pytest.approx([EFFECTIVE[48, asked] for asked in DILUTIONS])
    assert ax.get_xlabel() == r"effective dilution $\delta$"


def test_critical_dilutions_are_effective_and_in_every_place(told):
    """The chains give way at T = 0.85 and 0.73 at the effective dilutions 0.0429 and 0.1052."""
    text, summary, results, page = told
    found = {row["temperature"]: row for row in summary["critical_dilutions"]}
    assert sorted(found) == list(PLANTED)
    lines = rows(text, "critical dilution")
    assert len(lines) == 2 + len(PLANTED)
    assert "Critical dilution" in page
    for temperature, row in found.items():
        again = results.critical(temperature)
        claimed = row["dilution"] is not None
        assert claimed == again.claimed == (0.72 < temperature < 0.85)
        shown = next(line.split()[1] for line in lines[2:] if line.split()[0] == f"{temperature:g}")
        if claimed:
            assert (row["dilution"], row["stderr"]) == (again.dilution, again.stderr)
            assert abs(transition(row["dilution"]) - temperature) < 3 * 2 * row["stderr"]
            assert shown.startswith(f"{row['dilution']:.3f}"[:4])
