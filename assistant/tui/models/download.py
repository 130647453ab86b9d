"""A pull in the background: how far it is, how fast, and how long it will take."""

import time
from collections import deque
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from assistant.errors import CoderError

if TYPE_CHECKING:
    from assistant.catalog.manifest import Manifest, Selection
    from assistant.catalog.pull import PullProgress

_TELL_EVERY_S = 0.2
# The rate is that of the last seconds.
_WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class PullStatus:
    """Bytes `done` of `total` (0: not known) of all its files, at `rate` bytes a second (None: not known
    yet). `stage` is empty while it downloads."""

    name: str
    done: int = 0
    total: int = 0
    rate: float | None = None
    stage: str = "asking the hub"

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.rate if self.rate and self.total else None


class PullMoved(Message):
    """The pull got on."""


class PullEnded(Message):
    """The pull is over: the model is here, unless there is an error."""

    def __init__(self, name: str, error: CoderError | None) -> None:
        super().__init__()
        self.name = name
        self.error = error


class Download:
    """One pull, in a thread that posts to `listener` and does not keep the process: what has arrived is
    kept, and the next pull goes on from there."""

    def __init__(self, manifest: "Manifest", selection: "Selection", listener: MessagePump) -> None:
        self._manifest, self._selection = manifest, selection
        self._listener = listener
        self._cancel = Event()
        self._files: dict[str, PullProgress] = {}
        self._arrived: deque[tuple[float, int]] = deque()
        self._due = 0.0
        self.status = PullStatus(manifest.name)

    def start(self) -> None:
        Thread(target=self._run, name="pull", daemon=True).start()

    def cancel(self) -> None:
        """End it within a moment."""
        self._cancel.set()
        self.status = PullStatus(self._manifest.name, stage="ending")

    def _run(self) -> None:
        from assistant.catalog.pull import pull  # slow to import

        try:
            pull(self._manifest, self._moved, self._selection, cancel=self._cancel)
        except CoderError as error:
            self._end(error)
        except Exception as fault:  # noqa: BLE001 - nobody else would hear of it
            self._end(CoderError(f"Unexpected {type(fault).__name__}: {fault}"))
        else:
            self._end(None)

    def _end(self, error: CoderError | None) -> None:
        self._listener.post_message(PullEnded(self._manifest.name, error))

    def _moved(self, progress: "PullProgress") -> None:
        self._files[progress.file] = progress
        now = time.monotonic()
        if now < self._due or self._cancel.is_set():
            return
        self._due = now + _TELL_EVERY_S
        self.status = self._summed(now, progress)
        self._listener.post_message(PullMoved())

    def _summed(self, now: float, progress: "PullProgress") -> PullStatus:
        files = self._files.values()
        done, total = sum(file.done for file in files), sum(file.total for file in files)
        stage = {"waiting": "waiting for another coder", "checking": "checking what is here"}
        if progress.stage != "downloading":
            self._arrived.clear()
            return PullStatus(self._manifest.name, done, total, None, stage[progress.stage])
        self._arrived.append((now, done))
        while self._arrived[0][0] < now - _WINDOW_S:
            self._arrived.popleft()
        began, before = self._arrived[0]
        rate = (done - before) / (now - began) if now > began else None
        return PullStatus(self._manifest.name, done, total, rate, "")
