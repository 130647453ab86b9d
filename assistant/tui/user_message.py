"""What the user wrote."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from assistant.tui.message import ChatMessage
from assistant.tui.record import Record
from assistant.tui.theme import FAINT
from assistant.visible import visible


class UserMessage(ChatMessage):
    """Dim, and saying so, while it waits for its turn. `pasted` goes with the text, unseen; `number` is
    that of its task in the session, once it is begun."""

    DEFAULT_CSS = """
    UserMessage {
        margin: 1 0 0 0;
        padding: 0 1;
        border-left: outer $primary;
        background: $surface;
        &.waiting { color: $text-muted; border-left: outer $foreground 25%; }
        &.past { border-left: outer $foreground 25%; }
    }
    """

    def __init__(self, text: str, waits_for: str = "", *, pasted: str = "", classes: str = "") -> None:
        """`waits_for` is shown below the text until `begin`."""
        super().__init__(classes="waiting" if waits_for else classes)
        self.text = text
        self.pasted = pasted
        self.number: int | None = None
        waiting = (f"\n◌ queued until {waits_for}", f"{FAINT} italic") if waits_for else ""
        self._shown = Static(Content.assemble(visible(text), waiting))

    @classmethod
    def past(cls, record: Record) -> "UserMessage":
        return cls(record.text, classes="past")

    def compose(self) -> ComposeResult:
        yield self._shown

    def begin(self) -> None:
        """It is its turn."""
        self.remove_class("waiting")
        self._shown.update(Content(visible(self.text)))

    def record(self) -> Record | None:
        return None if self.has_class("waiting") else Record("user", self.text)
