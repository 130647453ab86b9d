"""Unified diffs as models write them: with line numbers and counts that are wrong, or without any."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.agent.answer import fence_of
from assistant.agent.edits.edit import Delete, EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.hunk_lines import Sides, sides
from assistant.agent.edits.paths import named_in, resolve, the_one_of

_RANGES = re.compile(r"@@\s*-(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))?\s*@@ ?(.*)")
_NO_FILE = "/dev/null"
_HEADERS = ("diff --git ", "index ", "new file mode", "deleted file mode", "old mode", "new mode",
            "similarity index", "rename from ", "rename to ", "Index: ")  # fmt: skip


@dataclass(slots=True)
class _File:
    """Paths as the header gives them, empty where it does not; hunks as their head and lines."""

    old: str = ""
    new: str = ""
    hunks: list[tuple[str, list[str]]] = field(default_factory=list)


def is_unified_diff(text: str) -> bool:
    lines = text.split("\n")
    return any(
        _begins_file(lines, i) or line.startswith("diff --git ") or _RANGES.match(line)
        for i, line in enumerate(lines)
    ) or any((fence_of(line) or ("", ""))[1].split(" ")[0] in ("diff", "udiff", "patch") for line in lines)


def parse_unified_diff(text: str, known: Sequence[str]) -> list[FileEdit]:
    """One edit a file, with its hunks in order. Raises EditError."""
    files = _Reader(text.split("\n"), known).files
    edits = [edit for file in files if file.hunks or file.old for edit in _edits(file, known)]
    if not edits:
        raise EditError(
            "There is no diff with a changed line in the answer.",
            hint="Begin removed lines with -, added lines with + and all others with a space.",
        )
    return edits


class _Reader:
    """Tells which file and hunk each line belongs to. In a fence every line of a hunk does, whatever it
    begins with; elsewhere one that no diff can have ends the hunk."""

    def __init__(self, lines: Sequence[str], known: Sequence[str]) -> None:
        self.files = [_File()]
        self._known = known
        self._in_fence = self._in_hunk = False
        self._above = ""
        at = 0
        while at < len(lines):
            if _begins_file(lines, at):
                self._begin_file(lines, at)
                at += 2
            else:
                self._take(lines[at].rstrip("\r"))
                at += 1
        self._refuse_half(cut=self._in_fence or bool(lines[-1].strip()))

    def _refuse_half(self, *, cut: bool) -> None:
        """A model may stop in the middle of a hunk as if it were done."""
        hunks = self.files[-1].hunks
        if not (cut and self._in_hunk and hunks and (found := _RANGES.match(hunks[-1][0]))):
            return
        hunk = sides(hunks[-1][1])
        if len(hunk.old) < int(found[2] or 1) or len(hunk.new) < int(found[4] or 1):
            raise EditError(
                f"The last hunk has {len(hunk.old)} old and {len(hunk.new)} new lines, fewer than its head"
                f" says ({found[0].strip()[:60]}): the diff is cut off.",
                hint="Send the whole diff, or change less in one answer.",
            )

    def _begin_file(self, lines: Sequence[str], at: int) -> None:
        git = self.files[-1]
        moved = bool(git.old or git.new) and not git.hunks
        file = git if moved else _File()
        file.old, file.new = _path(lines[at][4:]), _path(lines[at + 1][4:])
        if not moved:
            self.files.append(file)
        self._in_hunk = not any(line.startswith("@@") for line in lines[at + 2 : at + 3])
        if self._in_hunk:
            file.hunks.append(("", []))  # the head of its first hunk is missing

    def _take(self, line: str) -> None:
        hunks = self.files[-1].hunks
        if fence := fence_of(line):
            self._open_or_close(fence[1])
        elif line.startswith("@@"):
            hunks.append((line, []))
            self._in_hunk = True
        elif line.startswith(_HEADERS) and not (
            self._in_hunk and self._in_fence and line.startswith("index ")
        ):
            self._note(line)
        elif self._in_hunk and (self._in_fence or line[:1] in ("+", "-", " ", "\\", "")):
            hunks[-1][1].append(line)
        elif self._in_fence and line[:1] in ("+", "-") and not hunks:
            hunks.append(("", [line]))
            self._in_hunk = True
        elif line.strip():
            self._in_hunk, self._above = False, line

    def _open_or_close(self, info: str) -> None:
        if not self._in_fence:
            titled = named_in(info.split()[-1], self._known) if info else None
            self.files.append(_File(new=titled or named_in(self._above, self._known) or ""))
        self._in_fence, self._in_hunk = not self._in_fence, False

    def _note(self, line: str) -> None:
        """What a header line of git's says of a file."""
        self._in_hunk = False
        if line.startswith("diff --git "):
            self.files.append(_File())
        elif line.startswith("rename from "):
            self.files[-1].old = f"a/{line.removeprefix('rename from ').strip()}"
        elif line.startswith("rename to "):
            self.files[-1].new = f"b/{line.removeprefix('rename to ').strip()}"


def _begins_file(lines: Sequence[str], at: int) -> bool:
    """A removed line may begin with dashes too, but no line beginning with pluses is added right after
    it and followed by the head of a hunk."""
    if not (lines[at].startswith("--- ") and lines[at + 1 : at + 2] and lines[at + 1].startswith("+++ ")):
        return False
    following = lines[at + 2] if at + 2 < len(lines) else ""
    return following.startswith(("@@", "+", "-", " ", "\\")) or not following.strip()


def _path(name: str) -> str:
    """A header's path without the time after it and the quotes around it."""
    return name.split("\t")[0].strip().strip("\"'")


def _edits(file: _File, known: Sequence[str]) -> Iterator[FileEdit]:
    hunks = [(head, sides(lines)) for head, lines in file.hunks]
    changed = [(head, hunk) for head, hunk in hunks if hunk.old != hunk.new]
    old, new = _without_prefix(file.old, file.new, known)
    if new == _NO_FILE:
        yield Delete(resolve(old, known))
    elif old == _NO_FILE:
        yield Write(resolve(new, known), "".join(hunk.new_text for _, hunk in hunks), new=True)
    else:
        path = resolve(old or new or the_one_of(known), known, loosely=True)
        moved = resolve(new, known) if old and new and old != new else None
        if changed or moved:
            yield Update(path, tuple(_replacement(head, hunk) for head, hunk in changed), moved)


def _without_prefix(old: str, new: str, known: Sequence[str]) -> tuple[str, str]:
    """Paths without the a/ and b/ of git, where these are no folders."""
    bare = old.removeprefix("a/"), new.removeprefix("b/")
    prefixed = all(
        name == _NO_FILE or not name or name.startswith(mark) for name, mark in ((old, "a/"), (new, "b/"))
    )
    if prefixed and old not in known:
        return bare
    return old, new


def _replacement(head: str, hunk: Sides) -> Replacement:
    found = _RANGES.match(head)
    scope = found[5] if found else head.strip("@ ").strip()
    if not found and re.match(r"[-+]\d|\.\.\.", scope):
        scope = ""
    # Numbers are believed only of one who can count.
    counted = found and int(found[2] or 1) == len(hunk.old) and int(found[4] or 1) == len(hunk.new)
    return Replacement(
        hunk.old_text,
        hunk.new_text,
        scopes=(scope,) if scope else (),
        line=int(found[1]) if found and counted else None,
    )
