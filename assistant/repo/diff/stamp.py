"""Whether what a diff was made of has been touched since: file times are asked for, and git is not."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.repo.diff.model import Diff
from assistant.repo.git import plumb

_GIT = ("index", "HEAD", "logs/HEAD")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`places` are looked at; `seen` is what was there, as time, size, inode and mode."""

    places: tuple[str, ...]
    seen: tuple[tuple[int, int, int, int] | None, ...]

    @property
    def is_old(self) -> bool:
        """Whether any of the places has been touched."""
        return self.seen != _looked_at(self.places)


def stamp(root: Path, diff: Diff) -> Stamp:
    """Of the index, of HEAD, of the files of the diff and of their folders, where others may appear. Raises
    CoderError."""
    options = [option for name in _GIT for option in ("--git-path", name)]
    named = plumb(root, "rev-parse", options).removesuffix(b"\n").split(b"\n")
    files = {file.path for file in diff.files}
    folders = {os.path.dirname(path) for path in files} | {""}  # noqa: PTH120 - a Path for each takes long
    inside = [*map(os.fsdecode, named), *sorted(files | folders)]
    places = tuple(os.path.join(root, each) for each in inside)  # noqa: PTH118
    return Stamp(places, _looked_at(places))


def _looked_at(places: Iterable[str]) -> tuple[tuple[int, int, int, int] | None, ...]:
    return tuple(map(_seen, places))


def _seen(place: str) -> tuple[int, int, int, int] | None:
    with suppress(OSError):
        status = os.lstat(place)
        return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode
    return None
