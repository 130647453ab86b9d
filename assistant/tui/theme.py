"""The colours: quiet, one accent, on dark or on light; and one for those who need more contrast."""

from textual.theme import Theme

# For parts of a text; widgets as a whole have `$text-muted`, which knows their background.
FAINT = "$foreground 55%"
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
THEMES = (DARK, LIGHT, CONTRAST)
