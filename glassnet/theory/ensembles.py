"""The theory of each ensemble: from the keywords of a run file to a prediction."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from glassnet import _catalogue, _checks, _wiring
from glassnet.theory.cavity import Cavity
from glassnet.theory.paramagnet import Paramagnet
from glassnet.theory.trees.degrees import PoissonTree, RegularTree

#: mean number of paths through a weight beyond which the grids of the density evolution grow too large
MOST_PATHS = 10_000
#: weights per path
MOST_WEIGHTS = 10**6


def regular(p: int, degree: int, dilution: float = 0.0) -> Cavity:
    """Return the theory of `glassnet.ensembles.regular` with symmetric +-J couplings, for N -> infinity.

    Parameters
    ----------
    p : int
        Weights per path, >= 2.
    degree : int
        Paths per weight before dilution, >= 0.
    dilution : float
        Fraction of the connections removed, with every path through them; in [0, 1). The degrees of those that remain
        are binomial, each path surviving with probability (1 - dilution)^(p-1).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    p = _checks.integer("p", p, minimum=2, most=MOST_WEIGHTS)
    degree = _checks.integer("degree", degree, minimum=0, maximum=MOST_PATHS)
    dilution = _wiring.dilution("dilution", dilution)
    return Cavity(RegularTree(p, degree, (1.0 - dilution) ** (p - 1)), dilution)


def poisson(p: int, alpha: float, dilution: float = 0.0) -> Cavity:
    """Return the theory of `glassnet.ensembles.poisson` with symmetric +-J couplings, for N -> infinity.

    It is that of `layered` and of equally wide `walks` as well: all three look like the same tree around a weight.

    Parameters
    ----------
    p : int
        Weights per path, >= 2.
    alpha : float
        Paths per weight before dilution, >= 0.
    dilution : float
        Fraction of the connections removed, with every path through them; in [0, 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    p = _checks.integer("p", p, minimum=2, most=MOST_WEIGHTS)
    alpha = _checks.real("alpha", alpha, minimum=0)
    if p * alpha > MOST_PATHS:
        raise ValueError(f"alpha must give a weight at most {MOST_PATHS} paths, p alpha, got {p * alpha:g}")
    dilution = _wiring.dilution("dilution", dilution)
    return Cavity(PoissonTree(p, p * alpha * (1.0 - dilution) ** (p - 1)), dilution)


#: couplings that chains name
_LAWS = ("binary", "gaussian", "data", "given", "callable")


def cavity_of(
    ensemble: str,
    *,
    dilution: float = 0.0,
    couplings: str | ArrayLike = "binary",
    bias: float = 0.0,
    widths: Sequence[int] | None = None,
    **keywords: float | None,
) -> Cavity | None:
    """Return the theory of the glass that a run file describes, None where there is none.

    Parameters
    ----------
    ensemble : str
        Name of a function of `glassnet.ensembles`, or "given".
    dilution, couplings, bias, widths
        As in the run file's table `glass`, with a size and a dilution of the scan.
    **keywords : float
        p, degree, alpha: those that the ensemble needs; others are ignored.

    Returns
    -------
    Cavity or None
        None for couplings other than symmetric +-J, for walks through layers of unequal widths, where paths make short
        loops in glasses of any size, for given paths, and for more than `MOST_PATHS` paths through a weight.

    Raises
    ------
    TypeError, ValueError
        If the ensemble is unknown, or a keyword it needs is missing or out of range.
    """
    record = _record(ensemble, _catalogue.GIVEN)
    bias, keywords = _checks.real("bias", bias, minimum=-1, maximum=1), _known(keywords)
    widths = None if widths is None or not record.is_network else _wiring.check_widths(widths)
    dilution = _wiring.dilution("dilution", dilution)
    if isinstance(couplings, str):
        _checks.choice("couplings", couplings, _LAWS)
    if not isinstance(couplings, str) or couplings != "binary" or bias != 0.0 or record.limit is None:
        return None
    if record.is_network and (widths is None or len(set(widths)) != 1):
        return None
    p, own = _p_and_own(record, keywords, widths)
    degree = record.mean_degree(p, own)
    if degree > MOST_PATHS:
        return None
    if record.limit == "regular":
        if degree % 1:
            raise ValueError(f"paths_per_weight times p must be the whole degree of all weights, got {degree:g}")
        return regular(p, int(degree), dilution)
    return poisson(p, record.alpha(p, own), dilution)


def paramagnet_of(
    ensemble: str,
    *,
    dilution: float = 0.0,
    couplings: str | ArrayLike = "binary",
    bias: float = 0.0,
    widths: Sequence[int] | None = None,
    **keywords: float | None,
) -> Paramagnet:
    """Return the paramagnet of the glass that a run file describes: any ensemble, any law of the couplings.

    Parameters
    ----------
    ensemble : str
        Name of a function of `glassnet.ensembles`.
    dilution, bias, widths
        As for `cavity_of`. `bias` changes where the paramagnet ends, and not what it is.
    couplings : str or (n,) floats
        "binary", "gaussian" or an array of their values.
    **keywords : float
        As for `cavity_of`.

    Raises
    ------
    TypeError, ValueError
        If the ensemble is unknown, or a keyword it needs is missing or out of range.
    """
    record, keywords = _record(ensemble), _known(keywords)
    bias = _checks.real("bias", bias, minimum=-1, maximum=1)
    if bias and not (isinstance(couplings, str) and couplings == "binary"):
        raise ValueError(f"bias must be 0 unless couplings are 'binary', got {bias:g}")
    dilution = _wiring.dilution("dilution", dilution)
    p, own = _p_and_own(record, keywords, widths)
    return Paramagnet(record.alpha(p, own) * (1.0 - dilution) ** (p - 1), couplings)


def _record(ensemble: str, *more: str) -> _catalogue.Ensemble:
    """The record of an ensemble, or of one of `more` names; an error lists all."""
    return _catalogue.of_chain({"ensemble": _checks.choice("ensemble", ensemble, (*_catalogue.names(), *more))})


def _known(keywords: dict[str, float | None]) -> dict[str, float | None]:
    """Keywords with their values checked, those of other ensembles as well; TypeError names one that there is not."""
    for name, value in keywords.items():
        if name not in _catalogue.KEYWORDS:
            raise TypeError(f"keywords must be among {', '.join(_catalogue.KEYWORDS)}, got {_checks.shown(name)}")
        if value is not None:
            check = _checks.integer if _catalogue.KEYWORDS[name].kind is int else _checks.real
            keywords[name] = check(name, value, minimum=0)
    return keywords


def _p_and_own(
    record: _catalogue.Ensemble, keywords: dict[str, float | None], widths: Sequence[int] | None
) -> tuple[int, dict[str, float]]:
    """Weights on a path, and the keywords of the ensemble; TypeError names one that is missing."""
    for name in record.lacks(keywords):
        raise TypeError(f"{name} must be given for {record.noun}: {_catalogue.KEYWORDS[name].means}")
    p = len(_wiring.check_widths(widths)) - 1 if record.is_network else keywords["p"]
    return _checks.integer("p", p, minimum=2, most=MOST_WEIGHTS), record.own(keywords)
