"""What a GGUF file says of itself, read without loading it: metadata and the names of its tensors.

The layout is that of the GGUF specification (ggml's docs/gguf.md), versions 2 and 3, little-endian."""

import mmap
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.llama.gguf import check_gguf
from assistant.errors import ModelError

Value = int | float | bool | str | tuple[int | float | bool, ...]

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_ALIGNMENT = 32
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """`shape` as NumPy has it, rows first. `offset` is where its data begins, bytes from the file's start."""

    shape: tuple[int, ...]
    type: int
    offset: int


@dataclass(frozen=True, slots=True)
class Header:
    """Metadata but for arrays of strings (vocabularies), and the tensors of all shards."""

    metadata: dict[str, Value]
    tensors: dict[str, TensorInfo]

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def of_architecture(self, key: str) -> Value | None:
        """The value of `<architecture>.<key>`, None when absent."""
        return self.metadata.get(f"{self.architecture}.{key}")


def read_header(path: Path) -> Header:
    """Raises ModelError where `path` is no GGUF file or ends inside its header."""
    metadata: dict[str, Value] = {}
    tensors: dict[str, TensorInfo] = {}
    for shard in _shards(path):
        check_gguf(shard)
        try:
            with shard.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found = _Cursor(data).header()
        except (OSError, ValueError, OverflowError, struct.error, KeyError) as error:
            raise ModelError(
                f"Cannot read the header of {shard}: {error}.",
                hint="It may be truncated or of a newer format: pull it again.",
            ) from error
        metadata = found.metadata | metadata
        tensors |= found.tensors
    return Header(metadata, tensors)


def _shards(path: Path) -> Sequence[Path]:
    """The files of a model that was split; `path` alone where it was not."""
    match = _SHARD.search(path.name)
    if not match:
        return [path]
    stem = path.name[: match.start()]
    return [path.with_name(f"{stem}-{i:05d}-of-{match[2]}.gguf") for i in range(1, int(match[2]) + 1)]


class _Cursor:
    """Reads a mapped file front to back."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 4  # behind the magic

    def header(self) -> Header:
        version = int(self._scalar("I"))
        if version not in (2, 3):
            raise ValueError(f"version {version} is unknown")
        tensor_count, value_count = int(self._scalar("Q")), int(self._scalar("Q"))
        metadata: dict[str, Value] = {}
        for _ in range(value_count):
            key = self._string()
            value = self._value(int(self._scalar("I")))
            if value is not None:
                metadata[key] = value
        infos = [self._tensor() for _ in range(tensor_count)]
        alignment = int(str(metadata.get("general.alignment", _ALIGNMENT)))
        base = -(-self._at // alignment) * alignment
        tensors = {name: TensorInfo(shape, kind, base + at) for name, shape, kind, at in infos}
        return Header(metadata, tensors)

    def _value(self, kind: int) -> Value | None:
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            return self._scalar(_SCALARS[kind])
        of, count = int(self._scalar("I")), int(self._scalar("Q"))
        if of == _STRING:
            self._skip_strings(count)
            return None
        values = struct.unpack_from(f"<{count}{_SCALARS[of]}", self._data, self._at)
        self._at += struct.calcsize(f"<{count}{_SCALARS[of]}")
        return values

    def _skip_strings(self, count: int) -> None:
        """A vocabulary has some 150,000: nothing is decoded."""
        length_at, at = struct.Struct("<Q").unpack_from, self._at
        for _ in range(count):
            at += 8 + length_at(self._data, at)[0]
        self._at = at

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._string()
        shape = tuple(int(self._scalar("Q")) for _ in range(int(self._scalar("I"))))[::-1]
        return name, shape, int(self._scalar("I")), int(self._scalar("Q"))

    def _string(self) -> str:
        length = int(self._scalar("Q"))
        text = self._data[self._at : self._at + length].decode("utf-8", "replace")
        self._at += length
        return text

    def _scalar(self, code: str) -> int | float | bool:
        value: int | float | bool = struct.unpack_from(f"<{code}", self._data, self._at)[0]
        self._at += struct.calcsize(f"<{code}")
        return value
