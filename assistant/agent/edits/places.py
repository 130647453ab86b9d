"""Where some lines are in a file: exactly, else with less and less of the whitespace counting."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Closeness = Literal["exact", "trailing whitespace", "indentation", "whitespace", "blank lines", "similar"]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines start..end of the file, from 0, end excluded. `aligned` has for each wanted line the file's
    line that it stands for, None for a blank one that the file does not have there."""

    start: int
    end: int
    aligned: tuple[int | None, ...]
    closeness: Closeness
    similarity: float = 1.0


def find_places(lines: Sequence[str], wanted: Sequence[str]) -> list[Place]:
    """All places at the first closeness that has any, in order."""
    levels: tuple[tuple[Closeness, Callable[[str], str]], ...] = (
        ("exact", str),
        ("trailing whitespace", str.rstrip),
        ("indentation", str.strip),
        ("whitespace", lambda line: " ".join(line.split())),
    )
    for closeness, key in levels:
        starts = occurrences([key(line) for line in lines], [key(line) for line in wanted])
        places = [
            Place(start, start + len(wanted), tuple(range(start, start + len(wanted))), closeness)
            for start in starts
        ]
        if places:
            return places
    return list(_regardless_of_blank_lines(lines, wanted))


def occurrences(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where `wanted` begins in `lines`, overlapping places included."""
    if not wanted:
        return []
    last = len(lines) - len(wanted)
    wanted = list(wanted)
    lines = list(lines)
    return [i for i in range(last + 1) if lines[i] == wanted[0] and lines[i : i + len(wanted)] == wanted]


def written(lines: Sequence[str]) -> list[int]:
    """The numbers of lines that are not blank."""
    return [i for i, line in enumerate(lines) if line.strip()]


def place_of_written(
    lines_written: Sequence[int], wanted: Sequence[str], first: int, closeness: Closeness, similarity: float
) -> Place:
    """The place whose lines that are not blank are those of `wanted`, beginning with the first-th."""
    wanted_written = written(wanted)
    aligned: list[int | None] = [None] * len(wanted)
    for offset, i in enumerate(wanted_written):
        aligned[i] = lines_written[first + offset]
    start, end = lines_written[first], lines_written[first + len(wanted_written) - 1] + 1
    return Place(start, end, tuple(aligned), closeness, similarity)


def _regardless_of_blank_lines(lines: Sequence[str], wanted: Sequence[str]) -> Iterator[Place]:
    kept, wanted_kept = written(lines), written(wanted)
    starts = occurrences([lines[i].strip() for i in kept], [wanted[i].strip() for i in wanted_kept])
    for first in starts:
        yield place_of_written(kept, wanted, first, "blank lines", 1.0)
