"""An answer that grows while it is written."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Collapsible, Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant.engine.stats import Stats
from assistant.tui.generation_events import Piece
from assistant.tui.message import ChatMessage
from assistant.tui.reading import ReadingBar
from assistant.tui.record import Record
from assistant.tui.speculation.origin_view import OriginView
from assistant.tui.theme import FAINT
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.chat.generator import FinishReason, PromptRead

_ENDED = {
    "cancelled": "cancelled",
    "length": "stopped at the length limit",
    "lost": "broken off by the server",
    "circles": "ended: it began to repeat itself",
    "context": "stopped: the context is full · /new starts another conversation",
}


class AssistantMessage(ChatMessage):
    """Reading progress, then the answer with its reasoning folded away above it, then what it took."""

    DEFAULT_CSS = """
    AssistantMessage {
        height: auto;
        margin: 1 0 0 0;
        border-left: blank;
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
            &:ansi { border: none; }
            CollapsibleTitle { padding: 0 1; color: $text-muted; }
            Contents { padding: 0 0 0 2; }
        }
        #thoughts { display: none; &.used { display: block; } }
        #answer.open { CollapsibleTitle { display: none; } Contents { padding: 0; } }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "thoughts", "Thoughts")]

    def __init__(self, whole: str = "") -> None:
        """`whole` is there already where it was written long ago."""
        super().__init__()
        self._text: list[str] = [whole]
        self._thought = 0
        self._told = self._ending = ""
        self._ended = False
        self._thoughts = Markdown(open_links=False)
        self._answer = Markdown(open_links=False)
        self._origins = OriginView()
        self._streams: dict[bool, MarkdownStream] = {}

    @classmethod
    def past(cls, record: Record) -> "AssistantMessage":
        """One that was whole long ago."""
        message = cls(record.text)
        message._ended = True
        message._told = record.foot
        return message

    def record(self) -> Record | None:
        return self.so_far() if self._ended else None

    def so_far(self) -> Record:
        """What there is of it."""
        return Record("model", "".join(self._text), self._told)

    def compose(self) -> ComposeResult:
        yield ReadingBar()
        yield Collapsible(self._thoughts, title="Thinking…", id="thoughts")
        yield Collapsible(self._answer, self._origins, collapsed=False, id="answer", classes="open")
        yield Static(classes="foot")

    async def on_mount(self) -> None:
        if self._ended:
            self.query_one(ReadingBar).display = False
            await self._answer.update(visible("".join(self._text)))
            self._tell_end(self._told)

    def show_reading(self, progress: "PromptRead", tokens_per_s: float | None) -> None:
        self.query_one(ReadingBar).show(progress, tokens_per_s)

    @property
    def empty(self) -> bool:
        """Whether nothing was said, thought, or told of it."""
        return not (self._thought or self._told or "".join(self._text).strip())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "thoughts":
            return self._thought > 0
        return super().check_action(action, parameters)

    def action_thoughts(self) -> None:
        """Unfold the thoughts, or fold them again."""
        fold = self.query_one("#thoughts", Collapsible)
        fold.collapsed = not fold.collapsed

    async def write(self, pieces: Sequence[Piece]) -> None:
        """Show more text. A run of accepted tokens arrives, and appears, as one piece. No piece says that
        what is written now is not for the user."""
        reading = self.query_one(ReadingBar)
        if not pieces:
            reading.show_writing()
            return
        reading.display = False
        fold = self.query_one("#thoughts", Collapsible)
        for thinking, group in groupby(pieces, key=lambda piece: piece.thinking):
            run = list(group)
            text = "".join(piece.text for piece in run)
            fold.set_class(thinking or fold.has_class("used"), "used")
            if thinking:
                self._thought += len(text.split())
                fold.title = f"Thinking… {self._thought:,} words"
            else:
                fold.title = self._thoughts_title
                for piece in run:
                    self._text.append(piece.text)
                    self._origins.add(piece.text, piece.drafter)
            await self._stream(thinking).write(visible(text))

    def show_origins(self, shown: bool) -> None:
        """Show the answer with where each word came from, or as it is meant to be read."""
        self._origins.show(shown)
        self._answer.display = not self._origins.has_class("shown")

    async def finish(self, finish: "FinishReason" = "stop", stats: Stats | None = None) -> None:
        """It is whole, or was cancelled: say so, and what it took."""
        await self.end()
        self._ending = _ENDED.get(finish, "")
        self._tell(self._ending, _took(stats) if stats else "")

    async def end(self) -> None:
        """Show what is still on its way; nothing may be written after this."""
        self.query_one("#thoughts", Collapsible).title = self._thoughts_title
        for stream in self._streams.values():
            await stream.stop()
        self._streams.clear()
        self._ended = True
        self.query_one(ReadingBar).display = False

    async def settle(self, closing: str) -> None:
        """The answer ends with these words: show what is not there yet."""
        said = "".join(self._text)
        if closing.strip() and not said.rstrip().endswith(closing.rstrip()):
            more = f"\n\n{closing}" if said else closing
            self._text.append(more)
            await self._answer.append(visible(more))

    def sum_up(self, stats: Stats, steps: int) -> None:
        """It closes a turn of so many answers: say what they all took."""
        self._tell(self._ending, f"{steps} steps" if steps > 1 else "", _took(stats))

    def tell_nothing(self) -> None:
        """Something follows: what it took is told at the end of the turn."""
        self._tell()

    def _tell(self, *parts: str) -> None:
        self._told = " · ".join(filter(None, parts))
        self._tell_end(self._told, "■ " if self._ending else "● ")

    def fold(self, title: str) -> None:
        """Fold the answer away: what it says is shown better elsewhere. `title` may hold markup."""
        answer = self.query_one("#answer", Collapsible)
        answer.title = title
        answer.remove_class("open")
        answer.collapsed = True

    @property
    def _thoughts_title(self) -> str:
        return f"Thought · {self._thought:,} words"

    def _tell_end(self, told: str, mark: str = "● ") -> None:
        foot = self.query_one(".foot", Static)
        foot.update(Content.assemble((mark, "$text-warning" if mark == "■ " else FAINT), told))
        foot.set_class(bool(told), "used")

    def _stream(self, thinking: bool) -> MarkdownStream:
        if thinking not in self._streams:
            self._streams[thinking] = Markdown.get_stream(self._thoughts if thinking else self._answer)
        return self._streams[thinking]


def _took(stats: Stats) -> str:
    read = f"{stats.prompt_tokens - stats.reused_tokens:,} tokens read"
    reused = f", {stats.reused_tokens:,} reused" if stats.reused_tokens else ""
    rate = f" at {stats.decode_tps:.0f} tok/s" if stats.decode_tps else ""
    return f"{read}{reused} · {stats.emitted:,} written{rate}"
