"""Shown instead of everything while the terminal is too small for it."""

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

SMALLEST = Size(60, 15)


def too_small(size: Size) -> bool:
    return size.width < SMALLEST.width or size.height < SMALLEST.height


class TooSmall(ModalScreen[None]):
    """Takes the keys too, so that nothing is decided unseen. It goes when there is room again."""

    CSS = """
    TooSmall {
        align: center middle;
        background: $background;
        Static { width: auto; max-width: 100%; text-align: center; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(self._told(self.app.size), markup=False)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Static).update(self._told(event.size))
        self._go_when_there_is_room(event.size)

    def on_screen_resume(self) -> None:
        self._go_when_there_is_room(self.app.size)

    def _go_when_there_is_room(self, size: Size) -> None:
        if not too_small(size) and self.is_current:
            self.dismiss()

    def _told(self, size: Size) -> str:
        return (
            f"This terminal has {size.width}×{size.height} cells.\n"
            f"coder needs {SMALLEST.width}×{SMALLEST.height}.\n"
            "Make it larger, or quit with Ctrl+Q."
        )
