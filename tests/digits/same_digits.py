"""Which names, methods and operators give the same last digit on every machine; the others are found in syntax trees.

A function that nobody has thought of is refused: it is in none of the lists.
"""

import ast
import sys
from pathlib import Path

import numpy as np
import xarray as xr

import glassnet

ROOT = Path(glassnet.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def words(text):
    return set(text.split())


#: packages that compute nothing here: they store, check and show
HARMLESS = words("glassnet h5py pydantic rich mpi4py")
#: modules of the standard library that compute, or bring what does
COMPUTING = words(
    "math cmath operator statistics random ctypes importlib runpy subprocess multiprocessing builtins code codeop"
)
#: what is taken of packages and modules that compute: the result is the same on every machine, because it is ...
SAME = {
    "numpy": {
        "a type, a constant, or what is said of one": """
            bool_ dtype errstate float32 float64 generic inf int32 int64 int8 integer issubdtype iterable ma.MaskedArray
            nan ndarray ndim shape typing.ArrayLike typing.NDArray uint16 uint64 uint8 __version__
        """,
        "new, copied or rearranged elements": """
            arange array asarray ascontiguousarray broadcast_to concatenate empty frombuffer full indices ones packbits
            put_along_axis repeat stack swapaxes take_along_axis tile unpackbits where zeros zeros_like
        """,
        "found by comparison": """
            argmax argmin array_equal clip flatnonzero isfinite isin isnan lexsort logical_not
            ma.getmaskarray max maximum minimum nonzero searchsorted setdiff1d sign sort unique
        """,
        "an operation of IEEE 754 or two, each": "abs diff divide floor invert linspace rint sqrt subtract.outer",
        "one element after the other": "bincount cumprod cumsum",
        "made of integers": "random.Generator random.PCG64 random.SeedSequence",
    },
    "math": {
        "an operation of IEEE 754, or none": "ceil floor inf isfinite isinf isnan sqrt",
        "one factor after the other": "prod",
    },
    "operator": {"an operation of IEEE 754, or none": "index mul"},
    "importlib": {"whether there is a module": "util.find_spec"},
    "xarray": {"labels for arrays": "Dataset Variable"},
}
#: these, and the packages that may be imported whole
ALLOWED_NAMES = {f"{package}.{name}" for package, known in SAME.items() for name in words(" ".join(known.values()))}
ALLOWED_NAMES |= words("numpy math operator xarray")
#: classes whose methods compute; an attribute of anything that has the name of one of theirs is looked at
CLASSES = (np.ndarray, np.ufunc, np.random.Generator, xr.DataArray, xr.Dataset)
METHODS = {name for kind in CLASSES for name in dir(kind) if not name.startswith("_")}
METHODS |= set(dir(np.ndarray)) - set(dir(object)) | {"__getattribute__"}
#: the order in which ranks are added up is that of the MPI library
METHODS |= words("reduce allreduce Reduce Allreduce Reduce_scatter Ireduce Iallreduce exscan Exscan Scan")
#: those whose result is the same on every machine
ALLOWED_METHODS = words(
    # elements as they are
    "T astype copy ctypes data dtype flags itemsize nbytes ndim ravel reshape shape size sizes str tobytes tolist "
    "transpose view "
    # found by comparison, or by counting
    "all any argmin argmax max min count "
    # to whole numbers
    "round "
    # random numbers made of integers
    "bit_generator choice integers permutation permuted random "
    # tables and their labels, and other things that have the same names
    "assign assign_attrs attrs close coords data_vars dims drop_vars dumps encoding get items keys load name "
    "set_coords signature update values variables"
)
#: sorted the same everywhere only where equal elements keep their order
SORTS = words("argsort argpartition")
#: of Python itself: sums and powers, and what brings any function by its name
BUILTINS = words("sum pow complex eval exec compile globals locals vars __import__")
BACK_DOORS = words("sys.modules")
#: module, function and what it does there, with sums of signs
OF_SIGNS = (
    "network.learning.alignment walk_overlap @",
    "network.learning.alignment walk_overlap sum",
    "network.learning.majority votes sum",
    "network.path_glasses DataCouplings.__call__ mean",
    "network.path_glasses DataCouplings.__init__ mean",
    "network.sign_networks _blocks numpy.matmul",
    "network.sign_networks _blocks sum",
    "network.sign_networks outputs numpy.prod",
    "network.tasks.images _blocks sum",
    "network.tasks.two_classes BinaryTask.mean sum",
    "network.tasks.two_classes parity_of_signs sum",
    "network.tasks.two_classes teacher sum",
    "studies.learned_networks _errors sum",
    "studies.learned_networks _mean_error sum",
)
#: the same of functions that a scan does not call
OF_OTHERS = (
    *(f"network.learning.alignment {name} @" for name in ("_climbed", "_from_input", "_from_output", "_total")),
    *(f"network.learning.alignment {name} sum" for name in ("_total", "gauge_overlap")),
    "network.path_glasses _neuron_signs.sweep sum",
    "network.path_glasses single_output_energy numpy.tanh",
    "network.path_glasses single_output_energy sum",
    "network.sign_networks errors @",
    "network.sign_networks errors numpy.prod",
    "network.tasks.two_classes BinaryTask.__str__ mean",
)


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


def closure(start, ends=()):
    """Syntax trees of a module and of all modules that it needs, by name, as far as the ends."""
    found, left = {}, [start]
    while left:
        module = left.pop()
        if module in found or any(module == end or module.startswith(f"{end}.") for end in ends):
            continue
        found[module] = parsed(module)
        left += imported(found[module])
    return found


def suspects(tree):
    """(function, operation) of everything in a module whose last digit may depend on the machine."""
    found = Suspects(tree)
    found.visit(tree)
    return found.places


def _computes(path):
    """Whether a dotted path leads into a package that computes."""
    package = path.split(".")[0]
    return package not in HARMLESS and (package not in sys.stdlib_module_names or package in COMPUTING)


def _is_module(path):
    """Whether a dotted path is that of a module: of Python, or of our own, which are looked through themselves."""
    ours = path.removeprefix("glassnet.")
    return path in sys.stdlib_module_names or ours in MODULES or ours.startswith("kernels.")


class Suspects(ast.NodeVisitor):
    """Looks through a module for names, methods and operators that nobody has said to be the same on every machine."""

    def __init__(self, tree):
        self.places, self._function = [], ""
        #: what names stand for, by the imports of the module, wherever they are
        self._meaning = {}
        for node in ast.walk(tree):
            for alias in node.names if isinstance(node, ast.Import) else []:
                first = alias.name.split(".")[0]
                self._meaning[alias.asname or first] = alias.name if alias.asname else first
            for alias in node.names if isinstance(node, ast.ImportFrom) else []:
                self._meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _found(self, operation):
        self.places.append((self._function, operation))

    def _inside(self, node):
        outer, self._function = self._function, f"{self._function}.{node.name}".lstrip(".")
        self.generic_visit(node)
        self._function = outer

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _inside

    def visit_Import(self, node):
        for alias in node.names:
            self._look_up(alias.name, whole=True)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            self._look_up(f"{node.module}.{alias.name}")

    def _look_up(self, path, whole=False):
        """A dotted path: whether its results are known to be the same; a whole package is imported, and no more."""
        if _computes(path):
            refused = path not in ALLOWED_NAMES or not (whole or "." in path)
        else:
            refused = path in BACK_DOORS or (path == "glassnet" and not whole)
        if refused:
            self._found(path)

    def _path(self, node):
        """Dotted path of a name that was imported, and of its attributes; None of everything else."""
        match node:
            case ast.Name(id=name):
                return self._meaning.get(name)
            case ast.Attribute(value=value, attr=name):
                path = self._path(value)
                return path and f"{path}.{name}"

    def visit_Name(self, node):
        path = self._path(node)
        if path is not None:
            # a package that is handed on may be asked for anything
            self._look_up(path)
        elif node.id in BUILTINS:
            self._found(node.id)

    def visit_Attribute(self, node):
        self._attribute(node.value, node.attr)

    def _attribute(self, value, name):
        path = self._path(value)
        if path is None:
            self._method(name)
            self.visit(value)
        elif path == "glassnet" and name != "__version__":
            # loaded when it is first used, by a name that the way is not followed along
            self._found(f"glassnet.{name}")
        elif _computes(path) or f"{path}.{name}" in BACK_DOORS:
            self._look_up(f"{path}.{name}")
        else:
            if not _is_module(path):
                # what was imported from a module may be an array
                self._method(name)
            if isinstance(value, ast.Attribute):
                self._attribute(value.value, value.attr)

    def _method(self, name):
        if name in METHODS - ALLOWED_METHODS:
            self._found(name)

    def visit_Call(self, node):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=value), keywords=keywords) if name in SORTS:
                if any(keyword.arg == "kind" and ast.unparse(keyword.value) == "'stable'" for keyword in keywords):
                    for part in [*node.args, *keywords, *([] if self._path(value) else [value])]:
                        self.visit(part)
                    return
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=name), *rest]):
                self._attribute(value, name)
                for part in rest:
                    self.visit(part)
                return
            case ast.Call(func=ast.Name(id="getattr")):
                self._found("getattr")
        self.generic_visit(node)

    def visit_BinOp(self, node):
        match node:
            case ast.BinOp(left=ast.Constant(value=int()), op=ast.Pow(), right=ast.Constant(value=int())):
                pass
            case ast.BinOp(op=operator):
                self._operator(operator)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, complex):
            # its absolute value is hypot
            self._found("complex")

    def visit_AugAssign(self, node):
        self._operator(node.op)
        self.generic_visit(node)

    def _operator(self, operator):
        if isinstance(operator, ast.MatMult | ast.Pow):
            self._found("@" if isinstance(operator, ast.MatMult) else "**")
