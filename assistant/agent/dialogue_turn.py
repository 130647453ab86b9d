"""One turn of a dialogue, as `loop.Agent` does it with models that call tools."""

import time
from collections.abc import Generator as Steps
from collections.abc import Iterator
from dataclasses import replace
from threading import Event

from assistant.agent import events
from assistant.agent.briefing import Briefing
from assistant.agent.consent import ask
from assistant.agent.dialogue import Dialogue, FileChange, Question
from assistant.agent.events import AgentEvent, AskConsent, Observed, Outcome, Status, Usage
from assistant.agent.orders import asks_for_change
from assistant.agent.permissions import Permissions
from assistant.agent.repetition import ended_at_circles
from assistant.agent.tools.tool import Action, Result
from assistant.chat.generator import Generator, Reply, TextPiece
from assistant.engine.stats import Stats
from assistant.errors import CoderError
from assistant.repo.checkpoints import Checkpoints, Turn
from assistant.repo.files import write_source


class DialogueTurn:
    """A question, its answer, and the changes that this proposes, each made where it is allowed. One that is
    refused with a reason is asked for again. `pasted` goes with the question."""

    def __init__(
        self,
        dialogue: Dialogue,
        generator: Generator,
        checkpoints: Checkpoints,
        permissions: Permissions,
        consent: AskConsent,
        *,
        pasted: str = "",
        cancel: Event | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._generator = generator
        self._checkpoints = checkpoints
        self._permissions = permissions
        self._consent = consent
        self._pasted = pasted
        self._cancel = cancel or Event()
        self._made: dict[str, None] = {}
        self._not_made = 0
        self._steps = 0
        self._stats = Stats()
        self._turn: Turn | None = None

    @property
    def turn_id(self) -> int | None:
        """The turn that its changes are recorded in, None where there are none so far."""
        return self._turn.id if self._turn else None

    def run(self, task: str) -> Iterator[AgentEvent]:
        """Ends with the outcome. Raises as `Dialogue.ask` and the generator do."""
        began, answer = time.monotonic(), ""
        typed, orders = task, asks_for_change(task)
        turn = self._turn = self._checkpoints.turn(task)
        with turn:
            while typed:
                question = self._dialogue.ask(
                    typed,
                    self._generator,
                    pasted=self._pasted,
                    orders=orders and not self._permissions.reads_only,
                )
                reply = yield from self._answer(question, typed)
                answer = reply.text
                typed, orders = (yield from self._changes(question, reply, turn)), True
                self._pasted = ""
        status: Status = "refused" if self._not_made and not self._made else "done"
        yield Outcome(
            "cancelled" if self._cancel.is_set() else status,
            answer,
            self._steps,
            tuple(self._made),
            turn.id,
            stats=self._stats,
            seconds=time.monotonic() - began,
        )

    def _answer(self, question: Question, typed: str) -> Steps[AgentEvent, None, Reply]:
        generator, mode = self._generator, self._permissions.mode
        yield events.Started(typed, generator.name, mode, Briefing(given=question.beside(typed)))
        if question.rewrite is not None:
            yield events.Asking(question.rewrite.place.shown, 1)
        self._steps += 1
        tokens = generator.count_tokens(question.messages)
        yield events.Step(self._steps, Usage(0, 0, 0, tokens, generator.context_tokens - tokens))
        begins_with = question.options.prefix
        reply: Reply | None = None
        answering = generator.reply(question.messages, replace(question.options, cancel=self._cancel))
        if question.rewrite is None:
            answering = ended_at_circles(answering, self._cancel)
        for event in answering:
            if begins_with and isinstance(event, TextPiece):
                yield TextPiece(begins_with, False, None, event.stats)
                begins_with = ""
            yield event
            if isinstance(event, Reply):
                reply = event
        assert reply is not None, "a generator ends with its reply"
        if reply.finish == "circles":
            self._cancel.clear()  # that ended the answer, and not the turn
        self._stats.add(reply.stats)
        self._dialogue.keep(question, reply)
        return reply

    def _changes(self, question: Question, reply: Reply, turn: Turn) -> Steps[AgentEvent, None, str]:
        """The changes that are proposed, made or not; then what is to be asked for instead, if anything."""
        if self._permissions.reads_only:
            return ""
        for found in self._dialogue.changes(question, reply):
            if isinstance(found, CoderError):
                yield events.Unusable(f"{found.message} {found.hint}".strip())
            elif not self._cancel.is_set() and (reason := (yield from self._make(found, turn))):
                return f'{reason} @"{found.source.shown}"'
        return ""

    def _make(self, change: FileChange, turn: Turn) -> Steps[AgentEvent, None, str]:
        """Why the user does not want it, where they say so."""
        shown = change.source.shown
        brief = f"edit {shown}"
        yield events.Called("edit", {"path": shown})
        action = Action.writing([shown], lambda: Result(""), change.diff)
        if self._permissions.verdict("edit", "write", action) == "ask":
            consented = ask(self._consent, self._permissions, "edit", "write", action)
            yield consented
            if consented.answer == "no":
                self._not_made += 1
                yield Observed("The user refused this.", f"{brief}: failed", ok=False)
                return consented.reason
        try:
            now = write_source(change.source, change.text, turn.keep)
        except CoderError as error:
            self._not_made += 1
            yield Observed(f"{error.message} {error.hint}".strip(), f"{brief}: failed", ok=False)
            return ""
        self._dialogue.applied(now)
        self._made[shown] = None
        yield events.Changed((shown,), change.diff)
        yield Observed(f"Changed {shown}.", brief, changed=True)
        return ""
