"""Glasses whose couplings are examples, in scans: drawn anew for every sample, the same on every way to them."""

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.chains import segment
from glassnet.network import tasks
from glassnet.scan.runfile.schema import UserError, load, parse, runnable
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import verify

TEXT = """
seed = 3
samples = 2
[glass]
ensemble = "walks"
alpha = 3.0
couplings = "data"
[data]
task = "noisy prototype"
strength = 0.4
train = 200
test = 100
[scan]
sizes = [[9, 3, 3, 1]]
dilutions = [0.2]
[sampling]
temperatures = [0.5, 1.0, inf]
thermalization = 10
sweeps = 40
"""


def changed(*pairs):
    text = TEXT
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            'task = "noisy prototype"\nstrength = 0.4\ntrain = 200\ntest = 100',
            lambda seed: tasks.noisy_prototype(9, 0.4, 200, 100, seed),
        ),
        ('task = "linear teacher"\ntrain = 200\ntest = 100', lambda seed: tasks.teacher(9, 200, 100, seed)),
        (
            'task = "teacher"\nhidden = [5, 3]\ntrain = 200\ntest = 100',
            lambda seed: tasks.teacher((9, 5, 3, 1), 200, 100, seed),
        ),
        ('task = "parity"\ntrain = 200\ntest = 100', lambda seed: tasks.parity_of_signs(9, 200, 100, seed)),
        (
            'task = "parity"\nbits = 3\ntrain = 200\ntest = 9\nshuffled = true',
            lambda seed: tasks.shuffled(tasks.parity_of_signs(9, 200, 9, seed, 3), seed),
        ),
    ],
)
@pytest.mark.parametrize("examples", [1, 3, "all"])
def test_couplings_are_those_of_the_task_of_the_sample(data, expected, examples):
    old = 'task = "noisy prototype"\nstrength = 0.4\ntrain = 200\ntest = 100'
    run_file = parse(
        changed(old, f"{data}\nexamples = {examples if examples != 'all' else chr(34) + 'all' + chr(34)}"), "x"
    )
    seen = []
    for task in glass_tasks.all_tasks(run_file):
        glass = glass_tasks.draw_glass(task, run_file)
        seed = Seed(3, task.text)
        known = expected(seed)
        couplings = gn.network.data_couplings(known.inputs, known.labels, examples)
        drawn = gn.ensembles.walks((9, 3, 3, 1), 3.0, seed, couplings=couplings, dilution=0.2)
        assert glass == drawn
        assert glass.planted is None
        assert glass.is_binary == (examples == 1) == run_file.is_binary
        seen.append(glass.couplings.tobytes())
    assert len(set(seen)) == 2


def test_digits_know_their_number_of_inputs():
    pytest.importorskip("sklearn")
    digits = changed(
        *(
            '"noisy prototype"\nstrength = 0.4\ntrain = 200',
            '"digits"\nclasses = [3, 8]',
            "[[9, 3, 3, 1]]",
            "[[43, 3, 1]]",
        )
    )
    run_file = runnable(digits, "x")
    glass = glass_tasks.draw_glass(glass_tasks.all_tasks(run_file)[0], run_file)
    assert glass.widths == (43, 3, 1)
    for old, new, line in [
        (
            "[[43, 3, 1]]",
            "[[43, 3, 1], [42, 3, 1]]",
            "x: scan.sizes[1]: must begin with the 43 inputs of digits 3 and 8",
        ),
        ("test = 100", "test = 356", "x: data.test: must be in [0, 355], got 356"),
        ("test = 100", "test = 100\nexamples = 258", "x: data.examples: must be at most the 257 training examples"),
        ("[3, 8]", "[3, 3]", "x: data.classes: must be two different integers"),
    ]:
        with pytest.raises(UserError) as refused:
            runnable(digits.replace(old, new), "x")
        assert str(refused.value).startswith(line)
        assert len(str(refused.value).splitlines()) == 1


def test_images_that_are_not_at_hand_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path / "none"))
    images = changed('"noisy prototype"\nstrength = 0.4\ntrain = 200\ntest = 100', '"images"\nclasses = [5, 7]')
    with pytest.raises(UserError, match=r"^x: data\.task: GLASSNET_DATA must be a folder with IDX files, got .*$"):
        runnable(images, "x")


MISTAKES = [
    (('couplings = "data"', ""), "data: belongs to glass.couplings = 'data', got 'binary'"),
    (('ensemble = "walks"', 'ensemble = "poisson"\np = 3', "[[9, 3, 3, 1]]", "[30]"), "glass.couplings: 'data' belong"),
    (("strength = 0.4\n", ""), "data.strength: is missing, task 'noisy prototype' needs it"),
    (("strength = 0.4", "strength = 1.5"), "data.strength: must be less than or equal to 1, got 1.5"),
    (
        ("test = 100", "test = 100\nbits = 2"),
        "data.bits: does not belong to task 'noisy prototype', which takes strength",
    ),
    (("train = 200", "train = 0"), "data.train: must be greater than or equal to 1, got 0"),
    (("test = 100", "test = 100\nexamples = 201"), "data.examples: must be at most train = 200, got 201"),
    (("test = 100", "test = 100\nexamples = 'most'"), "data.examples: must be a number of examples per path or 'all'"),
    (("test = 100", "test = 100\nthreshold = 1"), "data.threshold: must be a grey value in [0, 1) or 'median', got 1"),
    (('"noisy prototype"', '"noisy prototyp"'), "data.task: must be 'noisy prototype', 'linear teacher', 'teacher'"),
    (
        ("alpha = 3.0", "alpha = 3.0\nbias = 0.5"),
        "glass.bias: is the mean of binary couplings, must be 0 for data ones",
    ),
    (("dilutions = [0.2]", "planted = [0.5]"), "scan.planted: signs of planted couplings are drawn anew"),
    (("dilutions = [0.2]", "field = true"), "scan.field: couplings of planted states in a field are +-1"),
    (("dilutions = [0.2]", "alphas = [1.0]"), "scan.alphas: belongs to a study, got [1.0]"),
    (("sweeps = 40", 'sweeps = 40\nunit = "alpha"'), "sampling.unit: belongs to a study, got 'alpha'"),
]


@pytest.mark.parametrize(("pairs", "line"), MISTAKES)
def test_mistakes_are_named(tmp_path, pairs, line):
    path = tmp_path / "run.toml"
    path.write_text(changed(*pairs))
    with pytest.raises(UserError) as refused:
        load(path)
    lines = [found.removeprefix(f"{path}: ") for found in str(refused.value).splitlines()]
    assert [found for found in lines if found.startswith(line)], lines


def test_a_data_table_alone_is_a_mistake():
    text = TEXT[: TEXT.index("[data]")] + TEXT[TEXT.index("[scan]") :]
    with pytest.raises(UserError, match=r"x: data: is missing, glass\.couplings = 'data' need it"):
        parse(text, "x")


def test_a_scan_of_data_glasses_from_end_to_end(scan, tmp_path):
    (tmp_path / "run.toml").write_text(TEXT)
    assert scan(tmp_path / "run.toml", tmp_path / "out")[0] == 0
    assert [one.differences for one in verify.verify(verify.select(tmp_path / "out", k=2))] == [[], []]
    chains = gn.open_chains(tmp_path / "out")
    node = chains["/N39/dilution0.2"]
    assert node.attrs["couplings"] == "data"
    result = gn.find_transition(chains)
    assert np.isnan(result.overlaps[39].attrs["bias"])
    assert result.kind == "undecided"
    first = segment.read(next((tmp_path / "out" / "chains").rglob("sample0.h5")))
    assert "200 examples of 9 inputs" in first.glass.recipe["couplings"]
    # other examples are another run
    other = tmp_path / "other.toml"
    other.write_text(TEXT.replace("strength = 0.4", "strength = 0.5"))
    with pytest.raises(UserError, match=r"data\.strength: 0\.5 here, but .* was begun with 0\.4"):
        scan(other, tmp_path / "out")
