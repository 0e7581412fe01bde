"""Tables and figures of docs/conjecture.md, from FOLDER:

glassnet scan runs/conjecture-widths.toml --out FOLDER/widths
glassnet scan runs/conjecture-removal.toml --out FOLDER/removal
python docs/conjecture_studies.py FOLDER/pieces
python docs/conjecture.py FOLDER
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import binom

import glassnet as gn
from glassnet.plots import appearance, export
from glassnet.statistics import with_error

M0 = 0.4
HERE = Path(__file__).parent
STARTS = ("ordered", "random")


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


def vote_figures(pieces, ax):
    """Errors of votes in the paramagnet, with the formula and the best classifier."""
    for number, hidden in enumerate((21, 41)):
        name = f"votes, {hidden}"
        if name not in pieces:
            continue
        mean, stderr = averages(pieces[name])
        n_inputs, alpha = 2 * hidden - 1, 1.0 / 0.15**2
        place = {"temperature": mean["temperature"].values[0], "start": "random"}
        votes = mean["vote"].values
        values, errors = (one["vote_test_error"].sel(place).values for one in (mean, stderr))
        style = {"color": appearance.COLOURS[number + 1], "marker": appearance.MARKERS[number + 1]}
        ax.errorbar(votes, values, errors, linestyle="none", label=f"n = {hidden}", **style)
        rng = np.random.default_rng(1)
        # fresh examples, and c_i with the scatter of its paths
        c = 0.15 + rng.standard_normal(n_inputs) / math.sqrt(2 * alpha * hidden)
        x = np.where(rng.random((20_000, n_inputs)) < 0.5 * 1.15, 1, -1)
        energy, many = float(mean["energy"].sel(place)), np.unique(np.geomspace(1, 1000, 40).astype(int))
        args = ((n_inputs, hidden, hidden, hidden, 1), alpha, energy, x @ c / n_inputs)
        ax.plot(many, [gn.network.learning.unaligned_error(*args, votes=int(k)) for k in many], color=style["color"])
        best = binom.cdf(n_inputs // 2, n_inputs, 0.575)
        ax.axhline(best, color=style["color"], linestyle=":")
        print(f"best classifier, {n_inputs} inputs, m0 = .15: {best:.4f}")
    ax.set(xscale="log", xlabel="networks in a vote", ylabel="test error", ylim=(0, 0.5))


def figure(result, removal, pieces):
    """Four panels: errors over temperature, their limit, votes, removal."""
    hidden = hidden_of(result)
    with appearance.printed():
        drawn = Figure(figsize=(7.0, 5.4), dpi=300, layout="constrained")
        panels = drawn.subplots(2, 2).ravel()
        over_temperature(result, panels[0])
        over_width(result, panels[1])
        vote_figures(pieces, panels[2])
        if removal is not None:
            over_dilution(removal, panels[3])
        for letter, ax in zip("abcd", panels, strict=True):
            ax.set_title(f"({letter})", loc="left", fontweight="bold", pad=3)
            if ax.get_legend_handles_labels()[0]:
                ax.legend(frameon=False)
        write(
            "conjecture",
            drawn,
            f"Test errors of networks of {min(hidden.values())} to {max(hidden.values())} units",
        )


def over_temperature(result, ax):
    hidden = hidden_of(result)
    size = max(hidden, key=hidden.get)
    for number, alpha in enumerate((1.5, 6.0, 8.0, 20.0)):
        colour = appearance.COLOURS[number]
        for start, face in (("ordered", colour), ("random", "white")):
            place = {"size": size, "dilution": 0.0, "alpha": alpha, "start": start}
            mean, stderr = (one["test_error"].sel(place) for one in (result.mean, result.stderr))
            style = {"color": colour, "marker": appearance.MARKERS[number], "markerfacecolor": face}
            label = rf"$\alpha$ = {alpha:g}" if start == "ordered" else None
            ax.errorbar(mean["temperature"], mean, stderr, linestyle="none", label=label, **style)
        t = np.geomspace(0.9, 3.0, 60)
        line = [formula(alpha, -math.tanh(1 / (one * math.sqrt(alpha))), result.widths[size]) for one in t]
        ax.plot(t, line, color=colour, linewidth=0.8)
    ax.set(xlabel=r"$T / \sqrt{\alpha}$", ylabel=f"test error, n = {hidden[size]}", ylim=(-0.02, 0.5))


def over_width(result, ax):
    """Error over 1/n where chains from both starts agree, in the paramagnet, and from random starts in the glass."""
    hidden = hidden_of(result)
    inverse = np.array([1 / n for n in hidden.values()])
    for number, (alpha, t) in enumerate(((1.5, 0.2), (3.0, 2.0), (6.0, 1.5), (8.0, 2.0), (10.0, 3.0))):
        place = {"dilution": 0.0, "alpha": alpha, "temperature": t, "start": "random"}
        mean, stderr = (one["test_error"].sel(place) for one in (result.mean, result.stderr))
        values, errors = (np.array([float(one.sel(size=size)) for size in hidden]) for one in (mean, stderr))
        style = {"color": appearance.COLOURS[number], "marker": appearance.MARKERS[number]}
        label = rf"$\alpha$ = {alpha:g}, {t:g} $\sqrt{{\alpha}}$"
        ax.errorbar(inverse, values, errors, linestyle="none", label=label, **style)
        energy = float(result.mean["energy"].sel(place | {"size": max(hidden, key=hidden.get)}))
        ax.plot(0, formula(alpha, energy), markerfacecolor="white", clip_on=False, linestyle="none", **style)
        fit, fine = parabola(inverse, values, np.maximum(errors, 1e-3))[0], np.linspace(0, inverse.max(), 50)
        ax.plot(fine, np.polynomial.polynomial.polyval(fine, fit), color=style["color"], linewidth=0.8)
    ax.set(xlabel="1 / n", ylabel="test error, random start", ylim=(0.2, 0.5), xlim=(0, None))


def over_dilution(removal, ax):
    alpha = float(removal.mean["alpha"][0])
    t = 0.8
    for number, (size, n) in enumerate(hidden_of(removal).items()):
        colour = appearance.COLOURS[number]
        for start, face in (("ordered", colour), ("random", "white")):
            place = {"size": size, "alpha": alpha, "temperature": t, "start": start}
            mean, stderr = (one["test_error"].sel(place) for one in (removal.mean, removal.stderr))
            style = {"color": colour, "marker": appearance.MARKERS[number], "markerfacecolor": face}
            ax.errorbar(
                mean["dilution"], mean, stderr, linewidth=0.8, label=f"n = {n}" if start == "ordered" else None, **style
            )
    ax.axvline(critical_dilution(alpha, t * math.sqrt(alpha)), color="black", linewidth=0.6)
    ax.set(xlabel="removed connections", ylabel=rf"test error, T = {t:g} $\sqrt{{\alpha}}$", ylim=(-0.02, 0.5))


def phases(result, pieces):
    """The three phases over alpha and temperature, with the errors that were measured."""
    hidden = hidden_of(result)
    size = max(hidden, key=hidden.get)
    critical = theory_of(wide(), 8.0).critical_alpha()
    with appearance.column(3.0) as (drawn, (ax,)):
        alphas = np.linspace(critical * 1.0005, 22.0, 40)
        line = [theory_of(wide(), alpha).transition_temperature() / math.sqrt(alpha) for alpha in alphas]
        ax.plot(alphas, line, color="black", label="transition")
        few = np.linspace(1.0, critical, 20)
        glass = [theory_of(wide(), alpha) for alpha in few]
        ax.plot(few, [one.glass_temperature() / math.sqrt(one.mean_field.alpha) for one in glass], "k--", label="$T_K$")
        # at least so many: below the Nishimori line, where the three meet, the border may bend to more
        ax.plot([critical, critical], [0.15, line[0]], color="black", linewidth=0.6, linestyle=":")
        place = {"size": size, "dilution": 0.0, "start": "random"}
        for t in result.mean["temperature"].values.tolist():
            for alpha in result.mean["alpha"].values.tolist():
                errors = [
                    float(result.mean["test_error"].sel(place | {"alpha": alpha, "temperature": t, "start": start}))
                    for start in STARTS
                ]
                points = ax.scatter(
                    [alpha - 0.12, alpha + 0.12], [t, t], c=errors, cmap="viridis", vmin=0, vmax=0.5, s=14
                )
        for name, piece in pieces.items():
            if name.startswith("line, 41") and name.split(", ")[3] == "0":
                alpha = float(name.split(", ")[2])
                ax.plot(alpha, piece["one_image"][0] / math.sqrt(alpha), "x", color="#D55E00")
        drawn.colorbar(points, ax=ax, label=f"test error, n = {hidden[size]}")
        ax.set(xlabel=r"paths per weight $\alpha$", ylabel=r"$T / \sqrt{\alpha}$", xlim=(0.5, 21.5), ylim=(0, 3.3))
        ax.legend(frameon=False, loc="upper left")
        write("phases", drawn, "Paramagnet, glass and aligned phase, with test errors of sampled networks")


def write(name, drawn, title):
    (HERE / f"{name}.svg").write_bytes(export.files(export.Drawing(name, drawn, title))[f"{name}.svg"])


def main(folder):
    folder = Path(folder)
    pieces = {file.stem: json.loads(file.read_text()) for file in sorted((folder / "pieces").glob("*.json"))}
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
    figure(result, removal, pieces)
    phases(result, pieces)


if __name__ == "__main__":
    main(sys.argv[1])
