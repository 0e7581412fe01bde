"""Plugin of pytest (-p single_precision): real couplings in single precision unless a test chooses."""

import functools
import inspect

import glassnet as gn


def single(init):
    signature = inspect.signature(init)

    @functools.wraps(init)
    def wrapped(self, glass, *args, **keywords):
        chosen = signature.bind(self, glass, *args, **keywords).arguments
        if not glass.is_binary and "precision" not in chosen:
            keywords["precision"] = "float32"
        init(self, glass, *args, **keywords)

    return wrapped


def pytest_configure():
    for sampler in (gn.ParallelTempering, gn.Metropolis):
        sampler.__init__ = single(sampler.__init__)
