"""The review as a program of its own: `coder review`."""

from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from assistant.agent.review import Comment
from assistant.tui.ending import exit_when_told
from assistant.tui.review.screen import Propose, ReviewScreen
from assistant.tui.review.state import Review
from assistant.tui.theme import DARK, LIGHT
from assistant.tui.too_small import TooSmall, too_small


class ReviewApp(App[tuple[Comment, ...]]):
    """Ends with the comments that were made."""

    TITLE = "coder review"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "dark_or_light", show=False),
        Binding("ctrl+c,ctrl+q", "leave", show=False),
    ]

    def __init__(self, review: Review, propose: Propose | None = None) -> None:
        super().__init__()
        self._review, self._propose = review, propose

    def on_mount(self) -> None:
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        exit_when_told(self)
        self.push_screen(ReviewScreen(self._review, self._propose), self._end)

    def on_resize(self, event: events.Resize) -> None:
        if too_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def action_dark_or_light(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_leave(self) -> None:
        self._end(self._review.comments)

    def _end(self, comments: tuple[Comment, ...] | None) -> None:
        self.exit(comments or ())
