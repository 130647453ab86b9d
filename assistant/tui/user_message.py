"""What the user wrote."""

from textual.content import Content
from textual.widgets import Static

from assistant.tui.theme import FAINT
from assistant.visible import visible


class UserMessage(Static):
    """Dim, and saying so, while it waits for its turn."""

    DEFAULT_CSS = """
    UserMessage {
        margin: 1 0 0 0;
        padding: 0 1;
        border-left: outer $primary;
        background: $surface;
        &.waiting { color: $text-muted; border-left: outer $foreground 25%; }
    }
    """

    def __init__(self, text: str, waits_for: str) -> None:
        """`waits_for` is shown below the text until `begin`."""
        self.text = text
        super().__init__(
            Content.assemble(visible(text), (f"\n◌ queued until {waits_for}", f"{FAINT} italic")),
            classes="waiting",
        )

    def begin(self) -> None:
        """It is its turn."""
        self.remove_class("waiting")
        self.update(Content(visible(self.text)))
