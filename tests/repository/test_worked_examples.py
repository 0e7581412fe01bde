"""The worked examples of CONTRIBUTING.md, as they stand there, in a copy of the package: every addition touches as many
files as the page says, is clean, is shown by a scan, and breaks no test of the tables that it extends."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import glassnet

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="an installed package without the page")

RING = "An ensemble"
OBSERVABLE = "An observable that Python computes from the chains"
ESTIMATOR = "An estimator of the transition temperature"
ACTIVATION = "An activation"
FILES = {"One file": 1, "Two files": 2, "Three files": 3}


def edited(path, pattern, new):
    """Write `new`, a text or a function of the match, in place of the one match of a pattern."""
    text, count = re.subn(pattern, new, path.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert count == 1, (path, pattern)
    path.write_text(text)


def last_row(path, name, row):
    """Append a row to a table, a tuple or a dict at the top of a module."""
    edited(path, rf"^{name}\b[^\n]* = [({{]\n.*?(?=^[)}}]\n)", lambda found: found[0] + row)


def entry(block):
    """A block as a row of a tuple."""
    return textwrap.indent(block.rstrip(), "    ") + ",\n"


def add_ring(root, blocks):
    function, record, line = blocks
    source = root / "glassnet/ensembles/random_paths.py"
    source.write_text(f"{source.read_text()}\n\n{function}")
    faces = root / "glassnet/ensembles/__init__.py"
    edited(faces, r"(?<=random_paths import )[\w, ]+", lambda found: ", ".join(sorted([*found[0].split(", "), "ring"])))
    edited(faces, r"(?<=__all__ = \[).*?(?=\])", lambda found: ", ".join(sorted([*found[0].split(", "), '"ring"'])))
    last_row(root / "glassnet/_catalogue.py", "ENSEMBLES", record)
    last_row(root / "tests/test_catalogue.py", "SMALL", line)


def add_observable(root, blocks):
    module, line, row = blocks
    room = root / "glassnet/analysis/averages"
    (room / "satisfied_paths.py").write_text(module)
    edited(room / "__init__.py", r"\btable\.", "satisfied_paths,\ntable.")
    edited(room / "table.py", r"^(?=from glassnet\.analysis\.averages\.thermodynamics)", line)
    last_row(room / "table.py", "AVERAGES", entry(row))


def add_estimator(root, blocks):
    function, row = blocks
    source = root / "glassnet/analysis/location/discontinuous.py"
    source.write_text(f"{source.read_text()}\n\n{function}")
    last_row(root / "glassnet/analysis/verdict/estimators.py", "ESTIMATORS", entry(row))


def add_activation(root, blocks):
    row, line = blocks
    last_row(root / "glassnet/network/activations/named.py", "NAMED", row)
    last_row(root / "tests/network/cumulants/test_propagation.py", "FUNCTIONS", line)


ADDITIONS = {RING: add_ring, OBSERVABLE: add_observable, ESTIMATOR: add_estimator, ACTIVATION: add_activation}


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "glassnet").rglob("*.py")}


@pytest.fixture(scope="module")
def extended(tmp_path_factory, worked_example):
    """A copy of the package with all four examples, and the files of the package that each of them touched."""
    root = tmp_path_factory.mktemp("extended")
    # an installed package has the compiled kernels, which a clone need not have
    for source in (Path(glassnet.__file__).parent, ROOT / "tests", ROOT / "docs"):
        shutil.copytree(source, root / source.name, ignore=shutil.ignore_patterns("__pycache__", "frozen"))
    for name in ("pyproject.toml", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, root)
    touched, before = {}, contents(root)
    for title, add in ADDITIONS.items():
        add(root, worked_example(title))
        after = contents(root)
        touched[title] = sorted(path for path, text in after.items() if before.get(path) != text)
        before = after
    return root, touched


def run(root, *command, **options):
    """Python in the copy; what it printed."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-P", *command]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=250, **options)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def test_every_addition_touches_as_many_files_as_the_page_says(extended):
    _, touched = extended
    for title, paths in touched.items():
        section = PAGE.read_text().partition(f"### {title}\n")[2].partition("\n### ")[0].strip()
        said = next(count for words, count in FILES.items() if section.startswith(words))
        assert len(paths) == said, (title, paths)
        for path in paths:
            assert Path(path).name in section, (title, path)


def test_what_was_added_is_clean(extended):
    root, touched = extended
    paths = sorted({path for paths in touched.values() for path in paths})
    tests = ["tests/test_catalogue.py", "tests/network/cumulants/test_propagation.py"]
    run(root, "-m", "ruff", "check", *paths, *tests)
    run(root, "-m", "ruff", "format", "--check", *paths, *tests)
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]
    run(root, "-m", "mypy", *(word for module in modules for word in ("-m", module)))


SCAN = """
seed = 3
samples = 4
[glass]
ensemble = "ring"
p = 3
[scan]
sizes = [24, 36]
[sampling]
temperatures = [0.5, 0.8, 1.2, inf]
replicas = 4
thermalization = 200
sweeps = 2000
"""
PROGRAM = """
import sys
from glassnet import cli
assert cli.__file__.startswith(sys.argv[1])
for command in (["scan", "ring.toml", "--out", "run"], ["verify", "run"], ["analyze", "run"]):
    assert cli.main(command) == 0, command
"""


def test_a_scan_shows_it_from_the_run_file_to_the_page(extended):
    root, _ = extended
    (root / "ring.toml").write_text(SCAN)
    shown = run(root, "-c", PROGRAM, str(root))
    page = (root / "run/report.html").read_text()
    assert "ring glass, p = 3" in page
    for text in (shown, page):
        assert "satisfied paths" in text
    assert "Satisfied paths, mean over samples." in page
    assert (root / "run/figures/satisfied_paths.svg").stat().st_size > 1000


def test_values_of_what_was_added_are_exact(extended):
    root, _ = extended
    run(root, "tests/repository/added_values.py")


@pytest.mark.parametrize(
    "arguments",
    [
        ["tests/test_catalogue.py", "-k", "not goes_from and not exact_energy and not planted_rings"],
        ["tests/analysis/averages/test_table.py"],
        ["tests/test_public_names.py", "-k", "documented or dir_shows"],
        ["tests/network/cumulants/test_propagation.py", "-k", "every_name"],
        pytest.param(["tests/test_rooms.py", "tests/test_keys.py", "tests/test_catalogue.py"], marks=pytest.mark.slow),
        pytest.param(["tests/network/cumulants", "tests/ensembles"], marks=pytest.mark.slow),
        pytest.param(
            [
                "tests/analysis/verdict",
                "tests/scan/report/test_page_of_added_estimators_and_averages.py",
                "tests/plots/test_single_quantity.py",
            ],
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda arguments: arguments[0],
)
def test_tests_of_the_tables_pass_with_it(extended, arguments):
    root, _ = extended
    run(root, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments)
