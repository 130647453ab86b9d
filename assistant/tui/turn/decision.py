"""What a turn waits for, at the foot of the conversation."""

import time
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from assistant.tui.choice import Choice
from assistant.tui.framed import Framed
from assistant.tui.record import Record

# A key pressed before one can have seen the question was meant for the prompt.
GRACE_S = 0.4


class Decision(Framed):
    """A question to the user. It is gone once it is decided, or the turn has ended."""

    DEFAULT_CSS = """
    Decision {
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
        Input { height: 1; margin: 0 1; padding: 0 1; border: none; background: $surface; }
        .note { color: $text-muted; }
        .warning { color: $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll_shown(1)", show=False),
        Binding("up", "scroll_shown(-1)", show=False),
        Binding("pagedown", "scroll_shown(10)", show=False),
        Binding("pageup", "scroll_shown(-10)", show=False),
    ]

    class Decided(Message):
        """The user has answered."""

        def __init__(self, decision: "Decision") -> None:
            super().__init__()
            self.decision = decision

    def __init__(self) -> None:
        super().__init__()
        self.pending = True
        self._focused_at = 0.0

    def record(self) -> Record | None:
        return None

    def fit(self, room: int) -> None:
        """Take no more than `room` lines; what is long scrolls in what the rest leaves."""

    def on_focus(self, _: events.Focus) -> None:
        self._focused_at = time.monotonic()

    async def on_choice_chosen(self, event: Choice.Chosen) -> None:
        """Who clicks on it has seen it."""
        event.stop()
        self._focused_at = 0.0
        await self.run_action(event.action)

    def action_scroll_shown(self, lines: int) -> None:
        for scrolled in self.query(VerticalScroll):
            scrolled.scroll_relative(y=lines, animate=False)

    @property
    def _settled(self) -> bool:
        """Whether the user can have seen it when they pressed a key."""
        return time.monotonic() - self._focused_at >= GRACE_S

    def _decide(self) -> bool:
        """Whether this key counts; the first that does is the decision."""
        if not (self.pending and self._settled):
            return False
        self.pending = False
        self.post_message(self.Decided(self))
        return True
