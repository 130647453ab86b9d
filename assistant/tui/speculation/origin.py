"""Where each word came from: the drafter that guessed it, or the target alone."""

from collections import Counter
from collections.abc import Iterable

from textual.content import Content

from assistant.tui.theme import FAINT
from assistant.visible import visible

TARGET = "target"
# Each differs from the others without its colour too.
_STYLES = {
    TARGET: "$foreground",
    "lookup": "$text-accent underline",
    "edit": "$text-success italic",
    "forced": "$text-warning underline italic",
}
_DRAFT = "$text-primary bold"


def style_of(drafter: str | None) -> str:
    """How text of this origin looks. All drafters that are models look the same."""
    return _STYLES.get(drafter or TARGET, _DRAFT)


def coloured(runs: Iterable[tuple[str, str | None]]) -> Content:
    """Texts with their drafters, as one content."""
    return Content.assemble(*((visible(text), style_of(drafter)) for text, drafter in runs))


def legend(runs: Iterable[tuple[str, str | None]]) -> Content:
    """Each origin in its own look, with its share of the characters."""
    counts: Counter[str] = Counter()
    for text, drafter in runs:
        counts[drafter or TARGET] += len(text)
    total = max(counts.total(), 1)
    parts: list[tuple[str, str]] = []
    for name, count in counts.most_common():
        parts += [(visible(name), style_of(name)), (f" {count / total:.0%}   ", FAINT)]
    return Content.assemble(*parts)
