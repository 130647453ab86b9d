"""The files of a review, one a line: how each changed, and what is left to be decided."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from assistant.repo.diff import FileDiff, Status
from assistant.tui.diff import one_line
from assistant.tui.review.painting import counted
from assistant.tui.review.strips import strip_of
from assistant.tui.theme import FAINT

_LETTERS: dict[Status, tuple[str, str]] = {
    "modified": ("M", "$text-warning"),
    "added": ("A", "$text-success"),
    "deleted": ("D", "$text-error"),
    "renamed": ("R", "$text-primary"),
    "type changed": ("T", "$text-primary"),
    "untracked": ("?", "$text-success"),
    "conflict": ("!", "bold $text-error"),
}


class FileList(ScrollView):
    """Shows where the review is. `left` counts the parts of a file that are not kept yet."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"files--current"}
    DEFAULT_CSS = """
    FileList {
        width: 28%;
        min-width: 24;
        max-width: 40;
        overflow-x: hidden;
        padding: 0 1 0 0;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 25%;
        border-right: vkey $surface-lighten-2;
        .files--current { background: $primary 30%; color: $foreground; text-style: bold; }
        &:ansi .files--current { background: ansi_default; text-style: bold reverse; }
    }
    """

    class Chosen(Message):
        """A file was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, left: Callable[[FileDiff], int]) -> None:
        super().__init__()
        self._left = left
        self._files: Sequence[FileDiff] = ()
        self._current = 0

    def show(self, files: Sequence[FileDiff], current: int) -> None:
        """These files, the one numbered `current` being looked at."""
        self._files, self._current = files, current
        self.virtual_size = Size(self.size.width, len(files))
        self.scroll_to_region(Region(0, current, 1, 1), animate=False, force=True)
        self.refresh()

    def on_resize(self, _: events.Resize) -> None:
        self.virtual_size = Size(self.size.width, len(self._files))

    def on_click(self, event: events.Click) -> None:
        number = self.scroll_offset.y + event.y
        if 0 <= number < len(self._files):
            self.post_message(self.Chosen(number))

    def render_line(self, y: int) -> Strip:
        number, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if number >= len(self._files):
            return Strip.blank(width, self.get_visual_style().rich_style)
        current = number == self._current
        style = self.get_visual_style("files--current") if current else self.get_visual_style()
        content = self._line(self._files[number], width, current)
        return strip_of(content, width, style, self.app.stylesheet.parse_style)

    def _line(self, file: FileDiff, width: int, current: bool) -> Content:
        done = not self._left(file)
        mark = ("✓", "$text-success") if done else ("▌" if current else " ", "$primary")
        folder, _, name = one_line(file.path).rpartition("/")
        counts = Content.assemble(*counted(file.added, file.removed))
        if cell_len(name) > width - counts.cell_length - 5:
            counts = Content("")  # the name tells more
        room = width - counts.cell_length - (5 if counts else 4)
        path = Content.assemble((f"{folder}/", FAINT) if folder else "", name)
        fitted = shortened(path, room)
        pad = " " * max(room - fitted.cell_length, 0)
        return Content.assemble(
            mark, " ", _LETTERS[file.status], " ", fitted, pad, " " if counts else "", counts
        )


def shortened(path: Content, room: int) -> Content:
    """The end of a path, which tells most, in at most `room` cells, if it can be of whole folders."""
    if path.cell_length <= room:
        return path
    fitting = [start for start in range(len(path.plain)) if path[start:].cell_length < room]
    whole = [start for start in fitting if path.plain[start] == "/"]
    return Content.assemble(("…", FAINT), path[next(iter(whole or fitting), len(path.plain)) :])
