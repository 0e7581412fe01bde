#!/usr/bin/env bash
# The kernels under AddressSanitizer and UBSan, built apart from the checkout with -O1 and with -O0: any report is an
# error. Runs in the environment the tests run in (PYTEST names its pytest); gcc with its sanitizer libraries is needed.
# All kernels are covered: a compiled function that no test calls is an error, too. Takes 16 minutes of processor time.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(dirname "$(command -v "${PYTEST:-.venv/bin/pytest}")")/python
python=$(cd "$(dirname "$python")" && pwd)/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/run" "$work/called"
cp -r tests pyproject.toml "$work/run"

build() { # <flags>: an installed package in $work/<flags>
    mkdir "$work/source$1"
    cp -r setup.py pyproject.toml MANIFEST.in README.md LICENSE ext glassnet "$work/source$1"
    find "$work/source$1" -name '*.so' -delete
    isolation=
    if "$python" -c 'import Cython, setuptools' 2>/dev/null; then isolation=--no-build-isolation; fi
    GLASSNET_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -g1 $1" \
        "$python" -m pip install --quiet --no-deps $isolation --target "$work/$1" "$work/source$1"
    # arrays that end where their last element ends: the package's own may have up to a block of slack behind them
    cat > "$work/$1/glassnet/_memory.py" <<'PYTHON'
import ctypes
import weakref

import numpy as np

libc = ctypes.CDLL(None)
libc.free.argtypes = [ctypes.c_void_p]


def aligned(*shape):
    size = int(np.prod(shape))
    start = ctypes.c_void_p()
    assert libc.posix_memalign(ctypes.byref(start), ctypes.c_size_t(64), ctypes.c_size_t(8 * size)) == 0
    words = (ctypes.c_uint64 * size).from_address(start.value)
    weakref.finalize(words, libc.free, start.value)
    array = np.ctypeslib.as_array(words).reshape(shape)
    array[...] = 0
    return array
PYTHON
}

sanitized() { # <flags> <arguments of python>
    local flags=$1
    shift
    (
        cd "$work/run"
        export PYTHONPATH="$work/$flags:$work/run/tests/kernels" GLASSNET_CALLED="$work/called" PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
        export ASAN_OPTIONS="detect_leaks=0:log_path=$work/report" UBSAN_OPTIONS="print_stacktrace=1:log_path=$work/report"
        LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" "$python" -P "$@"
    )
}

tests() { # <flags> <arguments of pytest>
    local flags=$1
    shift
    if ! sanitized "$flags" -m pytest -q -n auto -p called -p no:cacheprovider "$@" || compgen -G "$work/report*" > /dev/null; then
        cat "$work"/report* 2> /dev/null || true
        echo "tests/sanitize.sh: failed with $flags" >&2
        exit 1
    fi
}

build -O1 &
build -O0
wait $!

for flags in -O1 -O0; do
    sets=$(sanitized $flags -c 'from glassnet.kernels import bitsliced; print(*bitsliced.instruction_sets())')
    # the sanitizers are at work: a weight that is not there is asked for, one block behind the last
    for isa in $sets; do
        if GLASSNET_ISA=$isa sanitized $flags -c '
import numpy as np
import glassnet as gn
chain = gn.Metropolis(gn.ensembles.regular(12, 3, 4, seed=1), 1.0, n_replicas=3, seed=1)
chain.kernel.rows(np.full(64, 12, dtype=np.int32))' 2> /dev/null || ! grep -q heap-buffer-overflow "$work"/report*; then
            echo "tests/sanitize.sh: an access out of bounds was not caught ($flags, $isa)" >&2
            exit 1
        fi
        rm "$work"/report*
    done
done

# what is left out: an address space limit leaves no room for the sanitizers; random arguments, the study of the random
# numbers and long runs of large populations call the kernels like the others. tests/kernels and test_variants.py run
# every instruction set.
kernels=(tests/kernels --deselect tests/kernels/test_generator.py tests/network/persistence/test_regularisers.py)
for name in instance/test_{leaf_removal,linear_algebra,belief_propagation} zero_temperature/test_xorsat \
    planted/test_population test_onersb; do
    kernels+=("tests/theory/$name.py")
done
for name in planted/test_population.py::test_{transitions_of_the_reference,other_couplings} \
    test_onersb.py::test_glass_below_the_static_temperature test_onersb.py::test_the_ground_state_by_cooling \
    test_onersb.py::test_thermodynamic_identities \
    test_onersb.py::test_stated_errors_of_the_free_energy_are_those_of_different_seeds; do
    kernels+=(--deselect "tests/theory/$name")
done
tests -O0 "${kernels[@]}"
tests -O1 "${kernels[@]}" tests/exactness/samplers/test_variants.py
for isa in $sets; do
    GLASSNET_ISA=$isa tests -O1 tests/sampling tests/exactness/samplers/test_{field,transitions}.py \
        --deselect tests/sampling/test_arguments.py --deselect tests/sampling/test_ladder.py
done
# nothing compiled is left out, whatever is added
if ! sanitized -O1 tests/kernels/called.py "$work/called"; then
    echo "tests/sanitize.sh: kernels that no test above calls" >&2
    exit 1
fi
echo "tests/sanitize.sh: no report (${sets// /, })"
