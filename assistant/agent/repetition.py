"""A model that goes round in circles: the same text to the same effect, while nothing has changed."""

from collections import Counter
from dataclasses import replace

from assistant.agent.events import Observed

MOST = 3
_TOLD = "\nYou did this before, and nothing has changed since. Do something else."


class Repetition:
    """Counts what the model wrote since the last change."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self._last = 0

    def noted(self, said: str, observed: Observed) -> Observed:
        """`observed`, with a word on it where this is a repetition."""
        if observed.changed:  # asking again may give another answer
            self._seen.clear()
        call = (said, observed.text)
        self._seen[call] += 1
        self._last = self._seen[call]
        return replace(observed, text=observed.text + _TOLD) if self.begins else observed

    @property
    def begins(self) -> bool:
        """What was said last was said before."""
        return self._last > 1

    @property
    def stuck(self) -> bool:
        return self._last >= MOST
