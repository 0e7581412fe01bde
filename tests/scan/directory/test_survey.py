"""What is done, begun and damaged in a run directory."""

import pytest

from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import survey as survey_of
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks


def test_survey_tells_done_begun_and_damaged(run_file, scan, run_text, tmp_path):
    directory = RunDirectory(tmp_path / "out")
    scan(run_file(), directory.path)
    run_file_now = parse(run_text("[0.0, 0.25]", "[0.25]", "sweeps = 40", "sweeps = 60"), "a")
    every_task = glass_tasks.all_tasks(run_file_now)
    bad = directory.chain(every_task[3])
    bad.write_bytes(bad.read_bytes()[:-1])
    survey = survey_of(directory, every_task, run_file_now)
    assert survey.done == set()
    assert survey.reached == {number: 60 for number in range(12) if number != 3}
    assert list(survey.damaged) == [bad]
    assert survey_of(directory, every_task, parse(run_text("[0.0, 0.25]", "[0.25]"), "a")).done == set(range(12)) - {3}
    with pytest.raises(UserError, match=r"sample0\.h5: belongs to another run or task \(task N=12.*, seed 7\)"):
        survey_of(directory, every_task, parse(run_text("seed = 7", "seed = 8"), "a"))
