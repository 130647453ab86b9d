"""The diff of one file as a widget, without the keys."""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from assistant.repo.diff import FileDiff
from assistant.tui.review.cursor import Cursor, Place
from assistant.tui.review.painting import Cell, Painter
from assistant.tui.review.parts import Part
from assistant.tui.review.rows import Row
from assistant.tui.review.strips import strip_of

# Below this, two columns of code are too narrow to read.
_WIDE = 130


class DrawnDiff(ScrollView, can_focus=True):
    """Draws rows when they are looked at, so that their number does not matter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--added", "diff--removed", "diff--absent", "diff--head", "diff--current", "diff--comment",
        "diff--note", "diff--line",
    }  # fmt: skip
    DEFAULT_CSS = """
    DrawnDiff {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 25%;
        .diff--added { background: $success 15%; }
        .diff--removed { background: $error 15%; }
        .diff--absent { background: $surface; }
        .diff--head { background: $surface; color: $foreground; }
        .diff--current { background: $primary 30%; color: $foreground; }
        .diff--line { background: $primary 40%; }
        .diff--comment { color: $text-accent; }
        .diff--note { color: $text-muted; }
        &:ansi {
            .diff--added, .diff--removed { background: ansi_default; }
            .diff--current, .diff--line { background: ansi_default; text-style: bold reverse; }
        }
    }
    """

    def __init__(
        self, kept: Callable[[FileDiff, Part], bool], comments: Callable[[FileDiff, Part], Sequence[str]]
    ) -> None:
        super().__init__()
        self._kept = kept
        self._comments = comments
        self._cursor: Cursor | None = None
        self._painter: Painter | None = None
        self._shift = 0
        self._wanted_split: bool | None = None
        self._wanted: re.Pattern[str] | None = None
        self._found: Place | None = None
        self._bodies: dict[tuple[int, bool, bool, int, str], Strip] = {}

    @property
    def file(self) -> FileDiff | None:
        return self._cursor.file if self._cursor else None

    @property
    def part(self) -> Part | None:
        """The part under the cursor."""
        return self._cursor.parts[self._cursor.at] if self._cursor else None

    @property
    def split(self) -> bool:
        """Two columns: as the user wishes, else where there is room."""
        return self.size.width >= _WIDE if self._wanted_split is None else self._wanted_split

    def look_for(self, wanted: re.Pattern[str] | None) -> None:
        """Set apart what is looked for, or nothing any more."""
        self._wanted = wanted
        if self._painter:
            self._painter.wanted = wanted
        if wanted is None:
            self._found = None
        self._redraw()

    def _take(self, cursor: Cursor | None) -> None:
        self._cursor = cursor
        self._painter = Painter(cursor.file, self._wanted) if cursor else None

    def _redraw(self) -> None:
        self._bodies.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        base = self.get_visual_style()
        cursor, painter = self._cursor, self._painter
        if cursor is None or painter is None or number >= len(cursor.rows):
            return Strip.blank(width, base.rich_style)
        row = cursor.rows[number]
        bar = ("▌" if row.part == cursor.at and row.kind != "gap" else " ", "$primary")
        margin = Cell(Content.assemble(bar, self._mark(cursor, row, number)), "none", 2)
        body = self._body(cursor, painter, number, width - 2)
        return Strip.join([self._strip(margin, base), body])

    def _mark(self, cursor: Cursor, row: Row, number: int) -> tuple[str, str]:
        if cursor.marked & cursor.changed(row):
            return ("●", "$text-accent")
        return ("›" if number == cursor.row or self._shows_found(row) else " ", "$text-accent")

    def _shows_found(self, row: Row) -> bool:
        return self._found is not None and row.hunk == self._found[0] and self._found[1] in row.lines

    def _body(self, cursor: Cursor, painter: Painter, number: int, width: int) -> Strip:
        """What is right of the cursor; kept, since scrolling draws the same rows again and again."""
        row = cursor.rows[number]
        on_line = number == cursor.row or self._shows_found(row)
        current = row.part == cursor.at and row.kind == "head"
        key = (number, on_line, current, width, self.app.theme)
        if key not in self._bodies:
            kept = row.kind == "head" and self._kept(cursor.file, cursor.parts[row.part])
            cells = painter.cells(row, width, self._shift, split=self.split, current=current, kept=kept)
            styled = (self._strip(cell, self._style("line" if on_line else cell.kind)) for cell in cells)
            self._bodies[key] = Strip.join(styled)
        return self._bodies[key]

    def _style(self, kind: str) -> Style:
        name = f"diff--{kind}"
        return self.get_visual_style(name) if name in self.COMPONENT_CLASSES else self.get_visual_style()

    def _strip(self, cell: Cell, style: Style) -> Strip:
        return strip_of(cell.content, cell.width, style, self.app.stylesheet.parse_style)
