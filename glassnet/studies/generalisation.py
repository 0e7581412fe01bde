"""Which phase of a path glass generalises: errors of the networks that it samples, from two kinds of start.

The model and its conjecture are those of H. Huang and A. Goudarzi, Phys. Rev. E 98, 042311 (2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables, _wiring
from glassnet._random import Seed
from glassnet.network.tasks import BinaryTask
from glassnet.statistics.estimate import with_error
from glassnet.statistics.standard_errors import standard_error
from glassnet.studies import learned_networks, learning_averages
from glassnet.studies.learned_networks import STARTS


@dataclass(frozen=True)
@_face.shown
class Generalisation:
    """Answer of :func:`generalisation`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    instances : xarray.Dataset
        Of each sample, over `sample`, `start` ("ordered": in the Hebb state, "random") and `temperature`: `energy` per
        path, `walk_overlap` with the Hebb state, `train_error` and `test_error` of single networks;
        `vote_train_error` and `vote_test_error` over `vote`; `dimension` and `covariance_strength` of hidden layers
        over `layer`; `mean_death` of the spanning tree of hidden units. `drift` (sample, start, temperature) is the
        energy per path in the second half of the draws less that in the first.
    title : str
        The networks and the task in words.
    """

    instances: xr.Dataset
    title: str

    @property
    def mean(self) -> xr.Dataset:
        """Mean over samples."""
        return self.instances.mean("sample")

    @property
    def stderr(self) -> xr.Dataset:
        """Standard error of the mean over samples; nan for one sample."""
        return self.instances.map(_stderr)

    def __str__(self) -> str:
        mean, stderr = self.mean, self.stderr
        largest = int(self.instances["vote"].values[-1])
        titles = ("T", "start", "energy/path", "walk overlap", "test error", f"vote of {largest}")
        rows = []
        for temperature in self.instances["temperature"].values.tolist():
            for start in STARTS:
                at: dict[str, Any] = {"temperature": temperature, "start": start}
                cells = [_shown(mean, stderr, name, at) for name in ("energy", "walk_overlap", "test_error")]
                rows.append([f"{temperature:.4g}", start, *cells])
                rows[-1].append(_shown(mean, stderr, "vote_test_error", at | {"vote": largest}))
        return f"{self.title}\n{_tables.table(dict.fromkeys(titles, ''), rows)}"

    def plot(self) -> Any:
        """Draw test errors against temperature; see :func:`glassnet.plots.network.generalisation`."""
        from glassnet import plots

        return plots.network.generalisation(self)


def generalisation(
    task: BinaryTask | Callable[[Seed], BinaryTask],
    widths: Sequence[int],
    temperatures: ArrayLike,
    *,
    alpha: float,
    examples: int | str = 1,
    dilution: float = 0.0,
    samples: int = 4,
    replicas: int = 32,
    thermalization: int = 500,
    sweeps: int = 500,
    measure_every: int = 50,
    seed: int | None = None,
) -> Generalisation:
    """Sample networks of a path glass whose couplings are examples, and ask them about others.

    Half of the replicas start in the Hebb state, w = sign <y x_i> out of input i and +1 elsewhere, the others at
    random; all exchange temperatures (:class:`glassnet.ParallelTempering`). Where the two starts agree, either may be
    taken for equilibrium, which is no proof; where they do not, at least one has not reached it: the rule in the glass
    and near a first-order transition of wide networks. :func:`glassnet.studies.two_branches` says which of
    two branches is the equilibrium.

    Parameters
    ----------
    task : BinaryTask, or callable(Seed) -> BinaryTask
        Of :mod:`glassnet.network.tasks`. A callable draws a task for each sample, with which bars cover the task as
        well.
    widths : sequence of ints
        Neurons in each layer: as many inputs as the task has, and one output.
    temperatures : sequence of floats
        Strictly increasing, > 0; k_B = 1, |y x| = 1.
    alpha : float
        Paths per weight before dilution.
    examples : int or "all"
        Examples per path, K: the coupling of a path is the mean of y x_i over K random examples.
    dilution : float
        Fraction of the connections removed.
    samples : int
        Independent draws of paths, examples and removed connections.
    replicas : int
        >= 2.
    thermalization, sweeps, measure_every : int
        Networks are looked at every `measure_every` sweeps; a vote of 1000 needs
        ``replicas / 2 * sweeps / measure_every >= 1000``.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    widths = _wiring.check_widths(widths)
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    samples = _checks.integer("samples", samples, minimum=1)
    replicas = _checks.integer("replicas", replicas, minimum=2, most=4096)
    if seed is None:
        raise TypeError("seed must be given: an integer names the run and makes it repeatable")
    seed = _checks.integer("seed", seed, minimum=0)
    tables, named = [], ""
    for sample in range(samples):
        own = Seed(seed, f"generalisation,sample={sample}")
        examined = task(own) if callable(task) else task
        glass = learned_networks.draw(examined, widths, alpha, own, examples=examples, dilution=dilution)
        tempering = learned_networks.sampler(glass, temperatures, replicas, own)
        chain = tempering.run(sweeps, thermalization, measure_every, measure=learned_networks.MEASURE)
        seen = chain.merge(learning_averages.observed(chain, glass, examined))
        tables.append(learning_averages.summary(seen, glass.n_paths))
        named = examined.name
    shown = "-".join(map(str, widths))
    title = f"{named}; {shown}, {alpha:g} paths per weight of {examples} examples, dilution {dilution:g}"
    return Generalisation(xr.concat(tables, "sample"), f"{title}: mean of {samples} samples")


def _stderr(values: xr.DataArray) -> xr.DataArray:
    return values.isel(sample=0).copy(data=standard_error(values.transpose(..., "sample").values))


def _shown(mean: xr.Dataset, stderr: xr.Dataset, name: str, at: dict[str, Any]) -> str:
    return with_error(float(mean[name].sel(at)), float(stderr[name].sel(at)))
