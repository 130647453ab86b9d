"""Tell equal places apart by what the edit says of where it is: lines above, its line, the file's end."""

from collections.abc import Iterator, Sequence

from assistant.agent.edits.edit import EditError, Replacement
from assistant.agent.edits.indentation import indentation
from assistant.agent.edits.places import Place
from assistant.agent.edits.refusals import lines_of


def narrowed(path: str, places: list[Place], lines: Sequence[str], wanted: Replacement) -> list[Place]:
    """Those of the places that the edit can mean. Raises EditError where all lie above its scope."""
    if not places:
        return places
    if wanted.scopes:
        places = _in_scope(path, places, lines, wanted.scopes)
    if len(places) > 1 and wanted.at_end:
        places = [each for each in places if not any(map(str.strip, lines[each.end :]))] or places
    if len(places) > 1 and wanted.line is not None:
        places = [each for each in places if each.start + 1 == wanted.line] or places
    return places


def _in_scope(path: str, places: list[Place], lines: Sequence[str], scopes: Sequence[str]) -> list[Place]:
    """Inside of the block that a scope begins, else below it. One that the file lacks says nothing."""
    blocks = [(0, len(lines))]
    for scope in scopes:
        inner = [block for start, end in blocks for block in _blocks(lines, scope, start, end)]
        if not inner:
            return places
        blocks = inner
    inside = [each for each in places if any(start <= each.start < end for start, end in blocks)]
    below = [each for each in places if each.start >= min(start for start, _ in blocks)]
    if not below:
        raise EditError(
            f"{path}: the text to replace is in {lines_of(places[0].start, places[0].end)}, which is above"
            f" {scopes[-1]!r} in line {blocks[0][0] + 1}.",
            hint="Name the function or class that the lines are in, or none.",
        )
    return inside or below


def _blocks(lines: Sequence[str], scope: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The line that is the scope, else begins with it, and what is indented deeper below it."""
    heads = [i for i in range(start, end) if lines[i].strip() == scope.strip()]
    heads = heads or [i for i in range(start, end) if lines[i].strip().startswith(scope.strip())]
    for head in heads:
        depth = len(indentation(lines[head]).expandtabs())
        deeper = head + 1
        while deeper < end and (
            not lines[deeper].strip() or len(indentation(lines[deeper]).expandtabs()) > depth
        ):
            deeper += 1
        yield head, min(deeper + 1, end)  # with the line that closes it
