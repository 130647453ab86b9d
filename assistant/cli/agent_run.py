"""A run of the agent on the terminal: what it does on stderr, its answer on stdout."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assistant.agent import events
from assistant.agent.briefing import KnownRepository, brief
from assistant.agent.check import Check
from assistant.agent.direct import DirectWork
from assistant.agent.endings import ENDINGS
from assistant.agent.loop import Agent, AgentOptions
from assistant.agent.mcp import McpServer, McpServers
from assistant.agent.mentions import Mentions
from assistant.agent.modes import Mode
from assistant.agent.named_check import named_checks, the_named_check
from assistant.agent.permissions import Permissions
from assistant.agent.session import Session, Sessions
from assistant.agent.tools import Tool
from assistant.chat.generator import KeepsState
from assistant.cli.engine import Remote, open_generator
from assistant.cli.narration import Narrator
from assistant.cli.person import Person
from assistant.errors import CoderError, ExitCode
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.workspace import Workspace, find_workspace
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.chat.generator import Generator
    from assistant.config import Settings

_STYLES: dict[events.Status, str] = {
    "done": "green",
    "nothing to do": "green",
    "proposed": "",
    "refused": "yellow",
    "out of budget": "yellow",
    "cancelled": "yellow",
}


class AgentRun:
    """One run in the working directory's repository."""

    def __init__(
        self,
        mode: Mode,
        options: AgentOptions,
        *,
        as_json: bool,
        check_timeout_s: float = 120.0,
        servers: Sequence[McpServer] = (),
    ) -> None:
        self._mode: Mode = mode
        self._check_timeout_s = check_timeout_s
        self._options = options
        self._as_json = as_json
        self._narrator = Narrator(quiet=as_json)
        self._line, self._say = self._narrator.line, self._narrator.say
        self._servers = servers
        self._person = Person(self._narrator, may_ask=not as_json)

    def run(
        self, task: str, settings: "Settings", resume: str | None, remote: Remote | None = None
    ) -> ExitCode:
        """Load the model, work, tell how it ended; the exit code says it too."""
        workspace = find_workspace(Path())
        sessions = Sessions(workspace.root)
        with KnownRepository(workspace, progress=self._reading) as repository, self._line:
            mentions = repository.mentions(task)
            session, history = sessions.resume(resume) if resume else (sessions.new(), [])
            command = "ask" if self._mode == "read-only" else "run"
            loaded = open_generator(
                command, remote, settings, workspace.root, self._line.loading, self._narrator.tell
            )
            permissions = Permissions(workspace.root, self._mode)
            servers = McpServers(workspace.root, permissions, self._person.consent, self._narrator.tell)
            wanted = self._servers if loaded.tool_format else ()
            with session, closing(loaded) as generator, servers.tools(wanted) as tools:
                if isinstance(generator, KeepsState) and (kept := session.kept):
                    generator.take_up(kept)
                worker = self._worker(generator, repository, permissions, mentions, history, tools)
                outcome = self._work(worker.run(task), generator, session)
                return outcome.exit_code

    def _worker(
        self,
        generator: "Generator",
        repository: KnownRepository,
        permissions: Permissions,
        mentions: Mentions,
        history: Sequence[Mapping[str, Any]],
        tools: Sequence[Tool[Any]],
    ) -> Agent | DirectWork:
        """Who does the task: the agent, or what stands in for it with a model that cannot call tools."""
        workspace = repository.workspace
        options = replace(self._options, check=self._options.check or self._named_check(workspace))
        person, checkpoints = self._person, open_checkpoints(workspace.root)
        means = (generator, workspace, checkpoints, permissions, person.consent)
        if generator.tool_format is None:
            self._narrator.streams_answers = not self._as_json
            return DirectWork(*means, options, mentions=mentions, cancel=person.cancel, history=history)
        briefing = brief(repository, generator, mentions, goes_on=bool(history))
        for note in briefing.notes:
            self._say(note, "yellow")
        return Agent(
            *means,
            replace(options, briefing=briefing),
            ask_user=person.answer,
            cancel=person.cancel,
            history=history,
            tools=tools,
        )

    def _named_check(self, workspace: Workspace) -> Check | None:
        """The check that AGENTS.md names; where it names several, it is for the user to say which."""
        named = named_checks(workspace.root) if self._mode not in ("read-only", "plan") else []
        if len(named) > 1:
            self._say(
                f"AGENTS.md names several checks, so none is run: {', '.join(named)}; see --test.", "yellow"
            )
        return the_named_check(named, self._check_timeout_s)

    def _reading(self, done: int, total: int) -> None:
        self._line.loading("reading the repository", done / max(total, 1))

    def _work(
        self, work: Iterator[events.AgentEvent], generator: "Generator", session: Session
    ) -> events.Outcome:
        happened: list[events.AgentEvent] = []
        outcome = events.Outcome("cancelled")
        with self._person.interrupting():
            for event in work:
                session.append(event)
                happened.append(event)
                if isinstance(event, events.Outcome):
                    outcome = event
                else:
                    self._narrator.show(event)
            self._keep_state(generator, session)
        self._line.pause()
        if self._as_json:
            document = {"session": session.id, **events.report(happened)}
            typer.echo(json.dumps(document, indent=2, default=str))
        else:
            self._conclude(outcome, session)
        return outcome

    def _keep_state(self, generator: "Generator", session: Session) -> None:
        self._line.begin("keeping the session's state")
        try:
            if isinstance(generator, KeepsState) and (kept := generator.keep_state()):
                session.keep(kept)
        except CoderError as error:  # the work is done all the same
            self._say(error.message, "yellow")

    def _conclude(self, outcome: events.Outcome, session: Session) -> None:
        said, style = ENDINGS[outcome.status], _STYLES.get(outcome.status, "red")
        if outcome.answer and not self._narrator.streamed:
            typer.echo(visible(outcome.answer))
        changed = (
            f" Changed: {', '.join(outcome.changed)}; coder undo takes it back." if outcome.changed else ""
        )
        self._say(f"{said}{changed}", style)
        if outcome.why:
            self._say(f"  {outcome.why}", "yellow")
        if outcome.status != "done":
            self._say(f"To go on: coder run --resume {session.id}", "dim")
        self._narrator.sum_up(outcome)
