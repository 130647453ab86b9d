"""Several downloads at once, whose progress is told in the thread that waits for them."""

import time
from collections.abc import Callable, Sequence
from queue import Empty, Queue
from threading import Event, Semaphore, Thread
from typing import TypeVar

T = TypeVar("T")
Job = Callable[[Callable[[T], None]], None]
_POLL_S = 0.1
_PATIENCE_S = 1.0


def run_together(
    jobs: Sequence[Job[T]],
    report: Callable[[T], None],
    *,
    at_once: int,
    cancel: Event | None = None,
) -> bool:
    """Run the jobs in threads, `at_once` of them at a time. `report` gets here what they tell. The first
    failure, what `report` raises, or `cancel` ends all: a job ends at the next thing that it tells. Returns
    whether all were done."""
    events: Queue[T | _Ended] = Queue()
    over, turns = Event(), Semaphore(at_once)
    # A job may hang in the network when all is over: it does not keep the process.
    threads = [Thread(target=_work, args=(job, events, over, turns), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        left = len(jobs)
        while left and not (cancel and cancel.is_set()):
            try:
                said = events.get(timeout=_POLL_S)  # in slices: Ctrl-C is not kept waiting
            except Empty:
                continue
            if not isinstance(said, _Ended):
                report(said)
            elif said.error:
                raise said.error
            else:
                left -= 1
        return not left
    finally:
        over.set()
        end = time.monotonic() + _PATIENCE_S
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))


class _Ended:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _OverError(Exception):
    """Another job failed, or nobody waits any more."""


def _work(job: Job[T], events: "Queue[T | _Ended]", over: Event, turns: Semaphore) -> None:
    def tell(said: T) -> None:
        if over.is_set():
            raise _OverError
        events.put(said)

    with turns:
        try:
            if not over.is_set():
                job(tell)
            events.put(_Ended())
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            events.put(_Ended(error))
            over.set()  # before another takes this one's turn
