"""The patch format of OpenAI's Codex: files to add, update, move and delete between two marks.

Source: the grammar in codex-rs/apply-patch/src/parser.rs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.agent.answer import fence_of
from assistant.agent.edits.edit import Delete, EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.hunk_lines import sides
from assistant.agent.edits.paths import resolve

_MARK = re.compile(
    r"\s*\*\*\* ?(Begin Patch|End Patch|End of File|(?:(Add|Update|Delete) File|Move to): ?(.*?))\s*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Chunk:
    scopes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    at_end: bool = False


@dataclass(slots=True)
class _Section:
    """What one file mark begins: `kind` is add, update or delete."""

    kind: str
    path: str
    moved_to: str | None = None
    chunks: list[_Chunk] = field(default_factory=list)


def is_apply_patch(text: str) -> bool:
    return any(
        (mark := _MARK.fullmatch(line)) and (mark[2] or mark[1].lower() == "begin patch")
        for line in text.split("\n")
    )


def parse_apply_patch(text: str, known: Sequence[str]) -> list[FileEdit]:
    """One edit a section, in order. Raises EditError."""
    sections = _sections(text.split("\n"))
    if not sections:
        raise EditError(
            "The patch changes no file.",
            hint="Name each with *** Update File:, *** Add File: or *** Delete File:.",
        )
    return [_edit(section, known) for section in sections]


def _sections(lines: list[str]) -> list[_Section]:
    sections: list[_Section] = []
    ended = True
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r")
        mark = _MARK.fullmatch(line)
        kind = mark[1].lower() if mark else ""
        if kind == "begin patch":
            ended = False
        elif kind == "end patch" or (sections and not ended and fence_of(line)):
            ended = True  # a fence that closes shows as well that nothing was cut off
        elif mark and mark[2]:
            if not mark[3].strip():
                raise EditError(f"Line {number} of the patch names no file.")
            sections.append(_Section(mark[2].lower(), mark[3]))
            ended = False
        elif mark and sections and not ended:
            _note(sections[-1], mark[3])
        elif sections and not ended:
            _add(sections[-1], line, number)
    if not ended:
        raise EditError("The patch is cut off.", hint="End it with *** End Patch.")
    return sections


def _note(section: _Section, moved_to: str | None) -> None:
    """The marks inside of a section: where the file moves, or that a chunk is at its end."""
    if moved_to is not None:
        section.moved_to = moved_to
    elif section.chunks:
        section.chunks[-1].at_end = True


def _add(section: _Section, line: str, number: int) -> None:
    if section.kind == "delete" and line.strip():
        raise EditError(f"Line {number} of the patch has text below a file to delete: {line.strip()[:60]!r}.")
    if section.kind == "add" and line.strip() and not line.startswith("+"):
        raise EditError(
            f"Line {number} of the patch, in the new file {section.path}, does not begin with +.",
            hint="Begin each line of a new file with +.",
        )
    if section.kind == "update" and line.startswith("@@"):
        if not section.chunks or section.chunks[-1].lines:
            section.chunks.append(_Chunk())
        if scope := re.sub(r"^@@|@@\s*$", "", line).strip():
            section.chunks[-1].scopes.append(scope)
        return
    if not section.chunks:
        section.chunks.append(_Chunk())
    section.chunks[-1].lines.append(line)


def _edit(section: _Section, known: Sequence[str]) -> FileEdit:
    if section.kind == "delete":
        return Delete(resolve(section.path, known))
    hunks = [(chunk, sides(chunk.lines)) for chunk in section.chunks]
    if section.kind == "add":
        return Write(resolve(section.path, known), "".join(hunk.new_text for _, hunk in hunks), new=True)
    path = resolve(section.path, known, loosely=True)
    replacements = tuple(
        Replacement(hunk.old_text, hunk.new_text, scopes=_scopes(chunk), line=None, at_end=chunk.at_end)
        for chunk, hunk in hunks
        if hunk.old != hunk.new
    )
    moved_to = resolve(section.moved_to, known) if section.moved_to else None
    if not replacements and not moved_to:
        raise EditError(f"The patch changes no line of {path}.")
    return Update(path, replacements, moved_to)


def _scopes(chunk: _Chunk) -> tuple[str, ...]:
    """Some models write the line numbers of a unified diff where a line of the file belongs."""
    return tuple(scope for scope in chunk.scopes if not re.match(r"[-+]\d", scope))
