"""Find the one place that a replacement means, and give the text with it made.

In order: exactly, without trailing whitespace, regardless of indentation, of all whitespace, of blank
lines; the same without a disguise such as line numbers; part by part where dots stand for lines between;
and last by similarity. A step that finds several places ends the search: it is refused, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from assistant.agent.edits.disguises import (
    entities_in_code,
    is_markup,
    plain_typography,
    typographic,
    undisguised,
)
from assistant.agent.edits.edit import EditError, Replacement
from assistant.agent.edits.elision import first_elision, is_elision, split_at_elisions
from assistant.agent.edits.inline import replace_everywhere, replace_inline
from assistant.agent.edits.places import Place, find_places, written
from assistant.agent.edits.refusals import ambiguous, lines_of, not_found
from assistant.agent.edits.rewriting import rewrite, taken_away
from assistant.agent.edits.scope import narrowed
from assistant.agent.edits.similar import (
    FEWEST_LINES,
    LEAD,
    LINE_THRESHOLD,
    THRESHOLD,
    line_similarity,
    similar_places,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """The file's text with the replacement made. Where that is not exactly what was asked for, `loosely`
    says what did not match, and `line`, from 1, where it was made."""

    text: str
    line: int = 0
    loosely: str = ""


def place_replacement(path: str, text: str, wanted: Replacement) -> Placed:
    """Raises EditError where there is no place, or several."""
    if wanted.everywhere:
        return Placed(replace_everywhere(path, text, wanted.old, wanted.new))
    if wanted.inline and (inline := replace_inline(path, text, wanted.old, wanted.new)) is not None:
        return Placed(inline)
    lines = text.removesuffix("\n").split("\n") if text else []
    old, new = _lines(wanted.old), _lines(wanted.new)
    if not written(old):
        changed, line, loosely = _added(path, lines, new, at_end=wanted.at_end), len(lines) + 1, ""
    else:
        _refuse_elision(path, lines, old, new)
        changed, line, loosely = _changed(path, lines, old, new, wanted)
        _refuse_entities(path, "\n".join(changed), text)
        if typographic(wanted.new) - typographic(wanted.old + text):
            loosely = loosely or "typographic characters"
    ending = "\n" if text.endswith("\n") or not text else ""
    return Placed("\n".join(changed) + ending if changed else "", line, loosely)


def _changed(
    path: str, lines: Sequence[str], old: list[str], new: list[str], wanted: Replacement
) -> tuple[list[str], int, str]:
    """The file's lines then, where it was and what was not exact."""
    if place := _the_place(path, find_places(lines, old), lines, wanted):
        loosely = "" if place.closeness == "exact" else place.closeness
        return rewrite(path, lines, place, old, new), place.start + 1, loosely
    for plain_old, plain_new in undisguised(wanted.old, wanted.new):
        plain = _lines(plain_old)
        if written(plain) and (place := _the_place(path, find_places(lines, plain), lines, wanted)):
            return rewrite(path, lines, place, plain, _lines(plain_new)), place.start + 1, "disguise"
    plain_file = [plain_typography(line) for line in lines]
    plain = [plain_typography(line) for line in old]
    if plain_file != lines and (place := _the_place(path, find_places(plain_file, plain), lines, wanted)):
        return rewrite(path, lines, place, old, new), place.start + 1, "typography"
    if any(map(is_elision, old)):
        changed, line = _part_by_part(path, lines, old, new)
        return changed, line, "elided lines"
    place = _similar(path, lines, old, new)
    return rewrite(path, lines, place, old, new), place.start + 1, f"similarity {place.similarity:.2f}"


def _the_place(path: str, places: list[Place], lines: Sequence[str], wanted: Replacement) -> Place | None:
    places = narrowed(path, places, lines, wanted)
    if len(places) > 1:
        raise ambiguous(path, places)
    return places[0] if places else None


def _similar(path: str, lines: Sequence[str], old: Sequence[str], new: Sequence[str]) -> Place:
    """The one place that resembles `old` well enough, and in every line that goes."""
    found = similar_places(lines, old)
    if len(written(old)) < FEWEST_LINES or not found or found[0].similarity < THRESHOLD:
        raise not_found(path, lines, old, new)
    best = found[0]
    rivals = [each for each in found if each.similarity > best.similarity - LEAD]
    if len(rivals) > 1:
        raise ambiguous(path, rivals)
    if any(line_similarity(old[i], lines[at]) < LINE_THRESHOLD for i, at in taken_away(best, old, new)):
        raise not_found(path, lines, old, new)
    return best


def _part_by_part(path: str, lines: Sequence[str], old: list[str], new: list[str]) -> tuple[list[str], int]:
    """Each part between elisions has its one place in the whole file, below that of the part before it."""
    parts = split_at_elisions(old, new)
    if parts is None:
        raise EditError(
            f"{path}: the lines that stand for others (...) are not the same in the old and the new text.",
            hint="Write out all lines that are replaced.",
        )
    found: list[tuple[Place, list[str], list[str]]] = []
    for part, its_new in parts:
        if not written(part):
            if written(its_new):
                raise EditError(
                    f"{path}: it is not clear where to put the lines beside the dots.",
                    hint="Write a line of the file above or below them.",
                )
            continue
        places = find_places(lines, part)
        if len(places) != 1:
            raise ambiguous(path, places) if places else not_found(path, lines, part, its_new)
        if found and places[0].start < found[-1][0].end:
            raise EditError(f"{path}: the parts of the text to replace are not in this order in the file.")
        found.append((places[0], part, its_new))
    changed = list(lines)
    for place, part, its_new in reversed(found):
        changed = rewrite(path, changed, place, part, its_new)
    return changed, found[0][0].start + 1 if found else 1


def _refuse_elision(path: str, lines: Sequence[str], old: Sequence[str], new: Sequence[str]) -> None:
    python = PurePath(path).suffix in (".py", ".pyi")
    at = first_elision(new, [*lines, *old], python=python)
    if at is not None:
        raise EditError(
            f"{path}: line {at + 1} of the new text stands for code that is not written out:"
            f" {new[at].strip()}",
            hint="Write out every line of the new text, or replace a smaller part.",
        )


def _refuse_entities(path: str, new: str, old: str) -> None:
    """The lines to replace may have nothing that the model writes as an entity, and the new lines have."""
    strange = sorted(entities_in_code(new) - entities_in_code(old))
    if strange and not is_markup(path):
        raise EditError(
            f"{path}: the new text has HTML entities ({' '.join(strange[:5])}), and the file had none.",
            hint="Write the plain characters.",
        )


def _added(path: str, lines: Sequence[str], new: list[str], *, at_end: bool) -> list[str]:
    if written(lines) and not at_end:
        raise EditError(
            f"{path}: nothing says where the new lines belong; the file has {lines_of(0, len(lines))}.",
            hint="Replace a line of the file above or below them by itself and them.",
        )
    return [*(lines if written(lines) else []), *new]


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
