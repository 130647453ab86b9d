"""What a review has come to: the diff, what was kept and commented on, and how to take each decision back.

Its methods ask git and write files, so that they are called in a thread."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.agent.review import Comment
from assistant.errors import CoderError
from assistant.repo.diff import Diff, FileDiff, Stamp, read_diff, stamp
from assistant.repo.staging import Decision, take_back
from assistant.tui.review.parts import Part, identity, parts_of


class Review:
    """The review of the repository at `root`, of what is `staged` or not; `paths` bound it."""

    def __init__(self, root: Path, *, staged: bool = False, paths: Sequence[str] = ()) -> None:
        self.root = root
        self.diff = Diff(staged, ())
        self.loaded = False
        self._stamp: Stamp | None = None
        self._paths = paths
        self._kept: set[str] = set()
        self._comments: dict[str, list[Comment]] = {}
        self._keys: dict[tuple[str, Part], str] = {}
        self._left: dict[str, int] = {}
        self._taking_back: list[tuple[str, Callable[[], None]]] = []

    @property
    def files(self) -> tuple[FileDiff, ...]:
        return self.diff.files

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All, in the order in which they were made."""
        return tuple(comment for each in self._comments.values() for comment in each)

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self._taking_back)

    def load(self, *, staged: bool | None = None) -> None:
        """Read the diff anew, or the other one. Raises CoderError."""
        wanted = self.diff.staged if staged is None else staged
        self._show(read_diff(self.root, staged=wanted, paths=self._paths))

    def catch_up(self, *, certainly: bool = False) -> bool:
        """Read the diff anew where something may have changed it, or `certainly`; returns whether it is
        another one. What was kept and said stays with the changes that are still there. Raises
        CoderError."""
        if not (certainly or (self._stamp is not None and self._stamp.is_old)):
            return False
        before = self.diff
        try:
            self.load()
        except CoderError:
            self._stamp = None  # the same is not to be told again and again
            raise
        return self.diff != before

    def find(self, file: FileDiff, part: Part) -> tuple[FileDiff, Part] | None:
        """The same part of the same file in the diff as it is now."""
        key = identity(file, part)
        for each in self.files:
            if each.path == file.path:
                return next(
                    ((each, other) for other in parts_of(each) if self._key(each, other) == key), None
                )
        return None

    def _load_again(self, file: FileDiff) -> None:
        """Read anew what one file has come to; the others are as they were."""
        paths = [path for path in (file.path, file.former) if path]
        fresh = read_diff(self.root, staged=self.diff.staged, paths=paths)
        others = (each for each in self.files if each.path not in paths)
        ordered = sorted((*others, *fresh.files), key=lambda each: os.fsencode(each.path))
        self._show(replace(self.diff, files=tuple(ordered)))

    def _show(self, diff: Diff) -> None:
        self.diff, self.loaded = diff, True
        self._keys, self._left = {}, {}
        self._stamp = stamp(self.root, diff)

    def decide(self, act: Callable[[], Decision], file: FileDiff | None = None) -> str:
        """Do it, remember how to take it back, and read the diff anew, of `file` alone where it is about
        no other; returns what was done, in words."""
        try:
            decision = act()
            self._taking_back.append((decision.title, partial(take_back, self.root, decision)))
        finally:
            if file is None:
                self.load()
            else:
                self._load_again(file)
        return decision.title

    def undo(self) -> str:
        """Take the latest decision back; returns it in words, nothing where there is none. One that cannot
        be taken back, since something else has changed, is forgotten."""
        if not self._taking_back:
            return ""
        title, back = self._taking_back.pop()
        try:
            back()
        finally:
            self.load()
        return title

    def keep(self, file: FileDiff, part: Part) -> bool:
        """Mark a part as looked at and good, or take the mark off; returns whether it has it now."""
        key = self._key(file, part)
        self._toggle(key)
        self._taking_back.append((f"keep in {file.path}", partial(self._toggle, key)))
        return key in self._kept

    def is_kept(self, file: FileDiff, part: Part) -> bool:
        return self._key(file, part) in self._kept

    def left_in(self, file: FileDiff) -> int:
        """Parts that are not kept."""
        if file.path not in self._left:
            self._left[file.path] = sum(not self.is_kept(file, part) for part in parts_of(file))
        return self._left[file.path]

    def comment(self, file: FileDiff, part: Part, text: str) -> None:
        """Say something about a part."""
        key = self._key(file, part)
        said = self._comments.setdefault(key, [])
        said.append(_comment(file, part, text))
        self._taking_back.append((f"comment on {file.path}", lambda: (said.pop(), None)[1]))

    def comments_on(self, file: FileDiff, part: Part) -> tuple[str, ...]:
        return tuple(comment.text for comment in self._comments.get(self._key(file, part), ()))

    def _key(self, file: FileDiff, part: Part) -> str:
        if (file.path, part) not in self._keys:
            self._keys[file.path, part] = identity(file, part)
        return self._keys[file.path, part]

    def _toggle(self, key: str) -> None:
        self._kept ^= {key}
        self._left = {}


def _comment(file: FileDiff, part: Part, text: str) -> Comment:
    if part.kind != "hunk":
        return Comment(file.path, 1, f"{file.status} {file.path}", text)
    hunk = file.hunks[part.hunk]
    signs = {"context": " ", "added": "+", "removed": "-"}
    lines = (signs[line.kind] + line.content.decode("utf-8", "replace").rstrip("\r\n") for line in hunk.lines)
    return Comment(file.path, hunk.new_start + 1, "\n".join(lines), text)
