"""Where an answer is in the source that it rewrites."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log2

from assistant.engine.drafters.source_copy import SourceCopy

MOST_BITS = 255.0
_SETTLED_BITS = 32.0
_TAIL = 64
_LONGEST_RUN = 16
_AHEAD, _BEHIND = 512, 128
# What going on elsewhere costs: that it happens at all, how far, at most how far, and that it is back.
_JUMP_BITS, _BITS_PER_DOUBLING, _FAR_BITS, _BACK_BITS = 8.0, 1.5, 9.0, 4.0


@dataclass(slots=True)
class Walk:
    """`at` is the place of the token expected next, `bits` what speaks for it, `left` the place where
    the answer was when it was last surely in the source."""

    at: int = 0
    bits: float = 0.0
    left: int = 0
    tail: "array[int]" = field(default_factory=lambda: array("i"))

    def see(self, token: int) -> None:
        """Take a token that stands before the answer."""
        self.tail = self.tail[1 - _TAIL :]
        self.tail.append(token)

    def follow(self, source: SourceCopy, token: int) -> bool:
        """Take the answer's next token; returns whether it was the expected one."""
        self.see(token)
        expected = self.at < len(source.tokens) and source.tokens[self.at] == token
        if expected:
            self.at += 1
            self.bits = min(self.bits + source.bits(token), MOST_BITS)
        else:
            self._find_place(source)
        if self.bits >= _SETTLED_BITS:
            self.left = self.at
        return expected

    def _find_place(self, source: SourceCopy) -> None:
        """Weigh every place that the last tokens may have come from: what their match tells against
        what the jump costs. Where none is better than chance, assume that one word was replaced."""
        self.at, self.bits = source.behind_word(self.left), 0.0
        for place in self._candidates(source):
            bits = self._match(source, place) - self._jump(place)
            if bits > self.bits:
                self.at, self.bits = place, bits

    def _candidates(self, source: SourceCopy) -> Iterator[int]:
        """Places behind the last token: all near ones, and elsewhere the longest matches."""
        yield from source.places_behind(self.tail[-1], self.left - _BEHIND, self.left + _AHEAD)
        yield from (match.place for match in source.index.matches(self.tail))

    def _match(self, source: SourceCopy, place: int) -> float:
        """What the equal tokens before `place` tell, in bits."""
        bits = 0.0
        for back in range(1, min(_LONGEST_RUN, len(self.tail), place) + 1):
            token = self.tail[-back]
            if source.tokens[place - back] != token:
                break
            bits += source.bits(token)
        return bits

    def _jump(self, place: int) -> float:
        skipped = place - 1 - self.left
        far = min(_BITS_PER_DOUBLING * log2(1 + abs(skipped)), _FAR_BITS)
        return _JUMP_BITS + far + (_BACK_BITS if skipped < -1 else 0.0)
