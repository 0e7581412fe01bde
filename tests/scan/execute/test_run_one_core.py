"""Ranks of one node share its cores: none of them may take more than one."""

from threadpoolctl import threadpool_info, threadpool_limits

from glassnet.scan.cost import calibration
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks


def test_a_rank_uses_one_core(run_file, scan, tmp_path, monkeypatch):
    """Linear algebra of many ranks with threads of its own would be several times slower than without."""
    run, timed, seen = glass_tasks.run, calibration.probe, []

    def threads(what):
        def looked(*args):
            seen.append({pool["num_threads"] for pool in threadpool_info()})
            return what(*args)

        return looked

    with threadpool_limits(2):
        monkeypatch.setattr(glass_tasks, "run", threads(run))
        monkeypatch.setattr(calibration, "probe", threads(timed))
        assert scan(run_file(), tmp_path / "out")[0] == 0
        asked = parse(run_file().read_text(), "run.toml")
        calibration.calibrate(glass_tasks.all_tasks(asked), asked, 0.01)
        assert len(seen) > 12
        assert all(numbers == {1} for numbers in seen)
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}, "afterwards it is as before"
