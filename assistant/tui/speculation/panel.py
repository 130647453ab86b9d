"""Speculation as plots, kept up to date while it is looked at."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from assistant.tui.speculation.drawings import Draw, costs, lengths, positions, rates
from assistant.tui.speculation.log import SpeculationLog

_UPDATE_S = 0.25


class Drawing(Static):
    """One drawing in a frame."""

    DEFAULT_CSS = """
    Drawing { height: 1fr; padding: 0 1; border: round $foreground 25%; border-title-color: $foreground; }
    """

    def __init__(self, title: str, draw: Draw, log: SpeculationLog) -> None:
        super().__init__()
        self.border_title = Content(title)
        self._draw = draw
        self._log = log

    def on_resize(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        room = self.content_size
        if room.width and room.height:
            self.update(self._draw(self._log, room.width, room.height))


class SpeculationPanel(ModalScreen[None]):
    """Four drawings. It costs nothing while it is closed."""

    DEFAULT_CSS = """
    SpeculationPanel {
        background: $background;
        Grid { grid-size: 2 2; height: 1fr; padding: 0 1; }
        Footer { background: $background; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f4,q", "dismiss", "Back to the conversation")]

    def __init__(self, log: SpeculationLog) -> None:
        super().__init__()
        self._log = log

    def compose(self) -> ComposeResult:
        with Grid():
            yield Drawing("speed over time", rates, self._log)
            yield Drawing("tokens of a pass", lengths, self._log)
            yield Drawing("kept, by place in the draft", positions, self._log)
            yield Drawing("cost of a pass, by its tokens", costs, self._log)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.set_interval(_UPDATE_S, self._redraw)

    def _redraw(self) -> None:
        for drawing in self.query(Drawing):
            drawing.redraw()
