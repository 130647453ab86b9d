"""The text of an answer as it grows: reasoning apart, and withheld what may begin a stop string."""

from collections.abc import Iterable

from assistant.chat.stop import StopStrings
from assistant.chat.thinking import ThinkingSplitter

Pieces = list[tuple[str, bool]]
"""Texts, each with whether it is reasoning."""


class AnswerText:
    """`text` is the answer so far and `thinking` the reasoning."""

    def __init__(self, splitter: ThinkingSplitter, stop: tuple[str, ...]) -> None:
        self._splitter = splitter
        self._stop = StopStrings(stop)
        self.text = ""
        self.thinking = ""

    @property
    def stopped(self) -> bool:
        """Whether a stop string was found."""
        return self._stop.found

    @property
    def reasons(self) -> bool:
        """Whether what comes next is reasoning."""
        return self._splitter.thinking

    def split(self, text: str) -> Pieces:
        """Take what the model wrote."""
        return self.take(self._splitter.feed(text))

    def take(self, pieces: Iterable[tuple[str, bool]]) -> Pieces:
        """Take what is told apart already. Stop strings count in the answer alone: reasoning may well quote
        them."""
        taken: Pieces = []
        for text, thinking in pieces:
            if thinking:
                self.thinking += text
            else:
                text = self._stop.feed(text)
                self.text += text
            if text:
                taken.append((text, thinking))
        return taken

    def flush(self) -> Pieces:
        """What was withheld, when no more text comes."""
        pieces = self.take(self._splitter.flush())
        rest = self._stop.flush()
        self.text += rest
        return [*pieces, (rest, False)] if rest else pieces
