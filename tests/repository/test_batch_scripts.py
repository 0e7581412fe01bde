"""The batch scripts of runs/, with everything a cluster would bring replaced by stubs that write down their calls."""

import os
import subprocess
from pathlib import Path

import pytest

RUNS = Path(__file__).parents[2] / "runs"
SLURM, PBS = RUNS / "scan.slurm", RUNS / "scan.pbs"
STUB = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
"""
LAUNCHER = STUB + 'while [ "$1" != glassnet ]; do shift; done\n"$@"\n'
#: exits with 75 as often as the file says, then with $CODE
GLASSNET = (
    STUB
    + """
left=$(cat "$PAUSES")
[ "$left" -eq 0 ] && exit "$CODE"
echo $((left - 1)) > "$PAUSES"
exit 75
"""
)
QSTAT = STUB + 'printf "Job Id: 7\\n    Resource_List.walltime = 01:30:00\\n    Resource_List.ncpus = 4\\n"\n'


@pytest.fixture
def submit(tmp_path):
    """Run a script as a batch system would: (script, arguments, exit code of the scan, pauses) -> (code, calls)."""
    stubs = {
        "srun": LAUNCHER,
        "mpiexec": LAUNCHER,
        "glassnet": GLASSNET,
        "qstat": QSTAT,
        "scontrol": STUB,
        "qsub": STUB,
    }
    (tmp_path / "bin").mkdir()
    for name, text in stubs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "nodes").write_text("a\na\nb\nb\n")

    def run(script, *arguments, code=0, pauses=0, seconds="600", **variables):
        (tmp_path / "pauses").write_text(str(pauses))
        (tmp_path / "calls").write_text("")
        environment = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "PAUSES": str(tmp_path / "pauses"),
            "CODE": str(code),
            # bash counts on from here
            "SECONDS": seconds,
            "SLURM_JOB_ID": "4321",
            "PBS_JOBID": "7",
            "PBS_O_WORKDIR": str(tmp_path),
            "PBS_NODEFILE": str(tmp_path / "nodes"),
        }
        words = ["bash", str(script), *arguments]
        done = subprocess.run(words, env=environment | variables, capture_output=True, text=True, timeout=30)
        return done.returncode, (tmp_path / "calls").read_text().splitlines(), done.stderr

    return run


@pytest.mark.parametrize("script", [SLURM, PBS], ids=lambda path: path.name)
def test_scripts_are_sound(script):
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True).stderr == b""
    assert "\nset -u\n" in script.read_text()


def test_slurm_queues_a_paused_scan_again(submit):
    code, calls, errors = submit(SLURM, "run file.toml", "--out", "here", pauses=1)
    assert (code, errors) == (0, "")
    assert calls == [
        'srun --kill-on-bad-exit=0 sh -c trap "" USR1; exec "$@" - glassnet scan run file.toml --out here',
        "glassnet scan run file.toml --out here",
        "scontrol requeue 4321",
    ]


def test_slurm_queues_a_scan_again_that_ended_without_ranks_that_hang(submit, tmp_path):
    (tmp_path / "bin/glassnet").write_text("#!/bin/bash\necho paused with work left, rank 0: no answer\nexit 137\n")
    code, calls, _ = submit(SLURM, "run.toml")
    assert (code, calls[-1]) == (0, "scontrol requeue 4321")


@pytest.mark.parametrize("code", [0, 1, 2, 137])
def test_slurm_ends_where_nothing_is_to_be_gained(submit, code):
    assert submit(SLURM, "run.toml", code=code)[0] == code
    assert [call.split()[0] for call in submit(SLURM, "run.toml", code=code)[1]] == ["srun", "glassnet"]


def test_slurm_signals_the_ranks_before_the_limit():
    options = [line.split()[1] for line in SLURM.read_text().splitlines() if line.startswith("#SBATCH")]
    # without B: the signal goes to the job steps, whose processes know what to do with it
    assert "--signal=USR1@120" in options
    assert {"--requeue", "--open-mode=append"} <= set(options)


def test_pbs_submits_a_paused_scan_again(submit):
    code, calls, errors = submit(PBS, RUN="run.toml", OUT="here", pauses=1, seconds="600")
    assert (code, errors) == (0, "")
    # 90 minutes but for three, four processes
    scan = "glassnet scan run.toml --time-limit 5220 --out here"
    assert calls == [
        "qstat -f 7",
        f"mpiexec -n 4 {scan}",
        scan,
        "qsub -v RUN=run.toml,OUT=here,SCRIPT=scan.pbs scan.pbs",
    ]
    code, calls, _ = submit(PBS, RUN="run.toml", SCRIPT="mine.pbs", PBS_WALLTIME="7200", pauses=1)
    assert code == 0
    assert calls[0] == "mpiexec -n 4 glassnet scan run.toml --time-limit 7020"
    assert calls[-1] == "qsub -v RUN=run.toml,OUT=,SCRIPT=mine.pbs mine.pbs"


@pytest.mark.parametrize("code", [0, 1, 2, 137])
def test_pbs_ends_where_nothing_is_to_be_gained(submit, code):
    found, calls, _ = submit(PBS, RUN="run.toml", code=code)
    assert found == code
    assert [call.split()[0] for call in calls] == ["qstat", "mpiexec", "glassnet"]


@pytest.mark.parametrize("walltime", ["", "00:03:30", "200"])
def test_pbs_refuses_a_walltime_that_leaves_no_time(submit, walltime):
    environment = {"PBS_WALLTIME": walltime} if walltime else {"PBS_JOBID": "", "PBS_WALLTIME": " "}
    code, calls, errors = submit(PBS, RUN="run.toml", **environment)
    assert (code, calls) == (2, [])
    assert "leaves no time" in errors


@pytest.mark.parametrize(("script", "variables"), [(SLURM, {}), (PBS, {"RUN": "run.toml"})], ids=["slurm", "pbs"])
def test_a_job_that_is_too_short_does_not_go_round_for_ever(submit, script, variables):
    code, calls, errors = submit(script, "run.toml", pauses=1, seconds="0", **variables)
    assert code == 75
    assert calls[-1].startswith("glassnet scan")
    assert "stopped after less than a minute: not submitted again" in errors
