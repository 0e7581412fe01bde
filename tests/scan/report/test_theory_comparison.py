"""What the cavity method says beside a result."""

from glassnet import theory
from glassnet.analysis.equilibrium.assessment import Equilibration
from glassnet.analysis.transition import Transition
from glassnet.scan.report import theory_comparison


def test_theory_of_the_tree_limit_is_called_so():
    passed = Equilibration((), {}, 1, 0.01)
    found = Transition("continuous", 0.601, 0.012, (), 0.1, (48, 96), None, passed, glass={"ensemble": "walks"})
    beside = theory_comparison.comparison(found, theory.poisson(p=3, alpha=2.0))
    assert beside.startswith(
        "theory (cavity method of the Poisson glass, the tree limit of a network, N = infinity): T_K"
    )
