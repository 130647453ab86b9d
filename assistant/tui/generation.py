"""The bridge between the event loop and the model: loading and replying happen in worker threads.

Threads post messages to the app at most about 20 times a second; whatever arrives between two
posts is sent as one piece. The event loop never waits for the model.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event, Lock

from textual.app import App
from textual.message import Message

from assistant.chat.generator import Generator, PromptRead, Reply, ReplyOptions, TextPiece
from assistant.chat.messages import Message as ChatMessage
from assistant.engine.stats import Stats
from assistant.errors import CoderError, InterruptedByUserError

Load = Callable[[Callable[[str, float], None]], Generator]

UPDATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Speed:
    """What the status bar shows of a generation, copied out of its live counters."""

    tokens_per_s: float
    acceptance: float | None
    tau: float
    drafter: str | None
    context_used: int

    @classmethod
    def of(cls, stats: Stats, drafter: str | None) -> "Speed":
        return cls(
            tokens_per_s=stats.decode_tps,
            acceptance=stats.acceptance_rate if stats.drafted else None,
            tau=stats.mean_accepted_length,
            drafter=drafter,
            context_used=stats.prompt_tokens + stats.emitted,
        )


class Loading(Message):
    """The model is being loaded: what is done now, and how far it is (0 to 1)."""

    def __init__(self, what: str, fraction: float) -> None:
        super().__init__()
        self.what = what
        self.fraction = fraction


class Loaded(Message):
    """The model is ready."""

    def __init__(self, name: str, context_tokens: int) -> None:
        super().__init__()
        self.name = name
        self.context_tokens = context_tokens


class LoadFailed(Message):
    """There is no model to talk to."""

    def __init__(self, error: CoderError) -> None:
        super().__init__()
        self.error = error


class Reading(Message):
    """The prompt is being read."""

    def __init__(self, run: int, progress: PromptRead) -> None:
        super().__init__()
        self.run = run
        self.progress = progress


class Written(Message):
    """New text: (text, is it thinking) in order."""

    def __init__(self, run: int, pieces: tuple[tuple[str, bool], ...], speed: Speed) -> None:
        super().__init__()
        self.run = run
        self.pieces = pieces
        self.speed = speed


class Finished(Message):
    """The reply is whole, or was cancelled."""

    def __init__(self, run: int, reply: Reply, speed: Speed) -> None:
        super().__init__()
        self.run = run
        self.reply = reply
        self.speed = speed


class Failed(Message):
    """There is no reply, or only a part of it."""

    def __init__(self, run: int, error: CoderError) -> None:
        super().__init__()
        self.run = run
        self.error = error


class Bridge:
    """Owns the generator. All of its methods return at once, except `close`."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._generator: Generator | None = None
        self._in_use = Lock()
        self._cancel = Event()
        self._closing = Event()

    @property
    def ready(self) -> bool:
        return self._generator is not None

    def load(self, load: Load) -> None:
        self._start(partial(self._load, load), "load")

    def reply(self, run: int, messages: Sequence[ChatMessage], options: ReplyOptions) -> None:
        """Answer in a thread; everything that it posts carries the number `run`."""
        self._cancel = Event()
        options = replace(options, cancel=self._cancel)
        self._start(partial(self._reply, run, tuple(messages), options), "reply")

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
        self._app.run_worker(work, name=name, thread=True, exit_on_error=False)

    def _load(self, load: Load) -> None:
        pace = _Pace()

        def report(what: str, fraction: float) -> None:
            if self._closing.is_set():
                raise InterruptedByUserError("Loading was stopped.")
            if pace.due():
                self._app.post_message(Loading(what, fraction))

        try:
            generator = load(report)
        except CoderError as error:
            self._app.post_message(LoadFailed(error))
            return
        with self._in_use:
            if self._closing.is_set():
                generator.close()
                return
            self._generator = generator
        self._app.post_message(Loaded(generator.name, generator.context_tokens))

    def _reply(self, run: int, messages: Sequence[ChatMessage], options: ReplyOptions) -> None:
        with self._in_use:
            if self._generator is None:
                return
            try:
                self._forward(run, self._generator, messages, options)
            except CoderError as error:
                self._app.post_message(Failed(run, error))

    def _forward(
        self, run: int, generator: Generator, messages: Sequence[ChatMessage], options: ReplyOptions
    ) -> None:
        pace = _Pace()
        pieces: list[tuple[str, bool]] = []
        drafter: str | None = None
        for event in generator.reply(messages, options):
            match event:
                case PromptRead():
                    if pace.due() or event.done == event.total:
                        self._app.post_message(Reading(run, event))
                case TextPiece():
                    drafter = event.drafter or drafter
                    _append(pieces, event.text, event.thinking)
                    if pace.due():
                        self._app.post_message(Written(run, tuple(pieces), Speed.of(event.stats, drafter)))
                        pieces.clear()
                case Reply():
                    speed = Speed.of(event.stats, drafter)
                    if pieces:
                        self._app.post_message(Written(run, tuple(pieces), speed))
                    self._app.post_message(Finished(run, event, speed))


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


def _append(pieces: list[tuple[str, bool]], text: str, thinking: bool) -> None:
    if pieces and pieces[-1][1] == thinking:
        pieces[-1] = (pieces[-1][0] + text, thinking)
    else:
        pieces.append((text, thinking))
