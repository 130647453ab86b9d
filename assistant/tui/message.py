"""What the user's and the model's messages have in common: one can go to them by keys, and copy them."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from assistant.tui.prose.prose import Prose
from assistant.tui.record import Record


class ChatMessage(Vertical):
    """Tab passes it by: it takes the focus only when it is gone to, see `Conversation.action_select`."""

    DEFAULT_CSS = """
    ChatMessage {
        height: auto;
        &:focus { background: $primary 15%; border-left: outer $accent; }
        &.found { background: $warning 20%; }
        &:ansi { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy"),
        Binding("b", "copy_block", "Copy code"),
        Binding("r", "again(False)", "Retry"),
        Binding("e", "again(True)", "Edit"),
        Binding("up,ctrl+up", "screen.select(-1)", show=False),
        Binding("down,ctrl+down", "screen.select(1)", show=False),
        Binding("n", "screen.find_next(-1)", show=False),
        Binding("N", "screen.find_next(1)", show=False),
    ]

    class Again(Message):
        """The user wants the question of this message answered again, or to `edit` it first."""

        def __init__(self, message: "ChatMessage", edit: bool) -> None:
            super().__init__()
            self.message = message
            self.edit = edit

    _block = -1

    def record(self) -> Record | None:
        raise NotImplementedError

    def select(self) -> None:
        """Take the focus, until it goes elsewhere."""
        self.can_focus = True
        self.focus()

    def on_blur(self, _: events.Blur) -> None:
        self.can_focus = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "copy_block" or bool(self._codes())

    def action_copy(self) -> None:
        record = self.record()
        if record is not None:
            self._copy(record.text, "The message")

    def action_copy_block(self) -> None:
        """Copy the first code block; pressed again, the next."""
        codes = self._codes()
        self._block = (self._block + 1) % len(codes)
        for prose in self.query(Prose):
            prose.mark(None)
        prose, code, place = codes[self._block]
        prose.mark(place)
        prose.scroll_to_place(place)
        self._copy(code, f"Code block {self._block + 1} of {len(codes)}")

    def action_again(self, edit: bool) -> None:
        self.post_message(self.Again(self, edit))

    def _codes(self) -> list[tuple[Prose, str, range]]:
        return [(prose, code, place) for prose in self.query(Prose) for code, place in prose.codes()]

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(f"{what} is copied: {len(text):,} characters.", timeout=2)
