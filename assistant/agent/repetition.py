"""A model that goes round in circles: the same text to the same effect, while nothing has changed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from threading import Event

from assistant.agent.events import Observed
from assistant.chat.generator import Reply, ReplyEvent, TextPiece

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


def ended_at_circles(events: Iterator[ReplyEvent], cancel: Event) -> Iterator[ReplyEvent]:
    """The events of a reply that `cancel` ends, which is set where its text begins to go round in circles:
    then the reply is no more than what it said before."""
    said, kept = "", ""
    for event in events:
        if isinstance(event, TextPiece) and not event.thinking and not kept:
            said += event.text
            if (before := without_circles(said)) != said:
                kept = before.strip()
                cancel.set()
        elif isinstance(event, Reply) and kept:
            event = replace(event, text=kept, finish="circles")
        yield event


def without_circles(text: str) -> str:
    """`text` up to where it began to say the same over and over: a long sentence a second time, code left
    out, or its end three times, letter by letter."""
    said: set[str] = set()
    is_code = False
    for sentence in _SENTENCE.finditer(text):
        words = sentence[0].strip()
        if words.startswith("```"):
            is_code = not is_code
        elif len(words) >= _LONG_SENTENCE and not is_code:
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
