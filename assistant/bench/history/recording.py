"""A generator whose replies go into the history, which never stands in their way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock

from assistant.bench.history.database import DamagedError, HistoryError, set_aside
from assistant.bench.history.generation import Generation
from assistant.bench.history.store import History
from assistant.bench.history.task_type import task_of
from assistant.catalog.edit_format import EditFormat
from assistant.chat.generator import (
    Generator,
    KeepsState,
    KeptState,
    KnowsCosts,
    Reply,
    ReplyEvent,
    ReplyOptions,
    TextPiece,
)
from assistant.chat.messages import Message
from assistant.chat.tools import ToolFormatName
from assistant.engine.stats import Stats


class Recorder:
    """Keeps generations in the history at `file`. What fails is told once each, and never raised."""

    def __init__(self, file: Path, tell: Callable[[str], None]) -> None:
        self._file = file
        self._tell = tell
        self._told = set[str]()
        self._history: History | None = None
        self._lock = Lock()

    def record(self, generation: Generation) -> None:
        with self._lock:
            try:
                try:
                    self._add(generation)
                except DamagedError:
                    self._close()
                    aside = set_aside(self._file)
                    self._add(generation)
                    self._say(f"Your history was damaged. It is now {aside.name}, and a new one was begun.")
            except HistoryError as error:
                self._say(f"This answer is not in your history. {error.message}")

    def close(self) -> None:
        with self._lock:
            self._close()

    def _add(self, generation: Generation) -> None:
        self._history = self._history or History(self._file)
        self._history.add([generation])

    def _close(self) -> None:
        if self._history:
            self._history.close()
            self._history = None

    def _say(self, note: str) -> None:
        if note not in self._told:
            self._told.add(note)
            self._tell(note)


class Recorded:
    """`generator`, its replies recorded as work of `command`. Owns both."""

    def __init__(self, generator: Generator, command: str, recorder: Recorder) -> None:
        self._generator = generator
        self._command = command
        self._recorder = recorder

    @property
    def name(self) -> str:
        return self._generator.name

    @property
    def context_tokens(self) -> int:
        return self._generator.context_tokens

    @property
    def thinks_first(self) -> bool:
        return self._generator.thinks_first

    @property
    def tool_format(self) -> ToolFormatName | None:
        return self._generator.tool_format

    @property
    def edit_format(self) -> EditFormat | None:
        return self._generator.edit_format

    @property
    def cost_curve(self) -> list[float]:
        """Empty where the generator knows none."""
        return self._generator.cost_curve if isinstance(self._generator, KnowsCosts) else []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._generator.count_tokens(messages)

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        live: Stats | None = None
        text: list[str] = []
        try:
            for event in self._generator.reply(messages, options):
                if isinstance(event, TextPiece):
                    live = event.stats
                    if not event.thinking:
                        text.append(event.text)
                if isinstance(event, Reply):
                    live = None
                    self._record(event.stats, options, event.text, event.finish)
                yield event
        except (GeneratorExit, KeyboardInterrupt):  # nobody wants the rest: what was written counts
            if live:
                self._record(live, options, "".join(text), "cancelled")
            raise

    def keep_state(self) -> KeptState | None:
        """As the generator does, where it can."""
        return self._generator.keep_state() if isinstance(self._generator, KeepsState) else None

    def take_up(self, kept: KeptState) -> bool:
        return isinstance(self._generator, KeepsState) and self._generator.take_up(kept)

    def close(self) -> None:
        self._recorder.close()
        self._generator.close()

    def _record(self, stats: Stats, options: ReplyOptions, text: str, finish: str) -> None:
        self._recorder.record(
            Generation.now(
                model=self.name,
                command=self._command,
                task=task_of(options, text),
                speculate=options.speculate,
                finish=finish,
                stats=stats,
            )
        )
