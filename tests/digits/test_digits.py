"""From run file to chain nothing is computed whose last digit depends on the machine, read from the syntax trees.

numpy chooses its transcendental functions by the processor, BLAS its sums by the number of cores as well, scipy and
libm differ between builds. What is left is listed in same_digits.py: operations of IEEE 754 one element at a time,
cumulative sums and the like, and :mod:`glassnet.kernels.arithmetic`; whatever is not listed is refused, but at the
places in ALLOWED, each with its reason.
"""

import ast
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location("same_digits", Path(__file__).with_name("same_digits.py"))
same_digits = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(same_digits)
MODULES, suspects, words = same_digits.MODULES, same_digits.suspects, same_digits.words

#: of the checkout the tests are in; an installed package has none
SOURCES = Path(__file__).parents[2] / "ext"
START = "scan.execute.run"
#: where the way from run file to chain ends, with the reason
ENDS = {
    "_face": "shows names and results, no chain depends on it",
    "plots": "draws results, no chain depends on it",
    "scan.report": "reads chains that are written, and writes none",
    "scan.execute.progress": "shows how far a scan is",
    "scan.execute.schedule": "decides which rank runs a task, no chain depends on it",
    "chains.store": "reads chains that are written",
    "chains.files.file_window": "reads chains that are written",
    "analysis": "tells scan.tasks.field_ladders where the complexity vanishes; four digits are kept, in ladders.json",
}

WHOLE = "a sum or product of integers"
COST = "an estimate of costs, which decides the order of tasks and nothing else"
TOLD = "words about dilutions, no chain depends on them"
#: module and function
GETATTR = (
    "_terminal Stream.__getattr__",
    "chains.headers checked",
    "chains.segment content_of",
    "glass PathGlass._replace",
    "sampling.independent_lanes diluted",
    "sampling.walkers Walkers.restore",
    "sampling.walkers Walkers.state",
    "scan.runfile.consistency _chosen",
    "scan.runfile.memory _large_chains",
    "scan.runfile.schema RunFile.sampling_of",
    "scan.runfile.field_settings decide",
    "scan.runfile.growth _settings",
    "scan.tasks.ladders by_rule",
    "scan.tasks.glass_tasks draw_glass",
)
SIGNS = "sums of weights, inputs and answers, which are whole numbers: floating point holds them exactly"
UNUSED = "no scan asks for it"
NAMED = "parts of our own, called by names that are written there or checked before"
OTHER = "no array: "
#: (module, function, what it does there): why it may
ALLOWED = {
    ("_memory", "aligned", "numpy.prod"): WHOLE,
    ("_wiring", "n_network_weights", "sum"): WHOLE,
    **{("_dilution", name, "sum"): WHOLE for name in ("drawn", "_shared", "totals", "emptied", "_shares")},
    ("_dilution", "expected", "sum"): TOLD,
    **{
        ("_dilution", "effective", operation): TOLD
        for operation in ("sum", "numpy.add.reduce", "numpy.multiply.reduce", "**")
    },
    ("glass", "PathGlass.without", "sum"): WHOLE,
    ("scan.runfile.dilution", "_mistakes", "sum"): TOLD,
    ("scan.runfile.dilution", "_realised", "sum"): TOLD,
    ("chains.node_list", "_mistake", "sum"): WHOLE,
    ("scan.directory.ladder_file", "chosen.n_chains", "sum"): WHOLE,
    ("scan.runfile.dilution", "_mean", "sum"): "of two numbers at most",
    ("ensembles.planting", "planted", "prod"): WHOLE,
    (
        "ensembles.regular_hypergraphs",
        "switch_round",
        "binomial",
    ): "a whole number that libm would have to move across a uniform "
    "random number, once in 10^15; only where degree and p are too large for rejection",
    (
        "ensembles.normal_numbers",
        "standard_normal",
        "standard_normal",
    ): "products of integers and constants; the tails are made "
    "again, and of the others libm decides at most which uniform numbers are rejected, once in 10^16 otherwise",
    ("sampling.ladder", "_trip_rate", "sum"): WHOLE,
    ("sampling.ladder", "exchanges", "sum"): WHOLE,
    ("sampling.independent_lanes", "Lanes.aligned", "sum"): WHOLE,
    ("sampling.independent_lanes", "gauged", "prod"): "a product of integers",
    (
        "sampling.measurements",
        "Overlaps.__init__",
        "numpy.prod",
    ): "of sizes of layers: exact below 2^53, and beyond in an order "
    "that np.prod keeps on every machine, one factor after the other",
    ("sampling.measurements", "Overlaps.all_walks", "@"): "integers of Python",
    ("sampling.measurements", "Overlaps.all_walks", "sum"): "integers of Python",
    ("sampling.tempering", "ParallelTempering._require_room", "sum"): WHOLE,
    ("chains.content", "_storage", "numpy.prod"): WHOLE,
    ("chains.merging", "merge", "sum"): WHOLE,
    ("chains.schema", "join", "sum"): WHOLE,
    ("scan.runfile.memory", "_large_chains", "sum"): WHOLE,
    ("scan.runfile.consistency", "whole", "**"): "a power of two",
    ("scan.runfile.consistency", "_number_of_tasks", "sum"): WHOLE,
    ("scan.tasks.field_ladders", "_size", "sum"): WHOLE,
    ("scan.execute.run", "_work", "sum"): COST,
    ("chains.files.zip_archive", "Member.window", "at"): OTHER + "where a member begins",
    ("chains.files.atomic_write", "committing", "rename"): OTHER + "a file",
    ("scan.directory.survey", "_merged", "map"): OTHER + "threads, whose results come in the order of the shards",
    ("sampling.independent_lanes", "Lanes.__init__", "beta"): OTHER + "the name of inverse temperatures",
    ("sampling.walkers", "Walkers.__init__", "beta"): OTHER + "the name of inverse temperatures",
    **{("scan.execute.farm", name, "rank"): OTHER + "a rank of MPI" for name in ("_pass_on", "aborting", "follow")},
    ("scan.execute.run", "scan", "rank"): OTHER + "a rank of MPI",
    **{
        ("scan.execute.run", name, "threadpoolctl.threadpool_limits"): OTHER + "one thread, on any machine"
        for name in ("", "_follow", "_work")
    },
    **{(*place.split(), "getattr"): NAMED for place in GETATTR},
    ("sampling.starts", "half_planted", "numpy.prod"): WHOLE,
    **{tuple(place.split()): SIGNS for place in same_digits.OF_SIGNS},
    **{tuple(place.split()): UNUSED for place in same_digits.OF_OTHERS},
    ("network.tasks.images", "_scikit_digits", "sklearn.datasets.load_digits"): "whole numbers in a file",
    ("scan.runfile.examples", "mistakes", "partition"): OTHER + "a text",
    ("studies.learned_networks", "draw", "mean"): OTHER + "that of a task, which is in this list",
}


def closure(start=START):
    """Syntax trees of all modules between the run file and the chain, by name."""
    return same_digits.closure(start, ENDS)


def test_every_suspect_operation_has_its_reason():
    found = {(module, *place) for module, tree in closure().items() for place in suspects(tree)}
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - found) == [], "these are allowed and no longer there"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, b):\n    return a @ b", [("f", "@")]),
        ("class C:\n    def f(self, x):\n        return np.exp(x) + x.mean()", [("C.f", "mean"), ("C.f", "numpy.exp")]),
        ("def f(x):\n    x @= 2.0\n    x **= 2\n    return x**0.5 + 2**53", [("f", "**"), ("f", "**"), ("f", "@")]),
        (
            "def f(x):\n    def g(y):\n        return map(sum, y)\n    return g(x), pow(x, 3), np.linalg.solve(x, x)",
            [("f", "numpy.linalg.solve"), ("f", "pow"), ("f.g", "sum")],
        ),
        ("argsort(x), argsort(x, kind='stable')", []),
        ("(x + 1).argsort(kind='stable'), x.argsort(), f(np.argsort)", [("", "argsort"), ("", "numpy.argsort")]),
        ("np.argsort(x), np.argpartition(x, 2)", [("", "numpy.argpartition"), ("", "numpy.argsort")]),
        ("np.argsort(x.mean(), kind='stable')", [("", "mean")]),
        ("arithmetic.exp(x) * np.sqrt(x) + np.cumsum(x) + x.max() + json.dumps(x)", []),
        ("glassnet.__version__, ladder.reduce(x), THRESHOLDS.sum()", [("", "sum")]),
        ("glassnet.theory.regular(3), f(glassnet)", [("", "glassnet"), ("", "glassnet.theory")]),
    ],
)
def test_suspect_operations_are_seen(source, found):
    brought = """
import glassnet, json
import numpy as np
from glassnet.kernels import arithmetic
from glassnet.sampling import ladder
from glassnet.sampling.ladder import THRESHOLDS
"""
    assert sorted(suspects(ast.parse(brought + source))) == sorted(found)


FORMS = """
standard_normal                   generator(seed, Role.COUPLINGS).standard_normal()
normal                            from numpy import random; normal = g.normal
numpy.random.normal               from numpy import random; random.normal()
numpy.random.default_rng          np.random.default_rng(1)
numpy.random.RandomState          np.random.RandomState(1)
chisquare                         draws.chisquare(3)
triangular                        g.triangular(0, 1, 2)
gamma                             disorder.paths_rng().gamma(2.0)
exponential                       one.two.exponential()
beta                              draws.beta(1, 2)
numpy.vecdot                      np.vecdot(x, y)
numpy.matvec                      np.matvec(x, y)
numpy.vecmat                      np.vecmat(x, y)
numpy.a_function_of_tomorrow      np.a_function_of_tomorrow(x)
numpy.add.reduceat                np.add.reduceat(x, [0, 3])
numpy.add                         plus = np.add
reduceat                          plus.reduceat(x, [0, 3])
numpy.nanprod                     np.nanprod(x)
numpy.nansum                      np.nansum(x)
numpy.nanmean                     np.nanmean(x)
numpy.exp                         getattr(np, "exp")(x)
getattr                           getattr(ours, name)(x)
sum                               getattr(x, "sum")()
__pow__                           x.__pow__(0.5)
__getattribute__                  x.__getattribute__("sum")()
numpy                             f(np)
numpy                             numbers = np
numpy.__dict__                    np.__dict__["exp"](x)
vars                              vars(np)["exp"](x)
sys.modules                       import sys; sys.modules["numpy"].exp(x)
sys.modules                       from sys import modules
importlib                         import importlib
importlib.import_module           from importlib import import_module
__import__                        __import__("numpy").exp(x)
eval                              eval("np.exp")
numpy.exp                         from numpy import exp as e
numpy.exp                         import numpy; numpy.exp(x)
numpy.exp                         import numpy as n; n.exp(x)
numpy.*                           from numpy import *
numpy.linalg                      import numpy.linalg as la
numpy.linalg.norm                 from numpy.linalg import norm
math.gamma                        math.gamma(x)
math.lgamma                       math.lgamma(x)
math.erf                          math.erf(x)
math.exp                          from math import exp as e
math.sumprod                      math.sumprod(x, y)
scipy                             import scipy
scipy.special.erfcinv             import scipy; scipy.special.erfcinv(x)
scipy.special                     import scipy.special as special
scipy.special.ndtri               from scipy.special import ndtri as law
cmath                             import cmath
statistics.fmean                  from statistics import fmean
random.gauss                      import random; random.gauss()
ctypes                            import ctypes
numexpr                           import numexpr
numba.njit                        from numba import njit
operator.matmul                   from operator import matmul
operator.pow                      import operator; operator.pow(x, 0.5)
operator.methodcaller             from operator import methodcaller
xarray.corr                       import xarray as xr; xr.corr(x, y)
quantile                          dataset.quantile(0.5)
polyfit                           dataset.polyfit("x", 1)
allreduce                         comm.allreduce(x)
complex                           abs(complex(x, y))
complex                           abs(3 + 4j)
locals                            locals()["np"].exp(x)
""".strip().splitlines()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_seen(form):
    operation, source = form.split(maxsplit=1)
    assert operation in {found for _, found in suspects(ast.parse(f"import math\nimport numpy as np\n{source}"))}


def test_every_name_of_numpy_has_been_thought_of_or_is_refused():
    """All functions, and all distributions of a generator, but those that are listed."""
    refused = [
        name for name in dir(np) if not name.startswith("_") and suspects(ast.parse(f"import numpy\nnumpy.{name}"))
    ]
    assert not {"exp", "sum", "dot", "vecdot", "interp", "linalg", "fft", "percentile"} - set(refused)
    assert len(refused) > 350
    drawn = [name for name in dir(np.random.Generator) if not name.startswith("_")]
    allowed = [name for name in drawn if not suspects(ast.parse(f"anything.{name}()"))]
    assert set(allowed) == {"bit_generator", "choice", "integers", "permutation", "permuted", "random"}


def test_the_way_from_the_run_file_to_the_chain_is_followed():
    """Through imports at the top of a module, of names of a package, and inside functions."""
    found = closure().keys()
    wanted = "scan.tasks.glass_tasks scan.tasks.field_ladders sampling.tempering ensembles.planting glass"
    assert set(wanted.split()) <= found
    assert not [module for module in found if module.startswith(("scan.report", "theory", "plots"))]
    assert all(end in MODULES for end in ENDS)


#: operations of C and of numpy in the sources of the kernels
#: all of <math.h> but what is one operation of IEEE 754, or none
OF_MATH_H = words(
    "acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp10 exp2 expm1 fma hypot j0 j1 jn lgamma log "
    "log10 log1p log2 pow remainder sin sincos sinh tan tanh tgamma y0 y1 yn"
)
#: names of numpy that only kernels take: types, rearranged elements, comparisons, one element after the other
NUMPY_OF_KERNELS = words("append dtype e float32 frexp ldexp maximum.accumulate select add.at zeros_like")
NUMPY_OF_KERNELS |= {name.removeprefix("numpy.") for name in same_digits.ALLOWED_NAMES if name.startswith("numpy.")}
KNOWN = re.compile(
    rf"\bnp\.(?:{'|'.join(map(re.escape, sorted(NUMPY_OF_KERNELS)))})(?![\w.])|"
    r"\bnp\.argsort\((?=[^\n]*, kind=\"stable\"\))"
)
IN_KERNELS = re.compile(
    rf"(?<![\w.])(?:{'|'.join(sorted(OF_MATH_H))})[fl]?\(|\bnp\.[\w.]+|"
    rf"\.(?:{'|'.join(sorted(same_digits.METHODS - same_digits.ALLOWED_METHODS))})\(|"
    r"(?<=[\w)\]]) @ |math\.h|libc\.math|getattr|scipy|from numpy|\bnumpy\.|_mm\d*_(?:fn?m(?:add|sub)|rcp|rsqrt)\w*"
)
MARGINS = "of a first guess, or of the margin within which a decision is taken in full instead: none depends on it"
KERNELS_ALLOWED = {
    ("arithmetic/arithmetic.pyx", "exp("): "its own",
    ("arithmetic/arithmetic.pyx", "log("): "its own",
    ("arithmetic/arithmetic.pyx", "tanh("): "its own",
    ("realvalued/realvalued.pyx", "np.log2"): MARGINS,
    ("realvalued/realvalued.pyx", "np.exp2"): MARGINS,
    ("realvalued/sweep_isa.h", "_mm512_fmadd_ps"): MARGINS,
    ("realvalued/sweep_isa.h", "_mm512_rcp14_ps"): MARGINS,
    ("realvalued/sweep_isa.h", "_mm256_rcp_ps"): MARGINS,
    ("realvalued/realvalued.pyx", ".sum("): WHOLE,
    ("recording/recording.pyx", "@"): "integers below 2^53, or far above the 2^31 that they are compared with",
}


def kernel_sources():
    """Sources of the kernels that a module on the way imports, with all that they include: {folder/name: text}."""
    names = {
        alias.name
        for module, tree in closure().items()
        for node in ast.walk(tree)
        if module != "kernels" and isinstance(node, ast.ImportFrom) and node.module == "glassnet.kernels"
        for alias in node.names
    }
    left, found = [SOURCES / name / f"{name}.pyx" for name in names], {}
    while left:
        path = left.pop()
        name = path.relative_to(SOURCES).as_posix()
        if name not in found:
            found[name] = text = path.read_text()
            quoted = re.findall(r'(?:#include|#define \w+|extern from) "(\w+\.h)"', text)
            # of cimported modules only the compiler's own have no file here
            quoted += [f"{module.replace('.', '/')}.pxd" for module in re.findall(r"from ([\w.]+) cimport", text)]
            folders = (path.parent, SOURCES / "common")
            left += [folder / name for name in quoted for folder in folders if (folder / name).exists()]
            left += [SOURCES / name / f"{name}.pyx" for name in re.findall(r"from glassnet\.kernels\.(\w+) ", text)]
    return found


def without_comments(name, text):
    pattern = r"/\*.*?\*/|//[^\n]*" if name.endswith(".h") else r'""".*?"""|#[^\n]*'
    return re.sub(pattern, "", text, flags=re.DOTALL)


def in_kernel(name, text):
    """Operations in the source of a kernel that nobody has said to be the same on every machine."""
    return [match.strip() for match in IN_KERNELS.findall(KNOWN.sub("", without_comments(name, text)))]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = tgamma(y) + erff(y) + sqrt(y) + rdlog(y)", ["tgamma(", "erff("]),
        ("np.nansum(x) + np.vecdot(x, y) + np.add.reduceat(x, [0])", ["np.nansum", "np.vecdot", "np.add.reduceat"]),
        ('np.add.at(x, i, y); np.cumsum(x); np.argsort(x, kind="stable")  # np.exp(x)', []),
        (
            "np.argsort(x); np.zeroes(3); x.prod(axis=0); rng.gamma(2.0)",
            ["np.argsort", "np.zeroes", ".prod(", ".gamma("],
        ),
        (
            "from numpy import exp; import numpy.linalg; from libc.math cimport exp",
            ["from numpy", "numpy.", "libc.math"],
        ),
    ],
)
def test_suspect_operations_of_kernels_are_seen(line, found):
    assert in_kernel("kernel.pyx", line) == found


@pytest.mark.skipif(not SOURCES.is_dir(), reason="an installed package without its sources")
def test_kernels_call_no_functions_of_the_machine():
    sources = kernel_sources()
    assert {
        "arithmetic/arithmetic.pyx",
        "bitsliced/bitsliced.pyx",
        "realvalued/realvalued.pyx",
        "recording/recording.pyx",
        "realvalued/sweep_isa.h",
        "sampler/sampler.pyx",
        "common/exchange.pxd",
        "common/portable.h",
        "common/isa.h",
    } <= sources.keys()
    found = {(name, operation) for name, text in sources.items() for operation in in_kernel(name, text)}
    assert found == KERNELS_ALLOWED.keys()


@pytest.mark.skipif(not SOURCES.is_dir(), reason="an installed package without its sources")
def test_kernels_are_compiled_without_fused_multiply_adds():
    build = (SOURCES.parent / "setup.py").read_text()
    assert '"-ffp-contract=off"' in build
    assert "fast-math" not in build + "".join(kernel_sources().values())
