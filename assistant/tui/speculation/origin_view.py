"""An answer as it was written, each word in the look of where it came from."""

import time

from textual.content import Content
from textual.widgets import Static

from assistant.tui.speculation.origin import coloured, legend

# Laying out the whole answer anew takes longer than adding to it.
_UPDATE_S = 0.25


class OriginView(Static):
    """Takes the place of the rendered answer while it is shown."""

    DEFAULT_CSS = """
    OriginView { display: none; height: auto; padding: 0 1; margin: 0 0 1 0; &.shown { display: block; } }
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[str, str | None]] = []
        self._updated = 0.0

    def add(self, text: str, drafter: str | None) -> None:
        if self.runs and self.runs[-1][1] == drafter:
            self.runs[-1] = (self.runs[-1][0] + text, drafter)
        else:
            self.runs.append((text, drafter))
        if self.has_class("shown") and time.monotonic() - self._updated > _UPDATE_S:
            self._redraw()

    def show(self, shown: bool) -> None:
        self.set_class(shown and bool(self.runs), "shown")
        if shown:
            self._redraw()

    def _redraw(self) -> None:
        self._updated = time.monotonic()
        self.update(Content.assemble(coloured(self.runs), "\n\n", legend(self.runs)))
