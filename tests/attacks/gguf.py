"""Headers of GGUF files that lie about sizes and counts."""

import struct

from assistant.engine.gguf_header import read_header
from assistant.errors import CoderError
from tests.attacks.attack import Attack, Kind, Scene


def _gguf(*parts: bytes, version: int = 3, tensors: int = 0, keys: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + b"".join(parts)


def _text(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


def _array(kind: int, count: int, rest: bytes = b"") -> bytes:
    return _text(b"a.b") + struct.pack("<IIQ", 9, kind, count) + rest


def header(scene: Scene, content: bytes) -> str:
    path = scene.root / "evil.gguf"
    path.write_bytes(content)
    try:
        return f"read: {dict(read_header(path).metadata)}"
    except CoderError as error:
        return f"refused: {error.message}"


GGUF = Kind(
    "headers of GGUF files",
    header,
    (
        Attack("no magic", b"\x7fELF" + bytes(64), "refused"),
        Attack("nothing", b"", "refused"),
        Attack("the magic alone", b"GGUF", "refused"),
        Attack("as many keys as can be", _gguf(keys=2**64 - 1), "refused"),
        Attack("as many tensors as can be", _gguf(tensors=2**64 - 1), "refused"),
        Attack("a text of all memory", _gguf(_text(b"a", 2**63), keys=1), "refused"),
        Attack("an array of all memory", _gguf(_array(4, 2**62), keys=1), "refused"),
        Attack("an array of nothing at all", _gguf(_array(99, 10), keys=1), "refused"),
        Attack("arrays in arrays", _gguf(_array(9, 1, struct.pack("<IQ", 9, 1) * 9), keys=1), "refused"),
        Attack("texts that end behind the file", _gguf(_array(8, 3, _text(b"", 2**40)), keys=1), "refused"),
        Attack(
            "a tensor of 2^60 rows",
            _gguf(_text(b"t"), struct.pack("<I4QIQ", 4, *[2**60] * 4, 0, 0), tensors=1),
            "refused",
        ),
        Attack(
            "a tensor of a thousand dimensions",
            _gguf(_text(b"t"), struct.pack("<I", 1000), bytes(9000), tensors=1),
            "refused",
        ),
        Attack(
            "a tensor behind the file",
            _gguf(_text(b"t"), struct.pack("<IQIQ", 1, 32, 0, 2**62), tensors=1),
            "refused",
        ),
        Attack(
            "an alignment of zero",
            _gguf(_text(b"general.alignment"), struct.pack("<II", 4, 0), keys=1),
            "refused",
        ),
        Attack(
            "more files than there are",
            _gguf(_text(b"split.count"), struct.pack("<II", 4, 2**31), keys=1),
            "refused",
        ),
        Attack("a version of the future", _gguf(version=999), "refused"),
    ),
)
KINDS = (GGUF,)
