"""PathGlass: arguments it refuses by name, and memory, which is refused before it is taken."""

import tracemalloc

import numpy as np
import pytest

import glassnet as gn
from glassnet import _checks


def triangle(**kw):
    return gn.PathGlass([[0, 1], [1, 2], [0, 2]], [1.0, -1.0, 1.0], **kw)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"paths": [[0, 1], [1, 1]]}, ValueError, r"paths must not hold a weight twice, got \[1, 1\]"),
        ({"paths": [[0], [1]]}, ValueError, r"paths must hold at least 2 weights each, got shape \(2, 1\)"),
        ({"paths": [0, 1]}, ValueError, r"paths must have 2 dimensions, got shape \(2,\)"),
        ({"paths": [[0, 1], [2]]}, ValueError, "paths must be a rectangular array of integers"),
        ({"paths": [[0.0, 1.0], [1.0, 2.0]]}, TypeError, "paths must be an array of integers, got dtype float64"),
        ({"paths": [[0, -1], [1, 2]]}, ValueError, r"paths must be in \[0, 2147483647\] everywhere, got -1"),
        ({"paths": [[0, 2**31], [1, 2]]}, ValueError, "paths must be in .* everywhere, got 2147483648"),
        ({"couplings": [1.0]}, ValueError, r"couplings must have shape \(2,\), got \(1,\)"),
        ({"couplings": [1.0, np.nan]}, ValueError, "couplings must be finite everywhere, got nan"),
        ({"couplings": [1.0, -np.inf]}, ValueError, "couplings must be finite everywhere, got -inf"),
        ({"couplings": ["1", "2"]}, TypeError, "couplings must be an array of real numbers"),
        ({"n_weights": 2}, ValueError, "paths must hold weights below n_weights = 2, got 2"),
        ({"n_weights": 0}, ValueError, "n_weights must be in .*, got 0"),
        ({"n_weights": 3.0}, TypeError, r"n_weights must be an integer, got 3\.0"),
        ({"n_weights": True}, TypeError, "n_weights must be an integer, got True"),
        ({"layer": [0, 1]}, ValueError, "layer and widths must be of 3 weights at least, got 2"),
        ({"layer": []}, ValueError, "layer and widths must be of 3 weights at least, got 0"),
        ({"layer": [0, 1], "n_weights": 3}, ValueError, "n_weights must be the 2 weights of layer and widths, got 3"),
        ({"layer": [0, 1, 1]}, ValueError, r"one weight of each layer, got \[1, 2\] in layers \[1, 1\]"),
        ({"layer": [0, 1, 2]}, ValueError, r"layer must be in \[0, 1\] everywhere, got 2"),
        ({"widths": (2, 1)}, ValueError, r"widths must have at least 3 entries .*, got \[2, 1\]"),
        ({"widths": (2, 1, 0)}, ValueError, r"widths\[2\] must be >= 1, got 0"),
        ({"widths": (2, 1, 1.0)}, TypeError, r"widths\[2\] must be an integer, got 1\.0"),
        ({"widths": 3}, TypeError, "widths must be a sequence of integers, got 3"),
        ({"widths": (1, 1, 1, 1)}, ValueError, r"widths must have p \+ 1 = 3 entries, got \(1, 1, 1, 1\)"),
        ({"widths": (1, 1, 1), "layer": [1, 0]}, ValueError, "layer must be that of the full network"),
        ({"widths": (10**6,) * 3}, ValueError, "a glass of 2000000000000 weights .* needs 192000000000000 bytes"),
        ({"edges": [[0, 0]]}, ValueError, "edges need widths"),
        ({"widths": (1, 1, 1), "edges": [[0, 0], [0, 0]]}, ValueError, "layer must be given with edges"),
        ({"ensemble": "walks"}, ValueError, "widths must be given for ensemble 'walks'"),
        ({"ensemble": "layered"}, ValueError, "layer must be given for ensemble 'layered'"),
        ({"ensemble": "random"}, ValueError, "ensemble must be one of 'regular', .*, got 'random'"),
        ({"planted": [1, 1]}, ValueError, r"planted must have shape \(3,\), got \(2,\)"),
        ({"planted": [1, 1, 0]}, ValueError, r"planted must be \+1 or -1 everywhere, got 0"),
        ({"parent_index": [0, 2, 2]}, ValueError, "parent_index must increase strictly"),
        ({"parent_index": [0, 2]}, ValueError, r"parent_index must have shape \(3,\), got \(2,\)"),
        ({"recipe": {"rng": object()}}, TypeError, "JSON serializable"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        gn.PathGlass(**{"paths": [[0, 1], [1, 2]], "couplings": [1.0, -1.0]} | arguments)


def test_bad_networks_are_named():
    full = {"couplings": [1.0], "widths": (2, 2, 2)}
    with pytest.raises(ValueError, match=r"walks through the network, got \[0, 6\] along \[\[0, 0\], \[1, 0\]\]"):
        gn.PathGlass([[0, 6]], **full)
    part = full | {"layer": [0, 1]}
    with pytest.raises(ValueError, match=r"edges of weight 1 must lie within widths \(2, 2, 2\), got \[0, 2\]"):
        gn.PathGlass([[0, 1]], **part, edges=[[0, 0], [0, 2]])
    with pytest.raises(ValueError, match="edges must be distinct"):
        gn.PathGlass([[0, 2]], **full | {"layer": [0, 0, 1]}, edges=[[0, 0], [0, 0], [0, 0]])
    with pytest.raises(ValueError, match="n_weights must be the 8 weights of layer and widths, got 7"):
        gn.PathGlass([[0, 4]], **full, n_weights=7)
    with pytest.raises(ValueError, match="n_weights must be given for a glass without paths"):
        gn.PathGlass(np.empty((0, 3), dtype=int), [])


@pytest.mark.parametrize(
    ("w", "error", "message"),
    [
        ([1, 1], ValueError, "w must have 3 weights along its last axis"),
        ([1, 1, 0], ValueError, r"w must be \+1 or -1 everywhere, got 0"),
        ([1, 1, np.nan], ValueError, r"w must be \+1 or -1 everywhere, got nan"),
        (1, ValueError, "w must have 3 weights along its last axis"),
        ("+++", TypeError, r"w must be an array of \+-1"),
    ],
)
def test_energy_refuses_what_is_no_configuration(w, error, message):
    with pytest.raises(error, match=message):
        triangle().energy(w)


def test_dilute_refuses():
    for fraction in (1, -0.1, 2.0):
        with pytest.raises(ValueError, match=rf"fraction must be in \[0, 1\), got {fraction:g}"):
            triangle().dilute(fraction, seed=1)
    with pytest.raises(ValueError, match="fraction must be a finite number, got nan"):
        triangle().dilute(np.nan, seed=1)
    with pytest.raises(TypeError, match=r"fraction must be a real number, got '0\.1'"):
        triangle().dilute("0.1", seed=1)
    with pytest.raises(ValueError, match=r"fraction must leave a weight, got 0\.9 which removes all 3"):
        triangle().dilute(0.9, seed=1)
    two_layers = gn.PathGlass([[0, 2]], [1.0], layer=[0, 0, 1])
    with pytest.raises(ValueError, match=r"got 0\.6 which removes all 1 of layer 1"):
        two_layers.dilute(0.6, seed=1, rounding="layers")
    # 4/3 of 2 and 2/3 of 1: in which draws a layer is emptied is nothing to find out in the middle of a scan
    for seed in range(8):
        with pytest.raises(ValueError, match=r"got 0\.6 which may remove all 2 of layer 0"):
            two_layers.dilute(0.6, seed=seed)
    with pytest.raises(ValueError, match="rounding must be one of 'nearest', 'random', 'layers', got 'up'"):
        triangle().dilute(0.1, seed=1, rounding="up")
    with pytest.raises(ValueError, match="seed must be >= 0, got -1"):
        triangle().dilute(0.1, seed=-1)
    with pytest.raises(TypeError, match=r"seed must be an integer, got 1\.5"):
        triangle().dilute(0.1, seed=1.5)


# memory


def test_memory_is_refused_before_it_is_taken(monkeypatch):
    with pytest.raises(ValueError, match=r"needs \d{15} bytes, and indices beyond the 2147483647"):
        gn.ensembles.regular(10**12, 3, 3, seed=1)
    monkeypatch.setattr(_checks, "available_memory", lambda: 10**6)
    with pytest.raises(
        ValueError, match=r"9000 weights and 9000 paths of length 3 needs 2232000 bytes, but only 1000000"
    ):
        gn.ensembles.poisson(9000, 3, 1.0, seed=1)
    assert gn.ensembles.poisson(900, 3, 1.0, seed=1).n_paths == 900


@pytest.mark.parametrize(
    "draw",
    [
        lambda: gn.ensembles.regular(9000, 3, 4, seed=1),
        lambda: gn.ensembles.regular(200, 190, 380, seed=1),
        lambda: gn.ensembles.poisson(9000, 8, 2.0, seed=1, dilution=0.01),
        lambda: gn.ensembles.layered(9000, 3, 2.0, seed=1, couplings="gaussian", dilution=0.01),
        lambda: gn.ensembles.layered(9000, 3, 0.1, seed=1, dilution=0.01),
        lambda: gn.ensembles.walks((60, 60, 60, 60), 2.0, seed=1, dilution=0.01),
        lambda: gn.ensembles.walks((60, 60, 60, 60), 0.1, seed=1, dilution=0.01),
    ],
)
def test_the_bytes_asked_for_bound_the_peak(draw, monkeypatch):
    asked = []
    monkeypatch.setattr(_checks, "memory", lambda what, needed: asked.append(needed))
    tracemalloc.start()
    glass = draw()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert glass.n_weights > 0
    assert peak < max(asked) < 5 * peak


def test_couplings_whose_energies_would_overflow_are_refused():
    with pytest.raises(ValueError, match=r"couplings must add up to less than 1e\+307, got one of size 1\.7e\+308"):
        gn.PathGlass([[0, 1], [1, 2]], [1.7e308, 1.0])
    assert np.isfinite(gn.PathGlass([[0, 1]], [1e140]).energy([1, 1]))
