"""The KV state of a context on disk: a session resumes without reading its prompt again.

A state file is llama.cpp's own sequence file, streamed by llama.cpp, with a seal behind it:

    llama.cpp's state | token ids, int32 | seal, JSON | length of the seal, uint32 | magic, 8 bytes

The seal says which model and configuration the state belongs to, and holds a checksum of that and of all
before it. A file that is not sealed, not whole, or of another model is refused before llama.cpp sees it.
"""

import hashlib
import json
import os
import struct
import tempfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from assistant.engine.llama import Context, library_version
from assistant.errors import CoderError

Refusal = Literal["unreadable", "damaged", "other model", "other configuration", "too long", "unwritable"]
_MAGIC = b"CODERKV2"
_TAIL = struct.Struct("<I8s")
_LONGEST_SEAL = 4096
_CHUNK = 2**22
_SAMPLES, _SAMPLE_BYTES = 64, 16 * 1024


class StateError(CoderError):
    """A state that cannot be used or kept; `reason` says why. The caller evaluates the prompt instead."""

    def __init__(self, path: Path, reason: Refusal, detail: str = "") -> None:
        super().__init__(f"The saved state {path} is not used ({reason}{': ' if detail else ''}{detail}).")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Seal:
    """What a state belongs to, how many tokens it holds, and the CRC-32 of all that precedes it and
    of these three."""

    model: str
    configuration: str
    tokens: int
    checksum: int


def save_state(context: Context, path: Path) -> int:
    """Write the state of all that `context` has evaluated to `path`, whole or not at all, readable by
    its owner only. Returns its size in bytes. Raises StateError (unwritable)."""
    if not context.tokens:
        raise StateError(path, "unwritable", "nothing is evaluated")
    temporary = None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        os.close(descriptor)
        temporary = Path(name)
        if not context.write_state(temporary):
            raise StateError(path, "unwritable", "llama.cpp could not write it")
        with temporary.open("r+b") as file:
            _seal(context, file)
        size = temporary.stat().st_size
        temporary.replace(path)
    except OSError as error:
        raise StateError(path, "unwritable", error.strerror or "") from error
    finally:
        if temporary:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    return size


def restore_state(context: Context, path: Path) -> int:
    """Replace what `context` has evaluated by the state in `path`; returns its length in tokens.

    Raises StateError: before the context is touched when the file is unreadable, damaged, or of
    another model or configuration; with the context left empty when llama.cpp refuses it."""
    try:
        with path.open("rb") as file:
            seal, tokens, sealed_bytes = _read_seal(file, path)
            _check_owner(context, seal, path)
            if _sealed(file, sealed_bytes, seal.model, seal.configuration, seal.tokens) != seal:
                raise StateError(path, "damaged", "its checksum differs")
    except OSError as error:
        raise StateError(path, "unreadable", error.strerror or "") from error
    if not context.read_state(path, tokens):
        raise StateError(path, "damaged", "llama.cpp refuses it")
    return len(tokens)


def read_tokens(path: Path) -> list[int]:
    """The token ids that a state file says it holds, without its checksum's proof. Raises StateError."""
    try:
        with path.open("rb") as file:
            return _read_seal(file, path)[1]
    except OSError as error:
        raise StateError(path, "unreadable", error.strerror or "") from error


def owner(context: Context) -> tuple[str, str]:
    """Fingerprints of the model and of the configuration that a state of `context` depends on.
    Raises StateError when the model's file is gone."""
    model = context.model
    try:
        stat = model.path.stat()
        what = f"{model.architecture} {model.n_vocab} {stat.st_size}"
        return _fingerprint(model.path, what, stat.st_size, stat.st_mtime_ns), _configuration(context)
    except OSError as error:
        raise StateError(model.path, "unreadable", error.strerror or "") from error


def _seal(context: Context, file: BinaryIO) -> None:
    file.seek(0, os.SEEK_END)
    file.write(np.asarray(context.tokens, "<i4").tobytes())
    model, configuration = owner(context)
    seal = json.dumps(asdict(_sealed(file, file.tell(), model, configuration, len(context.tokens)))).encode()
    file.write(seal + _TAIL.pack(len(seal), _MAGIC))


def _sealed(file: BinaryIO, length: int, model: str, configuration: str, tokens: int) -> Seal:
    """The seal of the first `length` bytes; leaves the file behind them."""
    said = f"{model} {configuration} {tokens}".encode()
    return Seal(model, configuration, tokens, zlib.crc32(said, _checksum(file, length)))


def _read_seal(file: BinaryIO, path: Path) -> tuple[Seal, list[int], int]:
    """The seal, the token ids, and how many bytes the checksum covers."""
    size = file.seek(0, os.SEEK_END)
    if size < _TAIL.size:
        raise StateError(path, "damaged", "it is too short")
    file.seek(-_TAIL.size, os.SEEK_END)
    length, magic = _TAIL.unpack(file.read(_TAIL.size))
    if magic != _MAGIC or length > min(_LONGEST_SEAL, size - _TAIL.size):
        raise StateError(path, "damaged", "it does not end as a state does")
    sealed_bytes = file.seek(size - _TAIL.size - length)
    try:
        seal = Seal(**json.loads(file.read(length)))
        start = sealed_bytes - 4 * seal.tokens
        if seal.tokens < 1 or start < 0:
            raise ValueError(seal)
        file.seek(start)
        return seal, np.frombuffer(file.read(4 * seal.tokens), "<i4").tolist(), sealed_bytes
    except (ValueError, TypeError, RecursionError) as error:
        raise StateError(path, "damaged", "its seal cannot be read") from error


def _check_owner(context: Context, seal: Seal, path: Path) -> None:
    model, configuration = owner(context)
    if seal.model != model:
        raise StateError(path, "other model")
    if seal.configuration != configuration:
        raise StateError(path, "other configuration", f"{seal.configuration}, here {configuration}")
    if seal.tokens > context.size:
        raise StateError(path, "too long", f"{seal.tokens} tokens for a context of {context.size}")


def _checksum(file: BinaryIO, length: int) -> int:
    """CRC-32 of the first `length` bytes; leaves the file behind them."""
    file.seek(0)
    checksum = 0
    while length and (chunk := file.read(min(length, _CHUNK))):
        checksum = zlib.crc32(chunk, checksum)
        length -= len(chunk)
    return checksum


def _configuration(context: Context) -> str:
    """What changes the bytes of a state: the cache's types and layout, and llama.cpp's own format."""
    layout = "rows" if context.options.flash_attention == "off" else "flash"
    return f"{context.options.kv_type} {layout} llama-cpp-python {library_version()}"


@lru_cache(maxsize=8)
def _fingerprint(path: Path, what: str, size: int, _mtime_ns: int) -> str:
    """A digest of `what`, of the file's beginning, and of evenly spread samples of its weights: two
    fine-tunes of one model may differ in nothing else."""
    digest = hashlib.sha256(what.encode())
    with path.open("rb") as file:
        digest.update(file.read(2**20))
        for i in range(1, _SAMPLES + 1):
            file.seek(max(size * i // _SAMPLES - _SAMPLE_BYTES, 0))
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:32]
