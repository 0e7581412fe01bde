"""The plan of the house, read from the syntax trees: who imports whom, how large a room may grow, what import costs."""

import ast
import re
import subprocess
import sys
from collections import Counter
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
        "_face",
        "_wiring",
        "_catalogue",
        "_dilution",
        "_tables",
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
    {"studies"},
    {"plots"},
    {"scan"},
    {"cli"},
    {"__main__"},
)
STEP = {room: step for step, rooms in enumerate(ORDER) for room in rooms}
#: the only steps to the right: samplers describe their dataset; a result draws itself and writes the next run file
#: when asked to, and a scan looks at its result when it has ended
EXTRA = {("sampling", "chains.schema")}
EXTRA_INSIDE_FUNCTIONS = {
    ("analysis", "plots"),
    ("exact", "plots"),
    ("sampling", "plots"),
    ("theory", "plots"),
    ("studies", "plots"),
    ("analysis", "scan.report.next_run"),
    ("scan.execute", "scan.report.writing"),
}
#: heavy or optional packages and the only modules that may import them
GUARDED = {
    "mpi4py": {"scan.execute.farm"},
    "h5py": {"chains"},
    "pydantic": {"scan.runfile"},
    "rich": {"_terminal", "scan.execute.progress"},
    "matplotlib": {"plots"},
    "jinja2": {"scan.report"},
    "tomlkit": {"scan.report"},
    "sklearn": {"network"},
    "threadpoolctl": {"scan.cost.calibration", "scan.execute.run"},
    "torch": {"network.torch"},
}
#: the underscores of namedtuple only keep its methods apart from its fields
NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}
INSIDE_FUNCTIONS_ONLY = {"jinja2", "matplotlib", "mpi4py", "rich", "sklearn", "tomlkit"}

TESTS = Path(__file__).parent
#: folders of tests that go by no room of the package: campaigns with odd values, the same digits everywhere,
#: statistical tests of several modules, and what lies beside the package in the repository
WHOLE = {"campaigns", "digits", "exactness", "repository"}
#: tests of a room by a subject that several of its modules share
SUBJECTS = {
    "chains.untrusted_files",
    *(
        f"kernels.{name}"
        for name in ("generator", "idle_lanes", "instruction_set_choice", "instruction_sets", "portable")
    ),
    *("sampling.arguments", "sampling.threads", "scan.report.effective_dilution"),
    *(f"scan.{name}" for name in ("damage", "frozen", "mpi")),
    *("scan.results_of_field_integration", "scan.scans_with_field_integration", "scan.uneven_samples"),
}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
TREES = {module: ast.parse(path.read_text()) for module, path in MODULES.items()}
#: packages, that of the whole house aside
ROOMS = [module for module, path in MODULES.items() if path.name == "__init__.py" and module != "__init__"]


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_for_checkers(node):
    """Whether nothing in a block runs: what it imports is for type checkers alone."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree):
    """(dotted name, imported inside a function) of everything a module imports when it runs."""
    inside = {id(node) for function in functions(tree) for node in ast.walk(function)}
    for_checkers = {id(node) for block in ast.walk(tree) if is_for_checkers(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in for_checkers:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute in this house"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in inside


def within(module, room):
    return module == room or module.startswith(f"{room}.")


def may_step_right(module, target, inside):
    extra = EXTRA | EXTRA_INSIDE_FUNCTIONS if inside else EXTRA
    return any(within(module, here) and within(target, there) for here, there in extra)


def trespasses(module, tree):
    """What a module imports against the order of the rooms."""
    room, refused = module.split(".")[0], []
    for name, inside in imports(tree):
        target = name.removeprefix("glassnet.")
        other = target.split(".")[0]
        if not name.startswith("glassnet.") or other not in STEP:
            continue
        allowed = other == room or STEP[other] < STEP[room] or STEP[other] == STEP[room] == 0
        if not allowed and not may_step_right(module, target, inside):
            refused.append(name)
    return refused


def order_in(room):
    """Modules of a room in the order in which its docstring says that they import each other."""
    docstring = " ".join((ast.get_docstring(TREES[room]) or "").split())
    names = re.search(r"Import order: ([\w, ]+)\.", docstring)
    return names[1].split(", ") if names else []


def modules_in(room):
    """Modules and rooms right inside a room."""
    return {name.removeprefix(f"{room}.").split(".")[0] for name in MODULES if name.startswith(f"{room}.")}


def trespasses_inside(room, order, module, tree):
    """What a module inside a room imports against the order of that room."""
    refused, here = [], module.removeprefix(f"{room}.").split(".")[0]
    for name, inside in imports(tree):
        target = name.removeprefix("glassnet.")
        there = target.removeprefix(f"{room}.").split(".")[0]
        if not target.startswith(f"{room}.") or there not in order or there == here:
            continue
        if order.index(there) > order.index(here) and not may_step_right(module, target, inside):
            refused.append(name)
    return refused


def badly_guarded(module, tree):
    """Guarded packages a module imports where it may not, or at its top level."""
    refused = []
    for name, inside in imports(tree):
        package = name.split(".")[0]
        if package in GUARDED:
            at_home = any(within(module, home) for home in GUARDED[package])
            if not at_home or (package in INSIDE_FUNCTIONS_ONLY and not inside):
                refused.append(name)
    return refused


def private_names(tree):
    """Names with an underscore that a module takes from another one: it neither defines them nor has them itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            own.add(node.arg)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("glassnet."):
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name.startswith("_"))
        elif isinstance(node, ast.Attribute) and re.fullmatch(r"_[^_]\w*", node.attr):
            # a class shares its private names with those derived from it
            inherited = ast.unparse(node.value) in ("self", "super()")
            yield from [ast.unparse(node)] * (not inherited and node.attr not in own | NAMED_TUPLES)


def test_imports_go_one_way():
    rooms = {module.split(".")[0] for module in MODULES} - {"__init__"}
    assert rooms == set(STEP), "a room needs its place in the order"
    refused = {module: trespasses(module, tree) for module, tree in TREES.items() if module != "__init__"}
    assert {module: names for module, names in refused.items() if names} == {}


def test_imports_go_one_way_inside_rooms():
    for room in ROOMS:
        order = order_in(room)
        assert sorted(order) == sorted(modules_in(room)), f"{room} names its modules in their order"
        for module in (name for name in MODULES if name.startswith(f"{room}.")):
            assert trespasses_inside(room, order, module, TREES[module]) == [], module


def test_heavy_packages_are_imported_where_they_may_be():
    refused = {module: badly_guarded(module, tree) for module, tree in TREES.items()}
    assert {module: names for module, names in refused.items() if names} == {}


def test_no_module_uses_a_private_name_of_another():
    used = {module: list(private_names(tree)) for module, tree in TREES.items()}
    assert {module: names for module, names in used.items() if names} == {}


def patched_names(tree):
    """Names with an underscore that a test replaces in a module: monkeypatch.setattr(module, "_name", value)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            texts = (arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
            yield from (text for text in texts if re.fullmatch(r"_[^_]\w*", text.split(".")[-1]))


def test_tests_use_public_names():
    assert list(patched_names(ast.parse("m.setattr(a, '_b', 1)\nm.setattr('a._c', 1)\nm.setattr(a, 'd', 1)"))) == [
        "_b",
        "a._c",
    ]
    private = {}
    for path in TESTS.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = [name for name in private_names(tree) if not name.endswith("._repr_html_") and name != "os._exit"]
        private[str(path.relative_to(TESTS))] = [*names, *patched_names(tree)]
    assert {name: names for name, names in private.items() if names} == {}


def test_tests_mirror_the_rooms():
    """One file for one module, or for one aspect of it that the name goes on with."""
    known = {*MODULES, *SUBJECTS, *(f"kernels.{path.name.split('.')[0]}" for path in (ROOT / "kernels").glob("*.so"))}
    apart, modules = [], set()
    for path in TESTS.rglob("test_*.py"):
        *folders, name = path.relative_to(TESTS).with_suffix("").parts
        module = ".".join((*folders, name.removeprefix("test_")))
        modules.add(module)
        if not folders or folders[0] in WHOLE:
            continue
        if module not in known and not any(module.startswith(f"{one}_") for one in known):
            apart.append(module)
    assert apart == []
    assert modules >= SUBJECTS, "named here and no longer there"


def test_only_the_version_is_taken_from_the_package_itself():
    """`glassnet.something` loads lazily and would walk around the order of the rooms."""
    for tree in TREES.values():
        taken = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "glassnet"
        }
        names = {name for name, _ in imports(tree) if name.startswith("glassnet.") and name.count(".") == 1}
        assert taken <= {"__version__"}
        assert names <= {f"glassnet.{name}" for name in (*STEP, "__version__")}


def test_wrong_imports_are_caught():
    def wrong(module, source):
        return trespasses(module, ast.parse(source))

    assert wrong("glass", "from glassnet.sampling import ladder") == ["glassnet.sampling.ladder"]
    assert wrong("exact", "from glassnet import theory") == ["glassnet.theory"]
    assert wrong("sampling.walkers", "import glassnet.chains.store") == ["glassnet.chains.store"]
    assert wrong("sampling.walkers", "from glassnet.chains import schema") == []
    assert wrong("analysis.verdict.rules", "from glassnet import plots") == ["glassnet.plots"]
    assert wrong("analysis.verdict.rules", "def plot():\n    from glassnet import plots") == []
    assert wrong("cli", "def main():\n    from glassnet.scan.execute import run") == []
    order, tree = ["low", "high"], ast.parse("from glassnet.scan import high")
    assert trespasses_inside("scan", order, "scan.low", tree) == ["glassnet.scan.high"]
    assert trespasses_inside("scan", order, "scan.high.above", tree) == []
    assert badly_guarded("plots", ast.parse("import matplotlib.pyplot as plt")) == ["matplotlib.pyplot"]
    assert badly_guarded("plots", ast.parse("def draw():\n    import matplotlib.pyplot as plt")) == []
    assert badly_guarded("scan.tasks.stop", ast.parse("def rank():\n    import mpi4py")) == ["mpi4py"]
    private = "from glassnet.a import b\nfrom glassnet.c import _d\nb._e()\nb.f()\nb.__name__\nself._g = b._replace()"
    assert sorted(private_names(ast.parse(private))) == ["b._e", "glassnet.c._d"]


def test_rooms_stay_small():
    """No module above 400 lines, no function above 60 without its docstring, no folder above 14 modules."""
    lengths = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > 400} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 130
    for module, tree in TREES.items():
        for function in functions(tree):
            docstring = function.body[0] if ast.get_docstring(function) else None
            length = function.end_lineno - function.lineno + 1
            length -= docstring.end_lineno - docstring.lineno + 1 if docstring else 0
            assert length <= 60, f"{module}.{function.name} has {length} lines"
    for folder in {path.parent for path in MODULES.values()}:
        modules = [path.name for path in folder.glob("*.py") if path.name not in ("__init__.py", "__main__.py")]
        assert len(modules) <= 14, f"{folder.name} has {len(modules)} modules"


def test_folders_of_tests_stay_small():
    """No file of tests above 400 lines, no folder above 14 of them."""
    lengths = {path.relative_to(TESTS): len(path.read_text().splitlines()) for path in TESTS.rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}
    numbers = Counter(path.parent for path in lengths if path.name.startswith("test_"))
    assert {str(folder): number for folder, number in numbers.items() if number > 14} == {}


def test_every_module_says_what_it_is():
    assert [module for module, tree in TREES.items() if not ast.get_docstring(tree)] == []


def modules_after(statement):
    program = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    command = [sys.executable, "-P", "-c", program]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_is_cheap():
    """A thousand ranks do it at once: nothing but the package itself and a handful of the standard library."""
    loaded = modules_after("import glassnet")
    heavy = {"numpy", "scipy", "xarray", "h5py", "jinja2", "matplotlib", "mpi4py", "pydantic", "rich", "pandas"}
    assert not heavy & {name.split(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("glassnet")} == {"glassnet", "glassnet._face"}


def test_sampling_needs_neither_storage_nor_figures_nor_mpi():
    loaded = modules_after("import glassnet; glassnet.ParallelTempering; glassnet.ladder; glassnet.ensembles")
    forbidden = {"h5py", "matplotlib", "mpi4py", "pydantic", "rich"}
    assert not forbidden & {name.split(".")[0] for name in loaded}


def test_the_house_without_mpi_and_figures_until_they_are_asked_for():
    rooms = "; ".join(f"import glassnet.{room}" for room in ("exact", "theory", "chains", "analysis", "scan", "cli"))
    loaded = modules_after(rooms)
    assert not {"jinja2", "matplotlib", "mpi4py"} & {name.split(".")[0] for name in loaded}


def test_public_names_are_there():
    for name in glassnet.__all__:
        assert getattr(glassnet, name) is not None
        assert name in dir(glassnet)
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'nothing'"):
        _ = glassnet.nothing
