"""A command that the user wrote with `!`: consent, and what came of it."""

import asyncio
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from assistant.errors import CoderError
from assistant.repo.workspace import Workspace
from assistant.tui.choice import Choice
from assistant.tui.framed import Framed
from assistant.tui.record import Record
from assistant.tui.theme import FAINT
from assistant.visible import visible

if TYPE_CHECKING:  # slow to import
    from assistant.agent.command import CommandResult
    from assistant.agent.confine import Confinement
    from assistant.agent.permissions import Permissions, Verdict
    from assistant.agent.tools.tool import Action

_LINES_SHOWN = 12
_LONGEST_LINE = 400
_TOLD_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class _Judged:
    """What may be done with the command here, and what holds it when it runs."""

    verdict: "Verdict"
    always: str
    action: "Action"
    permissions: "Permissions"
    confinement: "Confinement"


class RunCard(Framed):
    """Runs the command confined, as one that the model wants to run: at once where that is allowed for good,
    else when the user says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "run", "Run"),
        Binding("a", "run_always", "Always"),
        Binding("n", "leave", "Leave"),
        Binding("escape", "stop", "Stop"),
    ]

    class Ended(Message):
        """It was run or left alone; `result` is None where it was not run."""

        def __init__(self, card: "RunCard", result: "CommandResult | None") -> None:
            super().__init__()
            self.card = card
            self.result = result

    def __init__(self, command: str, workspace: Workspace) -> None:
        super().__init__()
        self._command = command
        self._workspace = workspace
        self._cancel = Event()
        self._judged: _Judged | None = None
        self._asking = self._busy = False
        self._outcome = self._told = ""
        self.border_title = Content(f"$ {visible(command)}")
        self._body = Choice(Content.styled("looking what may be done", FAINT))

    def record(self) -> Record | None:
        return Record("coder", f"$ {self._command}: {self._outcome}") if self._outcome else None

    @property
    def told_to_model(self) -> str:
        """What goes with the next question: the command and the end of what it put out."""
        return self._told

    def compose(self) -> ComposeResult:
        yield self._body

    def on_mount(self) -> None:
        self.run_worker(self._begin(), exit_on_error=False)

    def on_unmount(self) -> None:
        self._cancel.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "run" | "leave":
                return self._asking
            case "run_always":
                return self._asking and self._judged is not None and bool(self._judged.always)
            case "stop":
                return self._busy
        return True

    async def on_choice_chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        await self.run_action(event.action)

    def action_run(self) -> None:
        if self._judged is not None:
            self._asking = False
            self.run_worker(self._run(self._judged.confinement), exit_on_error=False)

    def action_run_always(self) -> None:
        if self._judged is not None:
            try:
                self._judged.permissions.remember("run", "run", self._judged.action)
            except CoderError as error:
                self.notify(visible(error.message), severity="warning", markup=False)
        self.action_run()

    def action_leave(self) -> None:
        self._end(Content("– not run"), None, "not run")

    def action_stop(self) -> None:
        self._cancel.set()

    async def _begin(self) -> None:
        """Ask, or run at once where the user has said always."""
        judged = self._judged = await asyncio.to_thread(_judge, self._command, self._workspace)
        if judged.verdict == "allow":
            await self._run(judged.confinement)
            return
        self._asking = True
        choice = "[@click=choose('run')][b]y[/b] run[/]   [@click=choose('leave')][b]n[/b] leave it[/]"
        if judged.always:
            choice += "   [@click=choose('run_always')][b]a[/b] always run[/]"
        self._body.update(
            Content.assemble(
                (f"{visible(judged.action.note)}\n", FAINT),
                Content.from_markup(choice),
                (f" {visible(judged.always)}", FAINT) if judged.always else "",
            )
        )
        self.refresh_bindings()

    async def _run(self, confinement: "Confinement") -> None:
        from assistant.agent.command import run_command

        self._busy = True
        self._body.update(Content.styled("runs… Esc stops it", FAINT))
        self.refresh_bindings()
        result = await asyncio.to_thread(
            partial(
                run_command,
                self._command,
                self._workspace.root,
                cancel=self._cancel,
                confinement=confinement,
            )
        )
        self._busy = False
        self._told = _told(result)
        self.border_subtitle = Content(f"{result.describe()} · {result.seconds:.1f} s")
        self._end(_shown(result.output), result, result.describe())

    def _end(self, shown: Content, result: "CommandResult | None", outcome: str) -> None:
        self._asking = False
        self._outcome = outcome
        self._body.update(shown)
        self.can_focus = False
        self.post_message(self.Ended(self, result))


def _judge(command: str, workspace: Workspace) -> _Judged:
    """What the agent's own rules say of the command."""
    from assistant.agent.confine import confinement
    from assistant.agent.permissions import Permissions
    from assistant.agent.tools.tool import Action, Result

    held = confinement()
    permissions = Permissions(workspace.root, "ask")
    action = Action(lambda: Result(""), f"$ {command}", held.note, command)
    verdict = permissions.verdict("run", "run", action)
    return _Judged(verdict, permissions.always("run", "run", action), action, permissions, held)


def _told(result: "CommandResult") -> str:
    from assistant.repo.fence import fenced

    output = result.output.rstrip()
    cut = "(… cut …)\n" if len(output) > _TOLD_CHARACTERS else ""
    shown = fenced(f"$ {result.command}", cut + output[-_TOLD_CHARACTERS:])
    return f"I ran a command, which {result.describe()}:\n\n{shown}"


def _shown(output: str) -> Content:
    """The end of the output, where what went wrong stands."""
    lines = [line[:_LONGEST_LINE] for line in visible(output).rstrip().split("\n")]
    cut = len(lines) - _LINES_SHOWN
    more = Content.styled(f"… {cut:,} lines above\n", FAINT) if cut > 0 else Content()
    return Content.assemble(more, "\n".join(lines[-_LINES_SHOWN:]) or "no output")
