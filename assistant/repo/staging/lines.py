"""Make, or take back, some of the lines that a diff changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.errors import RefusedError
from assistant.repo.diff import FileDiff, Hunk


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a file's change is meant: changed `lines`, each as (hunk, line in the hunk) from 0, and
    whether its `mode` is."""

    lines: frozenset[tuple[int, int]] = frozenset()
    mode: bool = False


def everything(file: FileDiff) -> Choice:
    """The whole change of the file."""
    changed = (
        (number, at)
        for number, hunk in enumerate(file.hunks)
        for at, line in enumerate(hunk.lines)
        if line.kind != "context"
    )
    return Choice(frozenset(changed), file.mode_changed)


def with_lines(old: bytes, hunks: Sequence[Hunk], choice: Choice) -> bytes:
    """`old` with the chosen changes made. Raises RefusedError where the hunks do not fit it."""
    return _edited(old, hunks, choice, backward=False)


def without_lines(new: bytes, hunks: Sequence[Hunk], choice: Choice, *, crlf: bool = False) -> bytes:
    """`new` with the chosen changes taken back. With `crlf` its lines end so where those of the hunks end
    with LF, and what comes back does too. Raises RefusedError where the hunks do not fit it."""
    return _edited(new, hunks, choice, backward=True, crlf=crlf)


def _edited(
    text: bytes, hunks: Sequence[Hunk], choice: Choice, *, backward: bool, crlf: bool = False
) -> bytes:
    goes, comes = ("added", "removed") if backward else ("removed", "added")
    lines = _split(text)
    out: list[bytes] = []
    at = 0
    for number, hunk in enumerate(hunks):
        start = hunk.new_start if backward else hunk.old_start
        out += lines[at:start]
        at = start
        for i, line in enumerate(hunk.lines):
            chosen = (number, i) in choice.lines
            if line.kind == comes:
                if chosen:
                    out.append(_native(line.content) if crlf else line.content)
                continue
            if at >= len(lines) or (_unix(lines[at]) if crlf else lines[at]) != line.content:
                raise RefusedError("The file has changed meanwhile.", hint="Look at the diff as it is now.")
            if line.kind != goes or not chosen:
                out.append(lines[at])
            at += 1
    out += lines[at:]
    # The line that had no newline is not always the last one now.
    ending = b"\r\n" if crlf else b"\n"
    return b"".join(line if line.endswith(b"\n") else line + ending for line in out[:-1]) + b"".join(out[-1:])


def _split(text: bytes) -> list[bytes]:
    """Lines as git sees them: a CR alone ends none."""
    parts = text.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _native(line: bytes) -> bytes:
    return line.removesuffix(b"\n") + b"\r\n" if line.endswith(b"\n") else line


def _unix(line: bytes) -> bytes:
    return line.removesuffix(b"\r\n") + b"\n" if line.endswith(b"\r\n") else line
