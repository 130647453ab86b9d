"""The bridge between the event loop and the model: loading and replying happen in worker threads.

Threads post messages to the screen at most about 20 times a second; whatever arrives between two
posts is sent as one piece. The event loop never waits for the model.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeAlias

from textual.widget import Widget

from assistant.errors import CoderError, InterruptedByUserError
from assistant.tui.generation_events import (
    Asked,
    Failed,
    Finished,
    Loaded,
    LoadFailed,
    Loading,
    Piece,
    Reading,
    Speed,
    Told,
    Written,
)

if TYPE_CHECKING:
    from assistant.agent.dialogue import Question
    from assistant.chat.generator import Generator, PromptRead

# Loads the model: reports (what is done now, fraction), and tells notes for the user.
Load: TypeAlias = Callable[[Callable[[str, float], None], Callable[[str], None]], "Generator"]
Ask: TypeAlias = Callable[["Generator"], "Question"]

UPDATE_S = 0.05


class Bridge:
    """Owns the generator, and posts to `screen`. All of its methods return at once, except `close`."""

    def __init__(self, screen: Widget) -> None:
        self._screen = screen
        self._generator: Generator | None = None
        self._in_use = Lock()
        self._cancel = Event()
        self._closing = Event()

    @property
    def ready(self) -> bool:
        return self._generator is not None

    def load(self, load: Load) -> None:
        self._start(partial(self._load, load), "load")

    def reply(self, run: int, ask: Ask) -> None:
        """Make the question and answer it in a thread; everything that it posts carries the number `run`."""
        self._cancel = Event()
        self._start(partial(self._reply, run, ask, self._cancel), "reply")

    def cancel(self) -> None:
        """End the reply within one step. It still ends with `Finished`."""
        self._cancel.set()

    def close(self) -> None:
        """Stop whatever runs, wait for its current step, and free the model."""
        self._closing.set()
        self._cancel.set()
        with self._in_use:
            if self._generator is not None:
                self._generator.close()
                self._generator = None

    def _start(self, work: Callable[[], None], name: str) -> None:
        self._screen.run_worker(work, name=name, thread=True, exit_on_error=False)

    def _load(self, load: Load) -> None:
        pace = _Pace()

        def report(what: str, fraction: float) -> None:
            if self._closing.is_set():
                raise InterruptedByUserError("Loading was stopped.")
            if pace.due():
                self._screen.post_message(Loading(what, fraction))

        with self._in_use:  # two models at once might not fit
            if self._generator is not None:
                self._generator.close()
                self._generator = None
        try:
            generator = load(report, lambda note: self._tell([note]))
        except CoderError as error:
            self._screen.post_message(LoadFailed(error))
            return
        with self._in_use:
            if self._closing.is_set():
                generator.close()
                return
            self._generator = generator
        from assistant.chat.generator import KnowsCosts  # slow to import, and there by now

        costs = generator.cost_curve if isinstance(generator, KnowsCosts) else []
        self._screen.post_message(Loaded(generator.name, generator.context_tokens, costs))

    def _reply(self, run: int, ask: Ask, cancel: Event) -> None:
        with self._in_use:
            if self._generator is None:
                return
            try:
                question = ask(self._generator)
                self._screen.post_message(Asked(run, question))
                self._forward(run, self._generator, question, cancel)
            except CoderError as error:
                self._screen.post_message(Failed(run, error))

    def _forward(self, run: int, generator: "Generator", question: "Question", cancel: Event) -> None:
        from assistant.chat.generator import PromptRead, Reply, TextPiece  # slow to import, and there by now

        pace = _Pace()
        pieces: list[Piece] = []
        drafter: str | None = None
        began = time.monotonic()
        for event in generator.reply(question.messages, replace(question.options, cancel=cancel)):
            match event:
                case PromptRead():
                    if pace.due() or event.done == event.total:
                        self._screen.post_message(Reading(run, event, _rate(event, time.monotonic() - began)))
                case TextPiece():
                    drafter = event.drafter or drafter
                    _append(pieces, Piece(event.text, event.thinking, event.drafter))
                    if pace.due():
                        self._screen.post_message(Written(run, tuple(pieces), Speed.of(event.stats, drafter)))
                        pieces.clear()
                case Reply():
                    speed = Speed.of(event.stats, drafter)
                    if pieces:
                        self._screen.post_message(Written(run, tuple(pieces), speed))
                    self._screen.post_message(Finished(run, question, event, speed))
                    self._tell(event.notes)

    def _tell(self, notes: Iterable[str]) -> None:
        for note in notes:
            self._screen.post_message(Told(note))


class _Pace:
    """Says when the next update is due."""

    def __init__(self) -> None:
        self._last = 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last < UPDATE_S:
            return False
        self._last = now
        return True


def _rate(progress: "PromptRead", seconds: float) -> float | None:
    """Prompt tokens evaluated a second, None before the first are."""
    evaluated = progress.done - progress.reused
    return evaluated / seconds if evaluated > 0 and seconds > 0 else None


def _append(pieces: list[Piece], piece: Piece) -> None:
    last = pieces[-1] if pieces else None
    if last and (last.thinking, last.drafter) == (piece.thinking, piece.drafter):
        pieces[-1] = replace(last, text=last.text + piece.text)
    else:
        pieces.append(piece)
