"""What the last key did, and what is left to do."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from assistant.errors import CoderError
from assistant.visible import visible


class Outcome(Horizontal):
    """The last decision and the count of what is left, or why it was not made."""

    DEFAULT_CSS = """
    Outcome {
        height: 1;
        padding: 0 2;
        background: $panel;
        color: $text-muted;
        #said { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        #left { width: auto; }
        &.refused {
            height: auto;
            color: $foreground;
            #said { height: auto; max-height: 3; text-wrap: wrap; }
            #left { display: none; }
        }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        yield Static(id="left", markup=False)

    def say(self, text: str, *, done: bool = True) -> None:
        self.remove_class("refused")
        mark = ("✓ ", "$text-success") if done and text else ""
        self.query_one("#said", Static).update(Content.assemble(mark, visible(text)))

    def refuse(self, error: CoderError) -> None:
        """Say why not, on as many lines as that takes."""
        self.add_class("refused")
        hint = f"  {error.hint}" if error.hint else ""
        told = Content.assemble(("✗ ", "$text-error"), visible(error.message), visible(hint))
        self.query_one("#said", Static).update(told)

    def show_left(self, text: str) -> None:
        self.query_one("#left", Static).update(Content(text))
