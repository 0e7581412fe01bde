"""``glassnet theory``: the cavity predictions of an ensemble, or of all glasses of a run file."""

from glassnet import _catalogue
from glassnet.cli import arguments
from glassnet.cli.parser import Parser


def add(parser: Parser) -> None:
    """Add the command ``theory``."""
    theory = parser.add_command("theory", _theory, "the cavity predictions")
    ensembles = "|".join([*_catalogue.names(), "RUN.toml"])
    theory.add_argument("glass", metavar=ensembles, help="a run file says the rest itself")
    for name, keyword in _catalogue.KEYWORDS.items():
        kind = arguments.whole if keyword.kind is int else float
        theory.add_argument(f"--{name}", type=kind, help=_catalogue.help_of(name))
    neurons = f"neurons in each layer ({_catalogue.networks()})"
    theory.add_argument("--widths", type=arguments.widths, metavar="N0,N1,...", help=neurons)
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

    names = (*_catalogue.KEYWORDS, "widths", "couplings", "bias", "dilution")
    given = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    print(cavity_prediction.predictions(chosen.glass, chosen.diagram, **given))
    return 0
