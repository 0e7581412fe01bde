"""The worked examples of CONTRIBUTING.md that are compiled, an instruction set and a measurement: two files each.

The sets have vectors of each length and no x86 instructions that templates name: what a set off x86-64 begins with.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXT = ROOT / "ext"
pytestmark = pytest.mark.skipif(
    not EXT.is_dir() or shutil.which("cc") is None, reason="an installed package without its sources, or no compiler"
)


def blocks(title):
    """Blocks of code in a section of CONTRIBUTING.md."""
    section = (ROOT / "CONTRIBUTING.md").read_text().partition(f"### {title}\n")[2].partition("\n### ")[0]
    return re.findall(r"```\w+\n(.*?)```", section, flags=re.DOTALL)


#: suffix: bytes of a vector
SETS = {"wide": 64, "half": 32, "narrow": 16}
LINES = """
#define VBYTES_{suffix} {size}
#define INTRINSICS_{suffix} 0
#define TARGET_{suffix}
#define HAS_{suffix} 1
#define COUNTING_TARGET_{suffix}
#define HAS_COUNTING_{suffix} 1
#define ones_{suffix} ones_plain
"""
READ_ONCE_MORE = """
#define ISA {suffix}
#include ISA_TEMPLATE
#undef ISA
"""


def changed(path, *pairs):
    """Write each second text behind the first."""
    text = path.read_text()
    for before, new in pairs:
        assert text.count(before) == 1, before
        text = text.replace(before, before + new)
    path.write_text(text)


def add_sets(ext):
    """To `ext`, in two files."""
    isa, each = ext / "common/isa.h", ext / "common/each_isa.h"
    rows = "".join(f' ROW(with, {suffix}, "{suffix}")' for suffix in SETS)
    lines = "".join(LINES.format(suffix=suffix, size=size) for suffix, size in SETS.items())
    for table in [line for line in isa.read_text().splitlines() if line.startswith("#define ISA_TABLE")]:
        changed(isa, (table, rows))
    row, example, template = blocks("An instruction set")
    changed(isa, (' ROW(with, v3, "v3")', row.rstrip()), ("#define ones_v3 __builtin_popcountll\n", example))
    changed(isa, ("#define HAS_COUNTING_plain 1\n", lines))
    templates = "".join(READ_ONCE_MORE.format(suffix=suffix) for suffix in SETS)
    once = "#define ISA {}\n#include ISA_TEMPLATE\n#undef ISA\n".format
    changed(each, (once("plain"), templates), (once("v3"), template))


def add_measurement(root):
    """To the package at `root`, in two files."""
    row, name, function, call = blocks("An observable that is measured while the chain runs")
    header = root / "ext/recording/recording.h"
    changed(
        header,
        ("#define MEASUREMENTS(ROW) \\\n", name),
        ("#define NEXT(r, name) ((r)->next[measured_##name])\n", function),
    )
    changed(header, ("        record_planted(r, NEXT(r, planted_overlap));\n", call))
    changed(root / "glassnet/chains/schema.py", ("MEASUREMENTS = {\n", row))


@pytest.mark.parametrize("machine", ["this one", "one without x86 instructions"])
@pytest.mark.parametrize("kernel", ["bitsliced", "realvalued", "recording", "enumeration"])
def test_templates_compile_for_vectors_of_any_length(tmp_path, kernel, machine):
    """No template takes the length of a vector for an instruction set."""
    shutil.copytree(EXT, tmp_path / "ext")
    shutil.copytree(ROOT / "glassnet/chains", tmp_path / "glassnet/chains")
    add_sets(tmp_path / "ext")
    add_measurement(tmp_path)
    if machine != "this one":
        isa = tmp_path / "ext/common/isa.h"
        isa.write_text(isa.read_text().replace("defined(__x86_64__)", "0"))
    headers = ["stdint.h", "stddef.h", "stdlib.h", "string.h", "math.h", f"{kernel}.h"]
    source = "".join(f"#include <{header}>\n" for header in headers)
    folders = ["-I", str(tmp_path / "ext" / kernel), "-I", str(tmp_path / "ext/common")]
    command = ["cc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-Wno-unused-function", *folders]
    done = subprocess.run([*command, "-x", "c", "-"], input=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:3000]


PROGRAM = """
import sys
import numpy as np
import glassnet as gn
from glassnet.kernels import bitsliced
from glassnet.scan.runfile.schema import parse
assert set(sys.argv[1:]) <= set(bitsliced.instruction_sets()), bitsliced.instruction_sets()
for couplings in ("binary", "gaussian"):
    glass = gn.ensembles.walks((5, 4, 3, 5), 1.5, seed=1, couplings=couplings)
    chain = gn.ParallelTempering(glass, [0.5, 1.0, 2.0], 3, seed=1)
    record = chain.run(20, measure=["weights", "magnetisation"])
    weights = np.unpackbits(record.weights.values, axis=-1, bitorder="little", count=glass.n_weights)
    up = weights.sum(axis=-1, dtype=np.int64)
    assert np.allclose((2 * up - glass.n_weights) / glass.n_weights, record.magnetisation.values, rtol=1e-15)
    assert record.magnetisation.encoding == {"dtype": "int32", "scale_factor": 1 / glass.n_weights}
"""


@pytest.mark.slow
def test_they_are_built_and_give_the_same_chains(tmp_path):
    """Three sets and a measurement more, built; every chain on every set has the same bits as on the others."""
    pytest.importorskip("Cython")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(EXT, tmp_path / "ext")
    shutil.copytree(ROOT / "glassnet", tmp_path / "glassnet", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    add_sets(tmp_path / "ext")
    add_measurement(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    own = ["tests/kernels/test_instruction_sets.py", "tests/kernels/test_enumeration.py"]
    for command in (
        ["setup.py", "-q", "build_ext", "--inplace"],
        ["-P", "-c", PROGRAM, *SETS, *(["v2"] if platform.machine() == "x86_64" else [])],
        ["-P", "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *(str(ROOT / name) for name in own)],
    ):
        done = subprocess.run(
            [sys.executable, *command], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=1500
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
