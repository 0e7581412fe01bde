"""``glassnet theory``: the cavity predictions of an ensemble, or of all glasses of a run file."""

from glassnet import _catalogue
from glassnet.cli import arguments
from glassnet.cli.parser import Parser


def add(parser: Parser) -> None:
    """Add the command ``theory``."""
    theory = parser.add_command("theory", _theory, "the cavity predictions")
    ensembles = "|".join([*_catalogue.names(), "RUN.toml"])
    theory.add_argument("glass", metavar=ensembles, help="a run file says the rest itself")
    theory.add_argument("--p", type=arguments.whole, help="weights per path (walks: one less than there are widths)")
    theory.add_argument("--degree", type=arguments.whole, help="regular: paths through each weight, before dilution")
    theory.add_argument("--alpha", type=float, help="the others: paths per weight, before dilution")
    theory.add_argument("--widths", type=arguments.widths, metavar="N0,N1,...", help="walks: neurons in each layer")
    laws = ("binary", "gaussian")
    theory.add_argument(
        "--couplings", type=arguments.one_of(*laws), metavar="|".join(laws), help="their law (default binary)"
    )
    theory.add_argument("--bias", type=float, help="mean of a binary coupling (default 0)")
    theory.add_argument("--dilution", type=float, help="fraction of the connections removed (default 0)")
    theory.add_argument(
        "--diagram",
        nargs="?",
        const="",
        metavar="FILE",
        help="T_d and T_K along the dilution, drawn into a file (.png, .svg, .pdf) if one is named",
    )


def _theory(chosen) -> int:
    from glassnet.scan.report import cavity_prediction

    names = ("p", "degree", "alpha", "widths", "couplings", "bias", "dilution")
    given = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    print(cavity_prediction.predictions(chosen.glass, chosen.diagram, **given))
    return 0
