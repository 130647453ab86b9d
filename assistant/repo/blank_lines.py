"""Blank lines are the file's: models drop and add them without being asked to."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.repo.hunks import split_lines


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with something on it, and the blank ones before it."""

    text: str
    blank: str


def with_blank_lines_of(old: str, new: str) -> str:
    """`new` with the blank lines that `old` has between the same two lines, or between lines that
    stand for them."""
    before, after = _written(old), _written(new)
    place = _places(before, after)
    # The end of the text follows its last line.
    place[len(after) - 1] = len(before) - 1
    kept = [
        before[place[i]].blank if i in place and place.get(i - 1, -1) == place[i] - 1 else line.blank
        for i, line in enumerate(after)
    ]
    return "".join(blank + line.text for blank, line in zip(kept, after, strict=True))


def _written(text: str) -> list[_Line]:
    """The lines of `text` that are not blank, and its end."""
    lines, blank = [], ""
    for line in split_lines(text):
        if line.strip():
            lines.append(_Line(line, blank))
            blank = ""
        else:
            blank += line
    return [*lines, _Line("", blank)]


def _places(before: list[_Line], after: list[_Line]) -> dict[int, int]:
    """Which line of `before` each of `after` is or stands for."""
    matcher = SequenceMatcher(None, [a.text for a in before], [b.text for b in after], autojunk=False)
    return {
        new: old
        for kind, a, a_end, b, b_end in matcher.get_opcodes()
        if kind == "equal" or a_end - a == b_end - b
        for old, new in zip(range(a, a_end), range(b, b_end), strict=True)
    }
