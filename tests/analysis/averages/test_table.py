"""The table of averages: a row more is collected, of the nodes that it names, and has the value of the known law."""

import numpy as np
import pytest

from glassnet.analysis.averages import table
from glassnet.analysis.nodes import nodes
from glassnet.analysis.transition import find_transition

SIZES, PLANTED = (48, 72), (0.6, 0.65, 0.7)


def test_names_are_different():
    names = [row.key for row in table.AVERAGES]
    assert len(set(names)) == len(names)


def test_averages_without_a_label_or_without_values_are_not_shown(monkeypatch):
    labelled, bare = table.Average("labelled", None, label="it"), table.Average("bare", None)
    monkeypatch.setattr(table, "AVERAGES", (*table.AVERAGES, bare, labelled))
    assert table.shown({"bare": {48: None}, "labelled": {}}) == []
    assert table.shown({"bare": {48: None}, "labelled": {48: None}}) == [labelled]
    assert table.shown({"labelled": {48: None}}, planted=True) == []


def test_an_added_average_of_symmetric_scans_follows_the_known_law(synthetic, added_averages):
    """Disjoint paths are satisfied with probability 1 / (1 + exp(-2 / T)), each on its own."""
    found = find_transition(synthetic.tree(synthetic.free_spins(5, sizes=SIZES)))
    assert found.averages["mean_planted_overlap"] == {}
    averages = found.averages["satisfied_share"]
    assert list(averages) == list(SIZES)
    for data in averages.values():
        expected = 1 / (1 + np.exp(-2 / data.temperature.values))
        assert np.all(np.abs(data["satisfied_share"].values - expected) < 4.5 * data["satisfied_share_stderr"].values)
        assert data["satisfied_share_stderr"].values.max() < 0.003
        assert data["satisfied_share_resampled"].values[0] == pytest.approx(data["satisfied_share"].values)


def test_an_added_average_of_planted_scans_follows_the_known_law(synthetic, added_averages):
    """The overlap is 0.96 with the weight of the planted phase, of which the disorder is one normal variable."""
    found = find_transition(synthetic.tree(synthetic.two_level(SIZES, PLANTED, seed=6, n_samples=64)))
    assert found.averages["satisfied_share"] == {}
    noise, weight = np.polynomial.hermite_e.hermegauss(40)
    for size, data in found.averages["mean_planted_overlap"].items():
        assert data.temperature.values.tolist() == list(PLANTED)
        for index, temperature in enumerate(PLANTED):
            inside = 1 / (1 + np.exp(0.6 * size * (temperature - 0.65) - 0.4 + noise))
            expected = 0.96 * (weight @ inside) / weight.sum()
            row = data.isel(temperature=index)
            assert abs(row["mean_planted_overlap"] - expected) < 4.5 * row["mean_planted_overlap_stderr"]
            assert row["mean_planted_overlap_stderr"] < 0.05


def test_rows_apply_to_the_nodes_that_recorded_what_they_need(synthetic, added_averages):
    planted = synthetic.two_level((48,), (0.6,), seed=1, n_samples=2)
    symmetric = synthetic.symmetric((48,), (0.6, 0.7), synthetic.independent, seed=1, n_samples=2)
    bare = {f"{path}/symmetric": data.drop_vars("overlap") for path, data in symmetric.items()}
    names = [[row.key for row in table.of_node(node)] for node in nodes(synthetic.tree(planted | bare))]
    assert {"thermodynamics", "phases", "satisfied_share"} <= set(names[0])
    assert not {"overlaps", "path_overlap", "mean_planted_overlap"} & set(names[0])
    assert "mean_planted_overlap" in names[1]
    assert not {"thermodynamics", "phases", "overlaps", "satisfied_share"} & set(names[1])
