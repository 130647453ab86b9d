"""A change on a terminal: what goes, what comes, and which of it lies away from the problem."""

import re
from collections.abc import Iterator

from rich.text import Text

from assistant.agent.rewrite import Change
from assistant.repo.hunks import Hunk, unified_diff
from assistant.visible import visible

_STYLES = {"+": "green", "-": "red", "@": "cyan", " ": "dim"}
_HEADER = re.compile(r"@@ -(\d+)")


def coloured(change: Change) -> Iterator[Text]:
    """The lines of the change's diff. A note stands before each hunk that the evidence does not point at."""
    unexpected = [hunk for hunk in change.hunks if change.unexpected(hunk)]
    for line, hunk_begins in _with_hunks(change, unexpected):
        if hunk_begins:
            yield Text("? away from the problem:", "yellow")
        yield _line(line)


def diff_lines(diff: str) -> Iterator[Text]:
    """The lines of any diff."""
    return map(_line, diff.splitlines())


def _line(line: str) -> Text:
    style = "bold" if line.startswith(("---", "+++")) else _STYLES.get(line[:1], "")
    return Text(visible(line.expandtabs(4)), style)


def _with_hunks(change: Change, wanted: list[Hunk]) -> Iterator[tuple[str, bool]]:
    """Diff lines, and whether one of the `wanted` hunks begins with the line."""
    source = change.place.source
    starts = {hunk.old_start for hunk in wanted}
    old_line, in_change = 0, False
    for number, line in enumerate(unified_diff(source.text, change.text, source.shown).splitlines()):
        header = _HEADER.match(line) if number > 1 else None
        if header:
            # A hunk that only adds at the very beginning is counted from line 0.
            old_line = max(int(header[1]) - 1, 0)
        changes = number > 1 and line[:1] in ("+", "-")
        yield line, changes and not in_change and old_line in starts
        in_change = changes
        old_line += number > 1 and line[:1] in ("-", " ")
