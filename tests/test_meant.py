"""A wrong keyword is answered with the nearest one."""

import inspect
import pickle

import pytest

from glassnet import ensembles


@pytest.mark.parametrize(
    ("name", "keyword", "meant"),
    [
        ("regular", "n_weight", "n_weights"),
        ("regular", "degrees", "degree"),
        ("poisson", "Alpha", "alpha"),
        ("walks", "width", "widths"),
        ("planted", "temprature", "temperature"),
        ("layered", "dillution", "dilution"),
        ("nested_dilutions", "fraction", "fractions"),
    ],
)
def test_the_keyword_that_was_meant(name, keyword, meant):
    with pytest.raises(TypeError) as error:
        getattr(ensembles, name)(**{keyword: 3})
    start = f"{name}() got an unexpected keyword argument {keyword!r}, did you mean {meant}? (it takes "
    assert str(error.value).startswith(start)


@pytest.mark.parametrize(
    ("name", "keyword"), [("regular", "alpha"), ("regular", "J"), ("walks", "N"), ("planted", "T")]
)
def test_nothing_is_guessed_where_nothing_is_near(name, keyword):
    """Keywords of another ensemble are not near ones: what is taken is listed."""
    with pytest.raises(TypeError) as error:
        getattr(ensembles, name)(**{keyword: 3})
    assert f"unexpected keyword argument {keyword!r} (it takes " in str(error.value)


@pytest.mark.parametrize("name", ensembles.__all__)
def test_functions_stay_what_they_are(name):
    function = getattr(ensembles, name)
    assert pickle.loads(pickle.dumps(function)) is function
    assert "seed" in inspect.signature(function).parameters
    assert function.__doc__.strip()


def test_values_too():
    with pytest.raises(ValueError, match=r"one of 'binary', 'gaussian', got 'gausian', did you mean gaussian\?"):
        ensembles.regular(12, 3, 2, 1, couplings="gausian")
