"""Names that users see: typed, documented, nothing else beside them, and misspelt ones answered with the nearest."""

import importlib.util
import inspect
import re
import sys
from pathlib import Path

import pytest

import glassnet as gn

#: as tests are no package
_SPEC = importlib.util.spec_from_file_location("public_names", Path(__file__).with_name("public_names.py"))
public = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(public)
lacking, resolved, sections, shapeless = public.lacking, public.resolved, public.sections, public.shapeless
MODULES, CALLABLES = public.MODULES, public.CALLABLES


def test_dir_shows_public_names_and_nothing_else():
    assert len(MODULES) > 35
    for name, module in MODULES.items():
        assert name.startswith("glassnet"), f"{name} is a stray import"
        assert dir(module) == sorted(set(module.__all__)), name
        for own in dir(module):
            value = getattr(module, own)
            home = getattr(value, "__module__", getattr(value, "__name__", "glassnet"))
            assert home is None or home.startswith(("glassnet", "builtins")), f"{name}.{own} is from {home}"
            assert own == "__version__" or not own.startswith("_")


ROOT = Path(__file__).parents[1]
#: what users read
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("docs/**/*.py"))]


def dotted_names(text):
    """Names of what a page sends its readers to: `glassnet.x.y`, `gn.x.y`, and what its examples import."""
    yield from re.findall(r"\b(?:glassnet|gn)((?:\.[A-Za-z_]\w*)+)", text)
    for home, names in re.findall(r"^\s*from glassnet([\w.]*) import ([\w, ]+)", text, re.M):
        yield from (f"{home}.{name.split()[0]}" for name in names.split(",") if name.strip())


def module_of(dotted):
    """The module that a dotted name is or stands in, as one gets there: through the face where it shows the name."""
    module = gn
    for name in dotted.split(".")[1:]:
        shown = getattr(module, name, None) if name in dir(module) else None
        try:
            following = importlib.import_module(f"{module.__name__}.{name}") if shown is None else shown
        except ImportError:
            return module
        if not inspect.ismodule(following):
            return module
        module = following
    return module


@pytest.mark.skipif(not PAGES[0].exists(), reason="an installed package without its pages")
def test_modules_that_pages_name_show_public_names_and_nothing_else():
    """A module is public if dir() leads to it, or if a page for users names it."""
    named = {module_of(name) for page in PAGES for name in dotted_names(page.read_text())}
    assert len(named) > 30
    assert {gn.network.layers, gn.plots.network, sys.modules["glassnet.plots.appearance"]} <= named
    for module in named:
        assert dir(module) == sorted(set(getattr(module, "__all__", ()))), f"{module.__name__} has no face"
    assert list(dotted_names("from glassnet.plots import export, network as n")) == [
        *(".plots", ".plots.export", ".plots.network")
    ]
    assert module_of(".plots.export.files").__name__ == "glassnet.plots.export"


def test_type_checkers_know_the_names_that_are_imported_late():
    """In a package whose modules load late, the names are written once more for those who do not run it."""
    for name, module in MODULES.items():
        if vars(module).get("__home__") is not None:
            text = inspect.getsource(module)
            block = text[text.index("if TYPE_CHECKING") : text.index("__all__")]
            missing = [one for one in dir(module) if one != "__version__" and not re.search(rf"\b{one}\b", block)]
            assert missing == [], name


@pytest.mark.parametrize("name", CALLABLES)
def test_every_public_name_is_documented(name):
    value, owner = CALLABLES[name]
    text = inspect.getdoc(value) or ""
    assert text, "no docstring"
    assert shapeless(text) == []
    if inspect.isclass(value):
        fields = [field for field in inspect.get_annotations(value) if not field.startswith("_")]
        assert [field for field in fields if not re.search(rf"\b{field}\b", text)] == []
        assert not text.startswith(f"{value.__name__}("), "written by dataclass or NamedTuple"
    elif not isinstance(value, property):
        assert lacking(value, owner, text) == []


def without_types(value):
    """Arguments of a function without a type, and "return" where its result has none."""
    function = inspect.unwrap(value.fget if isinstance(value, property) else value)
    signature = inspect.signature(function)
    missing = [
        name
        for name, one in signature.parameters.items()
        if one.annotation is one.empty and name not in ("self", "cls")
    ]
    return missing + ["return"] * (signature.return_annotation is signature.empty)


def test_every_public_function_has_types():
    found = {name: without_types(value) for name, (value, _) in CALLABLES.items() if not inspect.isclass(value)}
    assert {name: missing for name, missing in found.items() if missing} == {}
    assert len(found) > 250
    assert without_types(lambda alpha, w: 0) == ["alpha", "w", "return"]


def mean(alpha, w, temperature):
    """A function whose docstrings the next test invents."""


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Nothing of use about alpha.", ["w", "temperature", "errors", "units"]),
        # the word alone is no statement
        ("Mean error of alpha, w at a temperature, k_B = 1.", ["errors"]),
        ("Mean of alpha, w at a temperature.\n\nRaises\n------\nValueError\n    If w is empty.", ["units"]),
        ("Mean of alpha, w at a temperature in units of |J|; nothing is raised.", []),
        # a reference counts if what it leads to says it, and only then
        ("Mean of alpha, as for :func:`glassnet.exact.probabilities`.", ["w"]),
        ("Mean of alpha, w and temperature, as for :func:`glassnet.exact.nowhere`.", ["errors", "units"]),
        ("Mean of alpha, w and temperature, k_B = 1, as for :func:`without_types`.", ["errors"]),
    ],
)
def test_wrong_docstrings_are_caught(text, missing):
    assert lacking(mean, None, text) == missing


def test_arrays_without_shape_are_caught():
    text = (
        "Mean.\n\nParameters\n----------\nw : float64 array\nq : (n,) float64\nT : float or array\nn : list of ints\n"
    )
    assert shapeless(text) == ["w : float64 array", "T : float or array"]
    assert list(sections(text)) == ["", "Parameters"]


def test_references_are_resolved_in_the_class_the_module_and_the_package():
    reweighted = gn.analysis.Reweighted
    assert resolved("energy", reweighted.entropy, reweighted) is reweighted.energy
    assert resolved("states", gn.exact.probabilities, None) is gn.exact.states
    assert resolved("glassnet.network.layers.spread", gn.exact.states, None) is gn.network.layers.spread
    assert resolved("nowhere", gn.exact.states, None) is None


@pytest.mark.parametrize(
    ("module", "wrong", "meant"),
    [
        (gn, "PathGlas", "PathGlass"),
        (gn, "Parallel_Tempering", "ParallelTempering"),
        (gn.analysis, "critical_dilutoin", "critical_dilution"),
        (gn.exact, "thermodynamic", "thermodynamics"),
        (gn.network, "pathway", "pathways"),
        (gn.theory, "poison", "poisson"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(module, wrong, meant):
    text = f"module '{module.__name__}' has no attribute '{wrong}': did you mean '{meant}'?"
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, wrong)
    assert not hasattr(module, "__wrapped__")
