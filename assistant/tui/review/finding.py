"""Where a text stands in a diff."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.repo.diff import FileDiff


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A line of a hunk of a file, as their numbers; a file's name is line -1 of hunk -1."""

    file: int
    hunk: int = -1
    line: int = -1


def pattern_of(text: str) -> re.Pattern[str]:
    """Finds `text` as it is, in either case unless it has a capital letter."""
    return re.compile(re.escape(text), re.NOFLAG if text != text.lower() else re.IGNORECASE)


def matches(files: Sequence[FileDiff], text: str) -> list[Match]:
    """The lines and names that hold `text`, in order; none for no text."""
    return list(_matches(files, pattern_of(text))) if text else []


def _matches(files: Sequence[FileDiff], wanted: re.Pattern[str]) -> Iterator[Match]:
    for number, file in enumerate(files):
        if wanted.search(file.path):
            yield Match(number)
        for at, hunk in enumerate(file.hunks):
            for line, each in enumerate(hunk.lines):
                if wanted.search(each.content.decode("utf-8", "replace")):
                    yield Match(number, at, line)


def next_match(found: Sequence[Match], place: Match, step: int) -> int:
    """The number of the first match behind `place`, or before it where `step` is -1; at the end it goes on
    from the other end. There is at least one; with `step` 0 one at `place` counts, too."""
    order = range(len(found)) if step >= 0 else range(len(found) - 1, -1, -1)
    beyond = (
        n
        for n in order
        if (found[n] < place if step < 0 else found[n] > place or (not step and found[n] == place))
    )
    return next(beyond, order[0])
