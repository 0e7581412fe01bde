"""What users see of results: every public class shows itself in a few lines, and answers misspelt attributes."""

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

#: as tests are no package
_SPEC = importlib.util.spec_from_file_location("public_names", Path(__file__).with_name("public_names.py"))
public = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(public)
#: classes that need no picture of their own in a notebook
PLAIN = (BaseException,)


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
    yield gn.theory.aligned_glass((41, 21, 21, 21, 1), alpha=20.0, strength=0.4)
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
    yield network.cumulants.ThirdOfSamples(np.eye(2))
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


def studied():
    axes = {"size": [18], "dilution": [0.0], "alpha": [2.0], "temperature": [0.5], "start": ["ordered", "random"]}
    single = xr.DataArray(0.25, axes, tuple(axes))
    mean = xr.Dataset({"test_error": single, "vote_test_error": single.expand_dims(vote=[1])})
    counts = single.isel(temperature=0, start=0, drop=True).astype(int) + 3
    task = {"task": "digits", "classes": [3, 8], "shuffled": True}
    return gn.studies.StudiedNetworks(mean, 0.1 * mean, counts, {18: (5, 3, 1)}, "1", task)


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
    task = gn.network.tasks.noisy_prototype(5, 0.4, 20, 20, 1)
    yield gn.studies.generalisation(task, (5, 3, 1), [1.0], alpha=2.0, samples=2, replicas=2, sweeps=100, seed=1)
    yield studied()
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
    yield statistics.rank_tests.friedman(np.arange(12.0).reshape(4, 3))
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
    unseen = [path for cls, path in public.CLASSES.items() if not issubclass(cls, PLAIN) and not _seen(cls, shown)]
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
        getattr(Broken.__new__(Broken), "_hidden")  # noqa: B009


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
            "Generalisation",
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
