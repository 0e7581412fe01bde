"""What `glassnet bench` prints, with speeds that are given."""

from glassnet import cli
from glassnet.kernels import bitsliced
from glassnet.sampling import speed


def test_bench_says_what_it_measures_and_who_compiled_it(monkeypatch, capsys):
    found = speed.Speed("v3", 9.1, 8.2, 7.3, 0.9, 0.5)
    monkeypatch.setattr(speed, "measure", lambda *_, **__: found)
    monkeypatch.setattr(bitsliced, "COMPILER", "a compiler 12")
    assert cli.main(["bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("compiled by a compiler 12")
    names = [name.strip() for name in lines[2].split("|")]
    assert names == ["bare sweeps", "exchange every sweep, energies every 10", "default measurements every 10"]
    assert lines[3].split(":")[1].split() == ["9.10", "|", "8.20", "|", "7.30"]
    assert len(lines) == 3 + 5
