"""Put the new lines of an edit in their place, and leave what they only repeat as it is in the file."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from assistant.agent.edits.disguises import typographic
from assistant.agent.edits.edit import EditError
from assistant.agent.edits.indentation import Translation, indentation
from assistant.agent.edits.places import Place

_Step = tuple[str, int, int, int, int]


def rewrite(
    path: str, lines: Sequence[str], place: Place, old: Sequence[str], new: Sequence[str]
) -> list[str]:
    """All lines of the file with those of `place` rewritten.

    Lines that `old` and `new` share come from the file, with its whitespace. Others are indented as the
    file is, and lose blanks at their end where only the edit has such. Raises EditError where their
    indentation is not clear, or where typography would be lost."""
    aligned = place.aligned
    pairs = [
        (indentation(old[i]), indentation(lines[at]))
        for i, at in enumerate(aligned)
        if at is not None and old[i].strip()
    ]
    translate = Translation.learn(pairs, lines)
    if any(
        _ends_in_blanks(old[i]) and not _ends_in_blanks(lines[at])
        for i, at in enumerate(aligned)
        if at is not None
    ):
        new = [line.rstrip() for line in new]
        old = [line.rstrip() for line in old]
    out: list[str] = list(lines[: place.start])
    at = place.start
    for tag, i, i_end, j, j_end in steps(old, new):
        covered = [line for line in aligned[i:i_end] if line is not None]
        if tag == "equal":
            if covered:
                out += lines[at : covered[-1] + 1]
                at = covered[-1] + 1
            continue
        if covered:
            out += lines[at : covered[0]]
            _keep_typography(path, lines, covered, new[j:j_end])
            at = covered[-1] + 1
        beside = lines[covered[0]] if covered and i_end - i == j_end - j == 1 else None
        out += _indented(path, new[j:j_end], translate, old[i] if beside else "", beside)
    return out + list(lines[at:])


def steps(old: Sequence[str], new: Sequence[str]) -> list[_Step]:
    """How `new` comes of `old`, as difflib says it."""
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def taken_away(place: Place, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines of `old` that are not in `new`, and the file's lines that go with them."""
    for tag, i, i_end, _, _ in steps(old, new):
        if tag != "equal":
            yield from ((k, at) for k in range(i, i_end) if (at := place.aligned[k]) is not None)


def _indented(
    path: str, added: Sequence[str], translate: Translation, replaced: str, beside: str | None
) -> Iterator[str]:
    """The added lines as the file indents them. A line that alone replaces another keeps its depth."""
    for line in added:
        own = indentation(line)
        depth = translate(own)
        if beside is not None and own == indentation(replaced):
            depth = indentation(beside)
        if not line.strip():
            yield line
        elif depth is None:
            raise EditError(
                f"{path}: it is not clear how far to indent this line: {line.strip()[:80]}",
                hint="Indent the old and the new lines exactly as the file does.",
            )
        else:
            yield depth + line[len(own) :]


def _ends_in_blanks(line: str) -> bool:
    return line != line.rstrip()


def _keep_typography(path: str, lines: Sequence[str], covered: Sequence[int], added: Sequence[str]) -> None:
    lost = set().union(*(typographic(lines[at]) for at in covered)) - typographic("".join(added))
    if lost and added:
        raise EditError(
            f"{path}: line {covered[0] + 1} has typographic characters ({' '.join(sorted(lost))}) that the"
            " new text has not.",
            hint="Write these characters as the file has them.",
        )
