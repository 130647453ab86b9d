"""A list of lines of which one is chosen."""

from textual.widgets import OptionList


class Picker(OptionList):
    """One line an option; what is too long for the screen is cut."""

    DEFAULT_CSS = """
    Picker {
        height: 1fr;
        margin: 1 1 0 1;
        padding: 0 1;
        border: round $foreground 25%;
        background: $background;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus {
            border: round $primary;
            background-tint: $background 0%;
            & > .option-list--option-highlighted {
                background: $primary 30%;
                color: $foreground;
                text-style: bold;
            }
        }
        & > .option-list--option-highlighted { background: $primary 15%; color: $foreground; }
        &:ansi > .option-list--option-highlighted { background: ansi_default; text-style: bold reverse; }
    }
    """
