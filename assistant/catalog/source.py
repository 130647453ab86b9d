"""Where a model's files lie on the hub: a repository, a revision, and a file or a pattern of files."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assistant.visible import visible

_PLACEHOLDER = "{quantization}"
_SEGMENT = r"(?:\w|\{quantization\})(?:[\w.-]|\{quantization\})*"
# The parts of a split GGUF, as llama.cpp names them.
SPLIT = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")
_MOST_PARTS = 1024

# What a stranger wrote, to be shown.
Words = Annotated[str, AfterValidator(visible)]
FileName = Annotated[str, Field(pattern=rf"^{_SEGMENT}(/{_SEGMENT})*\.gguf$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Gigabytes = Annotated[float, Field(gt=0)]
DraftKind = Literal["model", "dspark", "dflash", "eagle3", "mtp"]


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository. `sha256` is checked where it is known."""

    repo: str
    file: str
    revision: str = "main"
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One quantization and its files, more than one where the GGUF is split: the first stands for all.
    `size_gb` of all together, None where it is not known."""

    quantization: str
    files: tuple[HubFile, ...]
    size_gb: float | None

    def is_called(self, part: str) -> bool:
        """Whether `part` is its quantization, one of its files, or empty."""
        return (
            not part
            or part.lower() == self.quantization.lower()
            or any(file.file == part for file in self.files)
        )


class Table(BaseModel):
    """A table of a manifest: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Shape(Table):
    """What the memory of the KV cache and of attention follows from, by the model's own configuration.
    `key_length` and `value_length` are numbers a head, the value's as the key's where it is not given.
    `heads` are those of the query."""

    layers: int = Field(gt=0)
    heads: int | None = Field(default=None, gt=0)
    kv_heads: int = Field(gt=0)
    key_length: int = Field(gt=0)
    value_length: int | None = Field(default=None, gt=0)

    @property
    def kv_numbers(self) -> int:
        """Numbers that one token keeps in the KV cache, over all layers."""
        return self.layers * self.kv_heads * (self.key_length + (self.value_length or self.key_length))


class Quantization(Table):
    """`file` where it does not follow the pattern of its source."""

    name: str = Field(pattern=r"^\w[\w.-]*$")
    size_gb: Gigabytes | None = None
    file: FileName | None = None
    sha256: Sha256 | None = None


class Source(Table):
    """Either one `file`, with its `size_gb` and `sha256`, or `quantizations`, the first being the one
    to take unless another is asked for. `{quantization}` in `file` stands for their names. The first
    part of a split GGUF (`-00001-of-00003`) stands for all."""

    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = "main"
    file: FileName | None = None
    size_gb: Gigabytes | None = None
    sha256: Sha256 | None = None
    quantizations: tuple[Quantization, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _is_clear(self) -> "Source":
        if not self.quantizations and (self.file is None or _PLACEHOLDER in self.file):
            raise ValueError("it needs a file, or quantizations")
        if self.quantizations and (self.size_gb or self.sha256):
            raise ValueError("size_gb and sha256 belong to each of the quantizations")
        names = [quantization.name for quantization in self.quantizations]
        if len(set(names)) < len(names):
            raise ValueError("two of the quantizations have the same name")
        for variant in self.variants:
            if len(variant.files) > 1 and variant.files[0].sha256:
                raise ValueError("sha256 is of one file, and this one is split; the hub's own are checked")
        return self

    @property
    def variants(self) -> tuple[Variant, ...]:
        """What there is to choose from, the preferred one first."""
        if not self.quantizations:
            assert self.file is not None
            return (self._variant("", self.file, self.size_gb, self.sha256),)
        return tuple(
            self._variant(one.name, self._file_of(one), one.size_gb, one.sha256) for one in self.quantizations
        )

    def _file_of(self, quantization: Quantization) -> str:
        file = quantization.file or self.file
        if file is None or (quantization.file is None and _PLACEHOLDER not in file):
            raise ValueError(f"{quantization.name} needs a file, or the source {_PLACEHOLDER} in its own")
        return file.replace(_PLACEHOLDER, quantization.name)

    def _variant(self, name: str, file: str, size_gb: float | None, sha256: str | None) -> Variant:
        parts = tuple(HubFile(self.repo, part, self.revision, sha256) for part in _parts(file))
        return Variant(name, parts, size_gb)


class Draft(Source):
    """A source of what speculates for the target: a small `model` or a network on its hidden states."""

    kind: DraftKind = "model"
    shape: Shape | None = None


def _parts(file: str) -> list[str]:
    split = SPLIT.fullmatch(file)
    if not split:
        return [file]
    count = int(split[3])
    if int(split[2]) != 1 or not 1 <= count <= _MOST_PARTS:
        raise ValueError(f"name the first part of {file}, of at most {_MOST_PARTS}")
    return [f"{split[1]}-{i:05d}-of-{count:05d}.gguf" for i in range(1, count + 1)]
