"""A proposed change of one file: its diff, and whether to apply it."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant.errors import CoderError
from assistant.repo.files import SourceFile
from assistant.tui.diff import DiffView
from assistant.tui.record import Record
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.agent.dialogue import FileChange

# A key pressed before one can have seen the diff was meant for the prompt.
GRACE_S = 0.4
_BORDER_AND_MARGIN = 3
_CHOICE = "[@click=apply][b]a[/b] apply[/]   [@click=refuse][b]r[/b] refuse[/]"

Write: TypeAlias = Callable[["FileChange"], SourceFile]
"""Writes the change, and returns the file as it is then. Raises CoderError."""


class Proposal(Vertical, can_focus=True):
    """A diff with apply (a) and refuse (r). Nothing is written before the user applies it."""

    DEFAULT_CSS = """
    Proposal {
        height: auto;
        margin: 1 0 0 0;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        &:focus { border: round $primary; }
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
        .foot { padding: 0 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "Apply"),
        Binding("r", "refuse", "Refuse"),
        Binding("down", "scroll_diff(1)", show=False),
        Binding("up", "scroll_diff(-1)", show=False),
        Binding("pagedown", "scroll_diff(10)", show=False),
        Binding("pageup", "scroll_diff(-10)", show=False),
    ]

    class Decided(Message):
        """The user applied or refused it, or it could not be applied any more. `now` is the file as it
        was written, None where it was not."""

        def __init__(self, proposal: "Proposal", now: SourceFile | None) -> None:
            super().__init__()
            self.proposal = proposal
            self.now = now

    def __init__(self, change: "FileChange", write: Write) -> None:
        super().__init__()
        self.change = change
        self.pending = True
        self._write = write
        self._focused_at = 0.0
        self._outcome = ""

    def compose(self) -> ComposeResult:
        source = self.change.source
        diff = DiffView(source.text, self.change.text, source.path.name)
        self.border_title = Content(visible(source.shown))
        self.border_subtitle = Content(f"+{diff.added} −{diff.removed}")
        with VerticalScroll(can_focus=False):
            yield diff
        if diff.removed - diff.added > source.text.count("\n") / 2 and diff.removed > 3:
            yield Static("It drops over half of the file.", classes="foot warning")
        yield Static(_CHOICE, id="choice", classes="foot")

    def record(self) -> Record | None:
        return None if self.pending else Record("coder", f"{self._outcome}: {self.change.source.shown}")

    def fit(self, room: int) -> None:
        """Take no more than `room` lines; the diff scrolls in what the rest leaves."""
        others = len(self.query(".foot")) + _BORDER_AND_MARGIN
        self.query_one(VerticalScroll).styles.max_height = max(room - others, 1)

    def on_focus(self, _: events.Focus) -> None:
        self._focused_at = time.monotonic()
        self._show_choice(focused=True)

    def on_blur(self, _: events.Blur) -> None:
        self._show_choice(focused=False)

    def action_scroll_diff(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    async def action_apply(self) -> None:
        if not self._decide():
            return
        try:
            now = await asyncio.to_thread(self._write, self.change)
        except CoderError as error:
            hint = f"\n{visible(error.hint)}" if error.hint else ""
            self._close(
                Content.assemble(("✗ not applied: ", "$text-error"), visible(error.message), hint), None
            )
        else:
            self._close(Content.styled("✓ applied", "$text-success"), now)

    def action_refuse(self) -> None:
        if self._decide():
            self._close(Content("– refused, nothing was changed"), None)

    def _decide(self) -> bool:
        """Whether this key counts; the first that does is the decision."""
        if not self.pending or time.monotonic() - self._focused_at < GRACE_S:
            return False
        self.pending = False
        return True

    def _show_choice(self, *, focused: bool) -> None:
        if self.pending:
            self.query_one("#choice", Static).update(_CHOICE if focused else f"{_CHOICE}   Tab comes here")

    def _close(self, outcome: Content, now: SourceFile | None) -> None:
        self._outcome = outcome.plain.partition("\n")[0]
        self.query_one("#choice", Static).update(outcome)
        self.can_focus = False
        self.post_message(self.Decided(self, now))
