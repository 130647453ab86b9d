"""The frame around what asks or shows something in the conversation."""

from textual.containers import Vertical


class Framed(Vertical, can_focus=True):
    """Its title says what it is about; the colour says whether the keys go there."""

    DEFAULT_CSS = """
    Framed {
        height: auto;
        margin: 1 0 0 0;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        &:focus, &:focus-within { border: round $primary; }
        Static { padding: 0 1; }
    }
    """
