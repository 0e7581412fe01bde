"""Commands with odd variables of the environment, which a launcher or a batch system sets: never a traceback."""

import pytest

from glassnet import cli

#: variables of the environment, and values that nobody expects
VARIABLES = ("PMI_RANK", "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
VARIABLES += ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "SLURM_STEP_NUM_TASKS", "SLURM_JOB_END_TIME")
VARIABLES += ("SLURM_JOB_ID", "SLURM_NTASKS", "GLASSNET_ISA")
VALUES = ("", "x", "-1", "\u00b2", "\u0663", "1e3", "9" * 5000, " 1", "1\n", "0x1", "inf", "\x1b[2J", "1.5", "None")


@pytest.mark.slow
def test_environments_of_every_kind(odd_paths, quick, capsys, monkeypatch):
    assert odd_paths.fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    wrong = {}
    for variable in VARIABLES:
        for value in VALUES:
            for words in (["status", "out"], ["scan", "run.toml", "--out", "out", "--dry-run"]):
                with monkeypatch.context() as patch:
                    patch.setenv(variable, value)
                    if found := odd_paths.fault(capsys, words, (0, 2)):
                        wrong[variable, value[:9], words[0]] = found
        # beside a launcher that says how many there are
        for size in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "MV2_COMM_WORLD_SIZE"):
            for value in (*VALUES, "3", "4"):
                with monkeypatch.context() as patch:
                    patch.setenv(size, "3")
                    patch.setenv(variable, value)
                    if found := odd_paths.fault(capsys, ["status", "out"], (0, 2)):
                        wrong[size, variable, value[:9]] = found
    assert wrong == {}


@pytest.mark.parametrize("end", ["\u00b2", "9" * 400, "x", "-5", "1e999", ""])
def test_a_scan_with_an_odd_end_of_its_job(odd_paths, quick, capsys, monkeypatch, end):
    monkeypatch.setenv("SLURM_JOB_END_TIME", end)
    assert odd_paths.fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None


def test_a_rank_that_is_none_is_named(quick, capsys, monkeypatch):
    for rank in ("x", "4", "-1"):
        with monkeypatch.context() as patch:
            patch.setenv("PMI_SIZE", "4")
            patch.setenv("PMI_RANK", rank)
            assert cli.main(["status", "out"]) == 2
            line = f"glassnet: PMI_RANK must be a rank below PMI_SIZE = 4, got '{rank}': unset both if no launcher"
            assert capsys.readouterr().err.startswith(line)
