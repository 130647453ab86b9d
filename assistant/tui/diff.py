"""A diff on the screen: line numbers, signs, and the language's colours."""

import os
import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

from assistant.repo.diff.parse import unquoted
from assistant.tui.theme import FAINT
from assistant.visible import visible

# Colouring longer texts would hold up the keys.
_LONGEST_COLOURED = 60_000
_SIGNS = {"added": "+", "removed": "−", "context": " ", "hunk": "⋯"}
_HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")

Kind = Literal["added", "removed", "context", "hunk"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diff. `number` counts from 1, in the old text for what is removed."""

    kind: Kind
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class FileRows:
    """What a unified diff shows of one file. `added` and `removed` count lines."""

    name: str
    rows: list[Row] = field(default_factory=list)

    @property
    def added(self) -> int:
        return sum(row.kind == "added" for row in self.rows)

    @property
    def removed(self) -> int:
        return sum(row.kind == "removed" for row in self.rows)

    @property
    def counts(self) -> str:
        return f"+{self.added} −{self.removed}"


class DiffView(Vertical):
    """The lines that differ, with some around them."""

    DEFAULT_CSS = """
    DiffView {
        height: auto;
        Static { padding: 0 1; }
        .added { background: $success 20%; }
        .removed { background: $error 20%; }
        .hunk { color: $text-muted; }
        &:ansi Static { background: ansi_default; }
    }
    """

    def __init__(self, file: FileRows) -> None:
        super().__init__()
        self._rows = file.rows
        self._old = _coloured([row for row in file.rows if row.kind in ("removed", "context")], file.name)
        self._new = _coloured([row for row in file.rows if row.kind in ("added", "context")], file.name)

    def compose(self) -> ComposeResult:
        width = len(str(max((row.number for row in self._rows), default=0)))
        for kind, rows in groupby(self._rows, key=lambda row: row.kind):
            yield Static(Content("\n").join(self._line(row, width) for row in rows), classes=kind)

    def _line(self, row: Row, width: int) -> Content:
        if row.kind == "hunk":
            return Content(f"{_SIGNS['hunk']:>{width}}  {row.text}")
        sign = (
            f"{_SIGNS[row.kind]} ",
            {"added": "$text-success", "removed": "$text-error"}.get(row.kind, ""),
        )
        lines = self._old if row.kind == "removed" else self._new
        code = lines.get(row.number, Content(one_line(row.text)))
        return Content.assemble((f"{row.number:>{width}} ", FAINT), sign, code)


def files_in(diff: str) -> list[FileRows]:
    """The files of a diff as `unified_diff` writes it. A gap between hunks is a row of its own."""
    files: list[FileRows] = []
    old = new = old_left = new_left = 0
    for line in diff.split("\n"):
        if old_left or new_left:
            mark, text = line[:1], line[1:]
            kind: Kind = "removed" if mark == "-" else "added" if mark == "+" else "context"
            if mark != "\\":
                files[-1].rows.append(Row(kind, old if kind == "removed" else new, text))
                old, old_left = (old + 1, old_left - 1) if kind != "added" else (old, old_left)
                new, new_left = (new + 1, new_left - 1) if kind != "removed" else (new, new_left)
                continue
        if line.startswith("\\") and files:
            files[-1].rows.append(Row("hunk", 0, "no newline at the end"))
        elif line.startswith("+++ "):
            files.append(FileRows(_name(line.removeprefix("+++ "))))
        elif (found := _HUNK.match(line)) and files:
            old, old_left, new, new_left = map(int, found.groups())
            if files[-1].rows:
                files[-1].rows.append(Row("hunk", 0, ""))
    return files


def _name(written: str) -> str:
    quoted = os.fsencode(written.removesuffix("\t"))
    return os.fsdecode(unquoted(quoted)).removeprefix("b/")


def _coloured(rows: list[Row], name: str) -> dict[int, Content]:
    """The lines by their number, in colour; none where they are too long for that."""
    text = "\n".join(one_line(row.text) for row in rows)
    if len(text) > _LONGEST_COLOURED:
        return {}
    # The lexer drops blank lines at the beginning.
    first = next((at for at, row in enumerate(rows) if row.text.strip()), 0)
    lines = highlight(text, path=name).split("\n", allow_blank=True)
    coloured = zip(rows[first:], lines, strict=False)
    return {row.number: line for row, line in coloured if line.plain == one_line(row.text)}


def one_line(line: str) -> str:
    """Safe, on one line whatever separators it has, and tabs as spaces."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in visible(line.expandtabs(4)))
