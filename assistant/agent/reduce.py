"""Fewer hunks that still pass: each hunk that the test does not need is dropped again.

One pass of delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing
input") over the hunks of a change, with the project's own test as the oracle.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TypeVar

from assistant.agent.trial import Trial
from assistant.repo.files import Keep, SourceFile
from assistant.repo.hunks import Hunk, apply_hunks, diff_hunks, unified_diff

Passes = Callable[[Sequence[Hunk]], bool]
H = TypeVar("H")


def needed_hunks(
    hunks: Sequence[H], doubtful: Callable[[H], bool], passes: Callable[[Sequence[H]], bool]
) -> list[H]:
    """The hunks, of a change that passes, without which it would not. Doubtful ones are tried first."""
    needed = list(hunks)
    if len(needed) < 2:
        return needed
    for hunk in sorted(hunks, key=lambda hunk: not doubtful(hunk)):
        fewer = [each for each in needed if each is not hunk]
        if fewer and passes(fewer):
            needed = fewer
    return needed


def not_needed(
    changes: Sequence[tuple[SourceFile, SourceFile]], record: Keep, passes: Callable[[], bool]
) -> str:
    """The diff of those hunks of changes, from the first to the second of each pair, without which the test
    passes as well; empty where all are needed. The files are as before when this returns. Raises
    RefusedError where one is changed by somebody else meanwhile."""
    hunks = [(i, hunk) for i, (old, new) in enumerate(changes) for hunk in diff_hunks(old.text, new.text)]

    def text(i: int, part: Sequence[tuple[int, Hunk]]) -> str:
        return apply_hunks(changes[i][0].text, [hunk for at, hunk in part if at == i])

    with ExitStack() as stack:
        trials = [stack.enter_context(Trial(new, record)) for _, new in changes]

        def passes_with(part: Sequence[tuple[int, Hunk]]) -> bool:
            for i, trial in enumerate(trials):
                trial.put(text(i, part))
            return passes()

        needed = needed_hunks(hunks, lambda _: False, passes_with)
    return "".join(unified_diff(text(i, needed), new.text, new.shown) for i, (_, new) in enumerate(changes))


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
