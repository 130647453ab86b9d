"""A time budget: when it is spent, whatever listens to `cancel` stops."""

import threading
from types import TracebackType
from typing import Self


class Budget:
    """`seconds` of wall time from entering it; None never ends. `cancel` is set when it is spent, and may
    be set by others before."""

    def __init__(self, seconds: float | None, cancel: threading.Event | None = None) -> None:
        self.cancel = cancel or threading.Event()
        self.spent = False
        self._timer = threading.Timer(seconds, self._spend) if seconds is not None else None

    def _spend(self) -> None:
        self.spent = not self.cancel.is_set()
        self.cancel.set()

    def __enter__(self) -> Self:
        if self._timer:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
