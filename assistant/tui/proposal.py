"""A proposed change of one file: its diff, and whether to apply it."""

import asyncio
import time
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant.errors import CoderError
from assistant.repo.checkpoints import write_recorded
from assistant.repo.files import SourceFile, read_source
from assistant.repo.hunks import unified_diff
from assistant.tui.changes import ProposedChange
from assistant.visible import visible

# A key pressed before one can have seen the diff was meant for the prompt.
GRACE_S = 0.4


class Proposal(Vertical, can_focus=True):
    """A diff with apply (a) and refuse (r). Nothing is written before the user applies it."""

    DEFAULT_CSS = """
    Proposal {
        height: auto;
        margin: 1 0 0 0;
        border: round $surface-lighten-2;
        &:focus { border: round $primary; }
        .head, .foot { padding: 0 1; }
        .foot { color: $text-muted; }
        VerticalScroll { height: auto; max-height: 50vh; scrollbar-size-vertical: 1; }
        .line { padding: 0 1; }
        .added { background: $success 12%; color: $text-success; }
        .removed { background: $error 12%; color: $text-error; }
        .hunk { color: $text-accent; text-style: dim; }
        .context { color: $text-muted; }
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
        """The user applied or refused it, or it could not be applied any more."""

        def __init__(self, proposal: "Proposal", applied: bool) -> None:
            super().__init__()
            self.proposal = proposal
            self.applied = applied

    def __init__(self, source: SourceFile, text: str) -> None:
        super().__init__()
        self.source = source
        self.text = text
        self.pending = True
        self._focused_at = 0.0

    def compose(self) -> ComposeResult:
        lines = unified_diff(self.source.text, self.text, self.source.shown).splitlines()[2:]
        yield Static(self._head(lines), classes="head")
        with VerticalScroll(can_focus=False):
            for kind, group in groupby(lines, _kind):
                yield Static(_joined(group), markup=False, classes=f"line {kind}")
        yield Static("[@click=apply][b]a[/b] apply[/]   [@click=refuse][b]r[/b] refuse[/]", classes="foot")

    def on_focus(self, _: events.Focus) -> None:
        self._focused_at = time.monotonic()

    def action_scroll_diff(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    async def action_apply(self) -> None:
        if not self._decide():
            return
        try:
            await asyncio.to_thread(write_recorded, self.source, self.text, f"apply {self.source.shown}")
        except CoderError as error:
            hint = f"\n{visible(error.hint)}" if error.hint else ""
            self._close(
                Content.assemble(("not applied: ", "$text-error"), visible(error.message), hint), False
            )
        else:
            self._close(Content.styled("applied", "$text-success"), True)

    def action_refuse(self) -> None:
        if self._decide():
            self._close(Content("refused, nothing was changed"), False)

    def _decide(self) -> bool:
        """Whether this key counts; the first that does is the decision."""
        if not self.pending or time.monotonic() - self._focused_at < GRACE_S:
            return False
        self.pending = False
        return True

    def _close(self, outcome: Content, applied: bool) -> None:
        self.query_one(".foot", Static).update(outcome)
        self.can_focus = False
        self.post_message(self.Decided(self, applied))

    def _head(self, lines: list[str]) -> Content:
        kinds = [_kind(line) for line in lines]
        added, removed, before = kinds.count("added"), kinds.count("removed"), self.source.text.count("\n")
        head: list[str | tuple[str, str]] = [
            (visible(self.source.shown), "bold"),
            ("  "),
            (f"+{added}", "$text-success"),
            (" "),
            (f"−{removed}", "$text-error"),
        ]
        if removed - added > before / 2 and before > 3:
            head.append(("  drops over half of the file", "$text-warning"))
        return Content.assemble(*head)


def read_proposal(change: ProposedChange, root: Path) -> Proposal | None:
    """The change against the file as it is now; None where it changes nothing. Raises CoderError."""
    source = read_source(change.path, root)
    text = change.text
    if source.text and not source.text.endswith("\n"):
        text = text.removesuffix("\n")
    return None if text == source.text else Proposal(source, text)


def _kind(line: str) -> str:
    return {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "context")


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(visible(line.expandtabs(4)) for line in lines)
