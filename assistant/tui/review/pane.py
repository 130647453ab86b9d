"""The diff of one file. Rows are drawn when they are looked at, so that its length does not matter."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from assistant.repo.diff import FileDiff
from assistant.repo.staging import Choice
from assistant.tui.review.painting import Cell, Painter
from assistant.tui.review.parts import Part, choice_of
from assistant.tui.review.rows import Row, extents, nearest, rows_of
from assistant.tui.review.strips import strip_of

_STEP = 3
_SIDEWAYS = 8
# Below this, two columns of code are too narrow to read.
_WIDE = 130
LAST = 1_000_000
"""As a number of a part: the last one."""


class DiffPane(ScrollView, can_focus=True):
    """Has a cursor: a part of the change, or in line mode a row. The screen tells it what is kept."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--added", "diff--removed", "diff--absent", "diff--head", "diff--current", "diff--comment",
        "diff--note", "diff--line",
    }  # fmt: skip
    DEFAULT_CSS = """
    DiffPane {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
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
        self._painter: Painter | None = None
        self._rows: list[Row] = []
        self._extents: list[range] = []
        self._part = 0
        self._line: int | None = None
        self._marked: set[tuple[int, int]] = set()
        self._shift = 0
        self._wanted_split: bool | None = None
        self._bodies: dict[tuple[int, bool, bool, int, str], Strip] = {}

    # What is shown

    @property
    def file(self) -> FileDiff | None:
        return self._painter.file if self._painter else None

    @property
    def part(self) -> Part | None:
        """The part under the cursor."""
        return self._painter.parts[self._part] if self._painter else None

    @property
    def part_number(self) -> int:
        return self._part

    @property
    def line_mode(self) -> bool:
        return self._line is not None

    @property
    def split(self) -> bool:
        """Two columns: as the user wishes, else where there is room."""
        return self.size.width >= _WIDE if self._wanted_split is None else self._wanted_split

    @property
    def choice(self) -> Choice | None:
        """What a decision is about: the marked lines, the line under the cursor, or the part."""
        if self.file is None or self.part is None:
            return None
        if self._line is None:
            return choice_of(self.file, self.part)
        return Choice(frozenset(self._marked or self._changed(self._rows[self._line])))

    def show(self, file: FileDiff | None, *, part: int = 0) -> None:
        """Show a file with the cursor on its part `part`, or the last one where it has fewer."""
        same = file is not None and self.file is not None and file.path == self.file.path
        self._painter = Painter(file) if file else None
        self._part = min(part, len(self._painter.parts) - 1) if self._painter else 0
        self._marked.clear()
        if not same:
            self._line, self._shift = None, 0
        self.rebuild(follow=not same)

    def rebuild(self, *, follow: bool = True) -> None:
        """Lay the rows out anew, after what is kept or said has changed."""
        file = self.file
        self._rows = (
            rows_of(
                file,
                split=self.split,
                folded=lambda part: self._kept(file, part),
                comments=lambda part: self._comments(file, part),
            )
            if file
            else []
        )
        self._extents = extents(self._rows)
        self._bodies.clear()
        self.virtual_size = Size(self.size.width, len(self._rows))
        if self._line is not None:
            self._to_line(self._nearest(min(self._line, len(self._rows) - 1)))
        else:
            self._show_part(gently=not follow)
        self.refresh()

    def toggle_split(self) -> None:
        self._wanted_split = not self.split
        if self._line is not None:
            self._line, self._marked = None, set()
        self.rebuild()

    def on_resize(self, _: events.Resize) -> None:
        self.rebuild(follow=False)

    # The cursor

    def move(self, step: int) -> bool:
        """To the next line or part, or on in a part that is longer than the screen. False at the end."""
        if self._line is not None:
            return self._to_line(self._next_line(self._line, step))
        start, end = self._extent().start, self._extent().stop
        top, height = self.scroll_offset.y, self.size.height
        if (step > 0 and end > top + height) or (step < 0 and start < top):
            self.scroll_relative(y=step * _STEP, animate=False)
            return True
        return self.to_part(self._part + step)

    def to_part(self, number: int) -> bool:
        """Whether there is such a part; then it is the current one."""
        if self._painter is None or not 0 <= number < len(self._painter.parts):
            return False
        self._part = number
        self._line = None if self._line is None else self._nearest(self._extent().start)
        self._show_part()
        self.refresh()
        return True

    def to_next_unkept(self) -> bool:
        """The next part that is not kept, in this file."""
        if self._painter is None:
            return False
        after = range(self._part + 1, len(self._painter.parts))
        wanted = (n for n in after if not self._kept(self._painter.file, self._painter.parts[n]))
        return self.to_part(next(wanted, -1))

    def sideways(self, step: int) -> None:
        self._shift = max(0, self._shift + step * _SIDEWAYS)
        self._bodies.clear()
        self.refresh()

    def enter_line_mode(self) -> bool:
        """Whether one can decide about single lines here."""
        if self.file is None or not self.file.by_line or self.part is None or self.part.kind != "hunk":
            return False
        if self._kept(self.file, self.part):
            return False
        return self._to_line(self._nearest(self._extent().start))

    def leave_line_mode(self) -> None:
        self._line, self._marked = None, set()
        self.refresh()

    def mark(self, step: int) -> None:
        """Mark the line under the cursor, or take the mark off, and move on."""
        if self._line is None:
            return
        lines = self._changed(self._rows[self._line])
        self._marked = self._marked - lines if lines <= self._marked else self._marked | lines
        self.move(step)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        number = self.scroll_offset.y + event.y
        if not 0 <= number < len(self._rows):
            return
        if self._line is not None and self._changed(self._rows[number]):
            self._to_line(number)
        elif self._line is None:
            self._part = self._rows[number].part
            self.refresh()

    def _to_line(self, number: int | None) -> bool:
        if number is None:
            self.leave_line_mode()
            return False
        self._line, self._part = number, self._rows[number].part
        self.scroll_to_region(Region(0, number - 2, 1, 5), animate=False, force=True)
        self.refresh()
        return True

    def _next_line(self, at: int, step: int) -> int:
        """The next row with a changed line; `at` where there is none."""
        numbers = range(at + step, len(self._rows) if step > 0 else -1, step)
        return next((n for n in numbers if self._changed(self._rows[n])), at)

    def _nearest(self, at: int) -> int | None:
        return nearest(len(self._rows), at, lambda number: self._changed(self._rows[number]))

    def _changed(self, row: Row) -> set[tuple[int, int]]:
        if self.file is None or row.kind != "line":
            return set()
        lines = self.file.hunks[row.hunk].lines
        return {(row.hunk, at) for at in row.lines if lines[at].kind != "context"}

    def _extent(self) -> range:
        """The rows of the current part."""
        return self._extents[self._part] if self._extents else range(0)

    def _show_part(self, *, gently: bool = False) -> None:
        start, end = self._extent().start, self._extent().stop
        top, height = self.scroll_offset.y, self.size.height
        if top <= start and (end <= top + height or gently):
            return
        fits = end - start <= height
        self.scroll_to(y=max(end - height, 0) if fits and start > top else start, animate=False, force=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        number, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        base = self.get_visual_style()
        if self._painter is None or number >= len(self._rows):
            return Strip.blank(width, base.rich_style)
        row = self._rows[number]
        current = row.part == self._part
        bar = ("▌" if current and row.kind != "gap" else " ", "$primary")
        mark = self._mark(row, number)
        margin = Cell(Content.assemble(bar, mark), "none", 2)
        return Strip.join([self._strip(margin, base), self._body(row, number, width - 2)])

    def _body(self, row: Row, number: int, width: int) -> Strip:
        """What is right of the cursor; kept, since scrolling draws the same rows again and again."""
        on_line = number == self._line
        key = (number, on_line, row.part == self._part and row.kind == "head", width, self.app.theme)
        found = self._bodies.get(key)
        if found is None:
            found = self._bodies[key] = Strip.join(
                self._strip(cell, self._style("line" if on_line else cell.kind))
                for cell in self._cells(row, width)
            )
        return found

    def _mark(self, row: Row, number: int) -> tuple[str, str]:
        if self._marked & self._changed(row):
            return ("●", "$text-accent")
        return ("›" if number == self._line else " ", "$text-accent")

    def _cells(self, row: Row, width: int) -> list[Cell]:
        assert self._painter is not None, "there are rows"
        match row.kind:
            case "line":
                return self._painter.line(row, width, self._shift, split=self.split)
            case "head":
                current = row.part == self._part
                kept = self._kept(self._painter.file, self._painter.parts[row.part])
                left, right = self._painter.head(row, kept=kept, current=current)
                room = width - right.cell_length - 1
                cut = left.truncate(room, ellipsis=True, pad=True)
                return [Cell(Content.assemble(cut, right, " "), "current" if current else "head", width)]
            case "comment":
                text = Content(f"{'┃':>{self._painter.digits + 1}} {row.text}")
                return [Cell(text.truncate(width, ellipsis=True), "comment", width)]
            case "note":
                indent = "" if row.hunk < 0 else " " * (self._painter.digits + 3)
                return [Cell(Content(indent + row.text).truncate(width, ellipsis=True), "note", width)]
            case "gap":
                return [Cell(Content(""), "none", width)]

    def _style(self, kind: str) -> Style:
        name = f"diff--{kind}"
        return self.get_visual_style(name) if name in self.COMPONENT_CLASSES else self.get_visual_style()

    def _strip(self, cell: Cell, style: Style) -> Strip:
        return strip_of(cell.content, cell.width, style, self.app.stylesheet.parse_style)
