"""One line on the terminal that says what is going on, while it goes on."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from assistant.chat.generator import PromptRead, ReplyEvent, TextPiece
from assistant.engine.stats import Stats

_REFRESH_PER_S = 10


class LiveLine:
    """Shows on stderr where that is a terminal, and nothing elsewhere. Gone when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._what = ""
        self._text = Text()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                transient=True,
                refresh_per_second=_REFRESH_PER_S,
                get_renderable=self._render,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Take the line away, so that something else can be asked or shown."""
        if self._live:
            self._live.stop()

    def resume(self) -> None:
        if self._live:
            self._live.start(refresh=True)

    def begin(self, what: str) -> None:
        """A step begins: the time is counted from here."""
        self._what, self._started, self._text = what, time.monotonic(), Text()

    def loading(self, what: str, fraction: float) -> None:
        """Progress of loading, in the form that `load_generator` reports."""
        if what != self._what:
            self.begin(what)
        self._text = Text(f"{fraction:.0%}" if fraction else "")

    def reply(self, event: ReplyEvent) -> None:
        match event:
            case PromptRead():
                reused = f", {event.reused} reused" if event.reused else ""
                self._text = Text(f"reading {event.done}/{event.total} tokens{reused}", "dim")
            case TextPiece():
                self._text = speed_of(event.stats)

    def _render(self) -> Text:
        elapsed = f"  {time.monotonic() - self._started:.1f} s"
        return Text.assemble(
            ("● ", "cyan"), self._what, "  ", self._text, (elapsed, "dim"), overflow="ellipsis", no_wrap=True
        )


def speed_of(stats: Stats) -> Text:
    """Tokens/s, acceptance and tau; a dash for what is not known, as of some servers."""
    accepted = f"{stats.acceptance_rate:.0%}" if stats.drafted else "–"
    tau = f"{stats.mean_accepted_length:.2f}" if stats.forward_passes else "–"
    return Text.assemble((f"{stats.decode_tps:.1f} tok/s", "bold cyan"), f" · {accepted} accepted · τ {tau}")
