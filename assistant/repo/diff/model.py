"""What a diff consists of. Contents are bytes, as git has them; paths are `os.fsdecode`d."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["context", "added", "removed"]
Status = Literal["modified", "added", "deleted", "renamed", "type changed", "untracked", "conflict"]

LINK, SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Line:
    """`content` ends with its newline, which the last line of a file may lack."""

    kind: Kind
    content: bytes


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of which some differ. Starts count from 0; `section` is what git shows behind the ranges."""

    old_start: int
    new_start: int
    lines: tuple[Line, ...]
    section: bytes = b""

    @property
    def old_count(self) -> int:
        return sum(line.kind != "added" for line in self.lines)

    @property
    def new_count(self) -> int:
        return sum(line.kind != "removed" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies at a path: git's mode, such as `100644`, and the blob's (or the submodule commit's) id.
    `blob` is empty where git has not stored the content, in the working tree."""

    mode: str
    blob: str


@dataclass(frozen=True)
class FileDiff:
    """One path. `old` and `new` are None where nothing is there; `former` is the path before a renaming.
    An `opaque` content is not shown, since it is binary or too large. A `filtered` one is converted by a
    program that attributes name: what is shown is not what git would store. In a conflict the hunks lead
    from our side to the working tree."""

    path: str
    status: Status
    old: Entry | None
    new: Entry | None
    hunks: tuple[Hunk, ...] = ()
    former: str = ""
    opaque: bool = False
    filtered: bool = False

    @cached_property
    def added(self) -> int:
        """Lines."""
        return sum(line.kind == "added" for hunk in self.hunks for line in hunk.lines)

    @cached_property
    def removed(self) -> int:
        """Lines."""
        return sum(line.kind == "removed" for hunk in self.hunks for line in hunk.lines)

    @property
    def mode_changed(self) -> bool:
        return self.old is not None and self.new is not None and self.old.mode != self.new.mode

    @cached_property
    def by_line(self) -> bool:
        """Whether one can decide about its lines: those of files, in text that git stores as it is shown."""
        special = {entry.mode for entry in (self.old, self.new) if entry} & {LINK, SUBMODULE}
        return not (special or self.opaque or self.filtered or self.status == "conflict")


@dataclass(frozen=True, slots=True)
class Diff:
    """All files that differ, in git's order. `left_out` counts untracked files beyond the most that are
    looked at."""

    staged: bool
    files: tuple[FileDiff, ...]
    left_out: int = 0
