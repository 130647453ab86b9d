"""Asks for a text of several lines, in a box over the screen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, TextArea

from assistant.tui.theme import FAINT
from assistant.visible import visible


class AskText(ModalScreen[str | None]):
    """`title` says what for; `note` stands below. Dismissed with the text, or None."""

    CSS = """
    AskText {
        align: center middle;
        Vertical {
            width: 90%;
            max-width: 100;
            height: auto;
            border: round $primary;
            border-title-style: bold;
            background: $surface;
            padding: 0 1;
        }
        TextArea { height: auto; min-height: 3; max-height: 60vh; border: none; padding: 0; }
        Static { color: $text-muted; margin: 1 0 0 0; }
        Footer { background: $background; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "accept", "Take it", key_display="Ctrl+S", priority=True),
        Binding("escape", "dismiss", "Cancel"),
    ]

    def __init__(self, title: str, text: str = "", note: str = "", language: str | None = None) -> None:
        super().__init__()
        self._title, self._text, self._note, self._language = title, text, note, language

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(visible(self._title))
            yield TextArea(self._text, soft_wrap=self._language is None, show_line_numbers=False)
            if self._note:
                yield Static(Content.styled(visible(self._note), FAINT), markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        if self._language in area.available_languages:
            area.language = self._language
        area.move_cursor(area.document.end if self._language is None else (0, 0))
        area.focus()

    def action_accept(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
