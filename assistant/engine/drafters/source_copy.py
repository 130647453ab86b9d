"""The drafter's own copy of the files that an answer rewrites, and the changes it makes to it.

Where the answer shows that a name or an indentation is changed, the copy is changed in the same way
from there on, so that what follows can be drafted as it will be written.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from math import log2
from typing import Protocol

from assistant.engine.drafters.ngram_index import SEPARATOR, NgramIndex

# One equal token far away is chance.
_ORDERS = (2, 4, 8)
_SEPARATOR_TEXT = b"\0"
# Bytes of other scripts count as letters.
_LETTERS = rb"[A-Za-z0-9_\x80-\xff]+"
_WORD = re.compile(_LETTERS)
_PIECE = re.compile(_LETTERS + rb"|\s+|.", re.DOTALL)
_NAME = re.compile(rb"(?![0-9])" + _LETTERS)


class Vocabulary(Protocol):
    """What is needed of a model to see the text behind token ids."""

    def tokenize(self, text: str, *, special: bool = True) -> list[int]: ...

    def piece(self, token: int) -> bytes: ...


class SourceCopy:
    """`tokens` of all files, each closed by a SEPARATOR, with their text and an index of n-grams.

    `doubtful` are the places of tokens that are there because of a change nothing has confirmed yet.
    Without a vocabulary the text is empty, and nothing can be changed."""

    def __init__(self, tokens: Sequence[int], vocabulary: Vocabulary | None) -> None:
        self._vocabulary = vocabulary
        self.index = NgramIndex(_ORDERS)
        self.index.extend(tokens)
        self.tokens = self.index.tokens
        self.doubtful: set[int] = set()
        pieces = [self.piece(token) for token in tokens]
        self._text = b"".join(pieces)
        self._offsets = array("i", accumulate(map(len, pieces), initial=0))
        self._places: dict[int, list[int]] = defaultdict(list)
        for place, token in enumerate(tokens, 1):
            self._places[token].append(place)
        self._bits = {token: log2(len(tokens) / len(found)) for token, found in self._places.items()}

    def piece(self, token: int) -> bytes:
        """The bytes of `token`, none where no vocabulary is known."""
        if self._vocabulary is None:
            return b""
        return _SEPARATOR_TEXT if token == SEPARATOR else self._vocabulary.piece(token)

    def bits(self, token: int) -> float:
        """How much seeing `token` tells of the place: rare tokens tell more than common ones."""
        return self._bits.get(token, 0.0)

    def places_behind(self, token: int, start: int, stop: int) -> list[int]:
        """The places in `[start, stop)` that follow `token`."""
        places = self._places.get(token, [])
        return places[bisect_left(places, start) : bisect_left(places, stop)]

    @cached_property
    def words(self) -> frozenset[bytes]:
        return frozenset(_WORD.findall(self._text))

    def line_before(self, place: int) -> bytes:
        """The text between the start of the line and `place`."""
        end = self._offsets[place]
        return self._text[self._text.rfind(b"\n", 0, end) + 1 : end]

    def same_line(self, left: int, place: int) -> bool:
        """Whether `place` is in the line of the token at `left`, or in that which this token begins."""
        left = min(left + 1, len(self.tokens))
        first, last = sorted((self._offsets[left], self._offsets[place]))
        return b"\n" not in self._text[first:last]

    def behind_word(self, place: int) -> int:
        """The place behind the token at `place` and the rest of the word that it ends in."""
        if place >= len(self.tokens):
            return len(self.tokens)
        word = _WORD.match(self._text, max(0, self._offsets[place + 1] - 1))
        end = word.end() if word else self._offsets[place + 1]
        return max(place + 1, bisect_left(self._offsets, end, hi=len(self.tokens)))

    def renamed(self, place: int, names: dict[bytes, bytes]) -> "SourceCopy":
        """A copy in which the words of `names` are replaced behind `place`."""
        start = self._offsets[place]
        copy = self._with_rest(place, _WORD.sub(lambda word: names.get(word[0], word[0]), self._text[start:]))
        new = set(names.values())
        for word in _WORD.finditer(copy._text, start):
            if word[0] in new:
                first = bisect_right(copy._offsets, word.start()) - 1
                copy.doubtful.update(range(first, bisect_left(copy._offsets, word.end())))
        return copy

    def indented(self, place: int, old: bytes, new: bytes) -> "SourceCopy":
        """A copy in which the lines behind that of `place` begin with `new` instead of `old`, as far
        as they are not indented less than `old`."""
        first, *lines = self._text[self._offsets[place] :].split(b"\n")
        for i, line in enumerate(lines):
            if line.startswith(old) and line.strip():
                lines[i] = new + line[len(old) :]
            elif line.strip():
                break
        return self._with_rest(place, b"\n".join((first, *lines)))

    def _with_rest(self, place: int, text: bytes) -> "SourceCopy":
        """A copy that goes on with `text` at `place`."""
        assert self._vocabulary is not None
        tokens = self.tokens[:place]
        files = text.decode("utf-8", "surrogateescape").split(_SEPARATOR_TEXT.decode())
        for file in files[:-1]:
            tokens.extend(self._vocabulary.tokenize(file, special=False))
            tokens.append(SEPARATOR)
        return SourceCopy(tokens, self._vocabulary)


def changed_names(old_line: bytes, new_line: bytes) -> dict[bytes, bytes]:
    """The names replaced in `new_line`, empty unless the lines are otherwise alike to their ends."""
    old, new = (_PIECE.findall(line.strip()) for line in (old_line, new_line))
    if len(old) != len(new) or old[-1:] != new[-1:]:
        return {}
    names: dict[bytes, bytes] = {}
    for before, after in zip(old, new, strict=True):
        if before != after and names.setdefault(before, after) != after:
            return {}
    if all(_NAME.fullmatch(name) for pair in names.items() for name in pair):
        return names
    return {}


def indentation(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(b" \t"))]
