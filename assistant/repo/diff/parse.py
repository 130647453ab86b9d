"""Read what `git diff --patch-with-raw --full-index --no-abbrev` prints.

The raw records say what there is, the patches how it differs. Lines of a hunk are counted, so that no
content can pass for a header. See git-diff(1), "Raw output format" and "Generating patch text".
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.errors import CoderError
from assistant.repo.diff.model import Entry, FileDiff, Hunk, Kind, Line, Status

_RAW = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*\t(.+)", re.S)
_RANGES = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.S)
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_STATUS: dict[bytes, Status] = {
    b"M": "modified", b"A": "added", b"D": "deleted", b"R": "renamed", b"T": "type changed",
    b"U": "conflict",
}  # fmt: skip
_KINDS: dict[bytes, Kind] = {b" ": "context", b"+": "added", b"-": "removed", b"": "context"}
_UNMERGED = b"* Unmerged path "


@dataclass(frozen=True, slots=True)
class _Patch:
    path: bytes
    hunks: tuple[Hunk, ...]
    binary: bool


def parse_diff(output: bytes) -> tuple[FileDiff, ...]:
    """The files in the output, in order. Raises CoderError for what git would not have printed."""
    lines = output.split(b"\n")
    count = next((i for i, line in enumerate(lines) if not line.startswith(b":")), len(lines))
    records = [_record(line) for line in lines[:count]]
    unmerged = [os.fsencode(file.path) for file in records if file.status == "conflict"]
    patches: dict[str, list[_Patch]] = {}
    for patch in _patches(lines, count, unmerged):
        patches.setdefault(os.fsdecode(patch.path), []).append(patch)
    return tuple(_files(records, patches))


def _files(records: Sequence[FileDiff], patches: dict[str, list[_Patch]]) -> Iterator[FileDiff]:
    merged = {file.path: file for file in records if file.status != "conflict"}
    conflicts = {file.path for file in records if file.status == "conflict"}
    for file in records:
        found = patches.get(file.path, [])
        if file.status == "conflict":  # a second record tells of our side and the working tree
            sides = merged.get(file.path, file)
            file = replace(file, old=sides.old, new=sides.new)
        elif file.path in conflicts or (not found and file.status == "modified" and not file.mode_changed):
            continue  # touched, but the same
        hunks = tuple(hunk for patch in found for hunk in patch.hunks)
        yield replace(file, hunks=hunks, opaque=any(patch.binary for patch in found))


def _record(line: bytes) -> FileDiff:
    found = _RAW.fullmatch(line)
    if found is None:
        raise CoderError(f"git printed a diff that cannot be read: {line[:80]!r}.")
    old_mode, new_mode, old_blob, new_blob, status, names = found.groups()
    paths = [os.fsdecode(unquoted(name)) for name in names.split(b"\t")]
    return FileDiff(
        paths[-1],
        _STATUS[status],
        _entry(old_mode, old_blob),
        _entry(new_mode, new_blob),
        former=paths[0] if len(paths) > 1 else "",
    )


def _entry(mode: bytes, blob: bytes) -> Entry | None:
    if not int(mode):
        return None
    return Entry(mode.decode(), blob.decode() if blob.strip(b"0") else "")


def unquoted(name: bytes) -> bytes:
    """A path as git prints it, with odd characters escaped between quotes, as it is."""
    if not (name.startswith(b'"') and name.endswith(b'"') and len(name) > 1):
        return name

    def plain(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(plain, name[1:-1])


def _patches(lines: Sequence[bytes], at: int, unmerged: list[bytes]) -> Iterator[_Patch]:
    while at < len(lines):
        if lines[at].startswith(_UNMERGED) and unmerged:
            at += 1 + unmerged.pop(0).count(b"\n")
        elif lines[at].startswith(b"diff --git "):
            patch, at = _patch(lines, at)
            yield patch
        else:
            at += 1


def _patch(lines: Sequence[bytes], at: int) -> tuple[_Patch, int]:
    """The patch that begins at line `at`, and the line after it."""
    path, binary = _named(lines[at].removeprefix(b"diff --git ")), False
    at += 1
    while at < len(lines) and not lines[at].startswith((b"@@ ", b"diff --git ", _UNMERGED)):
        line = lines[at]
        binary |= line.startswith((b"Binary files ", b"GIT binary patch"))
        if line.startswith(b"rename to "):
            path = unquoted(line.removeprefix(b"rename to "))
        at += 1
    hunks: list[Hunk] = []
    while at < len(lines) and lines[at].startswith(b"@@ "):
        hunk, at = _hunk(lines, at)
        hunks.append(hunk)
    return _Patch(path, tuple(hunks), binary), at


def _named(names: bytes) -> bytes:
    """The path in `a/path b/path`. Only a renaming has two; it names them on lines of their own."""
    return unquoted(names[len(names) // 2 + 1 :])[2:]


def _hunk(lines: Sequence[bytes], at: int) -> tuple[Hunk, int]:
    """The hunk whose header is line `at`, and the line after it."""
    header = _RANGES.fullmatch(lines[at])
    if header is None:
        raise CoderError(f"git printed a hunk that cannot be read: {lines[at][:80]!r}.")
    old_start, old_left, new_start, new_left = (int(count or 1) for count in header.groups()[:4])
    starts = [start - bool(count) for start, count in ((old_start, old_left), (new_start, new_left))]
    body: list[Line] = []
    at += 1
    while at < len(lines) and (old_left or new_left or lines[at].startswith(b"\\")):
        line = lines[at]
        at += 1
        if line.startswith(b"\\"):
            body[-1] = Line(body[-1].kind, body[-1].content.removesuffix(b"\n"))
            continue
        kind = _KINDS.get(line[:1])
        if kind is None:
            raise CoderError(f"git printed a hunk that cannot be read: {line[:80]!r}.")
        body.append(Line(kind, line[1:] + b"\n"))
        old_left -= kind != "added"
        new_left -= kind != "removed"
    return Hunk(starts[0], starts[1], tuple(body), header[5]), at
