"""Asks for the message of a commit, and whether its hooks may run."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, TextArea

from assistant.agent.commit_message import plain_message
from assistant.errors import CoderError
from assistant.repo.diff import Diff
from assistant.visible import visible

Propose = Callable[[], str]
"""Lets the model write a message; called in a thread. Raises CoderError."""


@dataclass(frozen=True, slots=True)
class CommitWish:
    """`trusted` lets hooks run and the commit be signed."""

    message: str
    trusted: bool


class CommitBox(ModalScreen[CommitWish | None]):
    """`staged` is what is committed; `programs` is what git would run besides."""

    CSS = """
    CommitBox {
        align: center middle;
        Vertical {
            width: 90%;
            max-width: 84;
            height: auto;
            max-height: 90%;
            border: round $primary;
            border-title-style: bold;
            background: $surface;
            padding: 0 1;
        }
        TextArea { height: auto; min-height: 5; max-height: 50vh; border: none; padding: 0; }
        Static { margin: 1 0 0 0; color: $text-muted; }
        Footer { background: $background; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "commit(False)", "Commit", key_display="Ctrl+S", priority=True),
        Binding("ctrl+r", "commit(True)", "Commit and run them", key_display="Ctrl+R", priority=True),
        Binding("ctrl+g", "propose", "Let the model write", key_display="Ctrl+G", priority=True),
        Binding("escape", "dismiss", "Cancel"),
    ]

    def __init__(self, staged: Diff, programs: Sequence[str], propose: Propose | None = None) -> None:
        super().__init__()
        self._staged, self._programs, self._propose = staged, programs, propose

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"commit {self._counted()}"
            yield TextArea(plain_message(self._staged), soft_wrap=True, show_line_numbers=False)
            yield Static(self._note(), id="note", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "commit" and parameters == (True,):
            return bool(self._programs)
        if action == "propose":
            return self._propose is not None
        return True

    def action_commit(self, trusted: bool) -> None:
        message = self.query_one(TextArea).text
        if message.strip():
            self.dismiss(CommitWish(message, trusted))
        else:
            self._say("A commit needs a message.")

    def action_propose(self) -> None:
        self.run_worker(self._write(), exclusive=True)

    async def _write(self) -> None:
        if self._propose is None:
            return
        self._say("The model reads the diff …")
        try:
            message = await asyncio.to_thread(self._propose)
        except CoderError as error:
            self._say(f"✗ {error.message}")
            return
        self._say("")
        area = self.query_one(TextArea)
        area.load_text(message)
        area.move_cursor(area.document.end)

    def _counted(self) -> str:
        files = self._staged.files
        lines = f"+{sum(file.added for file in files)} −{sum(file.removed for file in files)}"
        return f"{len(files)} file{'' if len(files) == 1 else 's'}  {lines}"

    def _note(self) -> Content:
        if not self._programs:
            return Content("No hook runs: there is none.")
        return Content.assemble(
            "Left out unless you trust this repository, whose code they run:",
            *(f"\n  {visible(program)}" for program in self._programs),
        )

    def _say(self, text: str) -> None:
        self.query_one("#note", Static).update(Content(visible(text)) if text else self._note())
