"""Lines marked as kept, removed or added, which unified diffs and apply-patch have in common."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sides:
    """What a hunk wants to find and what it wants there instead."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def old_text(self) -> str:
        return "".join(f"{line}\n" for line in self.old)

    @property
    def new_text(self) -> str:
        return "".join(f"{line}\n" for line in self.new)


def sides(lines: Sequence[str]) -> Sides:
    """Both sides of a hunk's lines. One without a mark is taken for one that is kept; empty ones at the
    end only part the hunk from what follows."""
    lines = list(lines)
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    old: list[str] = []
    new: list[str] = []
    for line in lines:
        mark, rest = line[:1], line[1:].rstrip("\r")
        if mark == "\\":
            continue
        if mark not in ("+", "-", " "):
            rest = line.rstrip("\r")
        if mark != "+":
            old.append(rest)
        if mark != "-":
            new.append(rest)
    return Sides(tuple(old), tuple(new))
