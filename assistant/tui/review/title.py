"""What is being looked at, above the diff."""

from textual.content import Content
from textual.widgets import Static

from assistant.repo.diff import FileDiff
from assistant.tui.diff import one_line
from assistant.tui.review.painting import counted
from assistant.tui.theme import FAINT


class Title(Static):
    """The file's path, how it changed, and where it stands among the others."""

    DEFAULT_CSS = """
    Title { height: 1; padding: 0 2; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def show(self, file: FileDiff | None, number: int, count: int) -> None:
        if file is None:
            self.update(Content(""))
            return
        former = f"  from {one_line(file.former)}" if file.former else ""
        status = "" if file.status in ("modified", "renamed") else f"  {file.status}"
        counts = counted(file.added, file.removed)
        self.update(
            Content.assemble(
                (one_line(file.path), "bold"),
                (former + status, FAINT),
                "  " if counts else "",
                *counts,
                (f"  {number + 1} of {count}", FAINT),
            )
        )
