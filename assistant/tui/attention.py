"""Call the user back to the terminal when long work has ended."""

import os

from textual.app import App

from assistant.visible import visible

LONG_S = 10.0


def call_back(app: App[None], text: str, seconds: float) -> None:
    """Where the work took long and the user is elsewhere: ring the bell, show `text` on the desktop (OSC 9).

    Terminals that do not know OSC 9 ignore it; tmux is told to pass it on, which it does where
    `allow-passthrough` is on. The bell reaches the user in any case."""
    driver = app._driver
    if app.app_focus or seconds < LONG_S or driver is None:
        return
    app.bell()
    message = "".join(c for c in visible(text) if c.isprintable())
    sequence = f"\x1b]9;{message}\x07"
    if in_tmux(app):
        sequence = f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    driver.write(sequence)
    driver.flush()


def in_tmux(app: App[None]) -> bool:
    """Whether tmux lies between the app and the terminal; a browser has none."""
    return "TMUX" in os.environ and not (app._driver and app._driver.is_web)
