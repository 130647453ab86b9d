"""When to ask a server again."""

import random
import time
from email.utils import parsedate_to_datetime

MOST_TRIES = 5
LONGEST_WAIT_S = 60.0
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF_S = 8.0


def is_passing(status: int) -> bool:
    """Whether another try may do better."""
    return status in _RETRIED


def wait_s(tries: int, first_s: float, retry_after: str | None) -> float | None:
    """Seconds to wait after so many `tries`, None where it is time to give up: what the server asks for
    with Retry-After, else twice as long each time, with jitter so that many clients do not come at once."""
    if tries >= MOST_TRIES:
        return None
    asked = _asked_s(retry_after)
    if asked is not None:
        return asked if asked <= LONGEST_WAIT_S else None
    return min(first_s * 2.0 ** (tries - 1), _LONGEST_BACKOFF_S) * random.uniform(0.5, 1.0)


def _asked_s(retry_after: str | None) -> float | None:
    """Retry-After in seconds: it is a number of them, or a date."""
    if not retry_after:
        return None
    try:
        return max(float(retry_after), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
