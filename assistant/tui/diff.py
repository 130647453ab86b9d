"""A diff on the screen: line numbers, signs, and the language's colours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

from assistant.repo.hunks import unified_diff
from assistant.tui.theme import FAINT
from assistant.visible import visible

# Colouring longer texts would hold up the keys.
_LONGEST_COLOURED = 60_000
_SIGNS = {"added": "+", "removed": "−", "context": " ", "hunk": "⋯"}
_HUNK = re.compile(r"@@ -(\d+),\d+ \+(\d+),\d+ @@")

Kind = Literal["added", "removed", "context", "hunk"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diff. `number` counts from 1, in the old text for what is removed."""

    kind: Kind
    number: int
    text: str


class DiffView(Vertical):
    """The lines that differ, with three around them. `added` and `removed` count lines."""

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

    def __init__(self, old: str, new: str, name: str) -> None:
        super().__init__()
        self._rows = list(diff_rows(old, new))
        self._old, self._new = _coloured(old, name), _coloured(new, name)
        self.added = sum(row.kind == "added" for row in self._rows)
        self.removed = sum(row.kind == "removed" for row in self._rows)

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
        code = lines[row.number - 1] if lines else Content(one_line(row.text))
        return Content.assemble((f"{row.number:>{width}} ", FAINT), sign, code)


def diff_rows(old: str, new: str) -> Iterator[Row]:
    """The lines of a unified diff with their numbers. A gap between hunks is a row of its own."""
    at = {"old": 0, "new": 0}
    for i, line in enumerate(unified_diff(old, new, "x").split("\n")[2:-1]):
        if found := _HUNK.match(line):
            at = {"old": int(found[1]), "new": int(found[2])}
            if i:
                yield Row("hunk", 0, "")
        elif line.startswith("\\"):
            yield Row("hunk", 0, "no newline at the end")
        elif line.startswith("-"):
            yield Row("removed", at["old"], line[1:])
            at["old"] += 1
        elif line.startswith("+"):
            yield Row("added", at["new"], line[1:])
            at["new"] += 1
        else:
            yield Row("context", at["new"], line[1:])
            at = {"old": at["old"] + 1, "new": at["new"] + 1}


def _coloured(text: str, name: str) -> list[Content]:
    """The lines of `text`, in colour; none where it is too long for that."""
    if len(text) > _LONGEST_COLOURED:
        return []
    plain = [one_line(line) for line in text.removesuffix("\n").split("\n")]
    lines = highlight("\n".join(plain), path=name).split("\n", allow_blank=True)
    # The lexer drops blank lines at the beginning; the numbers must fit all the same.
    return (
        lines if [line.plain for line in lines[: len(plain)]] == plain else [Content(line) for line in plain]
    )


def one_line(line: str) -> str:
    """Safe, on one line whatever separators it has, and tabs as spaces."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in visible(line.expandtabs(4)))
