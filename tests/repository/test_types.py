"""Types that editors and checkers see are installed, agree with the kernels, and show what is wrong."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUBS = sorted((ROOT / "glassnet" / "kernels").glob("*.pyi"))
KERNELS = sorted(path.stem for path in ROOT.glob("ext/*/*.pyx"))
pytestmark = pytest.mark.skipif(not KERNELS, reason="an installed package without its sources")

WRONG = """
import glassnet as gn

glass = gn.ensembles.regular(n_weights=30, p=3, degree=4, seed=1)
gn.ensembles.regular(n_weights="30", p=3, degree=4, seed=1)
glass.coupling
width: int = glass.couplings
gn.ParallelTempering(glass, [0.5, 1.0], replicas=4, seed=1)
tempering = gn.ParallelTempering(glass, [0.5, 1.0], n_replicas=4, seed=1)
tempering.run("100")
gn.exact.thermodynamics(glass, 1.0).entropi
gn.find_transition(glass)
gn.open_chains(5)
gn.chains.open_chains(b"run")
gn.chains.segment.read("sample0.h5").datasets
gn.chains.shards.find("run", 0)
gn.scan.load(5)
gn.scan.parse(b"seed = 1", "run.toml")
gn.network.from_glass("x", "y")
gn.network.layers.forward(3, 4, 5)
gn.network.cumulants.train_on_moments(3, [4], "relu")
gn.network.pathways.gradient_descent([[3.0]], "target", steps=1.5)
gn.plots.exact(glass)
gn.plots.transition(glass, theory=1)
right = gn.plots.exact(gn.exact.thermodynamics(glass, [0.5, 1.0])).axes
gn.plots.network.dimension([1, 2])
gn.plots.phase_diagram(glass)
gn.analysis.reweight(glass)
gn.analysis.critical_dilution(gn.open_chains("run"), "0.5")
gn.analysis.TransitionLine([glass])
gn.transition_line(gn.open_chains("run"))[0].temperatur
gn.ladder.geometric("0.5", 2.0, 6)
gn.statistics.Estimate("1", 0.1)
gn.studies.aging(glass, "0.5", [1], [1], seed=1)
gn.theory.regular("3", 6)
"""
#: a dir() of each face: what one of these modules gives is used wrongly above
FACES = (
    "analysis",
    "chains",
    "ensembles",
    "exact",
    "ladder",
    "network",
    "plots",
    "scan",
    "statistics",
    "studies",
    "theory",
)


def arguments(function):
    return [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs) if argument.arg != "self"]


def declared(stub):
    """Names in a stub; for functions and methods with their arguments."""
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, arguments(node)
        elif isinstance(node, ast.ClassDef):
            yield node.name, None
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    is_property = any(
                        isinstance(one, ast.Name) and one.id == "property" for one in member.decorator_list
                    )
                    yield f"{node.name}.{member.name}", None if is_property else arguments(member)
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id, None


def defined(source):
    """The same of a source in Cython, from its lines: names with an underscore and cdef functions aside."""
    text, inside = source.read_text(), ""
    pattern = (
        r"^(cdef class (?P<kind>\w+)|(?P<space> *)def (?P<name>\w+)\((?P<rest>[^)]*)\):|(?P<constant>[A-Z_]{2,}) = )"
    )
    for match in re.finditer(pattern, text, re.MULTILINE):
        if match["kind"]:
            inside = match["kind"]
            if not inside.startswith("_"):
                yield inside, None
        elif match["constant"]:
            if not match["constant"].startswith("_"):
                yield match["constant"], None
        elif not re.match(r"_(?!_init__)", match["name"]) and not (match["space"] and inside.startswith("_")):
            names = [
                part.split("=")[0].split()[-1]
                for part in re.sub(r"\[[^]]*\]", "", match["rest"]).split(",")
                if part.strip()
            ]
            prefix = f"{inside}." if match["space"] else ""
            is_property = "@property" in text[max(0, match.start() - 20) : match.start()]
            yield prefix + match["name"], None if is_property else [name for name in names if name != "self"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_stubs_agree_with_sources(kernel):
    stub = dict(declared(ROOT / "glassnet" / "kernels" / f"{kernel}.pyi"))
    source = dict(defined(ROOT / "ext" / kernel / f"{kernel}.pyx"))
    assert source, kernel
    assert {name: stub.get(name, "missing") for name in source} == source
    module = __import__(f"glassnet.kernels.{kernel}", fromlist=[kernel])
    for name in stub:
        owner, _, member = name.rpartition(".")
        assert hasattr(getattr(module, owner) if owner else module, member), f"{kernel}.{name} is no more"


def test_every_kernel_has_a_stub():
    assert [stub.stem for stub in STUBS] == KERNELS


def test_types_are_installed():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    found = {path for package, patterns in data.items() for one in patterns for path in folder_of(package).glob(one)}
    assert {ROOT / "glassnet" / "py.typed", *STUBS} <= found


def folder_of(package):
    return ROOT.joinpath(*package.split("."))


def test_the_glass_declares_its_attributes():
    """They are set through the dictionary, as a glass cannot be changed: only declarations tell editors of them."""
    import glassnet as gn

    glass = gn.ensembles.walks((3, 3, 3, 3), 1.0, seed=1)
    assert set(vars(glass)) - {"digest"} == set(gn.PathGlass.__annotations__)


def test_wrong_calls_are_found(tmp_path):
    """Every line that is wrong, and no other; the package itself has no errors."""
    assert [face for face in FACES if f"gn.{face}." not in WRONG] == []
    pytest.importorskip("mypy")
    program = tmp_path / "wrong.py"
    program.write_text(WRONG)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        ROOT / "pyproject.toml",
        "--cache-dir",
        ROOT / ".mypy_cache",
    ]
    ended = subprocess.run([*command, program], capture_output=True, text=True, cwd=ROOT)
    found = {int(line) for line in re.findall(r"wrong\.py:(\d+): error", ended.stdout)}
    wrong = {
        number
        for number, line in enumerate(WRONG.splitlines(), 1)
        if number > 4 and not line.startswith(("tempering =", "right ="))
    }
    assert found == wrong, ended.stdout + ended.stderr
    assert set(re.findall(r"^(\S+?):\d+: error", ended.stdout, re.MULTILINE)) == {str(program)}
