"""The difference of two texts as hunks that can be applied one by one, and as a git diff."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LONG = 2000


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of the old text and what takes their place. Starts count from 0; lines keep their newline."""

    old_start: int
    old_lines: tuple[str, ...]
    new_start: int
    new_lines: tuple[str, ...]

    @property
    def old_end(self) -> int:
        return self.old_start + len(self.old_lines)


def split_lines(text: str) -> list[str]:
    """Lines with their newline; other separators such as form feeds do not end a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def diff_hunks(old: str, new: str) -> list[Hunk]:
    """Where `old` and `new` differ, in order, without context."""
    a, b = split_lines(old), split_lines(new)
    same = _common_prefix(a, b)
    same_end = _common_prefix(a[same:][::-1], b[same:][::-1])
    a_changed, b_changed = a[same : len(a) - same_end], b[same : len(b) - same_end]
    # Lines that repeat thousands of times, such as blank ones, would take minutes to match all ways.
    matcher = SequenceMatcher(None, a_changed, b_changed, autojunk=len(b_changed) > _LONG)
    return [
        Hunk(same + i, tuple(a_changed[i:i_end]), same + j, tuple(b_changed[j:j_end]))
        for tag, i, i_end, j, j_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _common_prefix(a: Sequence[str], b: Sequence[str]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def apply_hunks(old: str, hunks: Sequence[Hunk]) -> str:
    """`old` with some of the hunks of `diff_hunks(old, new)`."""
    lines = split_lines(old)
    for hunk in sorted(hunks, key=lambda hunk: hunk.old_start, reverse=True):
        lines[hunk.old_start : hunk.old_end] = hunk.new_lines
    return "".join(lines)


def unified_diff(old: str, new: str, shown: str, context: int = 3) -> str:
    """A diff that `git apply` takes; empty where nothing differs. `shown` is the path in the repository."""
    hunks = diff_hunks(old, new)
    if not hunks:
        return ""
    a = split_lines(old)
    out = [f"--- {_named(f'a/{shown}')}\n", f"+++ {_named(f'b/{shown}')}\n"]
    for group in _groups(hunks, context):
        first, last = group[0], group[-1]
        start = max(0, first.old_start - context)
        end = min(len(a), last.old_end + context)
        new_start = first.new_start - (first.old_start - start)
        new_end = last.new_start + len(last.new_lines) + (end - last.old_end)
        out.append(f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n")
        at = start
        for hunk in group:
            out += _marked(" ", a[at : hunk.old_start])
            out += _marked("-", hunk.old_lines)
            out += _marked("+", hunk.new_lines)
            at = hunk.old_end
        out += _marked(" ", a[at:end])
    return "".join(out)


def _named(path: str) -> str:
    """A path as git reads it back: a tab ends one with spaces, quotes hold one with odd characters."""
    if not re.search(r'[\x00-\x1f\x7f"\\]', path):
        return path + "\t" if " " in path else path
    return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', lambda odd: f"\\{ord(odd[0]):03o}", path) + '"'


def _groups(hunks: Sequence[Hunk], context: int) -> Iterator[list[Hunk]]:
    """Hunks whose context touches belong together."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and hunk.old_start - group[-1].old_end > 2 * context:
            yield group
            group = []
        group.append(hunk)
    yield group


def _range(start: int, end: int) -> str:
    count = end - start
    return f"{start + 1 if count else start},{count}"


def _marked(mark: str, lines: Sequence[str]) -> list[str]:
    return [
        mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
        for line in lines
    ]
