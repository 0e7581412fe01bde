"""What users see: every public name has a documented purpose, and every public result shows itself in a few lines."""

import copy
import dataclasses
import functools
import importlib.util
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet import _face

#: how a docstring is read; no package of tests has it, as tests are no package
_SPEC = importlib.util.spec_from_file_location("docstrings", Path(__file__).with_name("docstrings.py"))
docstrings = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(docstrings)
lacking, resolved, sections, shapeless = (
    getattr(docstrings, name) for name in ("lacking", "resolved", "sections", "shapeless")
)

#: classes that need no picture of their own in a notebook
PLAIN = (BaseException,)
#: methods of pydantic, not of ours
FOREIGN = "model_"


def public_modules(module=gn, found=None):
    """All modules that users reach from the package with ``dir()``, by name."""
    found = {} if found is None else found
    if module.__name__ not in found:
        found[module.__name__] = module
        for name in dir(module):
            if inspect.ismodule(getattr(module, name)):
                public_modules(getattr(module, name), found)
    return found


MODULES = public_modules()
CLASSES = {
    value: f"{module.__name__}.{name}"
    for module in MODULES.values()
    for name in dir(module)
    if inspect.isclass(value := getattr(module, name))
}


def public_callables():
    """Name, callable and what its docstring may rest on: that of its class, or of the module it is written in."""
    for module in MODULES.values():
        for name in dir(module):
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value, inspect.getmodule(inspect.unwrap(value))
    for owner, path in CLASSES.items():
        yield path, owner, None
        for name, value in vars(owner).items():
            value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if not name.startswith(("_", FOREIGN)) and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{path}.{name}", value, owner


CALLABLES = {name: (value, owner) for name, value, owner in public_callables()}


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
        ("Mean of alpha, w and temperature, k_B = 1, as for :func:`misspelt`.", ["errors"]),
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


def invented(cls):
    """A result whose fields are made up by their types: enough to see how it shows them."""
    samples = {
        "Estimate": gn.statistics.Estimate(0.5, 0.01),
        "float": 0.5,
        "int": 3,
        "bool": True,
        "str": "name",
        "ndarray": np.array([0.25, 0.5]),
        "tuple[int, ...]": (2000, 4000),
        "dict": {},
    }
    kinds = inspect.get_annotations(cls)
    known = {
        field: next(value for key, value in samples.items() if str(getattr(kind, "__name__", kind)).endswith(key))
        if str(kind) != "tuple[int, ...]"
        else (2000, 4000)
        for field, kind in kinds.items()
    }
    return cls(**known)


def of_theory():
    regular, glass = gn.theory.regular(3, 6), gn.ensembles.regular(n_weights=12, p=3, degree=3, seed=1)
    yield regular
    yield gn.theory.paramagnet_of("regular", p=3, degree=6)
    yield gn.theory.aligned((41, 21, 21, 21, 1), alpha=30.0, strength=0.125)
    yield gn.theory.leaf_removal(glass)
    yield gn.theory.ground_states(glass)
    yield gn.theory.belief_propagation(glass, 2.0, seed=1)
    yield (diagram := gn.theory.phase_diagram("regular", p=2, degree=4, dilutions=[0.0, 0.2]))
    yield diagram.lines[0]
    yield gn.theory.ferromagnet.ferromagnet(regular, 0.9)
    yield gn.theory.state_following.follow(regular, 0.9)
    yield gn.theory.xorsat.zero_temperature(regular.tree)
    yield from map(invented, (gn.theory.onersb.States, gn.theory.onersb.Glass, gn.theory.population.Planted))
    yield from map(invented, (gn.theory.ground_state.Energetic, gn.theory.ground_state.GroundState))


def of_networks():
    task, network = gn.network.tasks.xor(), gn.network
    yield task
    yield from task.populations()[:1]
    yield network.activations.as_activation("relu")
    yield network.cumulants.train_on_moments(task.populations(), [3], "tanh", iterations=3)
    yield network.cumulants.propagate([np.eye(2)], None, np.zeros(2), np.eye(2), "relu")[0]
    start = network.pathways.random_start([2, 2], 3, 3, width=4, scale=0.1, seed=1)
    yield network.pathways.gradient_descent(start, np.eye(3), steps=100, record_every=50)
    yield network.data_couplings(np.ones((4, 3)), [1, -1, 1, 1])
    task = network.tasks.teacher(5, 10, 10, seed=1)
    yield task
    start = network.training.random_signs((5, 1), seed=1)
    chains = network.training.ErrorChains(start, task.inputs, task.labels, 1.0, seed=1)
    yield chains
    yield chains.sample(2, 1)
    yield network.training.straight_through(start, task.inputs, task.labels, n_epochs=1, seed=1)


def of_chains(synthetic):
    glass = gn.ensembles.regular(n_weights=12, p=3, degree=3, seed=1)
    sampler = gn.ParallelTempering(glass, gn.ladder.geometric(0.5, 2.0, 6), 4, seed=1)
    record = sampler.run(400, thermalization=100)
    yield from (glass, sampler, gn.Metropolis(glass, 0.7, n_replicas=2, seed=1))
    yield gn.ladder.adaptive(glass, 0.4, 2.0, 5, seed=1, sweeps=400)
    yield gn.ladder.exchanges(record)
    yield gn.exact.thermodynamics(glass, np.linspace(0.3, 3.0, 12))
    yield (averages := gn.analysis.reweight(record))
    yield averages.energy([0.6, 0.7])
    yield gn.chains.segment.Segment(record, glass, sampler.state(), "0f" * 16, {})
    found = gn.find_transition(synthetic.tree(synthetic.two_level((48, 72, 96), (0.55, 0.65, 0.75), seed=1)))
    yield found
    yield (line := gn.analysis.TransitionLine([found]))
    yield gn.analysis.CriticalDilution(0.5, np.nan, np.nan, (line.critical_dilution(0.5),), "one dilution only")
    planted = gn.ensembles.planted(glass, temperature=0.6, seed=2)
    yield gn.studies.aging(glass, 0.5, [1, 4], [1, 2, 4], seed=1)
    yield gn.studies.melting(planted, [0.6, 0.9], sweeps=16, seed=1)
    yield gn.studies.planted_relaxation(300, [0.6, 0.9], sweeps=64, seed=1, p=3, degree=4)
    biased = gn.ensembles.regular(300, p=3, degree=4, seed=1, bias=1.0)
    yield gn.studies.two_branches(biased, [1.0, 1.2, 1.4], np.ones(300), sweeps=40, n_replicas=32, seed=1)
    yield gn.studies.restart_from_lowest(glass, record, n_sweeps=400, seed=1)
    yield gn.studies.field_integration(300, [0.6, 0.7], sweeps=80, seed=1, p=3, degree=4)


def of_arrays():
    statistics, rng = gn.statistics, np.random.default_rng(1)
    yield from (gn.Seed(1), gn.Seed(1, "N=120,dilution=0.1,sample=3"))
    yield statistics.Estimate(0.64, 0.027, "crossing")
    yield statistics.fits.weighted_least_squares([np.ones(4)], np.arange(4.0), np.ones(4))
    yield statistics.multihistogram.histogram(rng.integers(-9, 0, (20, 3, 2)) * 2.0, np.array([2.0, 1.0, 0.5]))
    yield from map(invented, (statistics.two_peaks.Peaks, statistics.two_peaks.Mixture))
    text = "\n".join(
        (
            "seed = 1\nsamples = 4\n[glass]\nensemble = 'regular'\np = 3\ndegree = 4\n[scan]\nsizes = [48]",
            "[sampling]\ntemperatures = [0.5, 1.0]\nreplicas = 4\nsweeps = 100",
            "thermalization = 100\nmeasure_every = 10",
        )
    )
    yield gn.scan.parse(text, "run.toml")


@pytest.fixture(scope="module")
def gallery(synthetic):
    """One result of every public class."""
    return [*of_arrays(), *of_networks(), *of_theory(), *of_chains(synthetic)]


def test_every_public_class_shows_itself(gallery):
    """A few lines at the prompt, the whole in a notebook. ``pytest -s`` prints them: read them."""
    for one in gallery:
        print(f"\n--- {type(one).__name__}\n{one!r}")
        lines = repr(one).splitlines()
        assert 1 <= len(lines) <= _face.MOST_LINES + 1
        assert max(map(len, lines)) < 240
        assert " at 0x" not in repr(one)
        assert "array(" not in repr(one)
        assert getattr(one, "_repr_html_")().startswith("<pre>")  # noqa: B009
    shown = {type(one) for one in gallery}
    unseen = [path for cls, path in CLASSES.items() if not issubclass(cls, PLAIN) and not _seen(cls, shown)]
    assert unseen == []


def _seen(cls, shown):
    return any(issubclass(one, cls) for one in shown)


def misspelt(name):
    """With two letters in the middle swapped, or one doubled where these are the same."""
    at = len(name) // 2
    return (
        name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :] if name[at] != name[at - 1] else f"{name}{name[-1]}"
    )


def test_a_misspelt_attribute_is_answered_with_the_nearest(gallery):
    """Of every public class; what may be asked silently stays so, and copies of a result are results."""
    for one in gallery:
        kind = type(one)
        name = max((name for name in dir(one) if not name.startswith("_")), key=len)
        text = f"{kind.__name__!r} object has no attribute {misspelt(name)!r}: did you mean {name!r}?"
        with pytest.raises(AttributeError, match=re.escape(text)):
            getattr(one, misspelt(name))
        assert getattr(one, "qqqqqqqq", None) is None
        assert not hasattr(one, "__wrapped__")
        # samplers refuse copies: these would share the memory of a kernel
        assert isinstance(one, gn.ParallelTempering | gn.Metropolis) or type(copy.copy(one)) is kind


def test_results_are_pickled_with_their_attributes():
    glass = gn.ensembles.regular(n_weights=12, p=3, degree=3, seed=1)
    for one in (
        glass,
        gn.exact.thermodynamics(glass, [0.5, 1.0]),
        gn.statistics.Estimate(0.5, 0.1),
        gn.theory.regular(3, 6),
    ):
        again = pickle.loads(pickle.dumps(one))
        assert str(again) == str(one)
        assert copy.deepcopy(again).__dict__.keys() == one.__dict__.keys()


def test_an_error_inside_a_property_is_the_one_that_is_told():
    @_face.shown
    class Broken:
        @property
        def energy(self):
            return self.entropy

        @functools.cached_property
        def kept(self):
            raise AttributeError("the true reason")

    with pytest.raises(AttributeError, match="no attribute 'entropy'"):
        Broken().energy  # noqa: B018
    with pytest.raises(AttributeError, match="the true reason"):
        Broken().kept  # noqa: B018
    # half-made, as pickle and copy have them
    with pytest.raises(AttributeError, match=r"'Broken' object has no attribute '_hidden'$"):
        Broken.__new__(Broken)._hidden  # noqa: B018


def test_the_suggestion_is_told_once():
    """The interpreter adds its own to a traceback where an error names the object."""
    program = "import glassnet as gn; gn.statistics.Estimate(1.0, 0.1).valu"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    last = ended.stderr.strip().splitlines()[-1]
    assert last == "AttributeError: 'Estimate' object has no attribute 'valu': did you mean 'value'?"


def test_a_repr_solves_nothing(gallery, monkeypatch):
    """A debugger shows every variable: what takes a second is done by str() alone."""
    monkeypatch.setattr(gn.theory.Cavity, "dynamic_temperature", None)
    monkeypatch.setattr(gn.analysis.Reweighted, "dataset", None)
    monkeypatch.setattr(type(gn.theory.ferromagnet.ferromagnet(gn.theory.regular(3, 6))), "spinodal_temperature", None)
    assert all(repr(one) for one in gallery)


def test_pictures(gallery):
    """Every result that has a plot() draws a figure, and those for which a picture makes sense have it."""
    drawn = set()
    for one in gallery:
        if hasattr(one, "plot"):
            figure = one.plot()
            drawn.add(type(one).__name__)
            assert figure.axes
            assert any(ax.has_data() for ax in figure.axes), type(one).__name__
    assert drawn == {
        *(
            "Aging",
            "Aligned",
            "BeliefPropagation",
            "Cavity",
            "Exchanges",
            "FieldIntegration",
            "Ladder",
            "Melting",
            "PhaseDiagram",
        ),
        *("PlantedRelaxation", "Refutation", "Reweighted", "Thermodynamics", "Transition", "TransitionLine"),
        "TwoBranches",
    }


def test_a_long_table_is_shortened_and_fields_are_told_by_their_shapes():
    @_face.shown
    @dataclasses.dataclass(repr=False)
    class Long:
        rows: int

        def __str__(self):
            return "\n".join(f"row <{number}>" for number in range(self.rows))

    lines = repr(Long(20)).splitlines()
    assert lines[0] == "row <0>"
    assert lines[-1] == "... 12 more lines: print() shows them"
    assert len(repr(Long(9)).splitlines()) == 9
    assert "row &lt;19&gt;" in getattr(Long(20), "_repr_html_")()  # noqa: B009

    @dataclasses.dataclass
    @_face.shown
    class Fields:
        """Without a table."""

        values: np.ndarray
        data: xr.Dataset
        by_size: dict

    text = repr(Fields(np.arange(4.0), xr.Dataset({"q": ("draw", [1.0])}), {48: np.ones(3)}))
    assert text.splitlines() == [
        "Fields",
        "  values   (4,) float64, 0 ... 3",
        "  data     Dataset (draw: 1) of q",
        "  by_size  by 48",
    ]
