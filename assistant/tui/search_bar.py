"""Search in the conversation."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class SearchBar(Horizontal):
    """Hidden until it is opened. It shows the newest match while one writes; Enter goes there."""

    DEFAULT_CSS = """
    SearchBar {
        display: none;
        height: 1;
        padding: 0 2;
        background: $panel;
        &.open { display: block; layout: horizontal; }
        Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        Static { width: auto; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Go there", priority=True),
        Binding("escape", "close", "Close", priority=True),
    ]

    class Wanted(Message):
        """Show the newest match of `text`; `go` says to give it the focus too."""

        def __init__(self, text: str, go: bool) -> None:
            super().__init__()
            self.text = text
            self.go = go

    class Closed(Message):
        """The search is over."""

    def __init__(self, where: str = "in the conversation") -> None:
        super().__init__()
        self._input = Input(placeholder=f"Find {where}", compact=True)
        self._count = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield Static("/ ")
        yield self._input
        yield self._count

    @property
    def text(self) -> str:
        return self._input.value

    def open(self, text: str = "") -> None:
        self.add_class("open")
        self._input.focus()
        if text:
            self._input.value = text
        self._input.action_select_all()

    def tell(self, place: int, count: int) -> None:
        """Say that the `place`-th of `count` matches is shown, counted from the newest."""
        self._count.update(f"{place} of {count}" if count else "not found" if self.text else "")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Wanted(self.text, go=False))

    def action_go(self) -> None:
        self.post_message(self.Wanted(self.text, go=True))

    def action_close(self) -> None:
        self.remove_class("open")
        self._input.value = ""
        self.post_message(self.Closed())
