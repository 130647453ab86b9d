"""An answer that grows while it is written."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Collapsible, Static

from assistant.engine.stats import Stats
from assistant.tui.generation_events import Piece
from assistant.tui.message import ChatMessage
from assistant.tui.prose.prose import Prose
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
        self._reading = ReadingBar()
        self._thoughts: Collapsible | None = None
        self._answer = Prose(visible(whole))
        self._origins = OriginView()
        self._foot = Static(classes="foot")

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
        if not self._ended:
            yield self._reading
        yield self._answer
        if not self._ended:
            yield self._origins
        yield self._foot

    def on_mount(self) -> None:
        if self._ended:
            self._tell_end(self._told)

    def show_reading(self, progress: "PromptRead", tokens_per_s: float | None) -> None:
        self._reading.show(progress, tokens_per_s)

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
        if self._thoughts is not None:
            self._thoughts.collapsed = not self._thoughts.collapsed

    async def write(self, pieces: Sequence[Piece]) -> None:
        """Show more text. A run of accepted tokens arrives, and appears, as one piece. No piece says that
        what is written now is not for the user."""
        if not pieces:
            self._reading.show_writing()
            return
        self._reading.display = False
        for thinking, group in groupby(pieces, key=lambda piece: piece.thinking):
            run = list(group)
            text = "".join(piece.text for piece in run)
            if thinking:
                await self._think(text)
                continue
            self._end_thoughts()
            self._text.append(text)
            for piece in run:
                self._origins.add(piece.text, piece.drafter)
            self._answer.write(visible(text))

    async def _think(self, text: str) -> None:
        self._thought += len(text.split())
        if self._thoughts is None:
            self._thoughts = Collapsible(Prose(), id="thoughts")
            await self.mount(self._thoughts, before=self._answer)
        self._thoughts.title = f"Thinking… {self._thought:,} words"
        self._thoughts.query_one(Prose).write(visible(text))

    def _end_thoughts(self) -> None:
        if self._thoughts is not None:
            self._thoughts.title = f"Thought · {self._thought:,} words"

    def show_origins(self, shown: bool) -> None:
        """Show the answer with where each word came from, or as it is meant to be read."""
        self._origins.show(shown)
        self._answer.display = not self._origins.has_class("shown")

    def finish(self, finish: "FinishReason" = "stop", stats: Stats | None = None) -> None:
        """It is whole, or was cancelled: say so, and what it took."""
        self.end()
        self._ending = _ENDED.get(finish, "")
        self._tell(self._ending, _took(stats) if stats else "")

    def end(self) -> None:
        """Nothing more is written."""
        self._end_thoughts()
        self._ended = True
        self._reading.display = False
        self._answer.finish()
        if self._thoughts is not None:
            self._thoughts.query_one(Prose).finish()

    def settle(self, closing: str) -> None:
        """The answer ends with these words: show what is not there yet."""
        said = "".join(self._text)
        if closing.strip() and not said.rstrip().endswith(closing.rstrip()):
            more = f"\n\n{closing}" if said else closing
            self._text.append(more)
            self._answer.write(visible(more))
            self._answer.finish()

    def sum_up(self, stats: Stats, steps: int) -> None:
        """It closes a turn of so many answers: say what they all took."""
        self._tell(self._ending, f"{steps} steps" if steps > 1 else "", _took(stats))

    def tell_nothing(self) -> None:
        """Something follows: what it took is told at the end of the turn."""
        self._tell()

    def _tell(self, *parts: str) -> None:
        self._told = " · ".join(filter(None, parts))
        self._tell_end(self._told, "■ " if self._ending else "● ")

    async def fold(self, title: str) -> None:
        """Fold the answer away: what it says is shown better elsewhere. `title` may hold markup."""
        open_answer, self._answer = self._answer, Prose(self._answer.source)
        await self.mount(Collapsible(self._answer, title=title), before=open_answer)
        await open_answer.remove()

    def _tell_end(self, told: str, mark: str = "● ") -> None:
        self._foot.update(Content.assemble((mark, "$text-warning" if mark == "■ " else FAINT), told))
        self._foot.set_class(bool(told), "used")


def _took(stats: Stats) -> str:
    read = f"{stats.prompt_tokens - stats.reused_tokens:,} tokens read"
    reused = f", {stats.reused_tokens:,} reused" if stats.reused_tokens else ""
    rate = f" at {stats.decode_tps:.0f} tok/s" if stats.decode_tps else ""
    return f"{read}{reused} · {stats.emitted:,} written{rate}"
