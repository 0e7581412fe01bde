"""Every Python block of the README and of docs/ runs, in order, in one namespace per page."""

import re
from pathlib import Path

import pytest

from glassnet.cli import main
from glassnet.scan.runfile.schema import load

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)):
        exec(compile(block, f"{page.name}, block {number + 1}", "exec"), namespace)


def test_relative_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize("run_file", sorted((ROOT / "runs").glob("*.toml")), ids=lambda path: path.name)
def test_run_files_run(run_file, tmp_path):
    """Every run file of runs/ is sound, and runs when it is made small."""
    load(run_file)
    text = re.sub(r"^(samples) = \d+", r"\1 = 2", run_file.read_text(), flags=re.MULTILINE)
    text = re.sub(r"^(thermalization|sweeps) = \d+", r"\1 = 20", text, flags=re.MULTILINE)
    text = re.sub(r"^measure_every = \d+", "measure_every = 2", text, flags=re.MULTILINE)
    is_study = "\nstudy = " in text
    sizes = "[[5, 4, 1], [7, 4, 1]]" if is_study else "[12, 24]"
    text = re.sub(r"^sizes = .*", f"sizes = {sizes}", text, flags=re.MULTILINE)
    text = re.sub(r"^alphas = .*", "alphas = [2.0]", text, flags=re.MULTILINE)
    text = re.sub(r"^dilutions = .*", "dilutions = [0.0, 0.25]", text, flags=re.MULTILINE)
    text = re.sub(r"^(planted) = \[([^,]*), .*?\]", r"\1 = [\2]", text, flags=re.MULTILINE)
    text = re.sub(r"^field = true.*", "field = {n_weights = 60, instances = 2, sweeps = 80}", text, flags=re.MULTILINE)
    small = tmp_path / run_file.name
    small.write_text(text)
    assert main(["scan", str(small), "--out", str(tmp_path / "out")]) == 0
    figure = "figures/alpha-N24.svg" if is_study else "transition.png"
    assert (tmp_path / "out" / figure).stat().st_size > 10_000
