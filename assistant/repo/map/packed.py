"""Tags as they are kept: numbers for the graph, which are read at once for all files, and the outline as
text, which is read for the few files that are shown."""

import json
import struct
from dataclasses import dataclass
from hashlib import blake2b

from assistant.repo.map.tags import Declaration, Tags

# As numpy dtypes; a name is the first 64 bits of its BLAKE2b.
DECLARATION = [("name", "<u8"), ("weight", "<f4")]
REFERENCE = [("name", "<u8"), ("count", "<u4")]
_DISTINCT = 10.0
_PRIVATE = 0.1
_COMMON_METHOD = 0.1


@dataclass(frozen=True, slots=True)
class PackedTags:
    """`declarations` holds one DECLARATION for each entry of `outline`, `references` holds REFERENCEs."""

    declarations: bytes = b""
    references: bytes = b""
    outline: str = "[]"


def pack(tags: Tags) -> PackedTags:
    """`tags` without the names of references."""
    declared = [struct.pack("<Qf", name_key(one.name), _weight(one)) for one in tags.declarations]
    referred = [struct.pack("<QI", name_key(name), count) for name, count in tags.references.items()]
    outline = [[one.name, one.kind, one.depth, one.line, one.text] for one in tags.declarations]
    return PackedTags(
        b"".join(declared),
        b"".join(referred),
        json.dumps(outline, ensure_ascii=False, separators=(",", ":")),
    )


def unpack_outline(outline: str) -> list[Declaration]:
    """The declarations of a file. Raises ValueError or TypeError where the text is damaged."""
    return [Declaration(*fields) for fields in json.loads(outline)]


def name_key(name: str) -> int:
    """The number that stands for a name."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _weight(declaration: Declaration) -> float:
    """How much a reference to this name says. A long name of several words is hardly meant by chance (so
    aider), a method called `get` or `append` mostly is. What nothing refers to by name has no weight."""
    name = declaration.name
    if declaration.kind == "scope" or (name.startswith("__") and name.endswith("__")):
        return 0.0
    if name.startswith("_") or len(name) < 3:
        return _PRIVATE
    has_words = "_" in name or (name != name.lower() and name != name.upper())
    if has_words:
        return _DISTINCT if len(name) >= 8 else 1.0
    return _COMMON_METHOD if declaration.kind == "function" and declaration.depth else 1.0
