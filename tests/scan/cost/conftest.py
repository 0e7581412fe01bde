"""A run file whose costs are asked for, and a speed that is given."""

import pytest

from glassnet.scan.cost.calibration import Calibration, Probe
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks

#: seconds per unit of cost, twice as fast at N = 48 as at N = 12
PROBES = [Probe(12, sweep=2e-9, draw=20e-9, setup=1e-3), Probe(48, sweep=1e-9, draw=10e-9, setup=1e-3)]


@pytest.fixture
def asked(run_text):
    """A run file with parts replaced, parsed."""
    return lambda *pairs: parse(run_text(*pairs), "run.toml")


@pytest.fixture
def all_left(asked):
    """Every task of a run file with parts replaced, none begun: (run file, {task: 0})."""

    def make(*pairs):
        run_file = asked(*pairs)
        return run_file, dict.fromkeys(glass_tasks.all_tasks(run_file), 0)

    return make


@pytest.fixture
def known_speed():
    """Speed of a machine as it would have been measured."""
    return Calibration(dict.fromkeys(("symmetric", "planted", "field"), PROBES), "a machine (a processor)", "v3")
