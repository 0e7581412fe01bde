"""One colour for every size, and drawing that leaves no trace."""

import subprocess
import sys
from dataclasses import replace

from glassnet import plots


def test_every_size_has_one_colour_in_all_panels(whole):
    figure = plots.transition(whole)
    for size in whole.sizes:
        colour, _ = plots.style(whole, size)
        for ax in figure.axes:
            assert colour in [line.get_color() for line in ax.lines]


def test_theory_may_be_missing(whole):
    assert plots.theory_of(replace(whole, glass={})) is None
    figure = plots.transition(replace(whole, glass={}))
    assert len(figure.legends[0].get_texts()) == 4


def test_importing_plots_imports_no_matplotlib_and_drawing_no_pyplot():
    code = "import sys, glassnet.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-P", "-c", code], check=True, timeout=60)


def test_drawing_leaves_the_users_settings_alone(whole):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plots.transition(whole)
    assert dict(mpl.rcParams) == before
