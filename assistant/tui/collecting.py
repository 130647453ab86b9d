"""The garbage collector, kept from stopping the screen."""

import gc

# Gives a collection of the young some thousand objects to look at, and one of the old a few millions.
_THRESHOLDS = (5000, 20, 20)


def spare_what_lives() -> None:
    """Never look again at what lives now, and less often at what comes. Once all is imported there are a
    quarter of a million objects: to look through them held the screen for a fifth of a second."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
