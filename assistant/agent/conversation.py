"""Turns of a person and a model, one after the other, kept in a session that can be gone on with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from assistant.agent.briefing import Briefing, KnownRepository, brief
from assistant.agent.check import Check
from assistant.agent.dialogue import Dialogue
from assistant.agent.dialogue_turn import DialogueTurn
from assistant.agent.events import AgentEvent, AskConsent, Outcome, Rewound, Undone, as_json
from assistant.agent.loop import Agent, AgentOptions
from assistant.agent.mcp import McpServer, McpServers
from assistant.agent.modes import Mode
from assistant.agent.named_check import named_checks, the_named_check
from assistant.agent.permissions import Permissions
from assistant.agent.session import Session, Sessions
from assistant.agent.tools import AskUser, Tool
from assistant.chat.generator import Generator, KeepsState
from assistant.errors import CoderError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked for consent, and what only they know; and who is told what they should know."""

    consent: AskConsent
    ask_user: AskUser
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ConversationOptions:
    """`check` is the user's own; else the one that AGENTS.md names is taken. `budget_s` is that of a turn."""

    check: Check | None = None
    check_timeout_s: float = 120.0
    budget_s: float | None = None
    servers: Sequence[McpServer] = field(default=())


class Conversation:
    """One session in `workspace`, begun with its first turn, or gone on with. `history` are its events so
    far. `mode` may change at any time. Whoever runs a turn, in a thread, runs one at a time."""

    def __init__(
        self,
        workspace: Workspace,
        mode: Mode,
        person: Person,
        options: ConversationOptions,
        *,
        session: Session | None = None,
        history: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._workspace = workspace
        self._person = person
        self._options = options
        self.permissions = Permissions(workspace.root, mode)
        self._checkpoints = open_checkpoints(workspace.root)
        self.history: list[Mapping[str, Any]] = list(history)
        self._dialogue = Dialogue(workspace, history)
        self._turns = [each["turn"] for each in history if each["event"] == "outcome" and each.get("turn")]
        self._untold: list[str] = []
        self._open = ExitStack()
        self._session = self._open.enter_context(session) if session else None
        self._begun = False
        self._tools: Sequence[Tool[Any]] | None = None

    @property
    def session_id(self) -> str:
        """Empty where it is not kept, or not yet."""
        return self._session.id if self._session else ""

    @property
    def tasks(self) -> int:
        """How many there were so far."""
        return sum(event["event"] == "started" for event in self.history)

    def turn(
        self, typed: str, generator: Generator, *, pasted: str = "", cancel: Event
    ) -> Iterator[AgentEvent]:
        """Do what was typed; `pasted` goes with it and mentions nothing. Ends with the outcome. What cannot
        even be begun raises CoderError, and is forgotten."""
        self._begin(generator)
        tasks, length = self.tasks, len(self.history)
        worker: Agent | DialogueTurn | None = None
        try:
            worker = self._worker(typed, generator, pasted, cancel)
            for event in worker.run(typed):
                self._keep(event)
                yield event
        except CoderError as error:
            turn = worker.turn_id if worker else None
            if turn is None and not any(each["event"] == "observed" for each in self.history[length:]):
                self.rewind(tasks)
                raise
            failed = Outcome("not achieved", why=f"{error.message} {error.hint}".strip(), turn=turn)
            self._keep(failed)
            yield failed

    def undo(self, turn: int | None = None) -> Undone:
        """Take back that turn, by default the last that is not taken back. Raises CoderError, also where a
        file was changed since."""
        active = {each.id for each in self._checkpoints.turns() if each.active}
        if turn is None:
            turn = next((each for each in reversed(self._turns) if each in active), None)
        if turn is None:
            raise CoderError(
                "There is no change of this conversation to take back.",
                hint="coder undo --list shows earlier ones.",
            )
        plan = plan_undo(self._checkpoints, turn=turn)
        apply_undo(self._checkpoints, plan)
        undone = Undone(turn, tuple(file.path for file in plan.files if file.action != "none"))
        self._dialogue.undone(undone.paths)
        self._untold.append(f"I took your changes of {', '.join(undone.paths)} back.")
        self._keep(undone)
        return undone

    def rewind(self, task: int) -> None:
        """Forget the task with this number, counted from 0, and all behind it. What they changed stays."""
        starts = [at for at, event in enumerate(self.history) if event["event"] == "started"]
        if task < len(starts):
            self._keep(Rewound(len(starts) - task))
            del self.history[starts[task] :]
            self._dialogue.rewind(self.history)

    def close(self, generator: Generator | None) -> None:
        """End it, so that it can be gone on with."""
        with self._open:
            if generator is not None and self._begun:
                self._keep_state(generator)

    def _keep_state(self, generator: Generator) -> None:
        """Without it the prompt is read again."""
        with suppress(CoderError):
            if self._session and isinstance(generator, KeepsState) and (kept := generator.keep_state()):
                self._session.keep(kept)

    def _begin(self, generator: Generator) -> None:
        if self._begun:
            return
        self._begun = True
        if self._session is None:
            try:
                self._session = self._open.enter_context(Sessions(self._workspace.root).new())
            except CoderError as error:
                self._person.tell(f"{error.message} {error.hint}")
        elif isinstance(generator, KeepsState) and (kept := self._session.kept):
            generator.take_up(kept)

    def _keep(self, event: AgentEvent) -> None:
        """On disk, as long as that works: the conversation goes on without, too."""
        if (document := as_json(event)) is None:
            return
        self.history.append(document)
        if isinstance(event, Outcome) and event.turn is not None:
            self._turns.append(event.turn)
        if self._session is not None:
            try:
                self._session.append(event)
            except CoderError as error:
                self._session = None
                self._person.tell(f"{error.message} From here on it is not kept.")

    def _worker(self, typed: str, generator: Generator, pasted: str, cancel: Event) -> Agent | DialogueTurn:
        """Who does it: the agent, or what stands in for it with a model that cannot call tools."""
        if generator.tool_format is None:
            return DialogueTurn(
                self._dialogue,
                generator,
                self._checkpoints,
                self.permissions,
                self._person.consent,
                pasted=pasted,
                cancel=cancel,
            )
        options = AgentOptions(
            budget_s=self._options.budget_s,
            check=self._check(),
            briefing=self._briefing(typed, generator, pasted, cancel),
            words_end=True,
        )
        return Agent(
            generator,
            self._workspace,
            self._checkpoints,
            self.permissions,
            self._person.consent,
            options,
            ask_user=self._person.ask_user,
            cancel=cancel,
            history=list(self.history),
            tools=self._started_tools(),
        )

    def _briefing(self, typed: str, generator: Generator, pasted: str, cancel: Event) -> Briefing:
        with KnownRepository(self._workspace, cancel=cancel) as repository:  # as it is now
            mentions = repository.mentions(typed)
            briefing = brief(repository, generator, mentions, goes_on=self.tasks > 0)
        for note in briefing.notes:
            self._person.tell(note)
        given = "\n\n".join(filter(None, (*self._untold, briefing.given, pasted)))
        self._untold.clear()
        return replace(briefing, given=given)

    def _check(self) -> Check | None:
        """The user's, else the one that AGENTS.md names; where it names several, none."""
        if self._options.check or self.permissions.reads_only:
            return self._options.check
        return the_named_check(named_checks(self._workspace.root), self._options.check_timeout_s)

    def _started_tools(self) -> Sequence[Tool[Any]]:
        """Those of the servers, which run from the first turn on."""
        if self._tools is None:
            person = self._person
            servers = McpServers(self._workspace.root, self.permissions, person.consent, person.tell)
            self._tools = self._open.enter_context(servers.tools(self._options.servers))
        return self._tools
