"""A list of lines of which one is chosen, and what is known of that one."""

from textual.screen import ModalScreen
from textual.widgets import OptionList

_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]


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


class PickerScreen(ModalScreen[str | None]):
    """Ends with what was chosen, None for nothing. `#about`, the details of what is highlighted, is below the
    list, in a wide terminal beside it."""

    DEFAULT_CSS = """
    PickerScreen {
        background: $background;
        #list-and-about { height: 1fr; }
        #about { height: auto; min-height: 6; max-height: 9; padding: 0 3; }
        Footer { background: $background; padding: 0 1; }
        &.-wide {
            #list-and-about { layout: horizontal; }
            Picker { width: 3fr; }
            #about { width: 2fr; height: 1fr; max-height: 100%; margin: 2 0 0 0; }
        }
    }
    """
    HORIZONTAL_BREAKPOINTS = _BREAKPOINTS
