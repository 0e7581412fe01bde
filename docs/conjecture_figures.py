"""Figures of docs/conjecture.md, from the FOLDER of docs/conjecture.py."""

import math
import sys
from pathlib import Path

import numpy as np
from conjecture import (
    STARTS,
    averages,
    critical_dilution,
    formula,
    hidden_of,
    parabola,
    pieces_of,
    theory_of,
    wide,
)
from matplotlib.figure import Figure
from scipy.stats import binom

import glassnet as gn
from glassnet.plots import appearance, export

HERE = Path(__file__).parent


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
    pieces = pieces_of(folder)
    result, removal = (gn.studies.generalisation_of(gn.open_chains(folder / name)) for name in ("widths", "removal"))
    figure(result, removal, pieces)
    phases(result, pieces)


if __name__ == "__main__":
    main(sys.argv[1])
