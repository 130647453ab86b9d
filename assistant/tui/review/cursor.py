"""Where one is in the rows of a file's diff, and which of its lines are marked."""

from collections.abc import Sequence

from assistant.repo.diff import FileDiff, Hunk
from assistant.repo.staging import Choice
from assistant.tui.review.parts import choice_of, identity, parts_of
from assistant.tui.review.rows import Row, extents, nearest

Place = tuple[int, int]
"""A line, as its hunk's number and its own in the hunk."""


class Cursor:
    """It stands on a part of the change, or in line mode on a row with a changed line."""

    def __init__(self, file: FileDiff, part: int = 0) -> None:
        """On part `part`, or the last one where there are fewer."""
        self.file = file
        self.parts = parts_of(file)
        self.at = min(part, len(self.parts) - 1)
        self.row: int | None = None
        self.marked: set[Place] = set()
        self.rows: Sequence[Row] = ()
        self._extents: Sequence[range] = ()
        self._line: Place | None = None

    @property
    def choice(self) -> Choice:
        """What a decision is about: the marked lines, the line under the cursor, or the part."""
        if self.row is None:
            return choice_of(self.file, self.parts[self.at])
        return Choice(frozenset(self.marked or self.changed(self.rows[self.row])))

    @property
    def extent(self) -> range:
        """The rows of the current part."""
        return self._extents[self.at] if self._extents else range(0)

    @property
    def top(self) -> int:
        """The row that it stands on."""
        return self.extent.start if self.row is None else self.row

    def lay_out(self, rows: Sequence[Row]) -> None:
        """The rows of the file are these now; the cursor stays on its line."""
        self.rows, self._extents = rows, extents(rows)
        if self.row is not None:
            here = self.row_of(self._line) if self._line else None
            self.to_row(self.nearest(min(self.row, len(rows) - 1)) if here is None else here)

    def follow(self, former: "Cursor") -> None:
        """Stand where the cursor stood in what the file's diff was before: on the same change if it is still
        there, else on what has its number now."""
        moved = _moved_lines(former.file, self.file)
        wanted = identity(former.file, former.parts[former.at])
        same = [identity(self.file, part) == wanted for part in self.parts]
        number = nearest(len(same), min(former.at, len(same) - 1), same.__getitem__)
        self.at = min(former.at, len(self.parts) - 1) if number is None else number
        self.marked = {moved[place] for place in former.marked if place in moved}
        self.row, self._line = former.row, moved.get(former._line) if former._line else None

    def to_part(self, number: int) -> bool:
        """Whether there is such a part; then it is the current one."""
        if not 0 <= number < len(self.parts):
            return False
        self.at = number
        if self.row is not None:
            self.to_row(self.nearest(self.extent.start))
        return True

    def to_row(self, number: int | None) -> bool:
        """In line mode, stand on this row; None leaves it."""
        if number is None:
            self.row, self._line, self.marked = None, None, set()
            return False
        self.row, self.at = number, self.rows[number].part
        self._line = min(self.changed(self.rows[number]), default=None)
        return True

    def next_row(self, step: int) -> int | None:
        """The next row with a changed line, this one where there is none."""
        if self.row is None:
            return None
        numbers = range(self.row + step, len(self.rows) if step > 0 else -1, step)
        return next((number for number in numbers if self.changed(self.rows[number])), self.row)

    def nearest(self, row: int) -> int | None:
        """The row with a changed line that is nearest to `row`."""
        return nearest(len(self.rows), row, lambda number: self.changed(self.rows[number]))

    def row_of(self, place: Place) -> int | None:
        """The row that shows a line, None where its hunk is folded away."""
        hunk, line = place
        return next((n for n, row in enumerate(self.rows) if row.hunk == hunk and line in row.lines), None)

    def mark(self) -> None:
        """Mark the line under the cursor, or take the mark off."""
        if self.row is not None:
            lines = self.changed(self.rows[self.row])
            self.marked = self.marked - lines if lines <= self.marked else self.marked | lines

    def changed(self, row: Row) -> set[Place]:
        """The lines of a row that one can decide about."""
        if row.kind != "line":
            return set()
        lines = self.file.hunks[row.hunk].lines
        return {(row.hunk, at) for at in row.lines if lines[at].kind != "context"}


def _moved_lines(before: FileDiff, after: FileDiff) -> dict[Place, Place]:
    """Where the changed lines of hunks that are still there are now."""
    hunks = {identity(after, part): part.hunk for part in reversed(parts_of(after)) if part.kind == "hunk"}
    moved: dict[Place, Place] = {}
    for part in parts_of(before):
        now = hunks.get(identity(before, part)) if part.kind == "hunk" else None
        if now is not None:
            old, new = (_changed_lines(hunk) for hunk in (before.hunks[part.hunk], after.hunks[now]))
            moved |= {(part.hunk, a): (now, b) for a, b in zip(old, new, strict=True)}
    return moved


def _changed_lines(hunk: Hunk) -> list[int]:
    return [at for at, line in enumerate(hunk.lines) if line.kind != "context"]
