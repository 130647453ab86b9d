"""The rows that a file's diff takes on the screen, in one column or two."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.repo.diff import FileDiff, Hunk
from assistant.tui.review.parts import Part, parts_of

RowKind = Literal["head", "line", "note", "comment", "gap"]


@dataclass(frozen=True, slots=True)
class Row:
    """`part` counts from 0. `left` and `right` are lines of hunk `hunk`; a row of one column has them both
    the same, and one of two columns lacks one where a line has no counterpart."""

    kind: RowKind
    part: int
    hunk: int = -1
    left: int | None = None
    right: int | None = None
    text: str = ""

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines of the hunk that it shows."""
        return tuple(dict.fromkeys(line for line in (self.left, self.right) if line is not None))


def rows_of(
    file: FileDiff, *, split: bool, folded: Callable[[Part], bool], comments: Callable[[Part], Sequence[str]]
) -> list[Row]:
    """All rows in order. `folded` parts show no more than their head."""
    rows: list[Row] = []
    for number, part in enumerate(parts_of(file)):
        if rows:
            rows.append(Row("gap", number - 1))
        rows.append(Row("head", number, part.hunk))
        rows += (Row("comment", number, text=line) for text in comments(part) for line in text.splitlines())
        if folded(part):
            continue
        if part.kind == "hunk":
            rows += _hunk_rows(file, part.hunk, number, split)
        elif part.kind == "whole":
            rows += (Row("note", number, text=note) for note in _notes(file))
            if not file.by_line:
                for hunk in range(len(file.hunks)):
                    rows += _hunk_rows(file, hunk, number, split)
    return rows


def extents(rows: Sequence[Row]) -> list[range]:
    """The rows of each part, without the gap behind it."""
    found: list[range] = []
    for number, row in enumerate(rows):
        if row.part == len(found):
            found.append(range(number, number + 1))
        elif row.kind != "gap":
            found[-1] = range(found[-1].start, number + 1)
    return found


def nearest(count: int, at: int, wanted: Callable[[int], object]) -> int | None:
    """The wanted one of `count` rows that is nearest to row `at`, the later one of two."""
    for distance in range(count):
        for number in (at + distance, at - distance):
            if 0 <= number < count and wanted(number):
                return number
    return None


def pairs(hunk: Hunk) -> dict[int, int]:
    """Removed lines and the added ones that took their place, both ways."""
    found: dict[int, int] = {}
    for removed, added in _blocks(hunk):
        for old, new in zip(removed, added, strict=False):
            found |= {old: new, new: old}
    return found


def _hunk_rows(file: FileDiff, number: int, part: int, split: bool) -> Iterator[Row]:
    hunk, by_line = file.hunks[number], file.by_line
    for left, right in _columns(hunk) if split else ((i, i) for i in range(len(hunk.lines))):
        yield Row("line", part, number, left, right)
        if by_line and any(_lacks_newline(hunk, line) for line in (left, right) if line is not None):
            yield Row("note", part, number, text="no newline at the end of the file")


def _columns(hunk: Hunk) -> Iterator[tuple[int | None, int | None]]:
    blocks = {block[0][0] if block[0] else block[1][0]: block for block in _blocks(hunk)}
    at = 0
    while at < len(hunk.lines):
        if at not in blocks:
            yield at, at
            at += 1
            continue
        removed, added = blocks[at]
        for i in range(max(len(removed), len(added))):
            yield (removed[i] if i < len(removed) else None, added[i] if i < len(added) else None)
        at = (added or removed)[-1] + 1


def _blocks(hunk: Hunk) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Runs of removed lines with the added ones behind them, as git orders them."""
    at, end = 0, len(hunk.lines)
    while at < end:
        start = at
        while at < end and hunk.lines[at].kind == "removed":
            at += 1
        middle = at
        while at < end and hunk.lines[at].kind == "added":
            at += 1
        if at > start:
            yield range(start, middle), range(middle, at)
        else:
            at += 1


def _lacks_newline(hunk: Hunk, line: int) -> bool:
    return not hunk.lines[line].content.endswith(b"\n")


def _notes(file: FileDiff) -> Iterator[str]:
    old, new = (entry.mode if entry else "" for entry in (file.old, file.new))
    if file.status == "conflict":
        yield "In conflict: edit it (E) until no marker is left,"
        yield "then stage it (s)."
    elif file.filtered:
        yield "A filter converts this file. It is not run,"
        yield "so that nothing can be decided here."
    elif file.opaque:
        yield "Binary, or too large to be shown."
    elif file.status == "renamed":
        yield f"Renamed from {file.former}."
    elif "160000" in (old, new):
        yield "A submodule is at another commit."
    elif file.status == "type changed":
        yield "A file of another kind is in its place."
    elif "120000" in (old, new):
        yield "A symbolic link: what it leads to is its content."
    elif not file.hunks:
        yield "It is empty."
