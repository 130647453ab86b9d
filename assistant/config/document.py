"""A settings file: read within bounds, and with the line that each key stands on."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

_MOST_BYTES, _MOST_LINES = 65_536, 1000
_DEEPEST = 16
# Finding the lines of keys reads a long value again and again: no line is told where this does not suffice.
_MOST_CHARACTERS_PARSED = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """`values` of the file at `path`; `digest` is the SHA-256 of its bytes. All empty where there is none."""

    path: Path
    text: str = ""
    digest: str = ""
    values: Mapping[str, Any] | None = None

    def place(self, *keys: str) -> str:
        """`path:line` of the key, or of what holds it."""
        lines = _lines_by_key(self.text)
        found = (lines[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in lines)
        line = next(found, None)
        return f"{self.path}:{line}" if line else str(self.path)


def read_document(path: Path) -> Document:
    """The file at `path`. Raises UsageError for one that is no TOML, too large, or no plain file."""
    try:
        if not path.is_file():
            if path.exists() or path.is_symlink():
                raise UsageError(f"{path} is no plain file, and settings are read from those.")
            return Document(path)
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The settings in {path} cannot be read: {error.strerror or error}.") from error
    return parse_document(path, content)


def parse_document(path: Path, content: bytes) -> Document:
    """`content` as if it was in the file at `path`. Raises UsageError with the line of what is wrong."""
    if len(content) > _MOST_BYTES or content.count(b"\n") > _MOST_LINES:
        raise UsageError(
            f"{path} is too large for settings: {_MOST_BYTES:,} bytes and {_MOST_LINES:,} lines."
        )
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}:{line}: This is no UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}.", hint="To mend it: coder config edit") from error
    if is_deep(values):
        raise UsageError(f"{path} is nested too deeply for settings.", hint="To mend it: coder config edit")
    return Document(path, text, hashlib.sha256(content).hexdigest(), values)


def is_deep(value: object) -> bool:
    """Whether tables and lists are nested deeper than any setting is."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@lru_cache(maxsize=4)
def _lines_by_key(text: str) -> Mapping[tuple[str, ...], int]:
    return dict(_lines(text))


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every key and table with its line. Each piece that is TOML by itself, below the header of the table
    it lies in, is one statement."""
    header, piece, begins, parsed = "", "", 1, 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        piece += line
        parsed += len(header) + len(piece)
        if parsed > _MOST_CHARACTERS_PARSED:
            return
        try:
            values = tomllib.loads(header + piece)
        except tomllib.TOMLDecodeError:
            continue
        known = set(_paths(tomllib.loads(header)))
        yield from ((path, begins) for path in _paths(values) if path not in known)
        if piece.lstrip().startswith("["):
            header = piece if piece.endswith("\n") else f"{piece}\n"
        piece, begins = "", number + 1


def _paths(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *rest) for rest in _paths(value))
