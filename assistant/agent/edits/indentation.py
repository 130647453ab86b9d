"""How a model's indentation translates to the file's, learnt from the lines that both have."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction


def indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


@dataclass(frozen=True, slots=True)
class Translation:
    """From the indentation of a text to that of a file; `unit` is one level in the file.

    What a seen indentation becomes is what it was seen to become. Others follow where all that was seen
    fits one shift and one scale: by four columns, from four spaces to a tab, from two to four."""

    seen: dict[str, str]
    conflicting: frozenset[str] = frozenset()
    unit: str = "    "
    _lines: tuple[tuple[int, int], ...] = field(default=())

    @classmethod
    def learn(cls, pairs: Iterable[tuple[str, str]], file_lines: Sequence[str]) -> "Translation":
        """From pairs of a line's indentation in the text and in the file."""
        seen: dict[str, str] = {}
        conflicting: set[str] = set()
        for theirs, ours in pairs:
            if seen.setdefault(theirs, ours) != ours:
                conflicting.add(theirs)
        points = tuple(sorted({(len(theirs), len(ours)) for theirs, ours in seen.items()}))
        return cls(seen, frozenset(conflicting), _unit(file_lines), points)

    def __call__(self, theirs: str) -> str | None:
        """None where it is not clear."""
        if theirs in self.conflicting:
            return None
        if theirs in self.seen:
            return self.seen[theirs]
        if all(a == b for a, b in self.seen.items()):
            return theirs
        if self.conflicting or not self.seen:
            return None
        theirs_mark, ours_mark = _mark([*self.seen, theirs]), _mark([*self.seen.values()]) or self.unit[:1]
        if theirs_mark is None or ours_mark is None or "mixed" in (theirs_mark, ours_mark):
            return None
        width = self._width(len(theirs), same_mark=ours_mark == theirs_mark)
        return None if width is None or width < 0 else ours_mark * width

    def _width(self, width: int, *, same_mark: bool) -> int | None:
        (theirs, ours), *others = self._lines
        if others:
            scale = Fraction(others[-1][1] - ours, others[-1][0] - theirs)
            if any(b != ours + (a - theirs) * scale for a, b in others) or scale <= 0:
                return None
        else:
            guessed = self._scale_of_one(theirs, ours, width, same_mark=same_mark)
            if guessed is None:
                return None
            scale = guessed
        translated = ours + (width - theirs) * scale
        return int(translated) if translated.denominator == 1 else None

    def _scale_of_one(self, theirs: int, ours: int, width: int, *, same_mark: bool) -> Fraction | None:
        """One pair fits a shift as well as a scale: the file's own unit tells which."""
        if same_mark and (width - theirs) % len(self.unit) == 0:
            return Fraction(1)
        if theirs and ours:
            return Fraction(ours, theirs)
        if same_mark:
            return None
        # The model's unit is not known from its outermost lines; its step from them is the only evidence.
        step = abs(width - theirs)
        return Fraction(len(self.unit), step) if step in (1, 2, 3, 4, 8) else None


def _mark(indentations: Iterable[str]) -> str | None:
    """The one character that all are made of, "mixed" where they are not, None where there is none."""
    marks = {mark for each in indentations for mark in each}
    return "mixed" if len(marks) > 1 else next(iter(marks), None)


def _unit(lines: Sequence[str]) -> str:
    """What the file's lines are mostly indented by, beyond the line above."""
    steps: Counter[str] = Counter()
    above = ""
    for line in lines:
        if line.strip():
            own = indentation(line)
            if own.startswith(above) and own != above:
                steps[own[len(above) :]] += 1
            above = own
    return steps.most_common(1)[0][0] if steps else "    "
