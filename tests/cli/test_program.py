"""The command line: what its commands print and which code they end with."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import glassnet


def command(*arguments, **environment):
    """Run the installed command as a user does."""
    words = [sys.executable, "-P", "-m", "glassnet", *map(str, arguments)]
    result = subprocess.run(words, capture_output=True, text=True, timeout=120, env=os.environ | environment)
    return result.returncode, result.stdout, result.stderr


def contents(directory):
    return {path: path.stat().st_mtime_ns for path in directory.rglob("*") if path.name != ".lock"}


def test_scan_ends_with_the_analysis(main, run_text, tmp_path):
    (tmp_path / "small.toml").write_text(run_text)
    code, output, errors = main("scan", "small.toml")
    assert code == 0
    steps = ["opening results/small", "dilution 0: reading 4 samples in 2 nodes", "dilution 0: drawing"]
    assert [line.partition("  ")[2] for line in errors.splitlines()] == steps
    assert "4/4 tasks done" in output
    assert json.loads((tmp_path / "results/small/summary.json").read_text()) is not None
    code, again, _ = main("analyze", "results/small")
    assert code == 0
    assert output.endswith(again)


def test_status_in_words_and_for_programs(main, finished):
    code, output, _ = main("status", "done")
    assert code == 0
    assert output.splitlines()[-1].split() == ["all", "4", "4", "0", "0", "0", "0"]
    code, output, _ = main("status", "done", "--json")
    report = json.loads(output)
    assert [report[name] for name in ("total", "done", "running", "paused", "failed", "missing")] == [4, 4, 0, 0, 0, 0]


def test_dry_run_creates_nothing(main, run_text, tmp_path):
    (tmp_path / "run.toml").write_text(run_text)
    code, output, _ = main("scan", "run.toml", "--dry-run")
    assert code == 0
    assert "4 of 4 tasks to do in results/run" in output
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.toml"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("scan", "none.toml"), "glassnet: none.toml: cannot be read: No such file or directory\n"),
        (("scan", "."), "glassnet: .: a directory, not a run file\n"),
        (("scan", "run.toml", "--out", "run.toml"), "glassnet: run.toml: not a directory\n"),
        (("scan", "run.toml", "--out", "run.toml/x"), "Not a directory\n"),
        (("status", "nowhere"), "glassnet: nowhere: no such directory\n"),
        (("status", "empty"), "glassnet: empty: not a run directory of glassnet: no run.toml (found nothing)\n"),
        (("analyze", "nowhere"), "glassnet: nowhere: no such file or directory\n"),
        (("analyze", "empty"), "glassnet: empty: not a run directory of glassnet: no run.toml (found nothing)\n"),
        (("theory", "regular", "--p", "3"), "glassnet: theory: regular needs --degree\n"),
        (("theory", "regular", "--p", "3", "--degree", "4", "--alpha", "1"), "theory: regular does not take --alpha\n"),
        (("theory", "regular", "--p", "1", "--degree", "4"), "glassnet: theory: p must be "),
        (("theory", "poisson", "--p", "3", "--alpha", "2", "--dilution", "1"), "glassnet: theory: dilution must be in"),
        (("theory", "poisson", "--p", "3", "--alpha", "1e9"), "theory: alpha must give a weight at most 10000 paths"),
        (("theory", "poisson", "--p", "x"), "argument --p: must be a whole number, got x"),
        (("theory", "square"), "glassnet: theory: takes regular, poisson, layered, walks or a run file, got square\n"),
        (("theory", "none.toml"), "glassnet: none.toml: cannot be read: No such file or directory\n"),
        (("theory", "run.toml", "--p", "3"), "run.toml says all of the glass itself, it does not take --p\n"),
        (("theory", "regular", "--degree", "4"), "glassnet: theory: regular needs --p\n"),
        (("scan",), "the following arguments are required: RUN.toml"),
        (("scna",), "invalid choice: 'scna', did you mean scan? (choose from scan, analyze, status,"),
        (("Verify", "x"), "invalid choice: 'Verify', did you mean verify?"),
        (("plot",), "invalid choice: 'plot' (choose from scan, analyze, status, verify, pack, theory, bench)\n"),
        (("--verson",), "glassnet: error: unknown option --verson, did you mean --version?\n"),
        (("scan", "--dryrun"), "glassnet scan: error: unknown option --dryrun, did you mean --dry-run?\n"),
        (("scan", "run.toml", "--dry_run"), "unknown option --dry_run, did you mean --dry-run?\n"),
        (("scan", "run.toml", "--timelimit=5"), "unknown option --timelimit, did you mean --time-limit?\n"),
        (("scan", "run.toml", "--checkpoint", "--ouput", "x"), "unknown option --ouput, did you mean --out?\n"),
        (("status", "x", "-json"), "glassnet status: error: unknown option -json, did you mean --json?\n"),
        (("status", "x", "--nothing"), "unknown option --nothing (allowed: -h, --help, --json)\n"),
        (("verify", "x", "--sead", "3"), "unknown option --sead, did you mean --seed?\n"),
        (("pack", "x", "--output", "y"), "unknown option --output, did you mean --out?\n"),
        (("theory", "regular", "--dgree", "4"), "unknown option --dgree, did you mean --degree?\n"),
        (("theory", "regulr"), "or a run file, got regulr, did you mean regular?\n"),
        (
            ("theory", "poisson", "--couplings", "gausian"),
            "argument --couplings: must be binary or gaussian, got gausian, did you mean gaussian?\n",
        ),
        *(
            (
                ("theory", "regular", "--p", "3", "--degree", "4", "--diagram", name),
                f"glassnet: theory: --diagram draws into a file that ends in .png, .svg, .pdf, got {name}\n",
            )
            for name in ("x.docx", "x", ".png")
        ),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(main, run_text, tmp_path, arguments, complaint):
    (tmp_path / "run.toml").write_text(run_text)
    (tmp_path / "empty").mkdir()
    before = contents(tmp_path)
    code, output, errors = main(*arguments)
    assert (code, output) == (2, "")
    assert complaint in errors
    assert "Traceback" not in errors
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("samples = 2", "sampels = 2", "glassnet: bad.toml: sampels: unknown key, did you mean samples?\n"),
        ('"regular"', '"Regulr"', "or 'walks', got 'Regulr', did you mean regular?\n"),
        ("p = 3", "p = 3.0", "glassnet: bad.toml: glass.p: must be a valid integer, got 3.0\n"),
        ("[12, 24]", "[12, 25]", "scan.sizes[1]: size * degree must be divisible by p, got 25 * 4 and p = 3\n"),
        ("0.6, 1.0", "0.0, 1.0", "sampling.temperatures[0]: must be greater than 0, got 0.0\n"),
        ("[12, 24]", "[12, 24]\ndilutions = [1.0]", "scan.dilutions[0]: must be less than 1, got 1.0\n"),
        ("sweeps = 40", "sweeps = 40\nreplicas = 1", "sampling.replicas: must be at least 2 to measure overlap"),
        ("[12, 24]", "[2_000_000_001]", "scan.sizes[0]: must not need more than 2147483647 weights or paths, got"),
        ("sweeps = 40", "sweeps = 4_000_000_000_000_000", "temperatures needs 105600000000000000 bytes, but only"),
        ("seed = 7", "seed = ", "glassnet: bad.toml: not a TOML file: "),
    ],
)
def test_bad_run_files_touch_nothing(main, run_text, finished, tmp_path, old, new, complaint):
    (tmp_path / "bad.toml").write_text(run_text.replace(old, new))
    before = contents(tmp_path)
    for extra in ((), ("--dry-run",), ("--out", "done")):
        code, output, errors = main("scan", "bad.toml", *extra)
        assert (code, output) == (2, "")
        assert complaint in errors
        assert contents(tmp_path) == before


def test_directory_of_another_run(main, run_text, finished, tmp_path):
    (tmp_path / "other.toml").write_text(run_text.replace("seed = 7", "seed = 8").replace("degree = 4", "degree = 2"))
    before = contents(finished)
    code, output, errors = main("scan", "other.toml", "--out", "done")
    assert (code, output) == (2, "")
    assert [line.partition(";")[0] for line in errors.splitlines()] == [
        "glassnet: other.toml: seed: 8 here, but done was begun with 7",
        "glassnet: other.toml: glass.degree: 2 here, but done was begun with 4",
    ]
    assert contents(finished) == before


@pytest.mark.parametrize("cut", [slice(None, -10), slice(0, 100)])
def test_truncated_chain_file(main, finished, cut):
    """What can be read is analysed, the rest is said to be missing, first and last, and the next scan mends it."""
    victim = finished / "chains/N24/dilution0.0/sample1.h5"
    image = victim.read_bytes()[cut]
    victim.write_bytes(image)
    chains = contents(finished / "chains")
    code, output, _ = main("analyze", "done")
    assert code == 1
    loud = (
        "WITHOUT THE CHAINS OF 1 DAMAGED FILE, all others are in; "
        "glassnet scan done/run.toml --out done computes them again and keeps the damaged files:\n"
        "  chains/N24/dilution0.0/sample1.h5: truncated or damaged"
    )
    assert output.startswith(loud)
    assert loud in output.split("\n\n")[-2]
    assert "N = 24, dilution 0: 1 of 2 samples" in output
    assert "no  scan is complete: 1 sample of 1 node missing" in output
    assert "WITHOUT THE CHAINS OF 1 DAMAGED FILE" in (finished / "report.html").read_text()
    (line,) = json.loads((finished / "summary.json").read_text())["damaged"]
    assert line.startswith("chains/N24/dilution0.0/sample1.h5: truncated or damaged")
    assert contents(finished / "chains") == chains
    code, output, errors = main("scan", "done/run.toml", "--out", "done")
    assert code == 0
    assert errors.startswith("warning: done/chains/N24/dilution0.0/sample1.h5: truncated or damaged")
    assert victim.with_name("sample1.h5.damaged").read_bytes() == image
    assert "DAMAGED" not in output
    assert main("analyze", "done")[0] == 0


def test_chains_of_another_run_among_ours(main, run_text, finished, tmp_path):
    (tmp_path / "other.toml").write_text(run_text.replace("seed = 7", "seed = 8"))
    main("scan", "other.toml", "--out", "other")
    stranger = finished / "chains/N24/dilution0.0/sample1.h5"
    (tmp_path / "other/chains/N24/dilution0.0/sample1.h5").replace(stranger)
    before = contents(finished)
    code, _, errors = main("analyze", "done")
    assert code == 2
    assert "belongs to another run" in errors
    code, _, errors = main("scan", "run.toml", "--out", "done")
    assert code == 2
    assert "belongs to another run or task (task N=24,dilution=0.0,sample=1, seed 8)" in errors
    assert contents(finished) == before


@pytest.mark.parametrize(
    ("arguments", "what", "meant"),
    [
        ("status done/run.toml", "not the directory of a run, did you mean", "status done?"),
        ("verify done/run.toml", "not the directory of a run, did you mean", "verify done?"),
        ("pack done/run.toml", "not the directory of a run, did you mean", "pack done?"),
        ("analyze done/run.toml", "not the directory of a run, a packed run or a chain file, did", "analyze done?"),
        ("analyze done/report.html", "not the directory of a run,", "analyze done?"),
        ("analyze done/chains", "not the directory of a run,", "analyze done?"),
        ("status done/chains/N12", "not the directory of a run,", "status done?"),
        ("verify done/chains/N12/dilution0.0/sample0.h5", "not the directory of a run,", "verify done?"),
        ("status done.zip", "not the directory of a run,", "status done?"),
        ("status kept", "not the directory of a run,", "status results/kept?"),
        ("status kept.toml", "not the directory of a run,", "status results/kept?"),
        ("status run.toml", "not the directory of a run", ""),
        ("scan done", "the directory of a run, not a run file;", "scan done/run.toml --out done goes on with it"),
        ("scan done.zip", "a packed run or a shard, not a run file;", "analyze done.zip"),
    ],
)
def test_a_wrong_kind_of_argument_is_answered_with_the_command_that_was_meant(
    main, finished, tmp_path, arguments, what, meant
):
    assert main("pack", "done")[0] == 0
    shutil.copytree("done", "results/kept")
    before = contents(tmp_path)
    code, output, errors = main(*arguments.split())
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert f"{arguments.split()[1]}: {what}" in errors
    assert f"glassnet {meant}" in errors or meant in errors
    assert meant or "did you mean" not in errors
    assert contents(tmp_path) == before


def test_numbers_below_zero_and_short_forms_are_no_unknown_options(main):
    ferromagnet = ("theory", "poisson", "--p", "3", "--alpha", "2", "--bias")
    assert main(*ferromagnet, "-0.5")[0] == 0
    assert main("theory", "regular", "--p", "3", "--deg", "2")[0] == 0
    assert main("verify", "nowhere", "-k3")[2] == "glassnet: nowhere: no such directory\n"
    assert main("--versio")[1] == f"glassnet {glassnet.__version__}\n"


def test_as_a_command(tmp_path):
    assert command("--version")[:2] == (0, f"glassnet {glassnet.__version__}\n")
    code, output, errors = command("scan", tmp_path / "none.toml")
    assert (code, output) == (2, "")
    assert errors == f"glassnet: {tmp_path}/none.toml: cannot be read: No such file or directory\n"


def test_only_rank_0_speaks(tmp_path):
    assert command("scna", PMI_SIZE="2", PMI_RANK="1") == (2, "", "")
    assert command("status", tmp_path, PMI_SIZE="2", PMI_RANK="1") == (0, "", "")


def test_closed_pipe_is_no_error(finished):
    words = f"{sys.executable} -P -m glassnet status {finished} | head -c 1; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
