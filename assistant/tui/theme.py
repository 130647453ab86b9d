"""The colours: quiet, dark, one accent."""

from textual.theme import Theme

THEME = Theme(
    name="coder",
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
