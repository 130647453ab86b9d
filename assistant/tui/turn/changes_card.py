"""The files that a turn has changed, and the way back."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from assistant.tui.choice import Choice
from assistant.tui.message import ChatMessage
from assistant.tui.record import Record
from assistant.tui.theme import FAINT
from assistant.visible import visible


class ChangesCard(ChatMessage):
    """`turn` is the checkpoint that takes them back."""

    DEFAULT_CSS = """
    ChangesCard {
        margin: 1 0 0 0;
        padding: 0 1;
        border-left: outer $success;
        &.undone { border-left: outer $foreground 25%; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "undo", "Undo")]

    class UndoWanted(Message):
        """The user wants this turn taken back."""

        def __init__(self, turn: int) -> None:
            super().__init__()
            self.turn = turn

    def __init__(self, turn: int, paths: tuple[str, ...]) -> None:
        super().__init__()
        self.turn = turn
        self._names = ", ".join(map(visible, paths))
        self.undone = False
        self._line = Choice()

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._show()

    def record(self) -> Record:
        return Record("coder", f"changed {self._names}{' · taken back' if self.undone else ''}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.undone if action == "undo" else super().check_action(action, parameters)

    async def on_choice_chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        await self.run_action(event.action)

    def action_undo(self) -> None:
        self.post_message(self.UndoWanted(self.turn))

    def take_back(self) -> None:
        """The turn was taken back."""
        self.undone = True
        self._show()
        self.refresh_bindings()

    def _show(self) -> None:
        self.set_class(self.undone, "undone")
        if self.undone:
            self._line.update(Content(f"changed {self._names} · taken back"))
            return
        ways = Content.from_markup(
            "[@click=choose('undo')]/undo takes it back[/] · [@click=app.review]^R reviews[/]"
        )
        self._line.update(Content.assemble("changed ", (self._names, "bold"), "   ", ways.stylize(FAINT)))
