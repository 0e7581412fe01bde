"""Scans that figures are drawn of."""

import numpy as np
import pytest

from glassnet.analysis.transition import find_transition, transition_line
from glassnet.plots import export


@pytest.fixture(scope="session")
def ladder():
    """Temperatures of the symmetric nodes."""
    return np.geomspace(0.5, 1.6, 10)


@pytest.fixture(scope="session")
def scans(synthetic, ladder):
    """Planted and symmetric nodes of three sizes."""
    planted = synthetic.two_level((48, 72, 96), (0.55, 0.65, 0.75), seed=1)
    paired = synthetic.symmetric((48, 72, 96), ladder, synthetic.glassy(0.65), seed=1)
    return planted, {f"{path}/symmetric": data for path, data in paired.items()}


@pytest.fixture(scope="session")
def chains(synthetic, scans):
    return synthetic.tree(scans[0] | scans[1])


@pytest.fixture(scope="session")
def whole(chains):
    return find_transition(chains)


@pytest.fixture(scope="session")
def drawings(whole, chains):
    """All figures of one dilution by name."""
    return {drawing.name: drawing for drawing in export.of_result(whole, chains)}


@pytest.fixture(scope="session")
def line(synthetic):
    """Planted scans at three dilutions; the transition is where cavity theory has it, to two digits."""
    datasets = {}
    for dilution, critical in ((0.0, 0.65), (0.05, 0.56), (0.1, 0.44)):
        planted = sorted({0.5, *(round(critical + step, 2) for step in (-0.08, -0.02, 0.02, 0.08))})
        scan = synthetic.two_level((40, 60, 80), planted, seed=3, critical=critical, disorder=0.5)
        # the model's energies are those without dilution, which would bound its temperature
        scan = {path: data.assign_attrs(couplings="given") for path, data in scan.items()}
        datasets |= {path.replace("dilution0.0", f"dilution{dilution}"): data for path, data in scan.items()}
    return transition_line(synthetic.tree(datasets))


@pytest.fixture(scope="session")
def texts():
    """Function that gives every visible text of a figure."""
    from matplotlib.text import Text

    def visible(figure):
        return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]

    return visible
