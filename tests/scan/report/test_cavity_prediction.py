"""`glassnet theory`: every ensemble, couplings without cavity theory, the diagram and its file, and what is refused."""

from pathlib import Path

import pytest

from glassnet import theory
from glassnet.scan.report import cavity_prediction
from glassnet.scan.runfile.schema import UserError


@pytest.mark.parametrize("glass", [("poisson", {"p": 3}), ("layered", {"p": 3}), ("walks", {"widths": [9, 9, 9, 9]})])
def test_ensembles_of_one_limit(glass):
    name, keywords = glass
    assert cavity_prediction.predictions(name, alpha=2.0, dilution=0.1, **keywords) == str(theory.poisson(3, 2.0, 0.1))


def test_couplings_without_cavity_theory_have_a_paramagnet():
    told = cavity_prediction.predictions("poisson", p=3, alpha=2.0, couplings="gaussian")
    assert told.startswith("paramagnet, alpha 2, gaussian couplings: entropy vanishes at T = 0.63038")
    assert "gn.theory.steered_population.dynamic_temperature" in told
    biased = cavity_prediction.predictions("regular", p=3, degree=4, bias=0.3)
    assert biased.startswith("paramagnet, alpha 1.33333, binary couplings")
    network = cavity_prediction.predictions("walks", widths=[9, 9, 9, 1], alpha=1.5)
    assert network.startswith("paramagnet, alpha 1.5, binary couplings")


def test_biased_couplings_have_a_ferromagnet():
    told = cavity_prediction.predictions("regular", p=3, degree=4, bias=1.0)
    cells = [line.split() for line in told.splitlines()]
    assert ["spinodal", "1.63003"] in [row[:2] for row in cells]
    assert ["transition", "1.20656", "0.99628"] in [row[:3] for row in cells]
    assert told.endswith("latent heat 0.41327 per weight")
    told = cavity_prediction.predictions("regular", p=3, degree=4, bias=0.3)
    assert ["transition", "none"] in [line.split() for line in told.splitlines()] and "latent heat" not in told
    assert told.endswith("the paramagnet ends in the glass, as without bias, at T = 0.65449")
    assert cavity_prediction.predictions("regular", p=3, degree=4, bias=-0.3) == told, "all weights flipped"
    assert "ferromagnet" not in cavity_prediction.predictions("regular", p=4, degree=4, bias=-0.3)
    run_file = Path(__file__).parents[3] / "runs" / "controls" / "first-order.toml"
    assert cavity_prediction.predictions(str(run_file)).endswith(
        cavity_prediction.predictions("regular", p=3, degree=4, bias=1.0)
    )


def test_a_run_file_is_told_what_its_sizes_get(tmp_path):
    """2 of 32 connections in two of four layers, 5 of 48 in all: the tables stand at what was asked for."""
    text = """
    seed = 1
    samples = 2
    [glass]
    ensemble = "layered"
    p = 4
    alpha = 2.0
    [scan]
    sizes = [32, 48]
    dilutions = [0.0, 0.05, 0.25]
    [sampling]
    temperatures = [0.7, 1.0]
    thermalization = 10
    sweeps = 20
    measure_every = 5
    """
    file = tmp_path / "run.toml"
    file.write_text(text)
    told = cavity_prediction.predictions(str(file))
    tables, _, rest = told.rpartition("\n\n")
    assert tables == "\n\n".join(str(theory.poisson(4, 2.0, delta)) for delta in (0.0, 0.05, 0.25))
    lines = rest.splitlines()
    assert lines[0].startswith("these are at the dilutions asked for")
    small, large = (1 - ((1 - 1 / n) ** 2 / (1 - 0.5 / n)) ** (1 / 3) for n in (8, 12))
    assert lines[1:] == [f"N = {n}, dilution 0.05: effectively {d:.4f}" for n, d in ((32, small), (48, large))]
    file.write_text(text.replace("0.05, ", ""))
    assert cavity_prediction.predictions(str(file)) == tables.replace(f"{theory.poisson(4, 2.0, 0.05)}\n\n", "")


def test_diagram(tmp_path):
    table = cavity_prediction.predictions("regular", "", p=2, degree=4)
    assert table == str(theory.phase_diagram("regular", p=2, degree=4))
    file = tmp_path / "diagram.svg"
    told = cavity_prediction.predictions("regular", str(file), p=2, degree=4)
    assert told == f"{table}\n\ndrawn into {file}"
    assert "<svg" in file.read_text()


@pytest.mark.parametrize(
    ("glass", "diagram", "keywords", "message"),
    [
        ("lattice", None, {}, "takes regular, poisson, layered, walks or a run file, got lattice"),
        ("walks", None, {"alpha": 1.0}, "walks needs --widths"),
        ("walks", None, {"alpha": 1.0, "widths": [5, 5, 5], "p": 2}, "walks does not take --p"),
        ("walks", None, {"alpha": 1.0, "widths": [5]}, "widths must"),
        ("layered", None, {"p": 3, "alpha": -1.0}, "alpha must be >= 0, got -1"),
        ("poisson", None, {"p": 3, "alpha": 1.0, "bias": 2.0}, r"bias must be in \[-1, 1\], got 2"),
        ("poisson", None, {"p": 3, "alpha": 1.0, "couplings": "gaussian", "bias": 0.4}, "bias must be 0 unless"),
        (
            "poisson",
            "",
            {"p": 3, "alpha": 1.0, "couplings": "gaussian"},
            r"phase_diagram needs symmetric \+-J couplings",
        ),
        ("poisson", "", {"p": 3, "alpha": 1.0, "dilution": 0.1}, "--diagram goes along all dilutions"),
        ("regular", "/nowhere/x.png", {"p": 2, "degree": 4}, "/nowhere/x.png: cannot be written: No such file"),
        ("regular", "x.nothing", {"p": 2, "degree": 4}, r"draws into a file that ends in \.png, \.svg, \.pdf, got x"),
        ("run.toml", "", {}, "it does not take --diagram"),
    ],
)
def test_refused(glass, diagram, keywords, message):
    with pytest.raises(UserError, match=message):
        cavity_prediction.predictions(glass, diagram, **keywords)
