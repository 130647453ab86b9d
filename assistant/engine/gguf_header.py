"""The header of a GGUF file, read without llama.cpp: what the model is and which tensors it holds.

The format is that of ggml's `docs/gguf.md`, versions 2 and 3, little-endian. Nothing in a file is
believed: every count and length is held against a limit and against what is left of the file.
"""

import mmap
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from assistant.errors import ModelError

_MAGIC = b"GGUF"
_ALIGNMENT = 32
_BLOCKS = (
    *((1, 1, (24,)), (1, 2, (1, 25, 30)), (1, 4, (0, 26)), (1, 8, (27, 28))),
    *((32, 17, (39,)), (32, 18, (2, 20)), (32, 20, (3,)), (32, 22, (6,)), (32, 24, (7,)), (32, 34, (8,))),
    *((32, 40, (9,)), (64, 18, (42,)), (64, 36, (40,)), (128, 18, (41,)), (256, 50, (19,))),
    *((256, 54, (34,)), (256, 56, (29,)), (256, 66, (16, 35)), (256, 74, (17,)), (256, 82, (22,))),
    *((256, 84, (10,)), (256, 98, (18,)), (256, 110, (11, 21)), (256, 136, (23,)), (256, 144, (12,))),
    *((256, 176, (13,)), (256, 210, (14,)), (256, 292, (15,))),
)
# Elements and bytes of one block, by ggml's type number.
TENSOR_TYPES: Mapping[int, tuple[int, int]] = {
    kind: (elements, size) for elements, size, kinds in _BLOCKS for kind in kinds
}
_SCALARS = {
    kind: struct.Struct("<" + code)
    for kind, code in zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True)
}
_U32, _STRING, _ARRAY, _U64 = 4, 8, 9, 10
_MOST_KEYS, _MOST_TENSORS, _MOST_ELEMENTS = 65_536, 262_144, 8_388_608
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_HEADER = 65_535, 16 * 2**20, 64 * 2**20
_KEPT_ELEMENTS = 4096  # longer arrays and arrays of text are vocabularies: only their length is kept
_VOCABULARY = "tokenizer.ggml.tokens"
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")
_MOST_SHARDS = 1024


@dataclass(frozen=True, slots=True)
class GgufArray:
    """`count` elements; `values` are kept of short arrays of numbers only."""

    count: int
    values: tuple[float, ...] = ()


Value = str | int | float | GgufArray


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """`shape` begins with the row length, as ggml has it and the file names it: NumPy's is the reverse.
    `type` is ggml's number. The data are `bytes` at `offset` bytes from the start of `file`."""

    file: Path
    shape: tuple[int, ...]
    type: int
    offset: int
    bytes: int

    @property
    def elements(self) -> int:
        block, block_bytes = TENSOR_TYPES[self.type]
        return self.bytes // block_bytes * block


@dataclass(frozen=True, slots=True)
class Header:
    """What the model at `path` says of itself: the tensors of all its shards by name, and their
    metadata, the first shard's where several give a key."""

    path: Path
    metadata: Mapping[str, Value]
    tensors: Mapping[str, TensorInfo]

    @property
    def architecture(self) -> str:
        """Empty where the file does not say."""
        return self.text("general.architecture")

    def of_architecture(self, key: str) -> Value | None:
        """The value of `<architecture>.<key>`, None when absent."""
        return self.metadata.get(f"{self.architecture}.{key}")

    def text(self, key: str) -> str:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number under `key`, `default` where there is none."""
        value = self.metadata.get(key)
        return int(value) if isinstance(value, int) else default


def check_gguf(path: Path) -> None:
    """Raise ModelError when `path` cannot be a GGUF file, before anything else looks at it."""
    if not path.is_file():
        raise ModelError(f"No model file at {path}.", hint="Run `coder pull` or give another path.")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelError(f"Cannot read the model file {path}: {error.strerror}.") from error
    if magic != _MAGIC:
        raise ModelError(
            f"{path} is not a GGUF model file (it begins with {magic!r}).",
            hint="Models for llama.cpp end in .gguf; pull one with `coder pull`.",
        )


def read_header(path: Path) -> Header:
    """The header of a model, of all its shards where `path` is one of several files.

    Raises ModelError when a file is missing, is no GGUF, is damaged, or is shorter than its tensors."""
    header = _of_file(path)
    shards = header.integer("split.count", 1)
    if shards <= 1:
        return header
    named = _SHARD.fullmatch(path.name)
    if named is None or int(named[3]) != shards or shards > _MOST_SHARDS:
        raise ModelError(f"{path} is one of {shards} files and its name does not say which.")
    metadata: dict[str, Value] = {}
    tensors: dict[str, TensorInfo] = {}
    for i in range(1, shards + 1):
        shard = _of_file(path.with_name(f"{named[1]}-{i:05d}-of-{shards:05d}.gguf"))
        if twice := tensors.keys() & shard.tensors.keys():
            raise ModelError(f"{shard.path} has a tensor of an earlier shard again: {min(twice)!r}.")
        metadata = {**shard.metadata, **metadata}
        tensors |= shard.tensors
    return Header(path, metadata, tensors)


def _of_file(path: Path) -> Header:
    check_gguf(path)
    try:
        stat = path.stat()
        return _read_once(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise ModelError(f"Cannot read the model file {path}: {error.strerror}.") from error


@lru_cache(maxsize=16)
def _read_once(path: Path, size: int, _mtime_ns: int) -> Header:
    mapped = min(size, _LONGEST_HEADER)  # not the weights: there may be no room for their addresses
    with path.open("rb") as file, mmap.mmap(file.fileno(), mapped, access=mmap.ACCESS_READ) as data:
        return _Reader(data, path, size).header()


class _Reader:
    """Walks one file from behind its magic; each read is checked against what is left."""

    def __init__(self, data: mmap.mmap, path: Path, size: int) -> None:
        self._data, self._path = data, path
        self._size, self._end = size, len(data)
        self._at = len(_MAGIC)

    def header(self) -> Header:
        version = self._integer(_U32)
        if version not in (2, 3):
            kind = "is big-endian" if version and version % 65536 == 0 else f"has GGUF version {version}"
            raise ModelError(f"{self._path} {kind}; versions 2 and 3 in little-endian order can be read.")
        tensor_count = self._count(_MOST_TENSORS, "tensors", least_bytes=24)
        key_count = self._count(_MOST_KEYS, "keys", least_bytes=13)
        metadata: dict[str, Value] = {}
        for _ in range(key_count):
            key = self._text(_LONGEST_NAME)
            if not key or key in metadata:
                raise self._damaged(f"the key {key!r} is empty or there twice")
            metadata[key] = self._value(self._integer(_U32), distinct=key == _VOCABULARY)
        tensors: dict[str, TensorInfo] = {}
        for _ in range(tensor_count):
            name = self._text(_LONGEST_NAME)
            if name in tensors:
                raise self._damaged(f"the tensor {name!r} is there twice")
            tensors[name] = self._tensor(name)
        alignment = self._alignment(metadata)
        start = -(-self._at // alignment) * alignment
        self._check_offsets(tensors, alignment)
        tensors = {name: replace(info, offset=start + info.offset) for name, info in tensors.items()}
        needed = max((info.offset + info.bytes for info in tensors.values()), default=self._at)
        if needed > self._size:
            raise ModelError(
                f"{self._path} is truncated: it has {self._size:,} bytes and its tensors need {needed:,}.",
                hint="Pull it again.",
            )
        return Header(self._path, metadata, tensors)

    def _check_offsets(self, tensors: Mapping[str, TensorInfo], alignment: int) -> None:
        """Each lies where the one before it ends, as llama.cpp demands."""
        expected = 0
        for name, info in tensors.items():
            if info.offset != expected:
                raise self._damaged(
                    f"the tensor {name!r} lies at {info.offset:,} of the data, not {expected:,}"
                )
            expected += -(-info.bytes // alignment) * alignment

    def _alignment(self, metadata: Mapping[str, Value]) -> int:
        alignment = metadata.get("general.alignment", _ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise self._damaged(f"its alignment is {alignment}")
        return alignment

    def _value(self, kind: int, *, distinct: bool = False) -> Value:
        if kind == _STRING:
            return self._text(_LONGEST_TEXT)
        if kind != _ARRAY:
            return self._number(kind)
        kind = self._integer(_U32)
        if kind == _STRING:
            count = self._count(_MOST_ELEMENTS, "array elements", least_bytes=8)
            if distinct:
                self._check_distinct(count)
            else:
                for _ in range(count):
                    self._skip(self._integer(_U64))
            return GgufArray(count)
        width = self._scalar(kind).size
        count = self._count(_MOST_ELEMENTS, "array elements", least_bytes=width)
        if count > _KEPT_ELEMENTS:
            self._skip(count * width)
            return GgufArray(count)
        return GgufArray(count, tuple(self._number(kind) for _ in range(count)))

    def _check_distinct(self, count: int) -> None:
        """Read past the tokens of a vocabulary: llama.cpp ends the process where two are the same. Empty
        ones it gives names of their own."""
        seen = set[bytes]()
        for _ in range(count):
            token = self._take(self._integer(_U64))
            if token in seen:
                raise self._damaged(f"the token {token[:40]!r} is in its vocabulary twice")
            if token:
                seen.add(token)

    def _tensor(self, name: str) -> TensorInfo:
        """Its offset is counted from where the data begin, which is not known yet."""
        dimensions = self._integer(_U32)
        if dimensions > 4:
            raise self._damaged(f"the tensor {name!r} has {dimensions} dimensions")
        shape = tuple(self._integer(_U64) for _ in range(dimensions))
        kind, offset = self._integer(_U32), self._integer(_U64)
        block, block_bytes = TENSOR_TYPES.get(kind, (0, 0))
        elements = 1
        for length in shape:
            elements *= length
        if not block or (shape and shape[0] % block) or elements >= 2**60:
            raise self._damaged(f"the tensor {name!r} has type {kind} and shape {shape}")
        return TensorInfo(self._path, shape, kind, offset, elements // block * block_bytes)

    def _count(self, limit: int, what: str, least_bytes: int) -> int:
        count = self._integer(_U64)
        if count > limit or count * least_bytes > self._end - self._at:
            raise self._damaged(f"it claims {count:,} {what}")
        return count

    def _text(self, limit: int) -> str:
        length = self._integer(_U64)
        if length > limit:
            raise self._damaged(f"it has a text of {length:,} bytes")
        return self._take(length).decode("utf-8", "replace")

    def _integer(self, kind: int) -> int:
        return int(self._number(kind))

    def _number(self, kind: int) -> int | float:
        scalar = self._scalar(kind)
        value: int | float = scalar.unpack(self._take(scalar.size))[0]
        return value

    def _scalar(self, kind: int) -> struct.Struct:
        if kind not in _SCALARS:
            raise self._damaged(f"it has a value of type {kind}")
        return _SCALARS[kind]

    def _take(self, count: int) -> bytes:
        if count > self._end - self._at:
            raise self._damaged("it ends within its header")
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def _skip(self, count: int) -> None:
        if count > self._end - self._at:
            raise self._damaged("it ends within its header")
        self._at += count

    def _damaged(self, what: str) -> ModelError:
        return ModelError(f"{self._path} is damaged at byte {self._at:,}: {what}.", hint="Pull it again.")
