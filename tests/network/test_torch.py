"""Persistence in torch: the numbers of numpy, gradients through a network. Skipped where torch is not installed."""

import subprocess
import sys

import numpy as np
import pytest

from glassnet.network import persistence

NAMES = ("t1", "t2", "all_pairs")


def test_importing_the_room_needs_neither_torch_nor_scikit_learn():
    program = (
        "import sys, glassnet.network as n; n.pathways; n.persistence; n.from_glass; n.data_couplings; "
        "print(sorted({'torch', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    command = [sys.executable, "-P", "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_where_torch_is_missing_the_error_says_what_to_install():
    """Whether it is installed or not: the import is made to fail."""
    program = (
        "import sys; sys.modules['torch'] = None; import glassnet.network as n\n"
        "try: n.torch\nexcept ImportError as error: print(error)"
    )
    command = [sys.executable, "-P", "-c", program]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert told == "glassnet.network.torch needs torch: pip install 'glassnet[torch]'"


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def ours(torch):
    from glassnet.network import torch as module

    return module


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_are_those_of_numpy(name, torch, ours):
    x = np.random.default_rng(1).standard_normal((9, 7))
    x[:, 3] = x[:, 1]
    value, gradient = getattr(persistence, name)(x)
    tensor = torch.tensor(x, requires_grad=True)
    result = getattr(ours, name)(tensor)
    (3 * result).backward()
    assert result.shape == () and result.item() == value
    np.testing.assert_array_equal(tensor.grad.numpy(), 3 * gradient)
    single = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    result = getattr(ours, name)(single)
    result.backward()
    assert result.dtype == single.grad.dtype == torch.float32
    assert result.item() == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_by_torch_s_own_check(name, torch, ours):
    x = torch.tensor(np.random.default_rng(2).standard_normal((6, 5)), requires_grad=True)
    assert torch.autograd.gradcheck(getattr(ours, name), (x,))


@pytest.mark.parametrize("name", NAMES)
def test_regulariser_reaches_the_weights_of_a_network(name, torch, ours):
    torch.manual_seed(1)
    first, second = torch.nn.Linear(4, 8).double(), torch.nn.Linear(8, 6).double()
    x = torch.tensor(np.random.default_rng(3).standard_normal((30, 4)))
    regulariser = ours.Regulariser(name, strength=0.5)

    def term():
        hidden = torch.tanh(first(x))
        return regulariser([hidden, torch.tanh(second(hidden))])

    term().backward()
    place = (2, 1)
    expected = first.weight.grad[place].item()
    sides = []
    with torch.no_grad():
        for step in (1e-6, -2e-6):
            first.weight[place] += step
            sides.append(term().item())
    assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(expected, rel=1e-6)


def test_most_active_neurons_only(torch, ours):
    layers = [torch.tensor([[1.0, 5.0, 3.0], [2.0, 4.0, -6.0], [0.5, 4.0, 1.0]], requires_grad=True)]
    ours.Regulariser("t1", n_neurons=2)(layers).backward()
    assert (layers[0].grad[:, 0] == 0).all() and (layers[0].grad[:, 1:] != 0).any()


@pytest.mark.parametrize("name", ["t1", "t2"])
def test_distance_precision_and_fraction_are_passed_on(name, torch, ours):
    layers = [np.random.default_rng(4).standard_normal((20, width)) for width in (12, 5)]
    chosen = persistence.most_active(layers, fraction=0.5)
    clique = np.concatenate([layer[:, index] for layer, index in zip(layers, chosen, strict=True)], axis=1)
    options = {"distance": "sine", "precision": "single"}
    value, gradient = getattr(persistence, name)(clique, **options)
    tensor = torch.tensor(clique, requires_grad=True)
    result = getattr(ours, name)(tensor, **options)
    result.backward()
    assert result.item() == value
    np.testing.assert_array_equal(tensor.grad.numpy(), gradient)
    term = ours.Regulariser(name, fraction=0.5, **options)([torch.tensor(layer) for layer in layers])
    assert term.item() == value


def test_bad_input(torch, ours):
    with pytest.raises(TypeError, match=r"activations must be a torch\.Tensor, got ndarray"):
        ours.t1(np.ones((2, 2)))
    with pytest.raises(ValueError, match="at least 2 samples of 2 neurons"):
        ours.t1(torch.ones(3, 1))
    with pytest.raises(ValueError, match="kind must be one of 't1', 't2', 'all_pairs', got 'T3'"):
        ours.Regulariser("T3")
    with pytest.raises(ValueError, match="strength must be >= 0, got -1"):
        ours.Regulariser("t1", strength=-1)
    with pytest.raises(ValueError, match="give n_neurons or fraction, not both"):
        ours.Regulariser("t1", n_neurons=3, fraction=0.5)
    with pytest.raises(ValueError, match="distance must be one of"):
        ours.Regulariser("t1", distance="cosine")
    with pytest.raises(ValueError, match="precision must be one of"):
        ours.Regulariser("t1", precision="half")
