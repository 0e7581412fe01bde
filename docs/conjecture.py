"""The tables of docs/conjecture.md, from the directory of a scan of runs/conjecture.toml.

glassnet scan runs/conjecture.toml --out results/conjecture
python docs/conjecture.py results/conjecture
"""

import sys

import glassnet as gn
from glassnet.statistics import with_error


def cell(result, place):
    """Test error of single networks, its standard error over samples, from the ordered and from the random start."""
    mean, stderr = (table["test_error"].sel(place) for table in (result.mean, result.stderr))
    both = [with_error(float(mean.sel(start=start)), float(stderr.sel(start=start))) for start in ("ordered", "random")]
    return " | ".join(both)


def main(directory):
    result = gn.studies.generalisation_of(gn.open_chains(directory))
    vote = int(result.mean["vote"].values[-1])
    axes = ("dilution", "alpha", "temperature")
    dilutions, alphas, temperatures = (result.mean[name].values.tolist() for name in axes)
    cuts = (("alpha", alphas, {"dilution": 0.0}), ("dilution", dilutions, {"alpha": alphas[-1]}))
    for size, widths in result.widths.items():
        print(f"\n{'-'.join(map(str, widths))}: test error of single networks, ordered | random start")
        for name, values, other in cuts:
            print(other, "T / sqrt(alpha)", *(f"{name} {value:g}" for value in values), sep="\t")
            for t in temperatures:
                place = {"size": size, "temperature": t, **other}
                print("", t, *(cell(result, place | {name: value}) for value in values), sep="\t")
        votes = result.mean["vote_test_error"].sel(size=size, vote=vote)
        worst = votes.where(votes == votes.max(), drop=True)
        place = {name: worst[name].values[0] for name in (*axes, "start")}
        print(f"largest error of a vote of {vote}: {float(votes.max()):.3g} at {place}")


if __name__ == "__main__":
    main(sys.argv[1])
