#!/usr/bin/env bash
# runs/scan.slurm under a real Slurm: signalled before its limit, queued again until it is done, cancelled, with a rank
# that hangs; the chains are those of a scan nobody disturbed. Takes six minutes of two cores; with
# the argument `hanging` only the last part is run.
#
# Run as root on a Debian machine, in the environment the tests run in (PYTEST names its pytest), with the MPICH of PyPI
# (pip install mpich mpi4py). Installs slurm-wlm and munge if they are missing. All daemons live in namespaces of their
# own, which reach nothing outside, and end with this script; the machine's own Slurm, if any, is not touched.
set -euo pipefail
if [ -z "${SLURM_TEST:-}" ]; then
    [ "$(id -u)" -eq 0 ] || { echo "tests/slurm.sh: must be run as root" >&2; exit 2; }
    command -v slurmctld munged > /dev/null || {
        apt-get update -q
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            # no daemons but those started below
            trap 'rm -f /usr/sbin/policy-rc.d' EXIT
            printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
            chmod 755 /usr/sbin/policy-rc.d
        fi
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends slurm-wlm munge
    }
    SLURM_TEST=$(mktemp -d /tmp/slurm.XXXXXX)
    export SLURM_TEST
    chmod 755 "$SLURM_TEST"
    code=0
    unshare --net --pid --uts --mount --fork --mount-proc --kill-child bash "$0" "$@" || code=$?
    if [ "$code" -eq 0 ]; then rm -rf "$SLURM_TEST"; else echo "tests/slurm.sh: failed, see $SLURM_TEST" >&2; fi
    exit "$code"
fi

cd "$(dirname "$0")/.."
here=$PWD work=$SLURM_TEST
python=$(dirname "$(command -v "${PYTEST:-.venv/bin/pytest}")")/python
python=$(cd "$(dirname "$python")" && pwd)/python
export PYTHONPATH=$here OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 SLURM_CONF=$work/slurm.conf
hostname node1
ip link set lo up
# MPICH names its shared memory after the number of the job, and takes what a killed job of that number left for its own
mount -t tmpfs tmpfs /dev/shm
# resolvers pass over a machine that has the loopback interface alone
ip link add net0 type veth peer name net1
ip addr add 10.11.12.1/24 dev net0
ip link set net0 up
ip link set net1 up
printf '127.0.0.1 localhost\n10.11.12.1 node1\n' > "$work/hosts"
mount --bind "$work/hosts" /etc/hosts

# the command line with a patience of seconds for ranks that hang, and without the analysis
mkdir "$work/bin" "$work/munge" "$work/state" "$work/spool"
cat > "$work/bin/glassnet" <<SCRIPT
#!$python -P
import sys
from glassnet.cli import main
from glassnet.scan.execute import farm
from glassnet.scan.report import writing

farm.PATIENCE = 8.0
writing.write = lambda directory, say: say("no analysis") or writing.Report("", [], [])
sys.exit(main())
SCRIPT
chmod 755 "$work/bin/glassnet"
export PATH=$work/bin:$PATH

dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 status=none
chmod 600 "$work/munge/key"
chmod 755 "$work/munge"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --seed-file="$work/munge/seed" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" > "$work/munge/out" 2>&1 &
# a job that is queued again waits until its credential has expired
cat > "$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=node1
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=pmi2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=node1 CPUs=4 RealMemory=2000
PartitionName=all Nodes=node1 Default=YES State=UP
CONF
for _ in $(seq 100); do [ -S "$work/munge/socket" ] && break; sleep 0.1; done
slurmctld -D > "$work/slurmctld.out" 2>&1 &
slurmd -D > "$work/slurmd.out" 2>&1 &

until_() { # <seconds> <what> <command...>: wait until the command succeeds
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" > /dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "waited in vain until $what" >&2; scontrol show job >&2 || true; exit 1; }
        sleep 0.3
    done
}
field() { scontrol show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -1; } # <job> <name>
is() { [ "$(field "$1" "$2")" = "$3" ]; }
has_segments() { compgen -G "$1/chains/*/*/*.segments/*.h5"; }
saved_since_begun() { find "$1/chains" -path '*.segments/*.h5' -newer "$work/begun" | grep -q .; }
ranks() { pgrep -f "python.* $work/bin/glassnet scan .*--out $1"; } # <directory>
gone() { ! ranks "$1"; }
submit() { # <directory> <options of sbatch...>
    local out=$1
    shift
    # bash counts SECONDS on from here: these jobs are shorter than the minute the script asks for
    SECONDS=600 sbatch --parsable --ntasks=2 --mem-per-cpu=400M --time=30 --output="$out.log" --chdir="$work" "$@" \
        "$here/runs/scan.slurm" "$run" --out "$out" --checkpoint-every 1
}
undisturbed() { # <name> <sweeps>: a run file, and the digests of its chains
    run=$work/$1.toml expected=$work/$1.digests
    sed "s/SWEEPS/$2/" > "$run" <<'TOML'
seed = 11
samples = 4
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
    glassnet scan "$run" --out "$work/$1" > "$work/$1.log" 2>&1
    "$python" -P tests/digests.py "$work/$1" > "$expected"
    [ "$(wc -l < "$expected")" -eq 4 ]
}
same() { # <directory>: its digests are those of the undisturbed run
    diff "$expected" <("$python" -P tests/digests.py "$1") || { echo "other digests in $1" >&2; exit 1; }
}
says() { # <what> <directory> <least number of times>
    local found
    found=$(grep -c "$1" "$2.log" || true)
    [ "$found" -ge "$3" ] || { cat "$2.log"; echo "'$1' is $found times in $2.log, not $3 times" >&2; exit 1; }
}

until_ 60 "the node is idle" bash -c 'sinfo -h -o %t | grep -q idle'

echo "scans that nobody disturbs"
undisturbed short 150000
[ "${1:-}" = hanging ] || undisturbed long "${SWEEPS:-1500000}"

if [ "${1:-}" != hanging ]; then
echo "signalled by Slurm before its limit, then twice by hand, queued again each time"
job=$(submit "$work/requeued" --time=2 --signal=USR1@85)
for round in 1 2 3; do
    touch "$work/begun"
    until_ 120 "round $round has saved" saved_since_begun "$work/requeued"
    # what rank 0 stops by if the signal comes while Python is loaded
    tr '\0' '\n' < "/proc/$(ranks "$work/requeued" | head -n 1)/environ" | grep -q "^SLURM_JOB_END_TIME=[0-9]" ||
        { echo "no SLURM_JOB_END_TIME" >&2; exit 1; }
    if [ "$round" -eq 2 ]; then scontrol update job="$job" TimeLimit=30; fi
    [ "$round" -eq 1 ] || scancel --signal=USR1 "$job"
    until_ 120 "it was queued again for the $round. time" is "$job" Restarts "$round"
done
until_ 300 "it is done" is "$job" JobState COMPLETED
[ "$(field "$job" ExitCode)" = 0:0 ]
says "a signal came: saving what is under way" "$work/requeued" 3
says "paused with work left" "$work/requeued" 3
says "4/4 tasks done" "$work/requeued" 1
same "$work/requeued"
echo "  $(field "$job" Restarts) times"

run=$work/short.toml expected=$work/short.digests
echo "cancelled, and submitted again"
job=$(submit "$work/cancelled")
until_ 120 "it has saved" has_segments "$work/cancelled"
scancel "$job"
until_ 60 "it is cancelled" is "$job" JobState CANCELLED
until_ 60 "its ranks are gone" gone "$work/cancelled"
is "$job" Restarts 0
has_segments "$work/cancelled" > /dev/null
job=$(submit "$work/cancelled")
until_ 300 "it is done" is "$job" JobState COMPLETED
same "$work/cancelled"

fi

run=$work/short.toml expected=$work/short.digests
echo "with a rank that hangs"
job=$(submit "$work/hanging")
until_ 120 "it has saved" has_segments "$work/hanging"
rank_0=$(cut -d ' ' -f 1 "$work/hanging/.lock")
for rank in $(ranks "$work/hanging"); do
    [ "$rank" -eq "$rank_0" ] || kill -STOP "$rank"
done
scancel --signal=USR1 "$job"
until_ 120 "it was queued again" is "$job" Restarts 1
until_ 300 "it is done" is "$job" JobState COMPLETED
says "no answer of rank 1" "$work/hanging" 1
same "$work/hanging"

echo "all digests as they should be"
scontrol shutdown || true
