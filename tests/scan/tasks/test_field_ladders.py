"""Temperatures of field integration, found by short runs."""

import pytest

from glassnet.sampling.ladder import Interrupted
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.tasks import field_ladders
from glassnet.scan.watch import verify


def test_temperatures_are_found_without_theory(with_field):
    """Around the exact zero, within 2 %; the same temperatures each time; stored for the next scan."""
    run_file = with_field("field = true\n")
    found = field_ladders.temperatures(run_file, 0.0)
    assert found == field_ladders.temperatures(run_file, 0.0)
    assert found[0] < found[3] < found[-1]
    assert abs(found[3] / 0.65448 - 1) < 0.02
    assert (found[0] / found[3], found[-1] / found[3]) == pytest.approx((0.88, 1.06), rel=1e-3)
    with pytest.raises(Interrupted):
        field_ladders.temperatures(run_file, 0.0, pause=lambda: True)


def test_temperatures_do_not_depend_on_the_number_of_instances(asking, with_field, run_file, scan, digests, tmp_path):
    """A scan whose instances grow is digit by digit one that was large from the start, with found temperatures too."""
    few, many = (f"field = {{n_weights = 60, instances = {n}, sweeps = 80}}\n" for n in (1, 2))
    found = field_ladders.temperatures(with_field(few), 0.0)
    for other in (many, few.replace("= 1", "= 12"), few.replace("80", "160"), few.replace("instances = 1, ", "")):
        assert field_ladders.temperatures(with_field(other), 0.0) == found
    scan(run_file(*asking(few)), tmp_path / "grown")
    assert scan(run_file(*asking(many)), tmp_path / "grown")[0] == 0
    scan(run_file(*asking(many)), tmp_path / "large")
    assert digests(tmp_path / "grown") == digests(tmp_path / "large")


def test_no_temperature_where_the_complexity_has_no_zero(with_field):
    """R(3, 3), with T_K = 0: the complexity is positive wherever there is a state."""
    found = field_ladders.temperatures(with_field("field = true\n", "degree = 4", "degree = 3"), 0.0)
    assert len(found) >= 3
    assert found[0] == field_ladders.COLDEST
    assert found[-1] < 0.7


def test_found_temperatures_are_kept_and_an_interrupted_search_is_repeated(
    asking, run_file, scan, tmp_path, monkeypatch
):
    calls = []

    def found(run_file, dilution, pause):
        calls.append(dilution)
        return [0.4, 0.45, 0.5]

    monkeypatch.setattr(field_ladders, "temperatures", found)
    path = run_file(*asking("field = {n_weights = 60, instances = 2, sweeps = 80}\n"))
    out = tmp_path / "out"
    scan(path, out)
    scan(path, out)
    assert calls == [0.25]
    assert RunDirectory(out).ladders()["field,dilution=0.25"] == [0.4, 0.45, 0.5]
    assert all(not each.differences for each in verify.verify(verify.select(out, 6)))
    assert calls == [0.25]

    def interrupted(*arguments):
        raise Interrupted

    monkeypatch.setattr(field_ladders, "temperatures", interrupted)
    assert scan(path, tmp_path / "other")[0] == 75
