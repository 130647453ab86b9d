"""What the model is told when its edit cannot be placed: what was sought, what is there, what to do."""

from collections.abc import Sequence

from assistant.agent.edits.edit import EditError
from assistant.agent.edits.places import Place, occurrences
from assistant.agent.edits.similar import THRESHOLD, similar_places

_MOST_LINES = 12
_MOST_PLACES = 5
# Below this, what is nearest has nothing to do with what was looked for.
_WORTH_SHOWING = 0.4


def ambiguous(path: str, places: Sequence[Place]) -> EditError:
    """Names the places by their lines."""
    named = [lines_of(place.start, place.end) for place in places[:_MOST_PLACES]]
    more = f" and {len(places) - len(named)} more" if len(places) > len(named) else ""
    alike = "resembles" if places[0].closeness == "similar" else "is in"
    return EditError(
        f"{path}: the text to replace {alike} {len(places)} places: {', '.join(named)}{more}.",
        hint="Add lines above or below it, as they are in the file, that only the place you mean has.",
    )


def not_found(path: str, lines: Sequence[str], old: Sequence[str], new: Sequence[str]) -> EditError:
    """Shows what was looked for and the nearest lines there are."""
    parts = [f"{path}: the text to replace is not in the file:", *_shown(old)]
    nearest = similar_places(lines, old, at_least=_WORTH_SHOWING)[:1]
    for place in nearest:
        percent = int(100 * place.similarity)
        parts.append(
            f"The nearest is {lines_of(place.start, place.end)} (similarity {percent} %,"
            f" {int(100 * THRESHOLD)} % are needed, and clearly more than elsewhere):"
        )
        parts += _numbered(lines, place)
    if there := occurrences([line.strip() for line in lines], [line.strip() for line in new if new]):
        parts.append(f"The new text is there already, in line {there[0] + 1}.")
    return EditError(
        "\n".join(parts),
        hint="Copy the lines to replace exactly as they are in the file"
        + (", such as those shown." if nearest else "; read it again if it may have changed."),
    )


def lines_of(start: int, end: int) -> str:
    """Lines start..end, from 0, end excluded, as a person counts them."""
    return f"line {start + 1}" if end - start <= 1 else f"lines {start + 1}-{end}"


def _shown(lines: Sequence[str]) -> list[str]:
    more = [f"    ({len(lines) - _MOST_LINES} more lines)"] if len(lines) > _MOST_LINES else []
    return [f"    {line}" for line in lines[:_MOST_LINES]] + more


def _numbered(lines: Sequence[str], place: Place) -> list[str]:
    end = min(place.end, place.start + _MOST_LINES)
    return [f"{i + 1:5} {lines[i]}" for i in range(place.start, end)]
