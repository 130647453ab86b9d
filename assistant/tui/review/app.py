"""The review as a program of its own: `coder review`."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from assistant.agent.review import Comment
from assistant.tui.ending import exit_when_told
from assistant.tui.review.screen import ReviewScreen
from assistant.tui.review.state import Review
from assistant.tui.review.writer import Writer
from assistant.tui.terminal_app import TerminalApp


class ReviewApp(TerminalApp[tuple[Comment, ...]]):
    """Ends with the comments that were made."""

    TITLE = "coder review"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,ctrl+q", "leave", show=False)]

    def __init__(self, review: Review, writer: Writer | None = None, theme: str | None = None) -> None:
        """Raises UsageError for a theme that there is not."""
        super().__init__(theme)
        self._review, self._writer = review, writer

    def on_mount(self) -> None:
        exit_when_told(self)
        self.push_screen(ReviewScreen(self._review, self._writer), self._end)

    def action_leave(self) -> None:
        self._end(self._review.comments)

    def _end(self, comments: tuple[Comment, ...] | None) -> None:
        self.exit(comments or ())
