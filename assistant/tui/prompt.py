"""Where the user writes: Enter sends, Ctrl+J or Shift+Enter makes a new line, up and down recall."""

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

# Longer texts are folded to one line, and go with the message whole.
LONGEST_PASTE = 2000
_FOLDED = re.compile(r"\[pasted text (\d+): [\d,]+ characters\]")


class Prompt(TextArea):
    """A text area that grows with its text and remembers what was sent."""

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        max-height: 8;
        margin: 0;
        padding: 0 1;
        border: round $foreground 25%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary; background: $background; }
    }
    """
    # For the footer. `on_key` acts on them: a binding would overtake the letters that came before.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send"),
        Binding("ctrl+j", "new_line", "New line"),
    ]

    class Sent(Message):
        """The user sent `text`, in which pasted texts are folded; `pasted` are these whole."""

        def __init__(self, text: str, pasted: str = "") -> None:
            super().__init__()
            self.text = text
            self.pasted = pasted

    def __init__(self, folder: str = "") -> None:
        """`folder` is shown in the border."""
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Ask about the code; @path adds a file",
        )
        self.border_title = Content(folder)
        self._sent: list[str] = []
        self._shown: int | None = None
        self._draft = ""
        self._pasted: list[str] = []

    async def on_key(self, event: events.Key) -> None:
        match event.key:
            case "enter":
                self.action_send()
            case "ctrl+j" | "shift+enter":
                self.action_new_line()
            case "question_mark" if not self.text:  # it could not be part of a question
                await self.run_action("screen.help")
            case _:
                return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        if len(event.text) > LONGEST_PASTE:
            event.stop()
            event.prevent_default()
            self._pasted.append(event.text)
            self.insert(f"[pasted text {len(self._pasted)}: {len(event.text):,} characters]")

    def action_new_line(self) -> None:
        self.insert("\n")

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

    def action_send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        if not self._sent or self._sent[-1] != text:
            self._sent.append(text)
        self._shown = None
        self.clear()
        numbers = dict.fromkeys(int(number) for number in _FOLDED.findall(text))
        pasted = [self._pasted[n - 1] for n in numbers if 0 < n <= len(self._pasted)]
        self.post_message(self.Sent(text, "\n\n".join(pasted)))

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
