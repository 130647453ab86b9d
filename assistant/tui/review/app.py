"""The review as a program of its own: `coder review`."""

from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from assistant.agent.review import Comment
from assistant.tui.ending import exit_when_told
from assistant.tui.review.screen import ReviewScreen
from assistant.tui.review.state import Review
from assistant.tui.review.writer import Writer
from assistant.tui.theme import THEMES, name_of_theme, theme_after
from assistant.tui.too_small import TooSmall, too_small


class ReviewApp(App[tuple[Comment, ...]]):
    """Ends with the comments that were made."""

    TITLE = "coder review"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "next_theme", show=False),
        Binding("ctrl+c,ctrl+q", "leave", show=False),
    ]

    def __init__(self, review: Review, writer: Writer | None = None, theme: str | None = None) -> None:
        """Raises UsageError for a theme that there is not."""
        super().__init__()
        self._review, self._writer = review, writer
        for each in THEMES:
            self.register_theme(each)
        self._theme = name_of_theme(theme, self.available_themes)

    def on_mount(self) -> None:
        self.theme = self._theme
        exit_when_told(self)
        self.push_screen(ReviewScreen(self._review, self._writer), self._end)

    def on_resize(self, event: events.Resize) -> None:
        if too_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def action_next_theme(self) -> None:
        self.theme = theme_after(self.theme)

    def action_leave(self) -> None:
        self._end(self._review.comments)

    def _end(self, comments: tuple[Comment, ...] | None) -> None:
        self.exit(comments or ())
