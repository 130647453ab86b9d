"""Which files a repository wants left alone: `.gitignore` where git is not asked, `.coderignore` always."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec, Pattern

    Rules = tuple[tuple[str, GitIgnoreSpec], ...]

_MAX_BYTES = 100_000


class IgnoreRules:
    """The ignore files called `names` in a tree. Each is read when its folder is first asked about."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = names
        self._read: dict[str, Rules] = {}

    def ignores(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether `path`, relative to the root and with slashes, is left out. As in git the last pattern
        that matches decides, and a deeper file goes before those above it."""
        for prefix, spec in self._rules(path.rpartition("/")[0]):
            verdict = spec.check_file(path[len(prefix) :] + "/" * is_folder).include
            if verdict is not None:
                return verdict
        return False

    def _rules(self, folder: str) -> "Rules":
        """The rules that hold in `folder`, the deepest first."""
        if (known := self._read.get(folder)) is None:
            above = self._rules(folder.rpartition("/")[0]) if folder else ()
            known = self._read[folder] = (*self._own_rules(folder), *above)
        return known

    def _own_rules(self, folder: str) -> "Rules":
        lines = [line for name in self._names for line in _lines(self._root / folder / name)]
        if not lines:
            return ()
        from pathspec import GitIgnoreSpec

        patterns = [pattern for line in lines for pattern in _patterns(line)]
        return ((f"{folder}/" if folder else "", GitIgnoreSpec(patterns)),)


def _patterns(line: str) -> "Sequence[Pattern]":
    """None of a line that is no pattern: git passes over it too."""
    from pathspec import GitIgnoreSpec

    try:
        return list(GitIgnoreSpec.from_lines([line]).patterns)
    except ValueError:
        return ()


def _lines(file: Path) -> list[str]:
    """As git parts them: other characters than LF, with or without CR, are part of a pattern."""
    try:
        if file.is_symlink() or not file.is_file():
            return []
        with file.open("rb") as opened:
            text = opened.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [line.removesuffix("\r") for line in text.split("\n")]
