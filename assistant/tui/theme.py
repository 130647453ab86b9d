"""The colours: quiet, one accent, on dark or on light; with more contrast; or those of the terminal."""

from collections.abc import Iterable
from difflib import get_close_matches

from textual.theme import Theme

from assistant.errors import UsageError

# For parts of a text; widgets as a whole have `$text-muted`, which knows their background.
FAINT = "$foreground 70%"
DARK = Theme(
    name="coder-dark",
    dark=True,
    primary="#7aa2c9",
    secondary="#8f9bb3",
    accent="#8fbcbb",
    success="#8fb573",
    warning="#d9b26a",
    error="#cf7277",
    foreground="#d5d9e0",
    background="#101216",
    surface="#181b21",
    panel="#14171c",
)
LIGHT = Theme(
    name="coder-light",
    dark=False,
    primary="#2f6699",
    secondary="#5a6577",
    accent="#1f7a78",
    success="#3d7a2a",
    warning="#8f6410",
    error="#b0343b",
    foreground="#22262d",
    background="#fbfbf9",
    surface="#f0f0ec",
    panel="#e9e9e4",
)
CONTRAST = Theme(
    name="coder-contrast",
    dark=True,
    primary="#ffd700",
    secondary="#ffffff",
    accent="#00ffff",
    success="#00ff5f",
    warning="#ffaf00",
    error="#ff8787",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    text_alpha=1.0,
)
# The sixteen colours that the user has chosen for the terminal; what they are is not known here.
ANSI = Theme(
    name="coder-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-text-style": "bold",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_black",
    },
)
THEMES = (DARK, LIGHT, CONTRAST, ANSI)


def name_of_theme(wanted: str | None, known: Iterable[str]) -> str:
    """The full name of a theme: `light` is `coder-light`, None is the usual one. Raises UsageError."""
    known = list(known)
    for name in (f"coder-{wanted}", wanted or DARK.name):
        if name in known:
            return name
    short = [name.removeprefix("coder-") for name in known]
    close = get_close_matches(str(wanted), short, n=1)
    raise UsageError(
        f"There is no theme {wanted!r}.",
        hint=f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(short))}.",
    )


def keep_theme(name: str) -> None:
    """Make this theme the one of the user's settings. Raises CoderError."""
    from assistant.config.change import set_value  # not needed before a theme is chosen
    from assistant.config.load import user_file

    set_value(user_file(), "app.theme", name.removeprefix("coder-"))


def theme_after(name: str) -> str:
    """The next of coder's own."""
    names = [theme.name for theme in THEMES]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
