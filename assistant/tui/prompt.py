"""Where the user writes: Enter sends, Ctrl+J or Shift+Enter makes a new line, up and down recall."""

from textual import events
from textual.message import Message
from textual.widgets import TextArea


class Prompt(TextArea):
    """A text area that grows with its text and remembers what was sent."""

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        max-height: 8;
        margin: 0;
        padding: 0 1;
        border: round $surface-lighten-2;
        background: $background;
        &:focus { border: round $primary; background: $background; }
    }
    """

    class Sent(Message):
        """The user sent `text`."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Ask about the code; @path adds a file",
        )
        self._sent: list[str] = []
        self._shown: int | None = None
        self._draft = ""

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "enter":
                self._send()
            case "ctrl+j" | "shift+enter":
                self.insert("\n")
            case _:
                return
        event.stop()
        event.prevent_default()

    def action_cursor_up(self, select: bool = False) -> None:
        """On the first line, recall the message before; elsewhere, move."""
        if select or not self.cursor_at_first_line or not self._recall(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """On the last line, go back towards what was being written; elsewhere, move."""
        if select or not self.cursor_at_last_line or not self._recall(1):
            super().action_cursor_down(select)

    def give_back(self, text: str) -> None:
        """Put a message that could not be sent back, before whatever was written since."""
        self._show("\n".join(part for part in (text, self.text) if part))

    def _send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        if not self._sent or self._sent[-1] != text:
            self._sent.append(text)
        self._shown = None
        self.clear()
        self.post_message(self.Sent(text))

    def _recall(self, step: int) -> bool:
        """Show the sent message `step` away; the draft lies after the newest."""
        at = len(self._sent) if self._shown is None else self._shown
        to = at + step
        if not 0 <= to <= len(self._sent):
            return False
        if self._shown is None:
            self._draft = self.text
        is_draft = to == len(self._sent)
        self._shown = None if is_draft else to
        self._show(self._draft if is_draft else self._sent[to])
        return True

    def _show(self, text: str) -> None:
        self.load_text(text)
        self.move_cursor(self.document.end)
