"""The plan of the house, read from the syntax trees: who imports whom, how large a room may grow, what import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet

ROOT = Path(glassnet.__file__).parent
#: every room may import those to its left; what shares a step does not know each other
ORDER = (
    {
        "_memory",
        "_random",
        "_checks",
        "_meant",
        "_wiring",
        "_dilution",
        "_progress",
        "_terminal",
        "_toml",
        "_exclusive",
    },
    {"kernels"},
    {"glass"},
    {"ensembles"},
    {"statistics"},
    {"exact", "sampling", "theory", "network"},
    {"chains"},
    {"analysis"},
    {"plots"},
    {"scan"},
    {"cli"},
    {"__main__"},
)
STEP = {room: step for step, rooms in enumerate(ORDER) for room in rooms}
#: the only steps to the right: samplers describe their dataset; a verdict draws itself and writes the next run file
#: when asked to
EXTRA = {("sampling", "chains.schema")}
EXTRA_INSIDE_FUNCTIONS = {("analysis", "plots"), ("analysis", "scan.suggestion")}
#: heavy or optional packages and the only modules that may import them
GUARDED = {
    "mpi4py": {"scan.farm"},
    "h5py": {"chains"},
    "pydantic": {"scan.config", "scan.mistakes"},
    "rich": {"_progress", "scan.progress"},
    "matplotlib": {"plots"},
    "sklearn": {"network"},
    "torch": {"network.torch"},
}
INSIDE_FUNCTIONS_ONLY = {"matplotlib", "mpi4py", "rich", "sklearn"}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def imports(tree):
    """(dotted name, imported inside a function) of everything a module imports."""
    inside = {id(node) for function in functions(tree) for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute in this house"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in inside


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def trespasses(module, source):
    """What a module called `module` imports against the order of the rooms."""
    room, found = module.split(".")[0], []
    for name, inside in imports(ast.parse(source)):
        if not name.startswith("glassnet."):
            continue
        target = name.removeprefix("glassnet.")
        other = target.split(".")[0]
        if other not in STEP:
            continue
        allowed = other == room or STEP[other] < STEP[room] or STEP[other] == STEP[room] == 0
        extra = EXTRA | EXTRA_INSIDE_FUNCTIONS if inside else EXTRA
        if not allowed and not any(room == here and target.startswith(there) for here, there in extra):
            found.append(name)
    return found


def order_inside(room):
    """The modules of a room in the order in which they may import each other; None where its __init__ names none."""
    for node in ast.parse(MODULES[room].read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "MODULES":
            return ast.literal_eval(node.value)
    return None


def out_of_order(room, order, module, source):
    """What a module of a room imports that the room does not name before it."""
    place, before = f"glassnet.{room}.", order[: order.index(module)]
    own = [name.removeprefix(place).split(".")[0] for name, _ in imports(ast.parse(source)) if name.startswith(place)]
    return [name for name in own if name not in before]


def badly_guarded(module, source):
    """Guarded packages a module imports where it may not, or at its top level."""
    found = []
    for name, inside in imports(ast.parse(source)):
        package = name.split(".")[0]
        if package in GUARDED:
            at_home = any(module == home or module.startswith(f"{home}.") for home in GUARDED[package])
            if not at_home or (package in INSIDE_FUNCTIONS_ONLY and not inside):
                found.append(name)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module):
    if module == "__init__":
        return
    assert module.split(".")[0] in STEP, "a new room needs its place in the order"
    source = MODULES[module].read_text()
    assert trespasses(module, source) == []
    assert badly_guarded(module, source) == []


@pytest.mark.parametrize("module", MODULES)
def test_only_the_version_is_taken_from_the_package_itself(module):
    """`glassnet.something` loads lazily and would walk around the order of the rooms."""
    tree = ast.parse(MODULES[module].read_text())
    taken = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "glassnet"
    }
    names = {name for name, _ in imports(tree) if name.startswith("glassnet.") and name.count(".") == 1}
    assert taken <= {"__version__"}
    assert names <= {f"glassnet.{name}" for name in (*STEP, "__version__")}


def test_modules_import_those_that_their_room_names_before_them():
    rooms = {room: order_inside(room) for room, path in MODULES.items() if path.name == "__init__.py"}
    rooms = {room: order for room, order in rooms.items() if order is not None}
    assert "statistics" in rooms
    for room, order in rooms.items():
        assert sorted(order) == sorted(name.split(".")[1] for name in MODULES if name.startswith(f"{room}."))
        for module in order:
            assert out_of_order(room, order, module, MODULES[f"{room}.{module}"].read_text()) == []


def test_wrong_imports_are_caught():
    order = ("estimate", "fits")
    assert out_of_order("statistics", order, "estimate", "from glassnet.statistics.fits import Fit") == ["fits"]
    assert out_of_order("statistics", order, "estimate", "from glassnet.statistics import fits") == ["fits"]
    assert out_of_order("statistics", order, "fits", "from glassnet.statistics.estimate import table") == []
    assert trespasses("glass", "from glassnet.sampling import ladder") == ["glassnet.sampling.ladder"]
    assert trespasses("exact", "from glassnet import theory") == ["glassnet.theory"]
    assert trespasses("sampling.walkers", "import glassnet.chains.store") == ["glassnet.chains.store"]
    assert trespasses("sampling.walkers", "from glassnet.chains import schema") == []
    assert trespasses("analysis.verdict", "from glassnet import plots") == ["glassnet.plots"]
    assert trespasses("cli", "def main():\n    from glassnet.scan import run") == []
    assert badly_guarded("plots", "import matplotlib.pyplot as plt") == ["matplotlib.pyplot"]
    assert badly_guarded("plots", "def draw():\n    import matplotlib.pyplot as plt") == []
    assert badly_guarded("scan.tasks", "def rank():\n    import mpi4py") == ["mpi4py"]


@pytest.mark.parametrize("module", MODULES)
def test_rooms_stay_small(module):
    """No module above 400 lines, no function above 60 without its docstring."""
    source = MODULES[module].read_text()
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 400
    for function in functions(tree):
        docstring = function.body[0] if ast.get_docstring(function) else None
        length = function.end_lineno - function.lineno + 1
        length -= docstring.end_lineno - docstring.lineno + 1 if docstring else 0
        assert length <= 60, f"{function.name} has {length} lines"


def test_the_median_room_is_small():
    lengths = sorted(len(path.read_text().splitlines()) for path in MODULES.values())
    assert lengths[len(lengths) // 2] <= 130


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is(module):
    assert ast.get_docstring(ast.parse(MODULES[module].read_text()))


def modules_after(statement):
    program = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    command = [sys.executable, "-P", "-c", program]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_is_cheap():
    """A thousand ranks do it at once: nothing but the package itself and a handful of the standard library."""
    loaded = modules_after("import glassnet")
    heavy = {"numpy", "scipy", "xarray", "h5py", "matplotlib", "mpi4py", "pydantic", "rich", "pandas"}
    assert not heavy & {name.split(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("glassnet")} == {"glassnet"}


def test_sampling_needs_neither_storage_nor_figures_nor_mpi():
    loaded = modules_after("import glassnet; glassnet.ParallelTempering; glassnet.ladder; glassnet.ensembles")
    forbidden = {"h5py", "matplotlib", "mpi4py", "pydantic", "rich"}
    assert not forbidden & {name.split(".")[0] for name in loaded}


def test_the_house_without_mpi_and_figures_until_they_are_asked_for():
    rooms = "; ".join(f"import glassnet.{room}" for room in ("exact", "theory", "chains", "analysis", "scan", "cli"))
    loaded = modules_after(rooms)
    assert not {"matplotlib", "mpi4py"} & {name.split(".")[0] for name in loaded}


def test_public_names_are_there():
    for name in glassnet.__all__:
        assert getattr(glassnet, name) is not None
        assert name in dir(glassnet)
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'nothing'"):
        _ = glassnet.nothing
