"""The bridge between the event loop and the model: loading and working happen in worker threads.

Threads post messages to the screen at most about 20 times a second; whatever arrives between two
posts is sent as one piece. The event loop never waits for the model.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from textual.message import Message
from textual.widget import Widget

from assistant.errors import CoderError, InterruptedByUserError, NoModelError
from assistant.tui.answer import Answer
from assistant.tui.generation_events import (
    ConsentWanted,
    Ended,
    Failed,
    Loaded,
    LoadFailed,
    Loading,
    QuestionAsked,
    SwitchFailed,
    Told,
)
from assistant.tui.pace import Pace

if TYPE_CHECKING:
    from assistant.agent.conversation import Person
    from assistant.agent.events import AgentEvent, Consent, Refusal, Request
    from assistant.chat.generator import Generator

# Loads the model: reports (what is done now, fraction), and tells notes for the user.
Load: TypeAlias = Callable[[Callable[[str, float], None], Callable[[str], None]], "Generator"]
# Works with the model until it is done, or the event is set.
Turn: TypeAlias = Callable[["Generator", Event], "Iterator[AgentEvent]"]
T = TypeVar("T")
LOOKS_UP_S = 0.1


class Bridge:
    """Owns the generator, and posts to `screen`. All of its methods return at once, except `close`."""

    def __init__(self, screen: Widget) -> None:
        self._screen = screen
        self._generator: Generator | None = None
        self._loaded_by: Load | None = None
        self._in_use = Lock()
        self._loads = Lock()
        self._cancel = Event()
        self._waits_for: Answer[Any] | None = None
        self._closing = Event()

    @property
    def ready(self) -> bool:
        return self._generator is not None

    def load(self, load: Load) -> None:
        """Load this model in the place of the one there is; that one again, where this cannot be had."""
        self._start(partial(self._load, load), "load")

    def start(self, run: int, turn: "Turn") -> None:
        """Do a turn in a thread; everything that it posts carries the number `run`."""
        self._cancel = Event()
        self._start(partial(self._turn, run, turn, self._cancel), "turn")

    def cancel(self) -> None:
        """End the turn within one step, and whatever it waits for. It still ends with its outcome."""
        self._cancel.set()
        if self._waits_for is not None:
            self._waits_for.give(None)

    def later(self, run: int, work: "Callable[[Generator | None], None]") -> None:
        """Do this in a thread, when no turn is under way. It ends as a turn does."""

        def locked() -> None:
            try:
                with self._in_use:
                    work(self._generator)
            finally:
                self._screen.post_message(Ended(run))

        self._start(locked, "later")

    def lend(self, work: "Callable[[Generator], T]", cancel: Event) -> T:
        """Do this with the model in the calling thread, when no turn is under way. Raises
        InterruptedByUserError when `cancel` is set before, NoModelError where no model is loaded."""
        while not self._in_use.acquire(timeout=LOOKS_UP_S):
            if cancel.is_set():
                raise InterruptedByUserError("It was not begun.")
        try:
            if self._generator is None or self._closing.is_set():
                raise NoModelError("No model is loaded.")
            return work(self._generator)
        finally:
            self._in_use.release()

    def person(self, run: int) -> "Person":
        """Who is asked, and told, in turns with that number: whoever sits before the screen."""
        from assistant.agent.conversation import Person

        def consent(request: "Request") -> "Consent | Refusal":
            answer: Answer[Consent | Refusal] = Answer()
            return self._wait(answer, ConsentWanted(run, request, answer)) or "no"

        def ask_user(question: str) -> str | None:
            answer: Answer[str] = Answer()
            return self._wait(answer, QuestionAsked(run, question, answer))

        return Person(consent, ask_user, lambda note: self._tell([note]))

    def _wait(self, answer: "Answer[T]", message: Message) -> "T | None":
        self._waits_for = answer
        if self._cancel.is_set():
            return None
        self._screen.post_message(message)
        return answer.wait()

    def close(self, end: "Callable[[Generator | None], None]") -> None:
        """Stop whatever runs, wait for its current step, `end` with the model, and free it."""
        self._closing.set()
        self.cancel()
        with self._in_use:
            end(self._generator)
            self._free()

    def _free(self) -> "Load | None":
        """Free the model there is, and return how to load it again."""
        if self._generator is None:
            return None
        self._generator.close()
        self._generator = None
        return self._loaded_by

    def _start(self, work: Callable[[], None], name: str) -> None:
        self._screen.run_worker(work, name=name, thread=True, exit_on_error=False)

    def _load(self, load: Load) -> None:
        with self._loads:
            self._load_alone(load)

    def _load_alone(self, load: Load) -> None:
        pace = Pace()

        def report(what: str, fraction: float) -> None:
            if self._closing.is_set():
                raise InterruptedByUserError("Loading was stopped.")
            if pace.due():
                self._screen.post_message(Loading(what, fraction))

        with self._in_use:  # two models at once might not fit
            former = self._free()
        try:
            generator = load(report, lambda note: self._tell([note]))
        except CoderError as error:
            if former is None or self._closing.is_set():
                self._screen.post_message(LoadFailed(error))
                return
            self._screen.post_message(SwitchFailed(error, former))
            self._load_alone(former)
            return
        with self._in_use:
            if self._closing.is_set():
                generator.close()
                return
            self._generator, self._loaded_by = generator, load
        from assistant.chat.generator import KnowsCosts  # slow to import, and there by now

        costs = generator.cost_curve if isinstance(generator, KnowsCosts) else []
        self._screen.post_message(Loaded(generator.name, generator.context_tokens, costs))

    def _turn(self, run: int, turn: "Turn", cancel: Event) -> None:
        from assistant.tui.forwarding import Forwarding  # slow to import, and there by now

        with self._in_use:
            if self._generator is None:
                return
            try:
                forwarding = Forwarding(run, self._screen, raw=self._generator.tool_format is None)
                for event in turn(self._generator, cancel):
                    forwarding.forward(event)
            except CoderError as error:
                self._screen.post_message(Failed(run, error))
            finally:
                self._screen.post_message(Ended(run))

    def _tell(self, notes: Iterable[str]) -> None:
        for note in notes:
            self._screen.post_message(Told(note))
