"""Asks for the message of a commit, and whether its hooks may run."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
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
from assistant.tui.review.writer import Writer
from assistant.visible import visible


@dataclass(frozen=True, slots=True)
class CommitWish:
    """`trusted` lets hooks run and the commit be signed. A commit that is made `later` has no more than its
    message so far, empty where the user has not touched it."""

    message: str
    trusted: bool = False
    later: bool = False


class CommitBox(ModalScreen[CommitWish | None]):
    """`staged` is what is committed; `programs` is what git would run besides. The message is `begun`, or
    one by rule until the `writer` has another, unless the user writes first."""

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
        Binding("escape", "leave", "Cancel"),
    ]

    def __init__(
        self, staged: Diff, programs: Sequence[str], writer: Writer | None = None, begun: str = ""
    ) -> None:
        super().__init__()
        self._staged, self._programs, self._writer = staged, programs, writer
        self._begun = begun
        self._proposed = plain_message(staged)
        self._cancel = Event()

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"commit {self._counted()}"
            yield TextArea(self._begun or self._proposed, soft_wrap=True, show_line_numbers=False)
            yield Static(self._note(), id="note", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()
        if self._writer is not None and self._writer.ready and not self._begun:
            self.action_propose()

    def on_unmount(self) -> None:
        self._cancel.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "commit" and parameters == (True,):
            return bool(self._programs)
        if action == "propose":
            return self._writer is not None
        return True

    def action_commit(self, trusted: bool) -> None:
        message = self.query_one(TextArea).text
        if message.strip():
            self.dismiss(CommitWish(message, trusted))
        else:
            self._say("A commit needs a message.")

    def action_leave(self) -> None:
        text = self.query_one(TextArea).text
        self.dismiss(CommitWish("" if text == self._proposed else text, later=True))

    def action_propose(self) -> None:
        if self._writer is not None:
            self._cancel.set()
            self._cancel = Event()
            self.run_worker(self._write(self._writer, self._cancel), exclusive=True)

    async def _write(self, writer: Writer, cancel: Event) -> None:
        """Put the model's message in the place of the one there is, if nobody has changed that meanwhile."""
        area = self.query_one(TextArea)
        before = area.text
        self._say(
            "The model reads the diff …" if writer.ready else "The model is loaded, and reads the diff …"
        )
        try:
            message = await asyncio.to_thread(writer.message, self._staged, cancel)
        except CoderError as error:
            self._say(f"✗ {error.message} {error.hint}".rstrip() + "\nThe message stands as it is.")
            return
        if area.text != before:
            self._say("Your words stay. The model had others: Ctrl+G asks it again.")
            return
        self._proposed = message
        area.replace(message, (0, 0), area.document.end)
        self._say("")

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
