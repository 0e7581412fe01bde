"""Plugin of pytest (-p called): notes which functions of the compiled kernels the tests call, for tests/sanitize.sh.

Run as a script with the folder of the notes it names the functions that no test called, and fails if there are any.
"""

import functools
import importlib
import os
import pkgutil
import sys
from pathlib import Path

from glassnet import kernels

CALLED = set()


def is_compiled(thing):
    return type(thing).__name__ == "cython_function_or_method"


def callables():
    """(kernel, name, public compiled function or class) of everything compiled that is here, whoever imports it."""
    for found in pkgutil.iter_modules(kernels.__path__):
        kernel = importlib.import_module(f"glassnet.kernels.{found.name}")
        for name, thing in vars(kernel).items():
            is_class = isinstance(thing, type) and thing.__module__.rpartition(".")[2] == found.name
            # what a base class has is asked of the classes that are derived from it
            if not name.startswith("_") and (is_compiled(thing) or (is_class and not thing.__subclasses__())):
                yield kernel, name, thing


def methods(cls):
    return [name for name in dir(cls) if not name.startswith("_") and is_compiled(getattr(cls, name))]


def names():
    """All functions and methods, and each class for its making."""
    result = set()
    for kernel, name, thing in callables():
        full = f"{kernel.__name__}.{name}"
        result |= {full, *(f"{full}.{method}" for method in (methods(thing) if isinstance(thing, type) else ()))}
    return result


def recording_calls(name, function):
    @functools.wraps(function)
    def wrapped(*args, **keywords):
        CALLED.add(name)
        return function(*args, **keywords)

    return wrapped


def recording_class(name, cls):
    own = {method: recording_calls(f"{name}.{method}", getattr(cls, method)) for method in methods(cls)}
    return type(cls.__name__, (cls,), {**own, "__init__": recording_calls(name, cls.__init__)})


def pytest_configure():
    for kernel, name, thing in list(callables()):
        wrap = recording_class if isinstance(thing, type) else recording_calls
        setattr(kernel, name, wrap(f"{kernel.__name__}.{name}", thing))


def pytest_unconfigure():
    Path(os.environ["GLASSNET_CALLED"], str(os.getpid())).write_text("\n".join(sorted(CALLED)))


if __name__ == "__main__":
    notes = [set(path.read_text().split()) for path in Path(sys.argv[1]).iterdir()]
    missing = names().difference(*notes)
    sys.exit("".join(f"no test calls {name}\n" for name in sorted(missing)) or 0)
