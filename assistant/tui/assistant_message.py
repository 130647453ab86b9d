"""An answer that grows while it is written."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Collapsible, Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant.tui.generation_events import Speed
from assistant.tui.reading import ReadingBar
from assistant.tui.theme import FAINT
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.chat.generator import FinishReason, PromptRead

_ENDED = {
    "cancelled": "cancelled",
    "length": "stopped at the length limit",
    "lost": "broken off by the server",
    "context": "stopped: the context is full · Ctrl+L starts a new conversation",
}


class AssistantMessage(Vertical):
    """Reading progress, then the answer with its reasoning folded away above it, then what it took."""

    DEFAULT_CSS = """
    AssistantMessage {
        height: auto;
        margin: 1 0 0 0;
        Markdown { padding: 0 1; margin: 0; background: transparent; }
        MarkdownFence { margin: 0 0 1 0; & > Label { padding: 0 2; } }
        .foot { display: none; padding: 0 1; color: $text-muted; &.used { display: block; } }
        Collapsible {
            height: auto;
            padding: 0;
            margin: 0;
            border: none;
            background: transparent;
            color: $text-muted;
            CollapsibleTitle { padding: 0 1; color: $text-muted; }
            Contents { padding: 0 0 0 2; }
        }
        #thoughts { display: none; &.used { display: block; } }
        #answer.open { CollapsibleTitle { display: none; } Contents { padding: 0; } }
    }
    """

    def __init__(self, prefix: str = "") -> None:
        """`prefix` is what was put into the model's mouth: the answer begins with it."""
        super().__init__()
        self._prefix = prefix
        self._thoughts = Markdown(open_links=False)
        self._answer = Markdown(open_links=False)
        self._streams: dict[bool, MarkdownStream] = {}

    def compose(self) -> ComposeResult:
        yield ReadingBar()
        yield Collapsible(self._thoughts, title="Thinking…", id="thoughts")
        yield Collapsible(self._answer, collapsed=False, id="answer", classes="open")
        yield Static(classes="foot")

    async def on_mount(self) -> None:
        if self._prefix:
            await self._stream(False).write(visible(self._prefix))

    def show_reading(self, progress: "PromptRead", tokens_per_s: float | None) -> None:
        self.query_one(ReadingBar).show(progress, tokens_per_s)

    async def write(self, text: str, thinking: bool) -> None:
        """Show more text. A run of accepted tokens arrives, and appears, as one piece."""
        self.query_one(ReadingBar).display = False
        fold = self.query_one("#thoughts", Collapsible)
        fold.set_class(thinking or fold.has_class("used"), "used")
        if not thinking and text.strip():
            fold.title = "Thought"
        await self._stream(thinking).write(visible(text))

    async def finish(self, finish: "FinishReason" = "stop", speed: Speed | None = None) -> None:
        """Show what is still on its way, and what it took; nothing may be written after this."""
        self.query_one(ReadingBar).display = False
        self.query_one("#thoughts", Collapsible).title = "Thought"
        for stream in self._streams.values():
            await stream.stop()
        self._streams.clear()
        ended = _ENDED.get(finish, "")
        parts = [part for part in (ended, _took(speed) if speed else "") if part]
        foot = self.query_one(".foot", Static)
        mark = "■ " if ended else "● "
        foot.update(Content.assemble((mark, "$text-warning" if ended else FAINT), " · ".join(parts)))
        foot.set_class(bool(parts), "used")

    def fold(self, title: str) -> None:
        """Fold the answer away: what it says is shown better elsewhere. `title` may hold markup."""
        answer = self.query_one("#answer", Collapsible)
        answer.title = title
        answer.remove_class("open")
        answer.collapsed = True

    def _stream(self, thinking: bool) -> MarkdownStream:
        if thinking not in self._streams:
            self._streams[thinking] = Markdown.get_stream(self._thoughts if thinking else self._answer)
        return self._streams[thinking]


def _took(speed: Speed) -> str:
    read = f"{speed.prompt_tokens - speed.reused_tokens:,} tokens read"
    reused = f", {speed.reused_tokens:,} reused" if speed.reused_tokens else ""
    rate = f" at {speed.tokens_per_s:.0f} tok/s" if speed.tokens_per_s else ""
    return f"{read}{reused} · {speed.emitted:,} written{rate}"
