"""Fewer hunks that still pass: each hunk that the test does not need is dropped again.

One pass of delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing
input") over the hunks of a change, with the project's own test as the oracle.
"""

from collections.abc import Callable, Iterator, Sequence

from assistant.repo.hunks import Hunk

Passes = Callable[[Sequence[Hunk]], bool]


def needed_hunks(hunks: Sequence[Hunk], doubtful: Callable[[Hunk], bool], passes: Passes) -> list[Hunk]:
    """The hunks, of a change that passes, without which it would not. Doubtful ones are tried first."""
    needed = list(hunks)
    if len(needed) < 2:
        return needed
    for hunk in sorted(hunks, key=lambda hunk: not doubtful(hunk)):
        fewer = [each for each in needed if each is not hunk]
        if fewer and passes(fewer):
            needed = fewer
    return needed


def passing_part(
    hunks: Sequence[Hunk], doubtful: Callable[[Hunk], bool], passes: Passes
) -> list[Hunk] | None:
    """A part of a change that passes although the whole does not: a small model often repairs one line
    and damages another. None where no part tried does."""
    return next((list(part) for part in _parts(hunks, doubtful) if passes(part)), None)


def _parts(hunks: Sequence[Hunk], doubtful: Callable[[Hunk], bool]) -> Iterator[Sequence[Hunk]]:
    if len(hunks) < 2:
        return
    expected = [hunk for hunk in hunks if not doubtful(hunk)]
    if 1 < len(expected) < len(hunks):
        yield expected
    for hunk in sorted(hunks, key=doubtful):
        yield [hunk]
