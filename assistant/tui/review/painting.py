"""One row of the diff as text: cursor, number, sign and code."""

import re
from dataclasses import dataclass
from functools import cached_property

from textual.content import Content, Span

from assistant.repo.diff import FileDiff, Hunk
from assistant.tui.diff import one_line
from assistant.tui.review.colours import Colours
from assistant.tui.review.parts import parts_of
from assistant.tui.review.rows import Row
from assistant.tui.theme import FAINT
from assistant.visible import visible

OLD, NEW = 0, 1
_FOUND = "bold reverse"
SIGNS = {"added": ("+", "$text-success"), "removed": ("−", "$text-error"), "context": (" ", "")}


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a row with the kind of its background: that of a line, or `none`."""

    content: Content
    kind: str
    width: int


class Painter:
    """Draws the rows of one file, with what is `wanted` set apart."""

    def __init__(self, file: FileDiff, wanted: re.Pattern[str] | None = None) -> None:
        self.file = file
        self.wanted = wanted
        self.parts = parts_of(file)
        self._colours = Colours(file)
        self._numbers: dict[int, list[tuple[int, int]]] = {}

    @cached_property
    def digits(self) -> int:
        """Cells that the largest line number takes."""
        ends = (max(h.old_start + h.old_count, h.new_start + h.new_count) for h in self.file.hunks)
        return max(2, len(str(max(ends, default=0))))

    def cells(
        self, row: Row, width: int, shift: int, *, split: bool, current: bool, kept: bool
    ) -> list[Cell]:
        """The cells of a row; `shift` characters of code are scrolled out on the left."""
        match row.kind:
            case "line" if split:
                left = (width - 1) // 2
                return [
                    self._cell(row.hunk, row.left, left, shift, OLD),
                    Cell(Content.styled("│", FAINT), "none", 1),
                    self._cell(row.hunk, row.right, width - 1 - left, shift, NEW),
                ]
            case "line":
                return [self._cell(row.hunk, row.left, width, shift, NEW)]
            case "head":
                begin, end = self._head(row, kept=kept, current=current)
                cut = begin.truncate(width - end.cell_length - 1, ellipsis=True, pad=True)
                return [Cell(Content.assemble(cut, end, " "), "current" if current else "head", width)]
            case "comment":
                text = Content(f"{'┃':>{self.digits + 1}} {one_line(row.text)}")
                return [Cell(text.truncate(width, ellipsis=True), "comment", width)]
            case "note":
                indent = "" if row.hunk < 0 else " " * (self.digits + 3)
                return [
                    Cell(Content(indent + one_line(row.text)).truncate(width, ellipsis=True), "note", width)
                ]
            case "gap":
                return [Cell(Content(""), "none", width)]

    def where(self, place: tuple[int, int]) -> int:
        """The character of a line at which what is wanted begins, 0 where it is not there."""
        found = self.wanted.search(self._colours.line(*place).plain) if self.wanted else None
        return found.start() if found else 0

    def _cell(self, number: int, at: int | None, width: int, shift: int, side: int) -> Cell:
        if at is None:
            return Cell(Content(""), "absent", width)
        kind = self.file.hunks[number].lines[at].kind
        code = self._colours.line(number, at)
        if self.wanted:
            found = self.wanted.finditer(code.plain)
            code = code.add_spans([Span(each.start(), each.end(), _FOUND) for each in found])
        room = max(width - self.digits - 3, 1)
        cut = code[shift:] if shift else code
        if cut.cell_length > room:
            cut = cut.truncate(room, ellipsis=True)
        head = (f"{self._number(number, at, side):>{self.digits}} ", FAINT)
        return Cell(Content.assemble(head, SIGNS[kind], " ", cut), kind, width)

    def _number(self, number: int, at: int, side: int) -> int:
        hunk = self.file.hunks[number]
        if number not in self._numbers:
            self._numbers[number] = line_numbers(hunk)
        return self._numbers[number][at][OLD if hunk.lines[at].kind == "removed" else side]

    def _head(self, row: Row, *, kept: bool, current: bool) -> tuple[Content, Content]:
        """The left and the right end of a part's head."""
        part = self.parts[row.part]
        mark = ("✓ ", "$text-success") if kept else ""
        style = "bold" if current else ""
        if part.kind == "mode":
            old, new = (entry.mode if entry else "" for entry in (self.file.old, self.file.new))
            return Content.assemble(mark, (f"mode {old} → {new}", style)), self._state(kept)
        if part.kind == "whole":
            return Content.assemble(mark, (self.file.status, style)), self._state(kept)
        hunk = self.file.hunks[part.hunk]
        first, last = hunk.new_start + 1, hunk.new_start + hunk.new_count
        where = f"line {max(first, last)}" if last <= first else f"lines {first}–{last}"
        section = visible(hunk.section.decode("utf-8", "replace").strip())
        added = sum(line.kind == "added" for line in hunk.lines)
        removed = sum(line.kind == "removed" for line in hunk.lines)
        counts = Content.assemble(*counted(added, removed))
        return Content.assemble(mark, (where, style), (f"  {section}", FAINT)), (
            self._state(kept) if kept else counts
        )

    def _state(self, kept: bool) -> Content:
        return Content.styled("kept", "$text-success") if kept else Content("")


def counted(added: int, removed: int) -> list[tuple[str, str]]:
    """How many lines come and go; nothing for none."""
    parts = [(f"+{added}", "$text-success")] * bool(added) + [(f"−{removed}", "$text-error")] * bool(removed)
    return [parts[0], (" ", ""), parts[1]] if len(parts) == 2 else parts


def line_numbers(hunk: Hunk) -> list[tuple[int, int]]:
    """The number of each line from 1 in the old and in the new text, as far as it is there."""
    old, new = hunk.old_start, hunk.new_start
    numbers = []
    for line in hunk.lines:
        old += line.kind != "added"
        new += line.kind != "removed"
        numbers.append((old, new))
    return numbers
