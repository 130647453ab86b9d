"""Blocks of text to search and text to put there, with the file's name above, as aider writes them."""

import re
from collections.abc import Sequence

from assistant.agent.answer import fence_of
from assistant.agent.edits.edit import EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.paths import named_in, resolve, the_one_of

# Seven marks by the book, five to nine from models; Cline's blocks are made of other ones.
_SEARCH = re.compile(r"\s*(?:<{5,9}|-{5,9}) ?(?:SEARCH|ORIGINAL)\b>?[ :]*(.*?)\s*")
_DIVIDER = re.compile(r"\s*={5,9}\s*")
_REPLACE = re.compile(r"\s*(?:>{5,9}|\+{5,9}) ?(?:REPLACE|UPDATED)\b.*")
# A title may be separated from its block by a fence and blank lines.
_LINES_ABOVE = 4


def is_search_replace(text: str) -> bool:
    return any(_SEARCH.fullmatch(line) for line in text.split("\n"))


def parse_search_replace(text: str, known: Sequence[str]) -> list[FileEdit]:
    """One edit a block, in order; an empty search makes a file. Raises EditError."""
    lines = text.split("\n")
    edits: list[FileEdit] = []
    path, at = "", 0
    while at < len(lines):
        if opened := _SEARCH.fullmatch(lines[at]):
            path = _title(opened[1], lines[:at], known) or path or the_one_of(known)
            end = _end(lines, at)
            edits.append(_edit(path, lines[at + 1 : end], at + 1, known))
            at = end
        elif _REPLACE.fullmatch(lines[at]):
            raise EditError(
                f"Line {at + 1} of the answer ends a block that did not begin.",
                hint="Begin every block with <<<<<<< SEARCH.",
            )
        at += 1
    if not edits:
        raise EditError("There is no SEARCH/REPLACE block in the answer.")
    return edits


def _end(lines: list[str], start: int) -> int:
    for at in range(start + 1, len(lines)):
        if _REPLACE.fullmatch(lines[at]):
            return at
        if _SEARCH.fullmatch(lines[at]):
            break
    raise EditError(
        f"The block in line {start + 1} of the answer does not end.",
        hint="End every block with >>>>>>> REPLACE.",
    )


def _edit(path: str, body: list[str], number: int, known: Sequence[str]) -> FileEdit:
    dividers = [i for i, line in enumerate(body) if _DIVIDER.fullmatch(line)]
    exact = [i for i in dividers if body[i].strip() == "======="]
    dividers = exact or dividers
    if len(dividers) != 1:
        raise EditError(
            f"The block for {path} in line {number} of the answer has {len(dividers) or 'no'} lines of"
            " ======= in it; one must divide what is searched from what replaces it.",
            hint="Where it belongs to the file, search only for lines beside it, or write the whole file.",
        )
    old, new = body[: dividers[0]], body[dividers[0] + 1 :]
    if not "".join(old).strip():
        return Write(resolve(path, known), _text(new), new=True)
    return Update(resolve(path, known, loosely=True), (Replacement(_text(old), _text(new)),))


def _text(lines: list[str]) -> str:
    return "".join(f"{line.rstrip(chr(13))}\n" for line in lines)


def _title(beside: str, above: list[str], known: Sequence[str]) -> str | None:
    """The file named beside the mark, or in the last lines above it that are no code."""
    if beside and (name := named_in(beside, known)):
        return name
    for line in above[: -_LINES_ABOVE - 1 : -1]:
        fence = fence_of(line)
        words = fence[1].split() if fence else [line]
        if words and (name := named_in(words[-1], known)):
            return name
        if line.strip() and not fence:
            return None
    return None
