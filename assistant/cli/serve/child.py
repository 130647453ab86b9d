"""The app that is served, as seen by itself."""

import os
import signal
import time
from threading import Thread

_LOOK_EVERY_S = 1.0


def is_served() -> bool:
    """Whether this process draws for the server instead of a terminal."""
    return "TEXTUAL_DRIVER" in os.environ


def end_with_server() -> None:
    """End this process when the server is gone, even if that was killed: nobody could reach it any more, and
    it would keep its model in memory."""
    if os.name != "nt":  # there the number of a parent stays
        Thread(target=_watch, args=(os.getppid(),), name="server", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
