"""From run file to chain nothing is computed whose last digit depends on the machine, read from the syntax trees.

numpy chooses its transcendental functions by the processor, BLAS its sums by the number of cores as well, scipy and
libm differ between builds. What is left are operations of IEEE 754 one element at a time, cumulative sums,
:mod:`glassnet.kernels.arithmetic`, and the places in ALLOWED, each with its reason.
"""

import ast
import re
from pathlib import Path

import pytest

import glassnet

ROOT = Path(glassnet.__file__).parent
#: of the checkout the tests are in; an installed package has none
SOURCES = Path(__file__).parent.parent / "ext"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
START = "scan.run"
#: where the way from run file to chain ends, with the reason
ENDS = {
    "scan.report": "reads chains that are written, and writes none",
    "scan.progress": "shows how far a scan is",
    "scan.schedule": "decides which rank runs a task, no chain depends on it",
    "chains.store": "reads chains that are written",
    "chains.window": "reads chains that are written",
    "analysis": "tells scan.fieldladders where the complexity vanishes, of which four digits are kept, in ladders.json",
}


def words(text):
    return set(text.split())


TRANSCENDENTAL = words(
    """
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 sin cos tan arcsin arccos arctan arctan2 asin
    acos atan atan2 sinh cosh tanh arcsinh arccosh arctanh asinh acosh atanh power float_power pow cbrt hypot
    erf erfc lgamma sinc i0 geomspace logspace erfcinv erfinv
    """
)
UNORDERED = words(
    """
    sum nansum mean nanmean average std nanstd var nanvar median quantile percentile trapezoid cov corrcoef
    polyfit polyval interp convolve correlate dot vdot inner matmul tensordot einsum trace prod reduce linalg
    fft polynomial
    """
)
#: random numbers made by transcendental functions of libm
DRAWS = words(
    """
    standard_normal normal lognormal exponential standard_exponential binomial poisson gamma standard_gamma
    beta geometric vonmises multinomial multivariate_normal laplace logistic gumbel weibull pareto power zipf
    """
)

WHOLE = "a sum or product of integers"
COST = "an estimate of costs, which decides the order of tasks and nothing else"
TOLD = "words about dilutions, no chain depends on them"
#: (module, function, what it does there): why it may
ALLOWED = {
    ("_memory", "aligned", "prod"): WHOLE,
    ("_wiring", "n_network_weights", "sum"): WHOLE,
    **{("_dilution", name, "sum"): WHOLE for name in ("drawn", "_shared", "totals", "emptied", "_shares")},
    ("_dilution", "expected", "sum"): TOLD,
    **{("_dilution", "effective", operation): TOLD for operation in ("sum", "reduce", "**")},
    ("glass", "PathGlass.without", "sum"): WHOLE,
    ("scan.dilution", "_mistakes", "sum"): TOLD,
    ("scan.dilution", "_realised", "sum"): TOLD,
    ("chains.index", "_mistake", "sum"): WHOLE,
    ("scan.ladderfile", "_chosen.n_chains", "sum"): WHOLE,
    ("scan.dilution", "_mean", "sum"): "of two numbers at most",
    ("ensembles.planting", "planted", "prod"): WHOLE,
    (
        "ensembles.hypergraph",
        "switch_round",
        "binomial",
    ): "a whole number that libm would have to move across a uniform "
    "random number, once in 10^15; only where degree and p are too large for rejection",
    (
        "ensembles.normal",
        "standard_normal",
        "standard_normal",
    ): "products of integers and constants; the tails are made "
    "again, and of the others libm decides at most which uniform numbers are rejected, once in 10^16 otherwise",
    ("sampling.ladder", "_trip_rate", "sum"): WHOLE,
    ("sampling.ladder", "exchanges", "sum"): WHOLE,
    ("sampling.lanes", "Lanes.aligned", "sum"): WHOLE,
    ("sampling.lanes", "gauged", "prod"): "a product of integers",
    ("sampling.measurements", "Overlaps.__init__", "**"): "a power of two",
    (
        "sampling.measurements",
        "Overlaps.__init__",
        "prod",
    ): "of sizes of layers: exact below 2^53, and beyond in an order "
    "that np.prod keeps on every machine, one factor after the other",
    ("sampling.measurements", "Overlaps.all_walks", "@"): "integers of Python",
    ("sampling.measurements", "Overlaps.all_walks", "sum"): "integers of Python",
    ("sampling.measurements", "Overlaps.arrays", "sum"): WHOLE,
    ("sampling.tempering", "ParallelTempering._require_room", "sum"): WHOLE,
    ("chains.content", "_storage", "prod"): WHOLE,
    ("chains.merging", "merge", "sum"): WHOLE,
    ("chains.schema", "join", "sum"): WHOLE,
    ("scan.checks", "_large_chains", "sum"): WHOLE,
    ("scan.checks", "_n_paths", "**"): "a power of two",
    ("scan.checks", "_number_of_tasks", "sum"): WHOLE,
    ("scan.fieldladders", "_size", "sum"): WHOLE,
    ("scan.fieldplan", "guess", "prod"): "one factor after the other",
    ("scan.run", "_work", "sum"): COST,
    ("scan.tasks", "half_planted", "prod"): WHOLE,
}


def parsed(module):
    return ast.parse(MODULES[module].read_text())


def imported(tree):
    """Modules of glassnet that a module imports, at its top level or inside functions."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            name = name.removeprefix("glassnet.") if name.startswith("glassnet.") else ""
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            if name:
                yield name


def closure(start=START):
    """Syntax trees of all modules between the run file and the chain, by name."""
    found, left = {}, [start]
    while left:
        module = left.pop()
        if module in found or module in ENDS or module.split(".")[0] in ENDS:
            continue
        found[module] = parsed(module)
        left += imported(found[module])
    return found


def suspects(tree):
    """(function, operation) of everything in a module whose last digit may depend on the machine."""
    found = []

    def look(node, function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        found.extend((function, operation) for operation in operations(node))
        for child in ast.iter_child_nodes(node):
            look(child, function)

    look(tree, "")
    return found


def operations(node):
    match node:
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            yield "@"
        case ast.BinOp(left=ast.Constant(value=int()), op=ast.Pow(), right=ast.Constant(value=int())):
            pass
        case ast.BinOp(op=ast.Pow()) | ast.AugAssign(op=ast.Pow()):
            yield "**"
        case ast.Attribute(attr=name, value=ast.Name(id="arithmetic")):
            pass
        case ast.Attribute(attr=name) if name in TRANSCENDENTAL | UNORDERED:
            yield name
        case ast.Call(func=ast.Attribute(attr=name, value=source)) if name in DRAWS and "rng" in ast.unparse(source):
            yield name
        case ast.Call(func=ast.Name(id="sum" | "pow" as name)):
            yield name
        case ast.Call(func=ast.Attribute(attr="argsort" | "argpartition" as name), keywords=keywords):
            # without a rule for equal elements their order is that of the vector code
            if not any(keyword.arg == "kind" and ast.unparse(keyword.value) == "'stable'" for keyword in keywords):
                yield name
        case ast.Import(names=names):
            yield from (alias.name for alias in names if alias.name.split(".")[0] in ("scipy", "cmath"))
        case ast.ImportFrom(module=module, names=names):
            if module.split(".")[0] == "scipy":
                yield module
            elif module in ("numpy", "math", "cmath"):
                yield from (alias.name for alias in names if alias.name in TRANSCENDENTAL | UNORDERED)


def test_every_suspect_operation_has_its_reason():
    found = {(module, *place) for module, tree in closure().items() for place in suspects(tree)}
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - found) == [], "these are allowed and no longer there"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, b):\n    return a @ b", [("f", "@")]),
        ("class C:\n    def f(self, x):\n        return np.exp(x) + x.mean()", [("C.f", "exp"), ("C.f", "mean")]),
        ("def f(x):\n    x @= 2.0\n    return x**0.5 + 2**53", [("f", "@"), ("f", "**")]),
        ("from math import tanh, ceil\nfrom scipy.special import erfcinv", [("", "tanh"), ("", "scipy.special")]),
        ("def f(rng):\n    return rng.normal(), rng.random()", [("f", "normal")]),
        (
            "def f(x):\n    return sum(x) + pow(x, 3), np.linalg.solve(x, x)",
            [("f", "sum"), ("f", "pow"), ("f", "linalg")],
        ),
        ("def f(x):\n    return np.einsum('i,i', x, x), np.add.reduce(x)", [("f", "einsum"), ("f", "reduce")]),
        (
            "def f(x):\n    return np.argsort(x), np.argsort(x, kind='stable'), x.argpartition(2)",
            [("f", "argsort"), ("f", "argpartition")],
        ),
        ("def f(x):\n    return arithmetic.exp(x) * np.sqrt(x) + np.cumsum(x)", []),
    ],
)
def test_suspect_operations_are_seen(source, found):
    assert sorted(suspects(ast.parse(source))) == sorted(found)


def test_the_way_from_the_run_file_to_the_chain_is_followed():
    """Through imports at the top of a module, of names of a package, and inside functions."""
    found = closure().keys()
    assert {"scan.tasks", "scan.fieldladders", "sampling.tempering", "ensembles.planting", "glass"} <= found
    assert not {"scan.report", "theory", "plots"} & found
    assert all(end in MODULES for end in ENDS)


#: operations of C and of numpy in the sources of the kernels
IN_KERNELS = re.compile(
    r"(?<![\w.])(?:exp2?|expm1|log2?|log10|log1p|sin|cos|tanh?|sinh|cosh|powf?|expf|logf|fma|cbrt|hypot)\(|"
    rf"\bnp\.(?:{'|'.join(sorted(TRANSCENDENTAL | UNORDERED))})\b|"
    r"\.(?:sum|mean|prod|dot)\(|(?<=[\w)\]]) @ |math\.h|libc\.math|_mm\d*_(?:fn?m(?:add|sub)|rcp|rsqrt)\w*"
)
MARGINS = "of a first guess, or of the margin within which a decision is taken in full instead: none depends on it"
KERNELS_ALLOWED = {
    ("arithmetic.pyx", "exp("): "its own",
    ("arithmetic.pyx", "log("): "its own",
    ("arithmetic.pyx", "tanh("): "its own",
    ("realvalued.pyx", "np.log2"): MARGINS,
    ("realvalued.pyx", "np.exp2"): MARGINS,
    ("realvalued_isa.h", "_mm512_fmadd_ps"): MARGINS,
    ("realvalued_isa.h", "_mm512_rcp14_ps"): MARGINS,
    ("realvalued_isa.h", "_mm256_rcp_ps"): MARGINS,
    ("realvalued.pyx", ".sum("): WHOLE,
    ("recording.pyx", "@"): "integers below 2^53, or far above the 2^31 that they are compared with",
}


def kernel_sources():
    """Sources of the kernels that a module on the way imports, with all that they include: {name: text}."""
    names = {
        alias.name
        for module, tree in closure().items()
        for node in ast.walk(tree)
        if module != "kernels" and isinstance(node, ast.ImportFrom) and node.module == "glassnet.kernels"
        for alias in node.names
    }
    left, found = [f"{name}.pyx" for name in names], {}
    while left:
        name = left.pop()
        if name not in found:
            found[name] = text = (SOURCES / name).read_text()
            quoted = re.findall(r'(?:#include|include|extern from) "(\w+\.\w+)"', text)
            left += [header for header in quoted if (SOURCES / header).exists()]
    return found


def without_comments(name, text):
    pattern = r"/\*.*?\*/|//[^\n]*" if name.endswith(".h") else r'""".*?"""|#[^\n]*'
    return re.sub(pattern, "", text, flags=re.DOTALL)


@pytest.mark.skipif(not SOURCES.is_dir(), reason="an installed package without its sources")
def test_kernels_call_no_functions_of_the_machine():
    sources = kernel_sources()
    assert {
        "arithmetic.pyx",
        "bitsliced.pyx",
        "realvalued.pyx",
        "recording.pyx",
        "portable.h",
        "isa.h",
    } <= sources.keys()
    found = {
        (name, match.strip())
        for name, text in sources.items()
        for match in IN_KERNELS.findall(without_comments(name, text))
    }
    assert found == KERNELS_ALLOWED.keys()


@pytest.mark.skipif(not SOURCES.is_dir(), reason="an installed package without its sources")
def test_kernels_are_compiled_without_fused_multiply_adds():
    build = (SOURCES.parent / "setup.py").read_text()
    assert '"-ffp-contract=off"' in build
    assert "fast-math" not in build + "".join(kernel_sources().values())
