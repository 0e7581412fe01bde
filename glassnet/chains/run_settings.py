"""The run file behind a set of chains, as tables; where they hold none it is put together from what they hold."""

import json

import numpy as np
import xarray as xr

from glassnet import _catalogue, _toml
from glassnet.chains.content import ChainError
from glassnet.chains.node_list import RUN_FILE

#: keys of the table [glass] of a run file
_GLASS = ("ensemble", *_catalogue.KEYWORDS, "couplings", "bias")


def settings(chains: xr.DataTree, nodes) -> dict:
    """Tables of the run file of the chains, composed from the chains where they hold none; ChainError where the run
    file is damaged. `nodes` are those of :func:`glassnet.analysis.nodes.nodes`."""
    text = chains.attrs.get("run_file")
    if text:
        try:
            return _toml.loads(text)
        except ValueError as error:
            raise ChainError(f"{RUN_FILE}: damaged ({error}): put the run file of these chains there again") from None
    node = next((one for one in nodes if one.planted_temperature is None), nodes[0])
    attributes = node.chain.attrs
    keywords = json.loads(attributes.get("glass", "{}")) | {
        name: attributes[name] for name in _GLASS if name in attributes
    }
    # keywords that follow from the others are no keys of the ensemble
    own = _catalogue.ENSEMBLES.get(keywords.get("ensemble", ""))
    for name in set(_catalogue.KEYWORDS) - set(own.keywords) if own else ():
        keywords.pop(name, None)
    draws = np.asarray(node.chain.get("draw", np.arange(node.chain.sizes["draw"])))
    every = max(1, int(draws[1] - draws[0])) if len(draws) > 1 else 1
    sweeps = every * len(draws)
    planted = sorted({one.planted_temperature for one in nodes if one.planted_temperature is not None})
    scan = {
        "sizes": [size for _, size in sorted({one.size: _size(one) for one in nodes}.items())],
        "dilutions": sorted({one.dilution for one in nodes}),
        "planted": planted,
        "symmetric": any(one.planted_temperature is None for one in nodes),
    }
    if any(one.chain.attrs.get("rounding") == "random" for one in nodes):
        scan["rounding"] = "random"
    ladder: list | dict = [float(t) for t in node.chain["temperature"].values]
    if planted and ladder[-1] <= planted[-1]:
        ladder = {"min": planted[0], "max": 2 * planted[-1], "n": 16, "spacing": "geometric"}
    sampling = {
        "temperatures": ladder,
        "replicas": node.chain.sizes["replica"],
        "thermalization": sweeps,
        "sweeps": sweeps,
        "measure_every": every,
    }
    glass = {name: keywords[name] for name in _GLASS if name in keywords}
    samples = max(one.n_samples for one in nodes)
    seed = int(chains.attrs.get("seed", 0))
    return {"seed": seed, "samples": samples, "glass": glass, "scan": scan, "sampling": sampling}


def _size(node) -> int | list[int]:
    """Number of weights before dilution, or the widths of a network."""
    return json.loads(node.chain.attrs.get("glass", "{}")).get("widths") or node.size
