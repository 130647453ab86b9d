"""The conversation: what was asked, what was answered, and what went wrong."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Collapsible, Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant.errors import CoderError
from assistant.visible import visible


class UserMessage(Static):
    """What the user wrote. Dim while it waits for its turn."""

    DEFAULT_CSS = """
    UserMessage {
        margin: 1 0 0 0;
        padding: 0 1;
        border-left: thick $primary;
        background: $surface;
        &.waiting { color: $text-muted; border-left: thick $surface-lighten-2; }
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__(visible(text), markup=False, classes="waiting")


class Notice(Static):
    """A line from the program itself: a remark or an error, with what to do next."""

    DEFAULT_CSS = """
    Notice {
        margin: 1 0 0 0;
        padding: 0 1;
        color: $text-muted;
        border-left: thick $surface-lighten-2;
        &.error { border-left: thick $error; color: $foreground; }
    }
    """

    def __init__(self, message: str, hint: str = "", kind: Literal["note", "error"] = "note") -> None:
        parts: list[str | tuple[str, str]] = [visible(message)]
        if hint:
            parts.append(("\n" + visible(hint), "$text-muted"))
        super().__init__(Content.assemble(*parts), classes=kind)

    @classmethod
    def of(cls, error: CoderError) -> "Notice":
        return cls(error.message, error.hint, "error")


class AssistantMessage(Vertical):
    """An answer that grows while it is written. Reasoning is folded away above it."""

    DEFAULT_CSS = """
    AssistantMessage {
        height: auto;
        margin: 1 0 0 0;
        Markdown { padding: 0 1; margin: 0; background: transparent; }
        Collapsible {
            display: none;
            height: auto;
            padding: 0;
            margin: 0;
            border: none;
            background: transparent;
            color: $text-muted;
            &.used { display: block; }
            CollapsibleTitle { padding: 0 1; color: $text-muted; }
            Contents { padding: 0 0 0 2; }
        }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._thoughts = Markdown(open_links=False)
        self._answer = Markdown(open_links=False)
        self._streams: dict[bool, MarkdownStream] = {}

    def compose(self) -> ComposeResult:
        yield Collapsible(self._thoughts, title="Thinking…")
        yield self._answer

    async def write(self, text: str, thinking: bool) -> None:
        """Show more text. A run of accepted tokens arrives, and appears, as one piece."""
        fold = self.query_one(Collapsible)
        fold.set_class(thinking or fold.has_class("used"), "used")
        if not thinking and text.strip():
            fold.title = "Thought"
        stream = self._streams.get(thinking)
        if stream is None:
            stream = Markdown.get_stream(self._thoughts if thinking else self._answer)
            self._streams[thinking] = stream
        await stream.write(visible(text))

    async def finish(self) -> None:
        """Show what is still on its way; nothing may be written after this."""
        self.query_one(Collapsible).title = "Thought"
        for stream in self._streams.values():
            await stream.stop()
        self._streams.clear()


class Conversation(VerticalScroll):
    """All messages. It follows the newest line until the user scrolls up."""

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        padding: 0 2;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $surface-lighten-2;
    }
    """

    def on_mount(self) -> None:
        self.anchor()

    async def add(self, widget: Widget) -> None:
        await self.mount(widget)

    async def clear(self) -> None:
        for message in self.query(AssistantMessage):
            await message.finish()
        await self.remove_children()
        self.anchor()
