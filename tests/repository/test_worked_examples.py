"""The worked examples of CONTRIBUTING.md: what they show is run as it stands there."""

import re
from pathlib import Path

import numpy as np

from glassnet.analysis.averages import path_overlap, table
from glassnet.analysis.location import discontinuous
from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import estimators
from glassnet.network import activations
from glassnet.network.activations import named

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


def blocks(title):
    """The two blocks of code of a section: what is added to a module, and the row of the table."""
    section = PAGE.partition(f"### {title}\n")[2].partition("\n### ")[0]
    code, row = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    return code, row.strip().rstrip(",")


def test_an_observable_that_python_computes(synthetic, monkeypatch):
    code, row = blocks("An observable that Python computes from the chains")
    # a new module beside this one imports the same
    names = {**vars(path_overlap), **vars(table)}
    exec(code, names)
    monkeypatch.setattr(table, "AVERAGES", (*table.AVERAGES, eval(row, names)))
    found = find_transition(synthetic.tree(synthetic.free_spins(2, sizes=(48,), n_samples=8)))
    data = found.averages["satisfied_paths"][48]
    apart = data["satisfied_paths"].values - 1 / (1 + np.exp(-2 / data.temperature.values))
    assert np.all(np.abs(apart) < 4.5 * data["satisfied_paths_stderr"].values)
    assert [one.label for one in table.shown(found.averages)] == ["satisfied paths"]


def test_an_estimator_of_the_transition_temperature(synthetic, monkeypatch):
    code, row = blocks("An estimator of the transition temperature")
    names = dict(vars(discontinuous))
    exec(code, names)
    monkeypatch.setattr(discontinuous, "largest_size", names["largest_size"], raising=False)
    monkeypatch.setattr(estimators, "ESTIMATORS", (*estimators.ESTIMATORS, eval(row, dict(vars(estimators)))))
    scan = synthetic.ferromagnet((48, 72, 96), np.geomspace(0.5, 1.6, 12), critical=1.0, latent=0.4, seed=0)
    found = find_transition(synthetic.tree(scan))
    assert found.kind == "first-order"
    keys = [one.key for one in found.estimates]
    # in this model the phases weigh the same at 1.0 at every size
    assert abs(found.estimates[keys.index("equal_weight_largest")].value - 1) < 0.02
    assert keys[0] == "equal_weight"


def test_an_activation(monkeypatch):
    """Averages of sin z over Gaussian numbers are those of exp(iz)."""
    section = PAGE.partition("### An activation\n")[2].partition("\n### ")[0]
    (row,) = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    for name, activation in eval(f"{{{row}}}", dict(vars(named))).items():
        monkeypatch.setitem(named.NAMED, name, activation)
    mean, cov = np.array([0.3, -1.1]), np.array([[0.8, 0.3], [0.3, 0.5]])
    out_mean, out_cov = activations.as_activation("sine").moments(mean, cov)
    assert np.allclose(out_mean, np.sin(mean) * np.exp(-np.diagonal(cov) / 2), rtol=1e-12)
    decay = np.exp(-(cov[0, 0] + cov[1, 1]) / 2)
    same, other = np.cos(mean[0] - mean[1]) * np.exp(cov[0, 1]), np.cos(mean.sum()) * np.exp(-cov[0, 1])
    assert np.isclose(out_cov[0, 1], decay * (same - other) / 2 - out_mean.prod(), rtol=1e-10)
