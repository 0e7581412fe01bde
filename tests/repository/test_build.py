"""What a change of a file in ext/ compiles again: the kernels that it reaches, by the compiler's own account."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("setuptools")
ROOT = Path(__file__).parents[2]
KERNELS = sorted(path.stem for path in ROOT.glob("ext/*/*.pyx"))
pytestmark = pytest.mark.skipif(not KERNELS, reason="an installed package without its sources")


@pytest.fixture
def dependencies(monkeypatch):
    """Files that a kernel depends on, as setup.py finds them, below ext/."""
    monkeypatch.chdir(ROOT)
    spec = importlib.util.spec_from_file_location("setup_of_glassnet", ROOT / "setup.py")
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    return lambda name: {
        path.relative_to("ext").as_posix() for path in setup.dependencies(Path("ext", name, f"{name}.pyx"))
    }


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no compiler")
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_depends_on_the_headers_that_the_compiler_reads(dependencies, name):
    found = dependencies(name)
    texts = [(ROOT / "ext" / file).read_text() for file in [f"{name}/{name}.pyx", *found] if not file.endswith(".h")]
    headers = re.findall(r'cdef extern from "([\w.]+)"', "".join(texts))
    command = ["cc", "-MM", "-x", "c", "-I", f"ext/{name}", "-I", "ext/common", "-"]
    source = "".join(f'#include "{header}"\n' for header in headers)
    listed = subprocess.run(command, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert {file for file in found if file.endswith(".h")} == set(re.findall(r"ext/(\S+)", listed))


def test_cimported_declarations_are_followed(dependencies):
    """Directly, through another declaration, and a module's own."""
    assert {"common/exchange.pxd", "common/glassnet/kernels/sampler.pxd"} <= dependencies("realvalued")
    assert "common/glassnet/kernels/sampler.pxd" in dependencies("sampler")
    assert not any(file.endswith(".pxd") for file in dependencies("persistence"))
