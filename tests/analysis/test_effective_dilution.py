"""Asked and effective dilution: both are shown where they differ."""

from types import SimpleNamespace

import numpy as np
import pytest

from glassnet.analysis.effective_dilution import described, differs
from glassnet.scan.report import tables


@pytest.mark.parametrize(
    ("asked", "effective", "both"), [(0.1, 1000 / 9999, False), (0.1, 0.1001, True), (0, 0, False)]
)
def test_two_dilutions_are_shown_where_the_numbers_differ(asked, effective, both):
    found = SimpleNamespace(dilution=asked, effective_dilution=effective)
    assert differs(found) == both
    assert described(found) == (f"{asked:g} (effective {effective:.4g})" if both else f"{asked:g}")
    result = SimpleNamespace(kind="none", temperature=np.nan, stderr=np.nan, equilibration=SimpleNamespace(failing=[]))
    vars(result).update(vars(found))
    assert ("effective" in tables.line([result], [None]).header) == both
