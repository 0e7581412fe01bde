"""The run file: its keys, and all mistakes in it reported at once."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from glassnet import _catalogue, _face, _terminal, _toml, _wiring
from glassnet.chains.files import regular_file
from glassnet.chains.files.zip_archive import SIGNATURE
from glassnet.chains.node_list import RUN_FILE, is_run
from glassnet.chains.schema import MEASUREMENTS, defaults, lacking
from glassnet.sampling.planted_field import FEWEST_SWEEPS
from glassnet.scan.runfile import consistency
from glassnet.scan.runfile.messages import in_words, one_of, shown

__all__ = ["RunFile", "UserError", "load", "parse", "read", "runnable"]
_face.public(__name__)

#: bounds that keep every count inside int32 (weights, lanes) and int64 (sweeps)
MOST_WEIGHTS = 2**31 - 1
_MOST = 2**62
#: bytes of a run file, and mistakes in it that are shown
_MOST_BYTES, _MOST_MISTAKES = 2**20, 50


class UserError(Exception):
    """A mistake that the user has to correct; its text is shown, one mistake on each line, and the exit code is 2."""


def _size(value: Any) -> int | tuple[int, ...]:
    """A number of weights, or the widths of a network."""
    widths = value if isinstance(value, list) else [value]
    if not widths or any(isinstance(width, bool) or not isinstance(width, int) for width in widths):
        raise ValueError(f"must be a number of weights or a list of widths, got {shown(value)}")
    if min(widths) < 1 or max(widths) > MOST_WEIGHTS:
        raise ValueError(f"must be in [1, {MOST_WEIGHTS}], got {shown(value)}")
    return tuple(value) if isinstance(value, list) else value


def _path(value: str) -> str:
    if _terminal.line(value) != value:
        raise ValueError(f"must hold no control characters, got {shown(value)}")
    return value


Count = Annotated[int, Field(ge=1, le=_MOST)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# + 0.0: there is no minus zero in the names of tasks
Dilution = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), AfterValidator(lambda value: value + 0.0)]
Size = Annotated[Any, BeforeValidator(_size)]


class _Section(BaseModel):
    """A table of the run file; remembers every value that is right on its own, so that checks across keys still run
    when another key is wrong."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)

    @field_validator("*", mode="after")
    @classmethod
    def _remember(cls, value: Any, context: ValidationInfo) -> Any:
        if context.context is not None:
            context.context[f"{cls.__name__}.{context.field_name}"] = value
        return value


class LadderRule(_Section):
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


Measure = Annotated[str, _among(MEASUREMENTS)]


class Glass(_Section):
    """The keywords of ``gn.ensembles.<ensemble>``, without size and dilution."""

    ensemble: Annotated[str, _among(_catalogue.ENSEMBLES)]
    p: int | None = Field(None, ge=2, le=64, description=_catalogue.help_of("p"))
    degree: int | None = Field(None, ge=1, le=2**20, description=_catalogue.help_of("degree"))
    alpha: Positive | None = Field(None, description=_catalogue.help_of("alpha"))
    couplings: Literal["binary", "gaussian"] = "binary"
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


def _networks(value: Any) -> tuple[Any, ...]:
    """The sizes of field integration: a number of weights, the widths of a network, or a list of networks."""
    several = isinstance(value, list) and value and all(isinstance(entry, list) for entry in value)
    return tuple(_size(entry) for entry in value) if several else (_size(value),)


class FieldIntegration(_Section):
    """Planted states in a field along them, for the complexity and its zero T_K; every default is sensible."""

    n_weights: Annotated[Any, BeforeValidator(_networks)] = Field(
        None, validate_default=False, description="number of weights; walks: three networks or more, or one"
    )
    temperatures: list[Positive] | None = Field(
        None, min_length=2, max_length=64, description="default: found by short runs, per dilution"
    )
    instances: int | None = Field(None, ge=1, le=10**6, description="independent sets of paths per dilution")
    sweeps: int | None = Field(None, ge=FEWEST_SWEEPS, le=_MOST, description="per lane; the second half is recorded")


def _field_kind(value: Any) -> str | None:
    if isinstance(value, (dict, FieldIntegration)):
        return "a table"
    return "true or false" if isinstance(value, bool) else None


class Scan(_Section):
    """Which glasses. The tasks are all combinations of size, dilution and sample (and planting temperature)."""

    sizes: list[Size] = Field(min_length=1, description="numbers of weights before dilution; walks: lists of widths")
    dilutions: list[Dilution] = Field([0.0], min_length=1, description="fractions of the connections removed")
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


class PlantedSampling(_Section):
    """Settings in which planted tasks differ from [sampling]."""

    temperatures: Temperatures | None = None
    replicas: int | None = Field(None, ge=1, le=4096)
    thermalization: int | None = Field(None, ge=0, le=_MOST)
    sweeps: Count | None = None
    measure_every: Count | None = None
    measure: list[Measure] | None = Field(None, min_length=1)


class Sampling(_Section):
    """How each task is sampled."""

    temperatures: Temperatures = Field(
        description="planted tasks use their planting temperature followed by the rungs above it"
    )
    replicas: int = Field(4, ge=1, le=4096, description="independent replicas at each temperature")
    thermalization: int = Field(ge=0, le=_MOST, description="sweeps before the first measurement")
    sweeps: Count = Field(description="sweeps with measurements")
    measure_every: Count = Field(10, description="sweeps from one measurement to the next")
    measure: list[Measure] | None = Field(
        None, min_length=1, description="default: energy, overlap and what the ensemble's analysis needs"
    )
    planted: PlantedSampling = Field(PlantedSampling(), description="overrides for planted tasks")


@_face.shown
class RunFile(_Section):
    """A run file without mistakes. ``text`` is what it was read from.

    Made by :func:`load` and :func:`parse`, which raise the errors: what is asked of it afterwards raises none.

    Attributes
    ----------
    seed, samples, output, glass, scan, sampling
        The keys and sections of the file, with the defaults of those that it leaves out (docs/runfile.md).
    """

    seed: int = Field(ge=0, lt=2**63, description="seed of everything drawn")
    samples: int = Field(ge=1, le=10**9, description="disorder samples per size and dilution")
    output: Annotated[str, AfterValidator(_path)] | None = Field(
        None, min_length=1, description="default: results/<stem of the run file>"
    )
    glass: Glass
    scan: Scan
    sampling: Sampling
    _text: str = PrivateAttr("")
    _decided: Any = PrivateAttr(None)
    _kept_rounding: str | None = PrivateAttr(None)

    @property
    def rounding(self) -> str:
        """How many connections a dilution removes (see :meth:`glassnet.PathGlass.dilute`): "nearest", "random", or
        "layers" where the directory was begun by release 0.3.0."""
        return self._kept_rounding or self.scan.rounding

    def keeping(self, rounding: str) -> "RunFile":
        """The same run file for a directory that was begun with this rule of `rounding`."""
        kept = self.model_copy()
        kept._kept_rounding = rounding
        return kept

    def __str__(self) -> str:
        return self._text

    @property
    def text(self) -> str:
        """The TOML this was read from."""
        return self._text

    @property
    def decided(self) -> Any:
        """What the directory of the run holds of field integration, a
        :class:`glassnet.scan.runfile.field_settings.Decided`; None before there is one."""
        return self._decided

    def settled(self, decided: Any) -> "RunFile":
        """The same with what its directory holds: `decided`, as in the property of that name."""
        settled = self.model_copy()
        settled._decided = decided
        return settled

    @property
    def symmetric(self) -> bool:
        """Whether glasses are also run as drawn, not planted."""
        return not self.scan.planted if self.scan.symmetric is None else self.scan.symmetric

    @property
    def field(self) -> FieldIntegration | None:
        """What is asked of field integration; None without it."""
        return FieldIntegration() if self.scan.field is True else self.scan.field or None

    def samples_of(self, planted: bool) -> int:
        """Samples per node, `planted` or symmetric."""
        return (planted and self.scan.planted_samples) or self.samples

    def sampling_of(self, planted: bool) -> Sampling:
        """[sampling] as planted or symmetric tasks use it, every default decided."""
        changes = {"planted": PlantedSampling()}
        if planted:
            own = self.sampling.planted
            changes |= {name: value for name in own.model_fields_set if (value := getattr(own, name)) is not None}
        merged = self.sampling.model_copy(update=changes)
        ladder = merged.temperatures
        if isinstance(ladder, LadderRule) and ladder.infinite is None:
            ladder = ladder.model_copy(update={"infinite": not planted})
        return merged.model_copy(update={"temperatures": ladder, "measure": self._measure(merged.measure, planted)})

    def _measure(self, asked: list[str] | None, planted: bool) -> list[str]:
        setup = consistency.setup_of(self, planted)
        measure = list(asked or defaults(setup))
        if not asked:
            measure += [name for name in self.glass.record.measure if name not in measure]
        needed = [name for name, row in MEASUREMENTS.items() if row.essential and not any(lacking([name], setup))]
        measure += [name for name in needed if name not in measure]
        return measure


def load(path: str | os.PathLike[str]) -> RunFile:
    """Read the run file at `path` that is to be run on this machine.

    Raises
    ------
    UserError
        If it cannot be read, holds mistakes or needs more memory than there is: one line for each, naming file and key.
    """
    return runnable(read(path), str(path))


def runnable(text: str, name: str) -> RunFile:
    """The run file in `text`, which this machine has the memory for; UserError names its mistakes with `name`."""
    run_file = parse(text, name)
    _refuse(consistency.too_large(run_file), name)
    return run_file


def read(path: str | os.PathLike[str]) -> str:
    """Text of a file; UserError if it cannot be read."""
    try:
        with open(path, "rb", opener=regular_file.opener) as file:
            image = file.read(_MOST_BYTES + 1)
        if image.startswith(SIGNATURE):
            meant = f"a packed run or a shard, not a run file; glassnet analyze {path} shows what it holds"
            raise UserError(f"{path}: {meant}")
        if len(image) > _MOST_BYTES:
            raise UserError(f"{path}: not a run file: it has more than {_MOST_BYTES} bytes")
        return image.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a TOML file: byte {error.start} is not UTF-8") from None
    except IsADirectoryError:
        inside = Path(path) / RUN_FILE
        if not is_run(Path(path)):
            raise UserError(f"{path}: a directory, not a run file") from None
        meant = f"glassnet scan {inside} --out {path} goes on with it, glassnet analyze {path} shows what it found"
        raise UserError(f"{path}: the directory of a run, not a run file; {meant}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path}: cannot be read: {reason}") from None


def parse(text: str, name: str) -> RunFile:
    """The run file in `text`, which may be too large for this machine; UserError names its mistakes with `name`."""
    try:
        tables = _toml.loads(text)
    except ValueError as error:
        raise UserError(f"{name}: not a TOML file: {error}") from None
    sound: dict[str, Any] = {}
    mistakes = []
    try:
        run_file = RunFile.model_validate(tables, context=sound)
    except ValidationError as error:
        mistakes = [in_words(entry, RunFile) for entry in error.errors(include_url=False)[: _MOST_MISTAKES + 1]]
    _refuse(mistakes + consistency.mistakes(sound), name)
    run_file._text = text
    return run_file


def _refuse(mistakes: list[str], name: str) -> None:
    if mistakes:
        lines = [f"{name}: {mistake}" for mistake in dict.fromkeys(mistakes)]
        more = [f"{name}: and more mistakes"] if len(lines) > _MOST_MISTAKES else []
        raise UserError("\n".join([*lines[:_MOST_MISTAKES], *more]))
