"""What of a file's change one decides about at once: a hunk, the mode, or all of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assistant.repo.diff import FileDiff
from assistant.repo.staging import Choice, everything


@dataclass(frozen=True, slots=True)
class Part:
    """`hunk` is the number of a hunk, -1 for the others."""

    kind: Literal["whole", "mode", "hunk"]
    hunk: int = -1


def parts_of(file: FileDiff) -> tuple[Part, ...]:
    """In the order of their display; there is at least one."""
    return tuple(_parts(file)) or (Part("whole"),)


def _parts(file: FileDiff) -> Iterator[Part]:
    if not file.by_line or file.status == "renamed":
        yield Part("whole")
    if file.by_line and file.mode_changed:
        yield Part("mode")
    if file.by_line:
        yield from (Part("hunk", number) for number in range(len(file.hunks)))


def choice_of(file: FileDiff, part: Part) -> Choice:
    """What deciding about the part decides about."""
    match part.kind:
        case "whole":
            return everything(file)
        case "mode":
            return Choice(mode=True)
        case "hunk":
            return Choice(frozenset(each for each in everything(file).lines if each[0] == part.hunk))


def identity(file: FileDiff, part: Part) -> str:
    """The same for the same change, wherever its lines have moved to."""
    digest = hashlib.sha256(f"{file.path}\0{file.status}\0{part.kind}".encode("utf-8", "surrogateescape"))
    for number, hunk in enumerate(file.hunks):
        if part.hunk in (number, -1):
            for line in hunk.lines:
                if line.kind != "context":
                    digest.update(line.kind.encode() + b"\0" + line.content)
    return digest.hexdigest()
