"""A run of the agent on the terminal: what it does on stderr, its answer on stdout."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from assistant.agent import events
from assistant.agent.loop import Agent, AgentOptions
from assistant.agent.permissions import Mode, Permissions
from assistant.agent.session import Session, Sessions
from assistant.chat.generator import Reply
from assistant.cli.diff import diff_lines
from assistant.cli.engine import Remote, open_generator
from assistant.cli.live import LiveLine, speed_of
from assistant.errors import ExitCode
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.workspace import Workspace, find_workspace
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.chat.generator import Generator
    from assistant.config import Settings

_ENDINGS: dict[events.Status, tuple[str, str]] = {
    "done": ("Done.", "green"),
    "step limit": ("Not achieved: all steps are used up.", "red"),
    "repetition": ("Not achieved: the model went round in circles.", "red"),
    "context full": ("Not achieved: the model's context is full.", "red"),
    "refused": ("Refused.", "yellow"),
    "out of budget": ("The time budget is spent; what was written stays.", "yellow"),
    "cancelled": ("Interrupted; what was written stays.", "yellow"),
}


class AgentRun:
    """One run in the working directory's repository."""

    def __init__(self, mode: Mode, options: AgentOptions, *, as_json: bool) -> None:
        self._mode: Mode = mode
        self._options = options
        self._as_json = as_json
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._line = LiveLine(self._err)
        self._cancel = Event()
        self._previewed = ""

    def run(
        self, task: str, settings: "Settings", resume: str | None, remote: Remote | None = None
    ) -> ExitCode:
        """Load the model, work, tell how it ended; the exit code says it too."""
        workspace = find_workspace(Path())
        sessions = Sessions(workspace.root)
        session, history = sessions.resume(resume) if resume else (sessions.new(), [])
        with session, self._line:
            generator = open_generator(remote, settings, workspace.root, self._line.loading, self._tell)
            try:
                return self._work(generator, workspace, session, history, task)
            finally:
                generator.close()

    def _work(
        self,
        generator: "Generator",
        workspace: Workspace,
        session: Session,
        history: Sequence[Mapping[str, Any]],
        task: str,
    ) -> ExitCode:
        agent = Agent(
            generator,
            workspace,
            open_checkpoints(workspace.root),
            Permissions(workspace.root, self._mode),
            self._consent,
            self._options,
            ask_user=self._ask_user,
            cancel=self._cancel,
            history=history,
        )
        documents = []
        outcome = events.Outcome("cancelled")
        with _interrupting(self._cancel):
            for event in agent.run(task):
                session.append(event)
                if self._as_json and (document := events.as_json(event)):
                    documents.append(document)
                if isinstance(event, events.Outcome):
                    outcome = event
                else:
                    self._show(event)
        self._line.pause()
        if self._as_json:
            document = {"session": session.id, **(events.as_json(outcome) or {}), "events": documents}
            del document["event"]
            typer.echo(json.dumps(document, indent=2, default=str))
        else:
            self._conclude(outcome, session)
        return outcome.exit_code

    def _show(self, event: events.AgentEvent) -> None:
        match event:
            case events.Step():
                self._line.begin(f"step {event.number}")
            case events.Called():
                arguments = ", ".join(_short(value) for value in event.arguments.values())
                self._say(f"{event.tool} {arguments}".rstrip(), "cyan")
            case events.Changed():
                self._show_changed(event)
            case events.Checking():
                self._line.begin(f"$ {event.command}")
            case events.Checked():
                style = "green" if event.result.passed else "red"
                self._say(f"$ {event.result.command}: {event.result.describe()}", style)
            case events.NotNeeded():
                self._say("The check passes without these changes too; they were kept:")
                self._show_diff(event.diff)
            case events.Shrunk():
                taken = f"{event.tokens_before} to {event.tokens_after} tokens"
                self._say(
                    f"Made room in the context, from {taken}; left out: {'; '.join(event.what)}", "yellow"
                )
            case events.Observed() if not event.ok:
                self._say(f"  {_short(event.text)}", "yellow")
            case events.Started() | events.Consented() | events.Observed() | events.Outcome():
                pass
            case _:
                self._line.reply(event)
                for note in event.notes if isinstance(event, Reply) else ():
                    self._tell(note)

    def _show_changed(self, event: events.Changed) -> None:
        if event.diff != self._previewed:
            self._show_diff(event.diff)
        for problem in event.problems:
            self._say(problem, "red")

    def _conclude(self, outcome: events.Outcome, session: Session) -> None:
        said, style = _ENDINGS[outcome.status]
        if outcome.answer:
            typer.echo(visible(outcome.answer))
        changed = (
            f" Changed: {', '.join(outcome.changed)}; coder undo takes it back." if outcome.changed else ""
        )
        self._say(f"{said}{changed}", style)
        if outcome.status != "done":
            self._say(f"To go on: coder run --resume {session.id}", "dim")
        self._err.print(
            f"{outcome.steps} steps · {outcome.stats.emitted} tokens ·",
            speed_of(outcome.stats),
            f"· {outcome.seconds:.1f} s",
        )

    def _consent(self, request: events.Request) -> events.Consent:
        if self._as_json or not sys.stdin.isatty():
            return "no"
        self._line.pause()
        self._previewed = request.preview
        if request.tool in ("edit", "write", "patch"):
            self._show_diff(request.preview)
        else:
            self._say(request.preview, "bold")
        if request.note:
            self._say(request.note, "yellow")
        always = f", \\[a]lways {visible(request.always)}" if request.always else ""
        self._err.print(f"Allow {request.tool}? [bold]\\[y]es, \\[n]o{always}:[/] ", end="")
        try:
            answer = input().strip().lower()
        except EOFError:
            return "no"
        self._line.resume()
        if answer in ("a", "always"):
            return "always"
        return "once" if answer in ("y", "yes") else "no"

    def _ask_user(self, question: str) -> str | None:
        if self._as_json or not sys.stdin.isatty():
            return None
        self._line.pause()
        self._say(question, "bold")
        try:
            return input("> ")
        except EOFError:
            return None
        finally:
            self._line.resume()

    def _show_diff(self, diff: str) -> None:
        if not self._as_json:
            for text in diff_lines(diff):
                self._err.print(text)

    def _tell(self, note: str) -> None:
        """What the user should know in any case: where prompts go, what had to be left out."""
        self._err.print(Text(visible(note), "yellow"))

    def _say(self, text: str, style: str = "") -> None:
        if not self._as_json:
            self._err.print(Text(visible(text), style))


@contextmanager
def _interrupting(cancel: Event) -> Iterator[None]:
    """The first Ctrl-C ends the work cleanly, a second one at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:99]}…"
