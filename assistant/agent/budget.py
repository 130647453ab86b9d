"""A time budget: when it is spent, whatever listens to `cancel` stops."""

import threading
from types import TracebackType
from typing import Self


class Budget:
    """`seconds` of wall time from entering it; None never ends. `cancel` is set when it is spent."""

    def __init__(self, seconds: float | None) -> None:
        self.cancel = threading.Event()
        self._timer = threading.Timer(seconds, self.cancel.set) if seconds is not None else None

    @property
    def spent(self) -> bool:
        return self.cancel.is_set()

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
