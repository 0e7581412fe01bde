"""The same digits on every machine: processes with other cores, other code of numpy and of the kernels, one digest.

machine.py says what is computed: glasses of all kinds, planted states and their energies, ladders by rule and by
pilots, scans. Each process reports what it runs on, so that a variable that nobody reads does not pass for a test; and
it computes what is known to depend on the machine, so that a test which cannot fail is noticed.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from glassnet.kernels import bitsliced

SETS = bitsliced.instruction_sets()
CHILD = Path(__file__).parent / "machine.py"
#: kernels of OpenBLAS for x86-64, and what a processor needs for them, as /proc/cpuinfo names it
BLAS = {
    "Prescott": {"pni"},
    "Nehalem": {"sse4_2"},
    "Sandybridge": {"avx"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"},
    "Cooperlake": {"avx512_bf16"},
}


@functools.cache
def computed(cores="all", **variables):
    """What a process finds under these environment variables."""
    unset = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "GLASSNET_ISA", "NPY_DISABLE_CPU_FEATURES")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", str(CHILD), folder, cores]
        done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def usual():
    """On all cores, with everything the processor has."""
    return computed(OPENBLAS_NUM_THREADS="2")


def differing(found, expected):
    assert found.keys() == expected.keys()
    return [name for name in expected if found[name] != expected[name]]


def features():
    """What numpy has code for here beyond its baseline."""
    return usual()["here"]["numpy"]


def test_one_core_and_another_instruction_set():
    other = SETS[len(SETS) // 2]
    found = computed(cores="one", OPENBLAS_NUM_THREADS="1", GLASSNET_ISA=other)
    assert (found["here"]["cores"], found["here"]["instruction set"]) == (1, other)
    assert differing(found["digests"], usual()["digests"]) == []


@pytest.mark.parametrize("spared", [0, 1], ids=["baseline", "one step up"])
def test_other_code_of_numpy(spared):
    """numpy with its baseline alone, or with the first of its further steps; the slowest kernels."""
    if len(features()) <= spared:
        pytest.skip("numpy has no further code for this processor")
    off = features()[spared:]
    found = computed(NPY_DISABLE_CPU_FEATURES=" ".join(off), GLASSNET_ISA=SETS[-1])
    assert found["here"]["numpy"] == features()[:spared]
    assert found["here"]["instruction set"] == SETS[-1]
    assert differing(found["digests"], usual()["digests"]) == []


@pytest.mark.skipif(len(SETS) < 2, reason="numpy has no further code for this processor")
def test_what_depends_on_the_machine_is_seen():
    """Transcendental functions of numpy change with the code it is allowed: that is what these tests would catch."""
    found = computed(NPY_DISABLE_CPU_FEATURES=" ".join(features()), GLASSNET_ISA=SETS[-1])
    assert "transcendental" in differing(found["witnesses"], usual()["witnesses"])


@pytest.mark.slow
@pytest.mark.parametrize("kernel", BLAS)
def test_other_kernels_of_openblas(kernel):
    """Forced by OPENBLAS_CORETYPE, on one thread and on two; skipped where the processor cannot run them."""
    flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), "")
    if not BLAS[kernel] <= set(flags.split()):
        pytest.skip(f"this processor cannot run the kernels for {kernel}")
    if not usual()["here"]["blas"]:
        pytest.skip("numpy has no OpenBLAS, or threadpoolctl is missing")
    found = computed(OPENBLAS_CORETYPE=kernel, OPENBLAS_NUM_THREADS="1")
    taken = found["here"]["blas"]
    if kernel not in taken and taken == usual()["here"]["blas"]:
        pytest.skip(f"this OpenBLAS has no kernels for {kernel}, it took {taken[0]} as always")
    assert differing(found["digests"], usual()["digests"]) == []


@pytest.mark.slow
@pytest.mark.parametrize("isa", SETS)
def test_every_instruction_set(isa):
    assert differing(computed(GLASSNET_ISA=isa)["digests"], usual()["digests"]) == []
