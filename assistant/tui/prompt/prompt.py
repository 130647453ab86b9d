"""Where the user writes: Enter sends, Ctrl+J or Shift+Enter makes a new line, up and down recall."""

import asyncio
import re
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from assistant.errors import CoderError
from assistant.tui.prompt.commands import command_in
from assistant.tui.prompt.editor import edit
from assistant.tui.prompt.history import History
from assistant.tui.prompt.suggestions import Suggestions
from assistant.visible import visible

# Longer texts are folded to one line, and go with the message whole.
LONGEST_PASTE = 2000
# No model's context holds as much.
TOO_LONG_PASTE = 4_000_000
_FOLDED = re.compile(r"\[pasted text \d+: [\d,]+ characters\]")


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
        & .text-area--placeholder { color: $text 60%; }
    }
    """
    # For the footer. `on_key` acts on the first two: a binding would overtake the letters before it.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send"),
        Binding("ctrl+j", "new_line", "New line"),
        Binding("ctrl+g", "write_in_editor", "Editor", show=False),
    ]

    class Sent(Message):
        """The user sent `text`, in which pasted texts are folded; `pasted` are these whole."""

        def __init__(self, text: str, pasted: str = "") -> None:
            super().__init__()
            self.text = text
            self.pasted = pasted

    class Commanded(Message):
        """The user wrote `/name argument`."""

        def __init__(self, name: str, argument: str) -> None:
            super().__init__()
            self.name = name
            self.argument = argument

    class Run(Message):
        """The user wrote `!command`."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    def __init__(
        self, folder: str = "", *, history: History | None = None, suggestions: Suggestions | None = None
    ) -> None:
        """`folder` is shown in the border."""
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Ask about the code · @ adds a file · / commands · ! runs",
        )
        self.border_title = Content(folder)
        self._history = history or History()
        self._suggestions = suggestions or Suggestions()
        self._back = 0
        self._draft = ""
        self._pasted: dict[str, str] = {}

    async def on_mount(self) -> None:
        await asyncio.to_thread(self._history.load)

    def get_line(self, line_index: int) -> Text:
        """As it is drawn: the name of a file, or what was pasted, can hold escapes."""
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)

    async def on_key(self, event: events.Key) -> None:
        if self._suggestions.open and self._suggesting(event.key):
            event.stop()
            event.prevent_default()
            return
        match event.key:
            case "enter":
                self.action_send()
            case "ctrl+j" | "shift+enter":
                self.action_new_line()
            case "pageup" | "pagedown":
                await self.run_action(f"screen.scroll({-1 if event.key == 'pageup' else 1})")
            case "question_mark" if not self.text:  # it could not be part of a question
                await self.run_action("app.help")
            case _ if event.is_printable or not await self._act(event.key):
                return
        event.stop()
        event.prevent_default()

    async def _act(self, key: str) -> bool:
        """Do at once what the key is bound to here: by way of the app it would come after letters that were
        typed behind it, and a backspace would delete one of these. Whether it is bound."""
        bound = self.screen.active_bindings.get(key)
        if bound is None or bound.node is not self or not bound.enabled:
            return False
        await self.run_action(bound.binding.action)
        return True

    def on_blur(self) -> None:
        self._suggestions.close()

    def on_text_area_changed(self) -> None:
        row, column = self.cursor_location
        self._suggestions.suggest(self.document.get_line(row)[:column], self.text)

    def on_paste(self, event: events.Paste) -> None:
        length = len(event.text)
        if length <= LONGEST_PASTE:
            return
        event.stop()
        event.prevent_default()
        if length > TOO_LONG_PASTE:
            self.notify(
                f"{length:,} characters are too many to paste. Save them as a file, and mention it with @.",
                severity="warning",
            )
            return
        folded = f"[pasted text {len(self._pasted) + 1}: {length:,} characters]"
        self._pasted[folded] = event.text
        self.insert(folded)

    def action_new_line(self) -> None:
        self.insert("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """On the first line, recall the message before; elsewhere, move."""
        if select or not self.cursor_at_first_line or not self._recall(1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """On the last line, go back towards what was being written; elsewhere, move."""
        if select or not self.cursor_at_last_line or not self._recall(-1):
            super().action_cursor_down(select)

    def action_write_in_editor(self) -> None:
        """Go on in the user's own editor. What is sent is still up to Enter."""
        try:
            with self.app.suspend():
                text = edit(self.text)
        except SuspendNotSupported:
            self.notify("There is no editor to be had in this terminal.", severity="warning")
        except CoderError as error:
            self.notify(visible(f"{error.message} {error.hint}"), severity="error", markup=False)
        else:
            self._show(text)

    def give_back(self, text: str) -> None:
        """Put a message that could not be sent back, before whatever was written since."""
        self._show("\n".join(part for part in (text, self.text) if part))

    def action_send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        self._history.add(text)
        self._back = 0
        self.clear()
        if (command := command_in(text)) is not None:
            self.post_message(self.Commanded(*command))
        elif text.startswith("!") and text[1:].strip():
            self.post_message(self.Run(text[1:].strip()))
        else:
            pasted = [
                self._pasted[each] for each in dict.fromkeys(_FOLDED.findall(text)) if each in self._pasted
            ]
            self.post_message(self.Sent(text, "\n\n".join(pasted)))

    def _suggesting(self, key: str) -> bool:
        """Whether the key was for the suggestions. Enter sends what is written unless one was moved to."""
        suggestions = self._suggestions
        chosen = suggestions.chosen
        match key:
            case "up" | "down":
                suggestions.move(1 if key == "down" else -1)
            case "escape":
                suggestions.close()
            case "tab" | "enter" if chosen and (key == "tab" or suggestions.moved):
                row, column = self.cursor_location
                self.replace(chosen.text, (row, column - chosen.length), (row, column))
            case _:
                return False
        return True

    def _recall(self, step: int) -> bool:
        """Show the message sent `step` before; the draft lies behind the newest."""
        sent = self._history.entries
        to = self._back + step
        if not 0 <= to <= len(sent):
            return False
        if self._back == 0:
            self._draft = self.text
        self._back = to
        self._show(sent[-to] if to else self._draft)
        return True

    def _show(self, text: str) -> None:
        self.load_text(text)
        self.move_cursor(self.document.end)
