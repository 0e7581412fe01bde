"""Tables of docs/conjecture.md, from FOLDER:

glassnet scan runs/conjecture-widths.toml --out FOLDER/widths
glassnet scan runs/conjecture-removal.toml --out FOLDER/removal
python docs/conjecture_studies.py FOLDER/pieces
python docs/conjecture.py FOLDER
python docs/conjecture_figures.py FOLDER
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import xarray as xr

import glassnet as gn
from glassnet.statistics import with_error

M0 = 0.4
STARTS = ("ordered", "random")


def pieces_of(folder):
    """What docs/conjecture_studies.py has computed, by name."""
    return {file.stem: json.loads(file.read_text()) for file in sorted((folder / "pieces").glob("*.json"))}


def both(result, place, name="test_error"):
    """A value and its standard error over samples, from the ordered and from the random start."""
    return " | ".join(result.shown(name, place | {"start": start}) for start in STARTS)


def hidden_of(result):
    """Hidden units by size."""
    return {size: widths[1] for size, widths in result.widths.items()}


def theory_of(widths, alpha, dilution=0.0):
    return gn.theory.aligned_glass(widths, alpha, M0, dilution=dilution)


def wide(hidden=10**6):
    """Widths so large that they are the limit."""
    return (2 * hidden, hidden, hidden, hidden, 1)


def formula(alpha, energy, widths=None, dilution=0.0):
    """The error of networks that know their paths alone, in the limit of many inputs."""
    return float(gn.network.learning.unaligned_error(widths or wide(), alpha, energy, M0**2, dilution=dilution))


def parabola(inverse, values, errors):
    """Coefficients of a parabola in 1/n, their covariance, and chi^2."""
    design = np.vander(inverse, 3, increasing=True) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    fit = covariance @ design.T @ (values / errors)
    return fit, covariance, float(((design @ fit - values / errors) ** 2).sum())


def widths_tables(result):
    """Errors over alpha and temperature at all widths, their limit, and what lies inside."""
    hidden = hidden_of(result)
    alphas, temperatures = result.mean["alpha"].values.tolist(), result.mean["temperature"].values.tolist()
    limits = {alpha: theory_of(wide(), alpha) for alpha in alphas}
    print("\nlines of theory, in units of sqrt(alpha):")
    for alpha, theory in limits.items():
        names = ("transition_temperature", "glass_temperature", "dynamical_temperature", "nishimori_temperature")
        print(alpha, *(f"{name} {getattr(theory, name)() / math.sqrt(alpha):.3f}" for name in names))
    print("critical alpha", limits[alphas[0]].critical_alpha())
    for size, n in hidden.items():
        print(f"\nn = {n}: test error of single networks, ordered | random start", *alphas, sep="\t")
        for t in temperatures:
            place = {"size": size, "dilution": 0.0, "temperature": t}
            print(t, *(both(result, place | {"alpha": alpha}) for alpha in alphas), sep="\t")
    print("\nenergy per path from random starts and that of the paramagnet, largest width")
    size = max(hidden, key=hidden.get)
    for t in temperatures:
        place = {"size": size, "dilution": 0.0, "temperature": t, "start": "random"}
        for alpha in alphas:
            seen = result.shown("energy", place | {"alpha": alpha})
            print(t, alpha, seen, f"{-math.tanh(1 / (t * math.sqrt(alpha))):.4f}", end="; ")
        print()
    limit_table(result, limits)


def phase_of(theory, temperature):
    """What is stable at a temperature, for wide networks."""
    critical = theory.transition_temperature()
    if temperature < (critical if math.isfinite(critical) else 0.0):
        return "metastable paramagnet"
    return "glass" if temperature < theory.dynamical_temperature() else "paramagnet"


def limit_table(result, limits):
    """Errors from random starts over the width, their limit, and the formula with the energy of the widest.

    A width counts where its networks are not aligned: they overlap with the Hebb state as their paths alone make
    them, up to a factor of two.
    """
    hidden = hidden_of(result)
    sizes, pulls = list(hidden), {}
    print(
        "\nlimit of the error from random starts: widths (*: aligned in part), limit, formula with the measured energy"
    )
    for alpha, theory in limits.items():
        for t in result.mean["temperature"].values.tolist():
            place = {"dilution": 0.0, "alpha": alpha, "temperature": t, "start": "random"}
            mean, stderr = (table.sel(place) for table in (result.mean, result.stderr))
            values, errors = (
                np.array([float(one["test_error"].sel(size=size)) for size in sizes]) for one in (mean, stderr)
            )
            energies = mean["energy"].sel(size=sizes).values
            walks = np.array([math.prod(result.widths[size][:-1]) for size in sizes])
            alone = (
                mean["walk_overlap"].sel(size=sizes).values
                < 2.0 * M0 * np.abs(energies) * alpha * np.array(sizes) / walks
            )
            cells = [
                with_error(value, error) + "*" * (not own)
                for value, error, own in zip(values, errors, alone, strict=True)
            ]
            phase, expected = phase_of(theory, t * math.sqrt(alpha)), formula(alpha, float(energies[-1]))
            print(alpha, t, phase, *cells, f"formula {expected:.4f}", end=" ")
            if alone.all():
                inverse = np.array([1 / n for n in hidden.values()])
                fit, covariance, chi2 = parabola(inverse, values, np.maximum(errors, 1e-3))
                limit, bar = float(fit[0]), math.sqrt(float(covariance[0, 0]))
                pulls.setdefault(phase, []).append((limit - expected) / bar)
                print("limit", with_error(limit, bar), f"chi2 {chi2:.1f} pull {pulls[phase][-1]:.1f}", end="")
            print()
    for phase, found in pulls.items():
        numbers = f"mean {np.mean(found):.2f}, root mean square {np.sqrt(np.mean(np.square(found))):.2f}, largest "
        print(f"{phase}: {len(found)} limits minus the formula, in bars: {numbers}{max(found, key=abs):.2f}")


def votes_of(result, place):
    votes = result.mean["vote"].values.tolist()
    return " ".join(f"{vote}: {both(result, place | {'vote': vote}, 'vote_test_error')};" for vote in votes)


def inside(chains):
    """What lies inside of the networks, by phase."""
    places = {"aligned": (20.0, 1.25), "paramagnet": (8.0, 2.0), "glass": (1.5, 0.2)}
    wanted = {f"alpha{alpha}" for alpha, _ in places.values()}
    # it takes time, and examples are drawn again: only what is printed, at 41 and 81 hidden units
    some = {
        node.path: node.to_dataset()
        for node in chains.subtree
        if node.name in wanted and int(node.attrs["n_weights_parent"]) > 2000
    }
    part = xr.DataTree.from_dict(some)
    part.attrs = chains.attrs
    result = gn.studies.generalisation_of(part, hidden_layers=True)
    hidden = hidden_of(result)
    print("\nD/N and S of hidden layers 1 to 3, mean death of the spanning tree; ordered | random start")
    for phase, (alpha, t) in places.items():
        for size, n in hidden.items():
            place = {"size": size, "dilution": 0.0, "alpha": alpha, "temperature": t}
            layers = result.mean["layer"].values.tolist()
            print(phase, n, both(result, place, "mean_death"), end="; ")
            for name in ("dimension", "covariance_strength"):
                print(name, *(both(result, place | {"layer": layer}, name) for layer in layers), sep=", ", end="; ")
            print()


def removal_tables(result):
    hidden = hidden_of(result)
    dilutions, temperatures = result.mean["dilution"].values.tolist(), result.mean["temperature"].values.tolist()
    alpha = float(result.mean["alpha"][0])
    for t in temperatures:
        print(f"\nremoval at alpha = {alpha:g}, T = {t} sqrt(alpha): test error, ordered | random start", *dilutions)
        for size, n in hidden.items():
            place = {"size": size, "alpha": alpha, "temperature": t}
            print(n, *(both(result, place | {"dilution": dilution}) for dilution in dilutions), sep="\t")
        energy = -math.tanh(1 / (t * math.sqrt(alpha)))
        print("formula", *(f"{formula(alpha, energy, dilution=one):.4f}" for one in dilutions), sep="\t")
        print("critical dilution", f"{critical_dilution(alpha, t * math.sqrt(alpha)):.4f}")


def critical_dilution(alpha, temperature):
    """Where the transition of wide networks is at a temperature; below T_K where few paths end the aligned phase."""

    def aligned(dilution):
        theory = theory_of(wide(), alpha, dilution)
        T = theory.transition_temperature()
        # with too few paths for equilibrium at any temperature there is no T_c; else the border does not depend on T
        return not math.isnan(T) and temperature < T

    low, high = 0.0, 0.9
    while high - low > 1e-4:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if aligned(middle) else (low, middle)
    return low


def line_table(pieces):
    """T_c of both branches in units of that of the theory, with the bias of each network."""
    groups = {}
    for name, piece in pieces.items():
        if name.startswith("line"):
            groups.setdefault(name.rsplit(", ", 1)[0], []).append(piece)
    print("\nT_c of networks over that of theory: one image, all images; latent heat over that of theory; kinds")
    for name, group in groups.items():
        rows = np.array(
            [
                (one["one_image"][0], one["all_images"][0], one["latent_heat"][0] * one["theory"] / one["heat"])
                for one in group
            ]
        )
        rows /= np.array([one["theory"] for one in group])[:, None]
        cells = []
        for column in rows.T:
            there = column[np.isfinite(column)]
            bar = there.std(ddof=1) / math.sqrt(len(there)) if len(there) > 1 else math.nan
            cells.append(f"{with_error(there.mean(), bar)} of {len(there)}" if len(there) else "none")
        print(name, *cells, [one["kind"] for one in group], f"T_c of theory {group[0]['theory']:.4f}", sep="; ")


def averages(piece):
    """Mean and standard error over samples."""
    table = xr.Dataset.from_dict(piece)
    return table.mean("sample"), table.std("sample", ddof=1) / math.sqrt(table.sizes["sample"])


def piece_table(pieces, begin, names):
    for name, piece in pieces.items():
        if not name.startswith(begin):
            continue
        mean, stderr = averages(piece)
        extra = {key: round(piece[key], 4) for key in ("alpha", "n_inputs", "square") if key in piece}
        print(f"\n{name}", extra)
        for t in mean["temperature"].values.tolist():
            print(f"T = {t:.4g}", end="  ")
            for quantity in names:
                votes = mean["vote"].values.tolist() if "vote" in mean[quantity].dims else [None]
                for vote in votes:
                    place = {"temperature": t} | ({} if vote is None else {"vote": vote})
                    cells = []
                    for start in STARTS:
                        value, bar = (float(one[quantity].sel(place | {"start": start})) for one in (mean, stderr))
                        cells.append(with_error(value, bar))
                    print(quantity if vote is None else f"vote of {vote}", " | ".join(cells), end=";  ")
            print()


def cut_table(pieces):
    """Accuracy of sampled networks that lose connections, and its spread over masks."""
    print("\nsampled networks, then cut: accuracy, its standard error over samples, spread over masks")
    for name, piece in pieces.items():
        if name.startswith("cut"):
            accuracies = np.array(piece["accuracies"])
            mean, spread = accuracies.mean(axis=2), accuracies.std(axis=2, ddof=1).mean(axis=0)
            bars = mean.std(axis=0, ddof=1) / math.sqrt(len(mean))
            cells = [
                f"{fraction}: {with_error(value, bar)} {one:.3f}"
                for fraction, value, bar, one in zip(piece["fractions"], mean.mean(axis=0), bars, spread, strict=True)
            ]
            print(name, *cells, sep="; ")


def main(folder):
    folder = Path(folder)
    pieces = pieces_of(folder)
    print({name: round(piece["seconds"]) for name, piece in pieces.items()})
    chains = gn.open_chains(folder / "widths")
    result = gn.studies.generalisation_of(chains)
    widths_tables(result)
    for alpha, t in ((1.5, 0.2), (1.5, 2.0), (8.0, 2.0), (20.0, 3.0)):
        for size, n in hidden_of(result).items():
            place = {"size": size, "dilution": 0.0, "alpha": alpha, "temperature": t}
            print(f"votes, n = {n}, alpha {alpha}, T {t} sqrt(alpha):", votes_of(result, place))
    inside(chains)
    removal = None
    if (folder / "removal").exists():
        removal = gn.studies.generalisation_of(gn.open_chains(folder / "removal"))
        removal_tables(removal)
    line_table(pieces)
    piece_table(pieces, "votes", ("energy", "test_error", "vote_test_error"))
    piece_table(pieces, "task", ("energy", "walk_overlap", "train_error", "test_error", "vote_test_error"))
    piece_table(pieces, "control", ("train_error", "test_error", "vote_test_error"))
    piece_table(pieces, "examples", ("energy", "test_error", "vote_test_error"))
    piece_table(pieces, "ferromagnet", ("energy", "walk_overlap", "test_error", "vote_test_error"))
    cut_table(pieces)


if __name__ == "__main__":
    main(sys.argv[1])
