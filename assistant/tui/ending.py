"""An app that ends when the system says so, with the terminal as it was before."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App

from assistant.ending import when_told_to_end


def exit_when_told(app: App[Any], *, first: Callable[[], None] = lambda: None) -> None:
    """Call `first` and exit `app` at SIGTERM, and when its terminal is closed. Called by the running app."""
    loop = asyncio.get_running_loop()

    def end(_: int) -> None:
        first()
        loop.call_soon_threadsafe(app.exit)

    # Not of the event loop: that may wait for a terminal that is gone, to the end of days.
    when_told_to_end(end, even_if_ignored=True)
