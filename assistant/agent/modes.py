"""How much the agent may do without asking."""

from typing import Literal, get_args

from assistant.errors import UsageError

Mode = Literal["ask", "auto-edit", "full", "read-only", "plan"]
MODES: tuple[Mode, ...] = get_args(Mode)


def next_mode(mode: Mode) -> Mode:
    """The one behind it; the first behind the last."""
    return MODES[(MODES.index(mode) + 1) % len(MODES)]


def mode_called(name: str) -> Mode:
    """The mode called so, or the only one that begins so. Raises UsageError."""
    found = [mode for mode in MODES if mode.startswith(name.lower())]
    if len(found) != 1:
        raise UsageError(f"There is no mode {name!r}.", hint=f"There are: {', '.join(MODES)}.")
    return found[0]
