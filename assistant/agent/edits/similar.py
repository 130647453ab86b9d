"""Where lines are that resemble some others, by edit distance."""

from collections.abc import Sequence

from rapidfuzz.distance import Indel

from assistant.agent.edits.places import Place, place_of_written, written

# A place must be this similar as a whole, and each line that the edit takes away as much as the second.
THRESHOLD, LINE_THRESHOLD = 0.85, 0.8
# How far all other places must lie behind, for the best one to be the one that is meant.
LEAD = 0.1
# Fewer lines than these resemble too much.
FEWEST_LINES = 3


def similar_places(
    lines: Sequence[str], wanted: Sequence[str], *, at_least: float = THRESHOLD - LEAD
) -> list[Place]:
    """Places at least so similar (0 to 1), the best first, of those that overlap only the best.

    Blank lines and indentation do not count; similarity is the normalised insert-delete distance."""
    kept, count = written(lines), len(written(wanted))
    if not count or count > len(kept):
        return []
    text = [lines[i].strip() for i in kept]
    sought = "\n".join(line.strip() for line in wanted if line.strip())
    scored: list[tuple[float, int]] = []
    for first in range(len(kept) - count + 1):
        window = "\n".join(text[first : first + count])
        score = Indel.normalized_similarity(sought, window, score_cutoff=at_least)
        if score > 0 and score >= at_least:
            scored.append((score, first))
    chosen: list[tuple[float, int]] = []
    for score, first in sorted(scored, key=lambda each: (-each[0], each[1])):
        if all(abs(first - other) >= count for _, other in chosen):
            chosen.append((score, first))
    return [place_of_written(kept, wanted, first, "similar", score) for score, first in chosen]


def line_similarity(one: str, other: str) -> float:
    """0 to 1, indentation not counted."""
    return float(Indel.normalized_similarity(one.strip(), other.strip()))
