"""From the events of a turn to messages for the screen, about 20 times a second."""

import time
from dataclasses import replace

from textual.widget import Widget

from assistant.agent.events import AgentEvent, Step
from assistant.chat.generator import PromptRead, Reply, TextPiece
from assistant.chat.tools.spoken import spoken
from assistant.engine.stats import Stats
from assistant.tui.generation_events import Happened, Piece, Reading, Replied, Speed, Told, Written
from assistant.tui.pace import Pace


class Forwarding:
    """Of one turn. Whatever is written between two updates is sent as one piece. Of answers that are not
    `raw`, calls of tools are left out."""

    def __init__(self, run: int, screen: Widget, *, raw: bool) -> None:
        self._run = run
        self._screen = screen
        self._raw = raw
        self._pace = Pace()
        self._begin()

    def forward(self, event: AgentEvent) -> None:
        match event:
            case PromptRead():
                if self._pace.due() or event.done == event.total:
                    rate = _rate(event, time.monotonic() - self._began)
                    self._screen.post_message(Reading(self._run, event, rate))
            case TextPiece():
                self._take(event)
                if self._pace.due():
                    self._flush(event.stats)
            case Reply():
                self._flush(event.stats, whole=event.text)
                self._screen.post_message(Replied(self._run, event, Speed.of(event.stats, self._drafter)))
                for note in event.notes:
                    self._screen.post_message(Told(note))
            case _:
                if isinstance(event, Step):
                    self._begin()
                self._screen.post_message(Happened(self._run, event))

    def _begin(self) -> None:
        """Another answer begins."""
        self._pieces: list[Piece] = []
        self._drafter: str | None = None
        self._written = ""
        self._sent = 0
        self._began = time.monotonic()

    def _take(self, event: TextPiece) -> None:
        self._drafter = event.drafter or self._drafter
        if event.thinking or self._raw:
            self._append(Piece(event.text, event.thinking, event.drafter))
        else:
            self._written += event.text

    def _append(self, piece: Piece) -> None:
        last = self._pieces[-1] if self._pieces else None
        if last and (last.thinking, last.drafter) == (piece.thinking, piece.drafter):
            self._pieces[-1] = replace(last, text=last.text + piece.text)
        else:
            self._pieces.append(piece)

    def _flush(self, live: Stats, whole: str = "") -> None:
        """Send what is new: at the end, all that is left of the `whole` answer."""
        if not self._raw:
            said = spoken(whole or self._written)
            if len(said) > self._sent:
                self._append(Piece(said[self._sent :], False, self._drafter))
                self._sent = len(said)
        if self._pieces or not whole:
            self._screen.post_message(Written(self._run, tuple(self._pieces), Speed.of(live, self._drafter)))
            self._pieces.clear()


def _rate(progress: PromptRead, seconds: float) -> float | None:
    """Prompt tokens evaluated a second, None before the first are."""
    evaluated = progress.done - progress.reused
    return evaluated / seconds if evaluated > 0 and seconds > 0 else None
