"""The catalogue says of every ensemble what is true of its glasses, and one more record is all that a scan needs."""

import inspect
import math

import numpy as np
import pytest

import glassnet as gn
from glassnet import _catalogue, cli, ensembles, theory
from glassnet._catalogue import ENSEMBLES, Ensemble
from glassnet.analysis.field_integration import known_degrees
from glassnet.ensembles import random_paths
from glassnet.ensembles.random_paths import Disorder, random_subsets
from glassnet.scan.report import cavity_prediction
from glassnet.scan.runfile.schema import Glass, UserError, parse

#: keywords of a small glass, and its size
SMALL = {
    "regular": ({"p": 3, "degree": 4}, 60),
    "poisson": ({"p": 3, "alpha": 1.5}, 60),
    "layered": ({"p": 3, "alpha": 1.5}, 60),
    "walks": ({"alpha": 1.5}, (4, 5, 5, 3)),
}

RING = """
seed = 3
samples = 6

[glass]
ensemble = "ring"
p = 3

[scan]
sizes = [24, 36]
dilutions = [0.0, 0.25]

[sampling]
temperatures = [0.5, 0.8, 1.2, inf]
replicas = 4
thermalization = 200
sweeps = 2000
"""


@pytest.fixture(params=list(ENSEMBLES))
def drawn(request):
    """Name, record and a glass of every ensemble."""
    keywords, size = SMALL[request.param]
    return request.param, ENSEMBLES[request.param], getattr(ensembles, request.param)(size, seed=1, **keywords)


@pytest.fixture
def with_ring(monkeypatch, worked_example):
    """The example of CONTRIBUTING.md as it stands there: a function, and its record in the catalogue."""
    function, record, _ = worked_example("An ensemble")
    names = dict(vars(random_paths))
    exec(function, names)
    monkeypatch.setattr(ensembles, "ring", names["ring"], raising=False)
    for name, one in eval(f"{{{record}}}", dict(vars(_catalogue))).items():
        monkeypatch.setitem(ENSEMBLES, name, one)


def add(monkeypatch, function, **fields):
    """A record in the catalogue, and its function."""
    monkeypatch.setitem(ENSEMBLES, function.__name__, Ensemble(means="paths of a test", **fields))
    monkeypatch.setattr(ensembles, function.__name__, function, raising=False)


def hypergraph(n_weights, p, degree, seed, **more):
    """The Poisson glass, given by its mean degree."""
    disorder = Disorder(n_weights, n_weights * degree // p, p, seed, *shared(more))
    paths = random_subsets(n_weights, p, disorder.n_paths, disorder.paths_rng())
    return disorder.glass(paths, {"ensemble": "hypergraph", "n_weights": n_weights})


def even_layers(n_weights, p, degree, seed, **more):
    """One weight of each of p layers on each path, and every weight on as many paths."""
    disorder, size = Disorder(n_weights, n_weights * degree // p, p, seed, *shared(more)), n_weights // p
    rng = disorder.paths_rng()
    columns = [rng.permutation(np.repeat(np.arange(size), degree)) + size * layer for layer in range(p)]
    layer = np.repeat(np.arange(p, dtype=np.int32), size)
    return disorder.glass(np.stack(columns, axis=1), {"ensemble": "even_layers", "n_weights": n_weights}, layer=layer)


def shared(more):
    return [
        more.get(*pair) for pair in (("couplings", "binary"), ("bias", 0.0), ("dilution", 0.0), ("rounding", "nearest"))
    ]


@pytest.fixture(params=[hypergraph, even_layers], ids=lambda function: function.__name__)
def other(request, monkeypatch):
    """Two ensembles in which keywords, gauge and limit go together as in no other one."""
    fields = {
        hypergraph: {"noun": "a hypergraph", "gauge": "flip", "limit": "poisson"},
        even_layers: {"noun": "a glass of even layers", "gauge": "layers", "limit": "regular", "p_divides": ("size",)},
    }
    add(monkeypatch, request.param, keywords=("p", "degree"), **fields[request.param])
    return request.param.__name__


def partition_function(p, n, beta):
    """Z of a ring without disorder by transfer matrices over the last p - 1 weights, (2^(p-1), 2^(p-1))."""
    states = range(2 ** (p - 1))
    matrix = np.zeros((len(states), len(states)))
    sign = lambda bits: 1 - 2 * (bits.bit_count() % 2)  # noqa: E731
    for state in states:
        for new in (0, 1):
            after = ((state << 1) | new) & (len(states) - 1)
            matrix[state, after] += math.exp(beta * sign(state) * (1 - 2 * new))
    return np.trace(np.linalg.matrix_power(matrix, n))


def test_functions_take_the_keywords_of_their_records(drawn):
    name, record, _ = drawn
    known = set(inspect.signature(getattr(ensembles, name)).parameters)
    assert {"p", "degree", "alpha"} & known == set(record.keywords)
    assert ("widths" in known) is record.is_network
    assert set(_catalogue.names()) == set(SMALL) and set(_catalogue.names()) <= set(ensembles.__all__)


def test_gauges_leave_the_energy_as_it_is(drawn):
    _, record, glass = drawn
    w = np.random.default_rng(1).choice([-1, 1], size=(8, glass.n_weights)).astype(np.int8)
    turned = w.copy()
    if record.gauge == "layers":
        turned[:, glass.layer < 2] *= -1
    elif record.gauge == "neurons":
        into = (glass.layer == 0) & (glass.edges[:, 1] == 1)
        out = (glass.layer == 1) & (glass.edges[:, 0] == 1)
        turned[:, into | out] *= -1
    else:
        turned *= -1
    energies = glass.energy(w), glass.energy(turned)
    # three weights on a path: turning all of them turns the sign
    np.testing.assert_array_equal(energies[1], -energies[0] if record.gauge == "flip" else energies[0])
    assert record.has_layers is glass.has_layers


def test_numbers_of_paths_and_layers(drawn):
    name, record, glass = drawn
    keywords, size = SMALL[name]
    p = record.p(size, keywords.get("p"))
    assert (p, record.layer_sizes(size, keywords.get("p"))) == (glass.p, glass.layer_sizes)
    assert round(record.n_paths(glass.n_weights, p, keywords)) == glass.n_paths
    assert record.alpha(p, keywords) == pytest.approx(glass.n_paths / glass.n_weights, rel=0.02)


def test_only_sizes_that_p_divides_are_drawn(drawn):
    name, record, _ = drawn
    keywords, size = SMALL[name]
    if record.is_network:
        assert record.p_divides == ()
        return
    values = {"size": size + 1, **keywords}
    fits = math.prod(values[factor] for factor in record.p_divides) % 3 == 0 or not record.p_divides
    if fits:
        getattr(ensembles, name)(size + 1, seed=1, **keywords)
    else:
        with pytest.raises(ValueError, match="divisible"):
            getattr(ensembles, name)(size + 1, seed=1, **keywords)


def test_degrees_follow_the_law_of_the_limit(drawn):
    name, record, _ = drawn
    keywords, _ = SMALL[name]
    glass = getattr(ensembles, name)((120, 120, 120, 120) if record.is_network else 30_000, seed=2, **keywords)
    mean, variance, p = glass.degrees.mean(), glass.degrees.var(), glass.p
    assert mean == pytest.approx(p * record.alpha(p, keywords), rel=1e-3)
    widths = {"widths": (120,) * 4} if record.is_network else {}
    if record.limit is None:
        # loops stay short
        assert theory.cavity_of(name, **keywords, **widths) is None
        return
    # those of a sample of a Poisson law scatter by about sqrt(3 / N)
    exact = {"regular": 0, "poisson": mean}[record.limit]
    assert variance == pytest.approx(exact, rel=5 * math.sqrt(3 / glass.n_weights))
    assert theory.cavity_of(name, **keywords, **widths).p == p


def test_a_ring_goes_from_its_record_to_the_page(with_ring, tmp_path, capsys):
    (tmp_path / "ring.toml").write_text(RING.replace("[0.0, 0.25]", "[0.25]"))
    out = tmp_path / "run"
    assert cli.main(["scan", str(tmp_path / "ring.toml"), "--out", str(out)]) == 0
    assert cli.main(["verify", str(out), "-k", "2"]) == 0
    assert cli.main(["analyze", str(out)]) == 0
    shown = capsys.readouterr().out
    page = (out / "report.html").read_text()
    assert "ring glass, p = 3" in page and "N = 36" in shown
    # no tree, no cavity method; the paramagnet of one path per weight all the same
    assert "theory (cavity method" not in shown + page
    assert cli.main(["theory", "ring", "--p", "3"]) == 0
    assert "paramagnet" in capsys.readouterr().out
    with pytest.raises(UserError, match="ring does not take --alpha"):
        cavity_prediction.predictions("ring", p=3, alpha=1.0)


def test_theory_follows_the_limit_and_not_the_name(other, capsys):
    tree = theory.poisson(3, 4 / 3) if other == "hypergraph" else theory.regular(3, 4)
    cavity = theory.cavity_of(other, p=3, degree=4)
    assert cavity.static_temperature() == tree.static_temperature() > 0
    assert theory.paramagnet_of(other, p=3, degree=4).alpha == 4 / 3
    assert cli.main(["theory", other, "--p", "3", "--degree", "4"]) == 0
    assert f"{tree.static_temperature():.5f}" in capsys.readouterr().out
    with pytest.raises(TypeError, match=r"degree must be given for a .*: paths through each weight"):
        theory.cavity_of(other, p=3)
    with pytest.raises(TypeError, match="keywords must be among p, degree, alpha, got 'hubs'"):
        theory.cavity_of(other, p=3, degree=4, hubs=2)


@pytest.mark.parametrize("dilution", [0.0, 0.3])
def test_laws_of_degrees_are_those_of_the_glasses(other, dilution):
    known = known_degrees.expected(other, 90, dilution, {"p": 3, "degree": 4})
    drawn = [getattr(ensembles, other)(90, 3, 4, seed, dilution=dilution) for seed in range(400)]
    alphas = np.array([glass.n_paths / glass.n_weights for glass in drawn])
    assert abs(alphas.mean() - known.alpha) < 4.5 * alphas.std() / 20 + 1e-12
    shares = np.array([np.bincount(glass.degrees, minlength=12)[:12] / glass.n_weights for glass in drawn])
    law = np.zeros(12)
    law[: len(known.shares)] = known.shares[:12]
    # correlations between the paths of a weight are of order 1 / N
    assert (np.abs(shares.mean(axis=0) - law) < 4.5 * shares.std(axis=0) / 20 + 0.3 / 90).all()


def test_another_combination_goes_through_scan_field_and_page(other, tmp_path, capsys):
    text = RING.replace('"ring"', f'"{other}"').replace("p = 3", "p = 3\ndegree = 4").replace("[0.0, 0.25]", "[0.0]")
    text = text.replace("samples = 6", "samples = 2").replace("[scan]", "[scan]\nplanted = [0.6]\nsymmetric = true")
    field = "field = {n_weights = 300, temperatures = [0.55, 0.65, 0.75], instances = 2, sweeps = 80}"
    (tmp_path / "other.toml").write_text(text.replace("[scan]", f"[scan]\n{field}"))
    out = tmp_path / "run"
    assert cli.main(["scan", str(tmp_path / "other.toml"), "--out", str(out), "--dry-run"]) == 0
    assert cli.main(["scan", str(tmp_path / "other.toml"), "--out", str(out)]) == 0
    assert cli.main(["theory", str(out / "run.toml")]) == 0
    shown = capsys.readouterr().out
    tree = "the Poisson glass" if other == "hypergraph" else "the regular glass"
    assert f"cavity method of {tree}, the tree limit of {ENSEMBLES[other].noun}" in shown
    assert "complexity/N" in shown
    (tmp_path / "default.toml").write_text(text.replace("[scan]", "[scan]\nfield = true"))
    assert cli.main(["scan", str(tmp_path / "default.toml"), "--dry-run"]) == 0


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"keywords": ("p", "degre")}, "keywords must be one of"),
        ({"gauge": "flp"}, "gauge must be one of"),
        ({"limit": "poison"}, "limit must be one of"),
        ({"p_divides": ("sizes",)}, "p_divides must be one of"),
        ({"paths_per_weight": 1.0}, "paths_per_weight must be given by one"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changed, says):
    fields = {"noun": "a test", "means": "", "keywords": ("p", "degree"), "gauge": "flip", "limit": "regular"}
    with pytest.raises(ValueError, match=says):
        Ensemble(**(fields | changed))


def test_keywords_are_those_of_run_files_and_of_the_command_line(capsys):
    assert set(_catalogue.KEYWORDS) == set(Glass.model_fields) - {"ensemble", "couplings", "bias"}
    with pytest.raises(SystemExit):
        cli.main(["theory", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name in _catalogue.KEYWORDS:
        assert f"--{name}" in shown and _catalogue.help_of(name) in shown


def test_p_divides_any_product(monkeypatch):
    add(
        monkeypatch,
        even_layers,
        noun="a test",
        keywords=("p", "degree"),
        gauge="flip",
        limit=None,
        p_divides=("degree",),
    )
    text = RING.replace('"ring"', '"even_layers"').replace("p = 3", "p = 3\ndegree = 4")
    with pytest.raises(UserError, match="degree must be divisible by p, got 4 and p = 3"):
        parse(text, "test.toml")


def test_a_glass_without_layers_is_given_none():
    with pytest.raises(ValueError, match="layer must not be given for ensemble 'poisson'"):
        gn.PathGlass([[0, 1, 2]], [1.0], layer=[0, 1, 2], ensemble="poisson")


def test_a_ring_has_its_exact_energy(with_ring, tmp_path):
    # a ring whose length 3 divides has two free signs that gauge the couplings away up to the sign of three products
    # of a third of them each; the sum over all of these is the partition function of open chains, Z = 2^N cosh^N beta,
    # of which the mean energy is the one of independent paths: [E] differs from it by less than tanh(beta)^(N/3) N
    (tmp_path / "ring.toml").write_text(
        RING.replace("= 6", "= 24").replace("[24, 36]", "[36]").replace("[0.0, 0.25]", "[0.0]")
    )
    assert cli.main(["scan", str(tmp_path / "ring.toml"), "--out", str(tmp_path / "run")]) == 0
    chains = gn.open_chains(tmp_path / "run")
    node = chains["N36/dilution0.0"]
    for temperature in (0.8, 1.2):
        energy = node["energy"].sel(temperature=temperature).mean(("draw", "replica")).values / 36
        bound = 2 * math.tanh(1 / temperature) ** 12
        assert abs(energy.mean() + math.tanh(1 / temperature)) < bound + 4.5 * energy.std() / math.sqrt(24)


def test_the_exact_ring_of_enumeration(with_ring):
    glass = ensembles.ring(12, 3, seed=1, couplings=np.ones(12))
    log_z = gn.exact.thermodynamics(glass, 0.8).log_z
    assert float(np.ravel(log_z)[0]) == pytest.approx(math.log(partition_function(3, 12, 1 / 0.8)), rel=1e-12)
    assert set(glass.degrees.tolist()) == {3}


def test_planted_rings(with_ring, tmp_path):
    planted = RING.replace("dilutions = [0.0, 0.25]", "planted = [0.5, 0.8]").replace("samples = 6", "samples = 2")
    (tmp_path / "ring.toml").write_text(planted)
    assert cli.main(["scan", str(tmp_path / "ring.toml"), "--out", str(tmp_path / "run")]) == 0
    result = gn.find_transition(gn.open_chains(tmp_path / "run"))
    assert result.glass["ensemble"] == "ring" and list(result.planted) == [24, 36]


@pytest.mark.parametrize(
    "line, says",
    [
        ("p = 3\nalpha = 1.0", "glass.alpha: does not belong to ensemble 'ring', which takes p"),
        ("", "glass.p: is missing, ensemble 'ring' needs it"),
        ("p = 30", "must be at least p = 30"),
    ],
)
def test_run_files_know_the_keywords_of_a_record(with_ring, line, says):
    with pytest.raises(UserError) as error:
        parse(RING.replace("p = 3", line), "ring.toml")
    assert says in str(error.value)


def test_no_field_integration_without_the_law_of_degrees(with_ring):
    with pytest.raises(UserError, match=r"scan.field: needs an ensemble that looks like a tree \(regular, "):
        parse(RING.replace("[scan]", "[scan]\nfield = true"), "ring.toml")
    with pytest.raises(ValueError, match=r"ensemble must look like a tree \(regular, .*got 'ring'"):
        known_degrees.expected("ring", 24, 0.0, {"p": 3})
    with pytest.raises(ValueError, match="got 'ring'"):
        gn.studies.field_integration(24, [0.5, 0.6, 0.7], seed=1, ensemble="ring", p=3)


def test_without_a_record_a_name_is_refused():
    listed = " or ".join(", ".join(map(repr, ENSEMBLES)).rsplit(", ", 1))
    with pytest.raises(UserError) as error:
        parse(RING.replace('"ring"', '"unheard_of"'), "run.toml")
    assert f"glass.ensemble: must be {listed}, got 'unheard_of'" in str(error.value)
    with pytest.raises(ValueError, match="ensemble must be one of"):
        gn.PathGlass([[0, 1, 2]], [1.0], ensemble="unheard_of")
    with pytest.raises(ValueError, match=r"got 'regulr'.*regular"):
        _catalogue.ensemble("regulr")
