"""THE loop of the agent: plan, act, observe, until it is done. Everything that happens is an event."""

import json
import time
from collections.abc import Generator as Steps
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from assistant.agent import events
from assistant.agent.briefing import NO_BRIEFING, Briefing
from assistant.agent.budget import Budget
from assistant.agent.check import Check
from assistant.agent.constrained import Constrained
from assistant.agent.context import Window, replay
from assistant.agent.events import AgentEvent, AskConsent, Observed, Outcome, Status
from assistant.agent.execute import Executor
from assistant.agent.pace import Pace
from assistant.agent.permissions import Permissions
from assistant.agent.repetition import Repetition
from assistant.agent.tools import AskUser, Environment, Tool, Toolbox, tools_for
from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.engine.sampling import Sampling
from assistant.engine.stats import Stats
from assistant.errors import ContextFullError
from assistant.repo.checkpoints import Checkpoints, Turn
from assistant.repo.workspace import Workspace
from assistant.resources import resource_folder

_MOST_REFUSALS = 3
# One after another, by a model that no grammar holds.
_MOST_UNREAD_ANSWERS = 5
_SHARE_FOR_ANSWER = 1 / 3
_SHARE_FOR_RESULT = 1 / 6
_CHARACTERS_A_TOKEN = 3
# A greedy model that repeats itself would do so for ever.
_TEMPERATURE_WHEN_STUCK = 0.8
# Answers are planned in these lengths, so that a grammar is not made anew for every second that goes by.
_ROOMS = (4096, 2048, 1024, 512, 256, 128)
_HURRY = 0.3


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """`steps` and `budget_s` bound the work; a budget of None has no end. `check` is the project's own:
    run after each edit, and before the task counts as done. `briefing` is what the model is told first,
    `answer_tokens` bounds each of its answers. `words_end` takes an answer in plain words for the end, as in
    a conversation."""

    steps: int = 40
    budget_s: float | None = None
    check: Check | None = None
    seed: int = 0
    answer_tokens: int = 4096
    briefing: Briefing = NO_BRIEFING
    words_end: bool = False


def nobody(question: str) -> str | None:
    """Answers the model's questions where no person is there."""
    return None


class Agent:
    """Works on one task in `workspace`. `consent` is asked before what `permissions` do not allow, and
    `ask_user` is how the model asks a person. Setting `cancel` stops it within one step. `history` are the
    events of a session that is gone on with, `tools` are there besides the agent's own."""

    def __init__(
        self,
        generator: Generator,
        workspace: Workspace,
        checkpoints: Checkpoints,
        permissions: Permissions,
        consent: AskConsent,
        options: AgentOptions,
        *,
        ask_user: AskUser = nobody,
        cancel: Event | None = None,
        history: Sequence[Mapping[str, Any]] = (),
        tools: Sequence[Tool[Any]] = (),
    ) -> None:
        self._generator = generator
        self._constrained = Constrained(generator)
        self._workspace = workspace
        self._checkpoints = checkpoints
        self._permissions = permissions
        self._consent = consent
        self._options = options
        self._ask_user = ask_user
        self._history = history
        self._tools = (*tools_for(generator.edit_format), *tools)
        self._budget = Budget(options.budget_s, cancel)
        self._room = min(int(generator.context_tokens * _SHARE_FOR_ANSWER), options.answer_tokens)
        self._repetition = Repetition()
        self._pace = Pace(generator)
        self._hurried = False
        self._stats = Stats()
        self._steps = 0
        self._why = ""
        self._turn: Turn | None = None

    @property
    def turn_id(self) -> int | None:
        """The turn that its changes are recorded in, None where there are none so far."""
        return self._turn.id if self._turn else None

    def run(self, task: str) -> Iterator[AgentEvent]:
        """Ends with the outcome. Raises what the generator raises of a model that cannot be used."""
        yield events.Started(task, self._generator.name, self._permissions.mode, self._options.briefing)
        started = time.monotonic()
        turn = self._turn = self._checkpoints.turn(task)
        with turn, self._budget:
            environment = self._environment(turn)
            toolbox = self._toolbox()
            window = self._window(task, toolbox)
            executor = Executor(
                toolbox,
                environment,
                self._permissions,
                self._consent,
                check=self._options.check,
                words_end=self._options.words_end,
                shown_by=window.shown_by,
            )
            status = yield from self._until_done(window, toolbox, executor, environment)
            if status == "done":
                yield from executor.what_was_not_needed(turn.keep)
        yield Outcome(
            "out of budget" if self._budget.spent and status == "cancelled" else status,
            executor.answer or "",
            self._steps,
            tuple(executor.changed),
            turn.id,
            executor.tested,
            self._stats,
            time.monotonic() - started,
            self._why,
            not_needed=executor.not_needed,
            budget_s=self._budget.seconds,
            plain=self._pace.plain(time.monotonic() - started),
        )

    def _until_done(
        self, window: Window, toolbox: Toolbox, executor: Executor, environment: Environment
    ) -> Steps[AgentEvent, None, Status]:
        """The model plans, its call is made, it is told what came of it; and again."""
        while self._steps < self._options.steps:
            self._steps += 1
            try:
                yield from window.make_room()
                room = self._planned_room(window)
                if room is None:
                    self._budget.spend()
                    return "out of budget"
                toolbox.leave_room(room)
                yield events.Step(self._steps, window.usage)
                reply = yield from self._plan(window, toolbox, environment)
            except ContextFullError as error:
                self._why = f"{error.message} {error.hint}".strip()
                return "context full"
            if reply.finish == "cancelled":
                return "cancelled"
            observed = yield from executor.execute(reply)
            observed = self._hurry(self._repetition.noted(executor.said, observed))
            window.add(reply.text, observed)
            yield observed
            if executor.answer is not None:
                return "refused" if executor.refusals and not executor.changed else "done"
            if environment.cancel.is_set():
                return "cancelled"
            if executor.refusals >= _MOST_REFUSALS:
                return "refused"
            if self._repetition.stuck:
                return "repetition"
            if executor.unread >= _MOST_UNREAD_ANSWERS:
                return "no call"
        return "step limit"

    def _planned_room(self, window: Window) -> int | None:
        """Tokens for the next answer, so that it ends before the time does; None where no call fits."""
        left = self._budget.left_s
        fitting = self._pace.tokens_in(left, window.tokens) if left is not None else None
        if fitting is None or fitting >= self._room:
            return self._room
        return next((room for room in _ROOMS if room <= min(fitting, self._room)), None)

    def _hurry(self, observed: Observed) -> Observed:
        """What the model is told, with the word, once, that its time is nearly over."""
        left, whole = self._budget.left_s, self._budget.seconds
        if self._hurried or left is None or whole is None or left > whole * _HURRY:
            return observed
        self._hurried = True
        return replace(
            observed, text=f"{observed.text}\n({max(left, 0):.0f} s are left: finish, and call done.)"
        )

    def _plan(
        self, window: Window, toolbox: Toolbox, environment: Environment
    ) -> Steps[AgentEvent, None, Reply]:
        temperature = _TEMPERATURE_WHEN_STUCK if self._repetition.begins else 0.0
        options = ReplyOptions(
            Sampling(temperature, seed=self._options.seed + self._steps),
            max_tokens=toolbox.room,
            grammar=toolbox.grammar,
            # In the arguments of a call a text stands with its line breaks escaped.
            sources=tuple(json.dumps(text, ensure_ascii=False)[1:-1] for text in environment.read.values()),
            cancel=environment.cancel,
        )
        reply: Reply | None = None
        for event in self._constrained.reply(window.messages, options):
            yield event
            if isinstance(event, Reply):
                reply = event
        assert reply is not None, "a generator ends with its reply"
        self._stats.add(reply.stats)
        self._pace.note(reply.stats)
        return reply

    def _environment(self, turn: Turn) -> Environment:
        return Environment(
            self._workspace,
            turn.record,
            self._budget.cancel,
            self._ask_user,
            room_chars=int(self._generator.context_tokens * _SHARE_FOR_RESULT * _CHARACTERS_A_TOKEN),
        )

    def _toolbox(self) -> Toolbox:
        reads_only = self._permissions.reads_only
        tools = [tool for tool in self._tools if tool.permission == "read" or not reads_only]
        return Toolbox(tools, self._generator.tool_format or "json", room=self._room)

    def _window(self, task: str, toolbox: Toolbox) -> Window:
        instructions = _instructions(self._permissions)
        briefing = self._options.briefing
        earlier = next((event for event in self._history if event["event"] == "started"), None)
        first = Briefing(**earlier.get("briefing", {})) if earlier else briefing
        window = Window(
            self._generator,
            toolbox.format,
            system=f"{instructions}\n{toolbox.explained}",
            task=earlier["task"] if earlier else task,
            room=self._room,
            briefing=first,
        )
        if earlier:
            replay(self._history, window)
            window.add_task(task, briefing.given)
        return window


def _instructions(permissions: Permissions) -> str:
    names = ["ask.md" if permissions.reads_only else "agent.md"]
    names += ["plan.md"] if permissions.mode == "plan" else []
    return "".join((resource_folder("prompts") / name).read_text("utf-8") for name in names)
