"""How often a thread tells the screen what is new."""

import time

UPDATE_S = 0.05


class Pace:
    """Says when the next update is due."""

    def __init__(self) -> None:
        self._last = 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last < UPDATE_S:
            return False
        self._last = now
        return True
