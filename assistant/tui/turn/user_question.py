"""The model asks what only the user knows."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from assistant.tui.turn.decision import Decision
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.tui.answer import Answer


class UserQuestion(Decision, can_focus=False):
    """Enter answers; an empty answer leaves it to the model."""

    BORDER_TITLE = "The model asks"

    def __init__(self, question: str, answer: "Answer[str]") -> None:
        super().__init__()
        self._question = question
        self._answer = answer

    def compose(self) -> ComposeResult:
        yield Static(Content(visible(self._question)))
        yield Input(placeholder="Enter answers; Enter alone lets it decide", compact=True)

    def focus(self, scroll_visible: bool = True) -> "UserQuestion":
        self.query_one(Input).focus(scroll_visible)
        return self

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._decide():
            self._answer.give(event.value.strip() or None)
