"""The garbage collector, kept from stopping the screen."""

import gc

# Gives a collection of the young some thousand objects to look at, and one of the old a few millions.
_THRESHOLDS = (5000, 20, 20)
# Some fifteen megabytes, for a stop of a tenth of a second.
_FREED_AT_ONCE = 200


def spare_what_lives() -> None:
    """Never look again at what lives now, and less often at what comes. Once all is imported there are a
    quarter of a million objects: to look through them held the screen for a fifth of a second."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


class Removed:
    """Counts messages whose widgets are removed, and frees them many at a time. Each is a net of some
    thousand objects that hold each other: left to the thresholds, a hundred megabytes of them would wait."""

    def __init__(self) -> None:
        self._waiting = 0

    def add(self, count: int) -> None:
        self._waiting += count
        if self._waiting >= _FREED_AT_ONCE:
            self._waiting = 0
            gc.collect()
