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
_SENTENCE_ENDS = re.compile(r"[.!?](?=\s)|\n")
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
    for start, end in _sentences(text):
        words = text[start:end].strip()
        if words.startswith("```"):
            is_code = not is_code
        elif len(words) >= _LONG_SENTENCE and not is_code:
            if words in said:
                return text[:start]
            said.add(words)
    for length in range(_SHORTEST_CIRCLE, min(len(text) // MOST, _LONGEST_CIRCLE) + 1):
        circle = text[-length:]
        if text.endswith(circle * MOST):
            at = len(text)
            while text.endswith(circle * 2, 0, at):
                at -= length
            ends = [end for _, end in _sentences(text[:at])]
            return text[: ends[-1] if ends else at]
    return text


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each that has an end begins and ends."""
    start = 0
    for found in _SENTENCE_ENDS.finditer(text):
        if text[start : found.start()]:
            yield start, found.end()
        start = found.end()
