"""The diff of one file, with a cursor that the keys move."""

from textual import events
from textual.geometry import Region, Size

from assistant.repo.diff import FileDiff
from assistant.repo.staging import Choice
from assistant.tui.review.cursor import Cursor, Place
from assistant.tui.review.drawing import DrawnDiff
from assistant.tui.review.rows import Row, rows_of

_STEP = 3
# So much of a line is seen before what was looked for in it.
_BEFORE = 16
LAST = 1_000_000
"""As a number of a part: the last one."""


class DiffPane(DrawnDiff):
    """Has a cursor: a part of the change, or in line mode a row. The screen tells it what is kept."""

    # What is shown

    @property
    def part_number(self) -> int:
        return self._cursor.at if self._cursor else 0

    @property
    def line_mode(self) -> bool:
        return self._cursor is not None and self._cursor.row is not None

    @property
    def choice(self) -> Choice | None:
        """What a decision is about."""
        return self._cursor.choice if self._cursor else None

    @property
    def found(self) -> Place | None:
        """The line that was found last, while the cursor is where it is."""
        return self._found

    def show(self, file: FileDiff | None, *, part: int = 0) -> None:
        """Show a file with the cursor on its part `part`, or the last one where it has fewer."""
        self._take(Cursor(file, part) if file else None)
        self._shift, self._found = 0, None
        self.rebuild()

    def show_anew(self, file: FileDiff) -> None:
        """Show what the diff of the same file has become; the cursor stays, on the screen too."""
        former = self._cursor
        if former is None:
            self.show(file)
            return
        below = former.top - self.scroll_offset.y
        cursor = Cursor(file)
        cursor.follow(former)
        self._take(cursor)
        self._found = None
        self.rebuild(follow=False)
        self.scroll_to(y=cursor.top - below, animate=False, force=True)
        self._show_part(gently=True)

    def rebuild(self, *, follow: bool = True) -> None:
        """Lay the rows out anew, after what is kept or said has changed."""
        cursor, rows = self._cursor, list[Row]()
        if cursor:
            rows = rows_of(
                cursor.file,
                split=self.split,
                folded=lambda part: self._kept(cursor.file, part),
                comments=lambda part: self._comments(cursor.file, part),
            )
            cursor.lay_out(rows)
        self._bodies.clear()
        self.virtual_size = Size(self.size.width, len(rows))
        if self.line_mode:
            self._show_line()
        else:
            self._show_part(gently=not follow)
        self.refresh()

    def toggle_split(self) -> None:
        self._wanted_split = not self.split
        self.rebuild()

    def go_to(self, place: Place) -> None:
        """Bring a line to view, or the head of its hunk where that is folded away."""
        cursor, painter = self._cursor, self._painter
        if cursor is None or painter is None:
            return
        row = cursor.row_of(place)
        hunks = [part.hunk for part in cursor.parts]
        number = cursor.rows[row].part if row is not None else hunks.index(place[0])
        if cursor.row is None or row is None:
            cursor.to_part(number)
        else:
            cursor.to_row(cursor.nearest(row))
        self._found = place
        at, room = painter.where(place), self.size.width // (2 if self.split else 1) - _BEFORE
        self._shift = 0 if at < room else at - _BEFORE
        top = cursor.extent.start if row is None else row
        self.scroll_to_region(Region(0, max(top - 2, 0), 1, 5), animate=False, force=True)
        self._redraw()

    def on_resize(self, _: events.Resize) -> None:
        self.rebuild(follow=False)

    # The cursor

    def move(self, step: int) -> bool:
        """To the next line or part, or on in a part that is longer than the screen. False at the end."""
        cursor = self._cursor
        if cursor is None:
            return False
        if self.line_mode:
            return self._to_row(cursor.next_row(step))
        start, end = cursor.extent.start, cursor.extent.stop
        top, height = self.scroll_offset.y, self.size.height
        if (step > 0 and end > top + height) or (step < 0 and start < top):
            self.scroll_relative(y=step * _STEP, animate=False)
            return True
        return self.to_part(cursor.at + step)

    def to_part(self, number: int) -> bool:
        """Whether there is such a part; then it is the current one."""
        if self._cursor is None or not self._cursor.to_part(number):
            return False
        self._found = None
        self._show_part()
        self._redraw()
        return True

    def to_next_unkept(self) -> bool:
        """The next part that is not kept, in this file."""
        cursor = self._cursor
        if cursor is None:
            return False
        after = range(cursor.at + 1, len(cursor.parts))
        return self.to_part(next((n for n in after if not self._kept(cursor.file, cursor.parts[n])), -1))

    def sideways(self, step: int) -> None:
        """By half of what is seen of a line."""
        self._shift = max(0, self._shift + step * max(self.size.width // (4 if self.split else 2), 8))
        self._redraw()

    def enter_line_mode(self) -> bool:
        """Whether one can decide about single lines here."""
        cursor, part = self._cursor, self.part
        if cursor is None or part is None or part.kind != "hunk" or self._kept(cursor.file, part):
            return False
        return self._to_row(cursor.nearest(cursor.extent.start))

    def leave_line_mode(self) -> None:
        self._to_row(None)

    def mark(self, step: int) -> None:
        """Mark the line under the cursor, or take the mark off, and move on."""
        if self._cursor and self.line_mode:
            self._cursor.mark()
            self.move(step)

    def on_click(self, event: events.Click) -> None:
        cursor, number = self._cursor, self.scroll_offset.y + event.y
        if cursor is None or number >= len(cursor.rows):
            return
        if not self.line_mode:
            cursor.at = cursor.rows[number].part
            self.refresh()
        elif cursor.changed(cursor.rows[number]):
            self._to_row(number)

    def _to_row(self, number: int | None) -> bool:
        found = self._cursor is not None and self._cursor.to_row(number)
        if found:
            self._found = None
            self._show_line()
        self._redraw()
        return found

    def _show_line(self) -> None:
        if self._cursor:
            self.scroll_to_region(Region(0, self._cursor.top - 2, 1, 5), animate=False, force=True)

    def _show_part(self, *, gently: bool = False) -> None:
        extent = self._cursor.extent if self._cursor else range(0)
        start, end = extent.start, extent.stop
        top, height = self.scroll_offset.y, self.size.height
        if top <= start and (end <= top + height or (gently and start < top + height)):
            return
        fits = end - start <= height
        self.scroll_to(y=max(end - height, 0) if fits and start > top else start, animate=False, force=True)
