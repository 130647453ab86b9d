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


class Circles:
    """A text that grows, watched for where it begins to say the same over and over: a long sentence a second
    time, code left out, or its end three times, letter by letter."""

    def __init__(self) -> None:
        self._text = ""
        self._read = self._looked = 0
        self._said: set[str] = set()
        self._is_code = False

    def before(self, piece: str) -> str | None:
        """With `piece` behind it: the text before its circle, None while there is none. What was read is
        not read again, since this runs between the passes of the model."""
        self._text += piece
        at = self._said_again()
        if at is None:
            at = self._turned()
        return None if at is None else self._text[:at]

    def _said_again(self) -> int | None:
        looked, self._looked = self._looked, max(len(self._text) - 1, 0)  # an end may show by what follows
        for start, end in _sentences(self._text, self._read, looked):
            self._read = end
            words = self._text[start:end].strip()
            if words.startswith("```"):
                self._is_code = not self._is_code
            elif len(words) >= _LONG_SENTENCE and not self._is_code:
                if words in self._said:
                    return start
                self._said.add(words)
        return None

    def _turned(self) -> int | None:
        text, size = self._text, len(self._text)
        shortest, nearest = text[-_SHORTEST_CIRCLE:], max(size - _LONGEST_CIRCLE - _SHORTEST_CIRCLE, 0)
        place = text.rfind(shortest, nearest, size - 1)
        while place >= 0:
            length = size - _SHORTEST_CIRCLE - place
            circle = text[size - length :]
            if length >= _SHORTEST_CIRCLE and text.endswith(circle * MOST):
                at = size
                while text.endswith(circle * 2, 0, at):
                    at -= length
                ends = [end for _, end in _sentences(text[:at])]
                return ends[-1] if ends else at
            place = text.rfind(shortest, nearest, place + _SHORTEST_CIRCLE - 1)
        return None


def ended_at_circles(events: Iterator[ReplyEvent], cancel: Event) -> Iterator[ReplyEvent]:
    """The events of a reply that `cancel` ends, which is set where its text begins to go round in circles:
    then the reply is no more than what it said before."""
    circles, kept = Circles(), ""
    for event in events:
        if isinstance(event, TextPiece) and not event.thinking and not kept:
            before = circles.before(event.text)
            if before is not None:
                kept = before.strip()
                cancel.set()
        elif isinstance(event, Reply) and kept:
            event = replace(event, text=kept, finish="circles")
        yield event


def _sentences(text: str, start: int = 0, looked: int = 0) -> Iterator[tuple[int, int]]:
    """Where each that has an end begins and ends, from `start` on; none has its end before `looked`."""
    for found in _SENTENCE_ENDS.finditer(text, looked):
        if text[start : found.start()]:
            yield start, found.end()
        start = found.end()
