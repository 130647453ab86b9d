"""A time budget: when it is spent, whatever listens to `cancel` stops."""

import threading
import time
from types import TracebackType
from typing import Self


class Budget:
    """`seconds` of wall time from entering it; None never ends. `cancel` is set when it is spent, and may
    be set by others before."""

    def __init__(self, seconds: float | None, cancel: threading.Event | None = None) -> None:
        self.cancel = cancel or threading.Event()
        self.spent = False
        self.seconds = seconds
        self._began = time.monotonic()
        self._timer = threading.Timer(seconds, self.spend) if seconds is not None else None

    def spend(self) -> None:
        """It is over: when the time is, or sooner where what is left is too little for anything."""
        self.spent = self.spent or not self.cancel.is_set()
        self.cancel.set()

    @property
    def left_s(self) -> float | None:
        """Seconds that are left, None where there is no end."""
        return None if self.seconds is None else self.seconds - (time.monotonic() - self._began)

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._timer:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
