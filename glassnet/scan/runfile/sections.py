"""The tables of a run file: their keys, and what each must be by itself."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from glassnet import _catalogue, _wiring
from glassnet.chains.schema import MEASUREMENTS
from glassnet.network.tasks.named import TASKS
from glassnet.sampling.planted_field import FEWEST_SWEEPS
from glassnet.scan.runfile.messages import one_of, shown

#: bounds that keep every count inside int32 (weights, lanes) and int64 (sweeps)
MOST_WEIGHTS = 2**31 - 1
MOST = 2**62


def _size(value: Any) -> int | tuple[int, ...]:
    """A number of weights, or the widths of a network."""
    widths = value if isinstance(value, list) else [value]
    if not widths or any(isinstance(width, bool) or not isinstance(width, int) for width in widths):
        raise ValueError(f"must be a number of weights or a list of widths, got {shown(value)}")
    if min(widths) < 1 or max(widths) > MOST_WEIGHTS:
        raise ValueError(f"must be in [1, {MOST_WEIGHTS}], got {shown(value)}")
    return tuple(value) if isinstance(value, list) else value


Count = Annotated[int, Field(ge=1, le=MOST)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# + 0.0: there is no minus zero in the names of tasks
Dilution = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), AfterValidator(lambda value: value + 0.0)]
Size = Annotated[Any, BeforeValidator(_size)]


class Section(BaseModel):
    """A table of the run file; remembers every value that is right on its own, so that checks across keys still run
    when another key is wrong."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)

    @field_validator("*", mode="after")
    @classmethod
    def _remember(cls, value: Any, context: ValidationInfo) -> Any:
        if context.context is not None:
            context.context[f"{cls.__name__}.{context.field_name}"] = value
        return value


class LadderRule(Section):
    """Temperatures by rule."""

    min: Positive = Field(description="lowest temperature")
    max: Positive = Field(description="highest finite temperature")
    n: int = Field(ge=2, le=4096, description="number of finite temperatures")
    spacing: Literal["geometric", "linear", "adaptive"] = Field(
        "geometric", description="adaptive: equal exchange rates, from a short pilot run per size and dilution"
    )
    infinite: bool | None = Field(
        None, description="append T = inf, from where the entropy is integrated; default: yes, but not in planted scans"
    )


def _ladder_kind(value: Any) -> str | None:
    if isinstance(value, (dict, LadderRule)):
        return "a table"
    return "a list" if isinstance(value, (list, tuple)) else None


Temperatures = Annotated[
    Union[  # noqa: UP007 - the tags need the long form
        Annotated[LadderRule, Tag("a table")],
        Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1, max_length=4096), Tag("a list")],
    ],
    Discriminator(
        _ladder_kind,
        custom_error_type="ladder",
        custom_error_message="must be a table {min, max, n, spacing, infinite} or a list of temperatures",
    ),
]


def _among(words: Collection[str]) -> AfterValidator:
    """A word that is one of these."""

    def check(value: str) -> str:
        if value not in words:
            raise ValueError(one_of(value, words))
        return value

    return AfterValidator(check)


#: what a scan may be besides a search for transitions
STUDIES = ("generalisation",)
Study = Annotated[str, _among(STUDIES)]
Measure = Annotated[str, _among(MEASUREMENTS)]


class Glass(Section):
    """The keywords of ``gn.ensembles.<ensemble>``, without size and dilution."""

    ensemble: Annotated[str, _among(_catalogue.ENSEMBLES)]
    p: int | None = Field(None, ge=2, le=64, description=_catalogue.help_of("p"))
    degree: int | None = Field(None, ge=1, le=2**20, description=_catalogue.help_of("degree"))
    alpha: Positive | None = Field(None, description=f"{_catalogue.help_of('alpha')}; in a study scan.alphas has them")
    couplings: Literal["binary", "gaussian", "data"] = Field("binary", description="data: the examples of [data]")
    bias: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] = Field(0.0, description="mean of +-1 couplings")

    @property
    def record(self) -> _catalogue.Ensemble:
        """What the catalogue says of the ensemble."""
        return _catalogue.ENSEMBLES[self.ensemble]

    @property
    def keywords(self) -> dict[str, Any]:
        """Of p, degree and alpha those that the ensemble takes."""
        return self.model_dump(include=set(self.record.keywords))

    def p_of(self, size: _catalogue.Size) -> int:
        """Weights on a path of glasses of this size."""
        return self.record.p(size, self.p)

    def n_paths(self, size: _catalogue.Size) -> float:
        """Paths of glasses of this size before dilution, not rounded."""
        return self.record.n_paths(_wiring.n_weights(size), self.p_of(size), self.keywords)


def _examples(value: Any) -> int | str:
    """Examples per path: a number, or "all"."""
    if value != "all" and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_WEIGHTS):
        raise ValueError(f"must be a number of examples per path or 'all', got {shown(value)}")
    return value


def _threshold(value: Any) -> float | str:
    """A grey value, or "median"."""
    if value != "median" and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1):
        raise ValueError(f"must be a grey value in [0, 1) or 'median', got {shown(value)}")
    return value


Examples = Annotated[int, Field(ge=1, le=MOST_WEIGHTS)]


class Data(Section):
    """The examples that couplings come from: a task of :mod:`glassnet.network.tasks`, by name, with its keywords."""

    task: Annotated[str, _among(TASKS)]
    strength: float | None = Field(None, ge=0, le=1, allow_inf_nan=False, description="noisy prototype: m0 = |<y x_i>|")
    train: Examples | None = Field(None, description="examples that couplings come from; images: default all")
    test: Examples | None = Field(None, description="examples to test with; images: those of the files")
    hidden: list[Examples] | None = Field(None, min_length=1, description="teacher: widths of its hidden layers")
    bits: int | None = Field(None, ge=2, description="parity: of so many signs; default 2, XOR")
    classes: list[int] | None = Field(None, min_length=2, max_length=2, description="digits, images: labels +1 and -1")
    threshold: Annotated[Any, BeforeValidator(_threshold)] = Field(
        None, validate_default=False, description="digits, images: grey value above which an input is +1"
    )
    block: int | None = Field(None, ge=1, description="images: squares of so many pixels are one input; default 4")
    folder: str | None = Field(None, min_length=1, description="images: where the files are; default: GLASSNET_DATA")
    examples: Annotated[Any, BeforeValidator(_examples)] = Field(1, description="examples per path, or 'all'")
    shuffled: bool = Field(False, description="the labels of the training examples in random order: a control")


def _networks(value: Any) -> tuple:
    """The sizes of field integration: a number of weights, the widths of a network, or a list of networks."""
    several = isinstance(value, list) and value and all(isinstance(entry, list) for entry in value)
    return tuple(_size(entry) for entry in value) if several else (_size(value),)


class FieldIntegration(Section):
    """Planted states in a field along them, for the complexity and its zero T_K; every default is sensible."""

    n_weights: Annotated[Any, BeforeValidator(_networks)] = Field(
        None, validate_default=False, description="number of weights; walks: three networks or more, or one"
    )
    temperatures: list[Positive] | None = Field(
        None, min_length=2, max_length=64, description="default: found by short runs, per dilution"
    )
    instances: int | None = Field(None, ge=1, le=10**6, description="independent sets of paths per dilution")
    sweeps: int | None = Field(None, ge=FEWEST_SWEEPS, le=MOST, description="per lane; the second half is recorded")


def _field_kind(value: Any) -> str | None:
    if isinstance(value, (dict, FieldIntegration)):
        return "a table"
    return "true or false" if isinstance(value, bool) else None


class Scan(Section):
    """Which glasses. The tasks are all combinations of size, dilution and sample (and planting temperature)."""

    sizes: list[Size] = Field(min_length=1, description="numbers of weights before dilution; walks: lists of widths")
    dilutions: list[Dilution] = Field([0.0], min_length=1, description="fractions of the connections removed")
    alphas: list[Positive] = Field([], description="studies: paths per weight, before dilution")
    rounding: Literal["nearest", "random"] = Field(
        "nearest",
        description="connections removed: their number times the dilution, rounded; random: up or down, with that mean",
    )
    planted: list[Positive] = Field([], description="planting temperatures; fresh instances at each")
    symmetric: bool | None = Field(
        None, description="also run glasses as drawn, not planted; default: only when nothing is planted"
    )
    planted_samples: Count | None = Field(None, description="samples per planting temperature; default: samples")
    field: Annotated[
        Union[  # noqa: UP007 - the tags need the long form
            Annotated[FieldIntegration, Tag("a table")],
            Annotated[bool, Tag("true or false")],
        ],
        Discriminator(
            _field_kind,
            custom_error_type="field",
            custom_error_message="must be true, false or a table {n_weights, temperatures, instances, sweeps}",
        ),
    ] = Field(False, description="also integrate the complexity over a field along planted states")


class PlantedSampling(Section):
    """Settings in which planted tasks differ from [sampling]."""

    temperatures: Temperatures | None = None
    replicas: int | None = Field(None, ge=1, le=4096)
    thermalization: int | None = Field(None, ge=0, le=MOST)
    sweeps: Count | None = None
    measure_every: Count | None = None
    measure: list[Measure] | None = Field(None, min_length=1)


class Sampling(Section):
    """How each task is sampled."""

    temperatures: Temperatures = Field(
        description="planted tasks use their planting temperature followed by the rungs above it"
    )
    unit: Literal["1", "sqrt(alpha)", "alpha"] = Field("1", description="studies: of the temperatures")
    replicas: int = Field(4, ge=1, le=4096, description="independent replicas at each temperature")
    thermalization: int = Field(ge=0, le=MOST, description="sweeps before the first measurement")
    sweeps: Count = Field(description="sweeps with measurements")
    measure_every: Count = Field(10, description="sweeps from one measurement to the next")
    measure: list[Measure] | None = Field(
        None, min_length=1, description="default: energy, overlap and what the ensemble's analysis needs"
    )
    planted: PlantedSampling = Field(PlantedSampling(), description="overrides for planted tasks")
