"""Call something that may fail, again and again, with growing pauses between."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class GaveUp(Exception):
    """No attempt succeeded; the last failure is the cause."""


def backoff(attempt: int, base: float, limit: float, jitter: float = 0.0) -> float:
    """Seconds to wait before attempt number `attempt`, counted from 1."""
    if attempt <= 1:
        return 0.0
    pause = min(limit, base * 2 ** (attempt - 2))
    return pause * (1 + random.uniform(-jitter, jitter))


def retry(
    call: Callable[[], T],
    attempts: int = 5,
    base: float = 0.5,
    limit: float = 30.0,
    on: tuple[type[Exception], ...] = (OSError,),
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """The result of the first attempt that succeeds. Failures of other kinds than `on` are raised at once."""
    if attempts < 1:
        raise ValueError("at least one attempt")
    failure: Exception | None = None
    for attempt in range(1, attempts + 1):
        sleep(backoff(attempt, base, limit))
        try:
            return call()
        except on as error:
            failure = error
    raise GaveUp(f"{attempts} attempts failed") from failure
