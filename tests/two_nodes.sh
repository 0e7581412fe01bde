#!/usr/bin/env bash
# A scan over two nodes that share a file system: ranks on both, one node loses its power, then the node of rank 0 does.
# What is left ends by itself, and what is resumed has the chains of a scan nobody disturbed. Takes four minutes;
# with the argument `first` only the last part is run.
#
# A node is a network namespace with a name of its own, and a cable between the two: when it is cut, nobody is told.
# Run as root on Linux, in the environment the tests run in (PYTEST names its pytest), with the MPICH of PyPI (pip
# install mpich mpi4py). All processes live in namespaces of their own and end with this script.
set -euo pipefail
if [ -z "${NODES_TEST:-}" ]; then
    [ "$(id -u)" -eq 0 ] || { echo "tests/two_nodes.sh: must be run as root" >&2; exit 2; }
    NODES_TEST=$(mktemp -d /tmp/nodes.XXXXXX)
    export NODES_TEST
    code=0
    unshare --net --pid --mount --fork --mount-proc --kill-child bash "$0" "$@" || code=$?
    if [ "$code" -eq 0 ]; then rm -rf "$NODES_TEST"; else echo "tests/two_nodes.sh: failed, see $NODES_TEST" >&2; fi
    exit "$code"
fi

cd "$(dirname "$0")/.."
here=$PWD work=$NODES_TEST
bin=$(dirname "$(command -v "${PYTEST:-.venv/bin/pytest}")")
bin=$(cd "$bin" && pwd)
export PATH=$bin:$PATH PYTHONPATH=$here OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 FI_PROVIDER=tcp
printf '127.0.0.1 localhost\n10.11.12.1 node1\n10.11.12.2 node2\n' > "$work/hosts"
mount --bind "$work/hosts" /etc/hosts
mount -t tmpfs tmpfs /dev/shm

node() { # <number>: a process that keeps the namespaces of a node
    unshare --net --uts sh -c "hostname node$1; exec sleep infinity" &
    echo $! > "$work/node$1"
}
node 1
node 2
on() { nsenter --net --uts -t "$(cat "$work/$1")" -- "${@:2}"; } # <node> <command...>
for name in node1 node2; do
    until [ "$(on $name hostname)" = $name ]; do sleep 0.1; done
    # libraries look for the machine's own interfaces
    on $name ip link set lo up
done
plug() {
    ip link add cable1 type veth peer name cable2
    for number in 1 2; do
        ip link set "cable$number" netns "$(cat "$work/node$number")"
        on "node$number" ip addr add "10.11.12.$number/24" dev "cable$number"
        on "node$number" ip link set "cable$number" up
    done
}
members() { # <node>: its processes, but for the one that keeps it
    local space pid
    space=$(readlink "/proc/$(cat "$work/$1")/ns/net")
    for pid in /proc/[0-9]*; do
        if [ "$(readlink "$pid/ns/net")" = "$space" ] && [ "${pid#/proc/}" != "$(cat "$work/$1")" ]; then
            echo "${pid#/proc/}"
        fi
    done 2> /dev/null || true
}
cut_power() { # <node>: the cable first, so that no connection is closed
    on "$1" ip link del "cable${1#node}"
    members "$1" | xargs -r kill -9 2> /dev/null || true
}
until_() { # <seconds> <what> <command...>: wait until the command succeeds
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" > /dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "waited in vain until $what" >&2; exit 1; }
        sleep 0.2
    done
}
# how MPICH reaches the other node
cat > "$work/rsh" <<SCRIPT
#!/bin/bash
while [ "\${1#-}" != "\$1" ]; do shift; done
name=\$1
shift
exec nsenter --net --uts -t "\$(cat "$work/\$name")" -- sh -c "\$*"
SCRIPT
chmod 755 "$work/rsh"
scan() { # <node> <hosts> <ranks> <directory> <options...>
    on "$1" mpiexec -launcher rsh -launcher-exec "$work/rsh" -hosts "$2" -ppn 2 -n "$3" \
        glassnet scan "$work/run.toml" --out "$work/$4" --checkpoint-every 1 "${@:5}"
}
segments() { compgen -G "$work/$1/chains/*/*/*.segments/*.h5"; } # <directory>
begun() { [ "$(segments "$1" | xargs -r -n 1 dirname | sort -u | wc -l)" -ge "$2" ]; } # <directory> <tasks with segments>
none_on() { # <node>: no rank; a daemon of MPICH that has lost mpiexec stays until TCP gives up
    local pid
    for pid in $(members "$1"); do
        if tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null | grep -q "python.*glassnet scan"; then return 1; fi
    done
}
same() { # <directory>: its digests are those of the undisturbed scan
    diff "$work/expected" <(python -P tests/digests.py "$work/$1") || { echo "other digests in $1" >&2; exit 1; }
}

cat > "$work/run.toml" <<'TOML'
seed = 11
samples = 8
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [96]
[sampling]
temperatures = {min = 0.6, max = 1.6, n = 8}
replicas = 16
thermalization = 1000
sweeps = SWEEPS
measure_every = 1000
TOML
sed -i "s/SWEEPS/${SWEEPS:-400000}/" "$work/run.toml"
plug

echo "a scan that nobody disturbs"
glassnet scan "$work/run.toml" --out "$work/serial" > "$work/serial.log" 2>&1
python -P tests/digests.py "$work/serial" > "$work/expected"

if [ "${1:-}" != first ]; then
echo "ranks on both nodes"
scan node1 node1,node2 4 both > "$work/both.log" 2>&1
hosts=$(python -P - "$work/both" <<'PYTHON'
import sys
from pathlib import Path

from glassnet.chains import segment

print(*sorted({segment.read(path).runtime["host"] for path in Path(sys.argv[1]).rglob("sample*.h5")}))
PYTHON
)
[ "$hosts" = "node1 node2" ] || { echo "all chains were made on $hosts" >&2; exit 1; }
same both

echo "the second node loses its power"
code=0
scan node1 node1,node2 4 second --time-limit 25 > "$work/second.log" 2>&1 &
job=$!
until_ 60 "all ranks have saved" begun second 4
cut_power node2
until_ 150 "the first node has given up the second" none_on node1
wait "$job" || code=$?
grep "paused with work left" "$work/second.log"
[ "$code" -eq 75 ] || { cat "$work/second.log"; echo "exit code $code, not 75" >&2; exit 1; }
grep -q "no answer of 2 ranks" "$work/second.log"
scan node1 node1 2 second > "$work/second.more.log" 2>&1
same second
plug
fi

echo "the first node loses its power, with mpiexec and rank 0"
scan node1 node1,node2 4 first > "$work/first.log" 2>&1 &
until_ 60 "all ranks have saved" begun first 4
cut_power node1
touch "$work/cut"
begin=$SECONDS
until_ 90 "the ranks of the second node have ended" none_on node2
echo "  the ranks of the second node ended after $((SECONDS - begin)) s"
[ $((SECONDS - begin)) -le 60 ]
[ -n "$(find "$work/first/chains" -name '*.h5' -newer "$work/cut")" ] || { echo "nothing saved" >&2; exit 1; }
scan node2 node2 2 first > "$work/first.more.log" 2>&1
same first

echo "all digests as they should be"
