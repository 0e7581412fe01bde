#!/usr/bin/env bash
# The same digits on AArch64, emulated: kernels are cross-compiled, what tests/digits/machine.py computes there is
# compared with what it computes here, and the pinned chains are run. Needs root and a network, and Debian's debootstrap,
# qemu-user-static, gcc-aarch64-linux-gnu and libc6-dev-arm64-cross; five minutes of one core. Runs in the environment
# the tests run in (PYTEST names its pytest). A folder given as argument is kept and used again.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(dirname "$(command -v "${PYTEST:-.venv/bin/pytest}")")/python
work=${1:-$(mktemp -d)}
(($#)) || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
root=$work/root
# of the suite whose Python is 3.11
suite=bookworm version=3.11

if [[ ! -e $root/usr/bin/python$version ]]; then
    # the second stage of debootstrap would run programs of the other machine; Python and its libraries are enough
    debootstrap --foreign --arch=arm64 --variant=minbase --include="python$version,libpython$version-dev" "$suite" "$root"
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
    cp "$(command -v qemu-aarch64-static)" "$root/qemu"
fi
if [[ ! -e $root/site ]]; then
    "$python" -m pip install --quiet --target "$root/site" --only-binary=:all: --implementation cp \
        --python-version "$version" --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64 \
        numpy scipy xarray h5py pydantic rich matplotlib threadpoolctl pytest pytest-timeout pytest-xdist
    "$python" -m pip install --quiet --target "$work/cython" 'Cython>=3.0'
fi

flags=$("$python" -c '
import ast
names = {node.targets[0].id: node.value for node in ast.parse(open("setup.py").read()).body if isinstance(node, ast.Assign)}
print(*ast.literal_eval(names["FLAGS"]))')
rm -rf "$root/checkout" "$root/site/glassnet"
mkdir -p "$root/checkout" "$root/tmp" "$work/kernels"
cp -r tests pyproject.toml "$root/checkout"
cp -r glassnet "$root/site/glassnet"
find "$root/site/glassnet" -name '*.so' -delete
for source in ext/*/*.pyx; do
    folder=$(dirname "$source") name=$(basename "$source" .pyx)
    # the directives of setup.py
    PYTHONPATH=$work/cython "$python" -m cython -3 -X boundscheck=False -X cdivision=True -X initializedcheck=False \
        --module-name "glassnet.kernels.$name" -I ext/common "$source" -o "$work/kernels/$name.c"
    # shellcheck disable=SC2086
    aarch64-linux-gnu-gcc -shared -fPIC -DNDEBUG $flags -I "$folder" -I ext/common -I "$root/usr/include/python$version" \
        -idirafter "$root/usr/include" "$work/kernels/$name.c" \
        -o "$root/site/glassnet/kernels/$name.cpython-${version/./}-aarch64-linux-gnu.so"
done

emulated() { # <arguments of python>
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 PYTHONPATH=/site PYTHONDONTWRITEBYTECODE=1 \
        chroot "$root" /qemu "/usr/bin/python$version" -P "$@"
}

rm -rf "$root/tmp/runs" "$work/runs"
mkdir "$root/tmp/runs" "$work/runs"
emulated /checkout/tests/digits/machine.py /tmp/runs all > "$work/there.json"
"$python" -P tests/digits/machine.py "$work/runs" all > "$work/here.json"
"$python" - "$work/here.json" "$work/there.json" <<'PYTHON'
import json
import sys

here, there = (json.load(open(name)) for name in sys.argv[1:])
assert there["here"]["instruction set"] == "generic", there["here"]
assert here["digests"].keys() == there["digests"].keys()
differing = [name for name, digest in here["digests"].items() if there["digests"][name] != digest]
print(f"{len(here['digests']) - len(differing)} of {len(here['digests'])} digests equal", *differing, sep="\n  ")
# of the check itself: functions of numpy and libm do differ
print("differing without glassnet:", *(k for k, v in here["witnesses"].items() if there["witnesses"][k] != v))
sys.exit(bool(differing))
PYTHON
emulated -m pytest -q -p no:cacheprovider --rootdir /checkout -c /checkout/pyproject.toml \
    /checkout/tests/kernels/test_instruction_sets.py /checkout/tests/kernels/test_portable.py \
    /checkout/tests/kernels/test_instruction_set_choice.py -k "pinned or portable or named or choice or ends or sums"
echo "tests/arm.sh: the same digits"
