"""A model that goes round in circles: the same text to the same effect, while nothing has changed."""

import re
from collections import Counter
from dataclasses import replace

from assistant.agent.events import Observed

MOST = 3
_SHORTEST_CIRCLE, _LONGEST_CIRCLE = 12, 600
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?](?=\s)|\n)")
_LONG_SENTENCE = 60
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


def without_circles(text: str) -> str:
    """`text` up to where it began to say the same over and over: a long sentence a second time, or its end
    three times, letter by letter."""
    said: set[str] = set()
    for sentence in _SENTENCE.finditer(text):
        if len(words := sentence[0].strip()) >= _LONG_SENTENCE:
            if words in said:
                return text[: sentence.start()]
            said.add(words)
    for length in range(_SHORTEST_CIRCLE, min(len(text) // MOST, _LONGEST_CIRCLE) + 1):
        end = text[-length:]
        if text.endswith(end * MOST):
            while text.endswith(end * 2):
                text = text[:-length]
            ends = list(_SENTENCE.finditer(text))
            return text[: ends[-1].end()] if ends else text
    return text
