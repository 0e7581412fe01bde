"""The run file: its keys, and all mistakes in it reported at once."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError

from glassnet import _face, _terminal, _toml
from glassnet.chains.files import regular_file
from glassnet.chains.files.zip_archive import SIGNATURE
from glassnet.chains.node_list import RUN_FILE, is_run
from glassnet.chains.schema import MEASUREMENTS, defaults, lacking
from glassnet.scan.runfile import consistency, examples, memory
from glassnet.scan.runfile.messages import in_words, shown
from glassnet.scan.runfile.sections import (
    Data,
    FieldIntegration,
    Glass,
    LadderRule,
    PlantedSampling,
    Sampling,
    Scan,
    Section,
    Study,
)

__all__ = ["RunFile", "UserError", "load", "parse", "read", "runnable"]
_face.public(__name__)

#: bytes of a run file, and mistakes in it that are shown
_MOST_BYTES, _MOST_MISTAKES = 2**20, 50


def _path(value: str) -> str:
    if _terminal.line(value) != value:
        raise ValueError(f"must hold no control characters, got {shown(value)}")
    return value


class UserError(Exception):
    """A mistake that the user has to correct; its text is shown, one mistake on each line, and the exit code is 2."""


@_face.shown
class RunFile(Section):
    """A run file without mistakes. ``text`` is what it was read from.

    Made by :func:`load` and :func:`parse`, which raise the errors: what is asked of it afterwards raises none.

    Attributes
    ----------
    seed, samples, output, study, glass, data, scan, sampling
        The keys and sections of the file, with the defaults of those that it leaves out (docs/runfile.md).
    """

    seed: int = Field(ge=0, lt=2**63, description="seed of everything drawn")
    samples: int = Field(ge=1, le=10**9, description="disorder samples per size and dilution")
    output: Annotated[str, AfterValidator(_path)] | None = Field(
        None, min_length=1, description="default: results/<stem of the run file>"
    )
    study: Study | None = Field(None, description="generalisation: what the sampled networks know of a task")
    glass: Glass
    data: Data | None = Field(None, description="examples, where couplings are 'data'")
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

    @property
    def is_binary(self) -> bool:
        """Whether couplings are +-1: one example per path is."""
        return self.glass.couplings == "binary" or (self.data is not None and self.data.examples == 1)

    def glass_of(self, alpha: float | None) -> Glass:
        """[glass] of a task: in a study with the paths per weight that are its own, `alpha`."""
        return self.glass if alpha is None else self.glass.model_copy(update={"alpha": alpha})

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
        if self.study is not None:
            return [*(asked or ()), *(["energy"] if "energy" not in (asked or ()) else [])]
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
    _refuse([*memory.too_large(run_file), *examples.mistakes(run_file)], name)
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
