"""Which files a repository wants left alone: `.gitignore` where git is not asked, `.coderignore` always."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from assistant.repo.globs import Glob

_MAX_BYTES = 100_000
_ALL_BELOW = re.compile(r"/\*{2,}$")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A line of an ignore file."""

    glob: Glob
    keeps: bool
    folders_only: bool


_Rules: TypeAlias = tuple[tuple[str, tuple[_Pattern, ...]], ...]


class IgnoreRules:
    """The ignore files called `names` in a tree. Each is read when its folder is first asked about."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = names
        # The rules that hold in a folder, the deepest first; None for one that is ignored.
        self._rules: dict[str, _Rules | None] = {"": self._own_rules("")}

    def ignores(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether `path`, relative to the root and with slashes, is left out. As in git the last pattern
        that matches decides, a deeper file goes before those above it, and what lies in an ignored folder
        cannot be brought back."""
        rules = self._rules_in(path.rpartition("/")[0])
        return rules is None or _decided(rules, path, is_folder)

    def _rules_in(self, folder: str) -> _Rules | None:
        if folder not in self._rules:
            rules = self._rules[""]
            ends = [at for at, character in enumerate(folder) if character == "/"]
            for each in (folder[:end] for end in [*ends, len(folder)]):
                if each not in self._rules:
                    ignored = rules is None or _decided(rules, each, is_folder=True)
                    self._rules[each] = None if ignored else (*self._own_rules(each), *(rules or ()))
                rules = self._rules[each]
        return self._rules[folder]

    def _own_rules(self, folder: str) -> _Rules:
        lines = [line for name in self._names for line in _lines(self._root / folder / name)]
        patterns = tuple(pattern for line in reversed(lines) if (pattern := _pattern(line)))
        return ((f"{folder}/" if folder else "", patterns),) if patterns else ()


def _decided(rules: _Rules, path: str, is_folder: bool) -> bool:
    for prefix, patterns in rules:
        within = path[len(prefix) :]
        for pattern in patterns:
            if (is_folder or not pattern.folders_only) and pattern.glob.is_for(within):
                return not pattern.keeps
    return False


def _pattern(line: str) -> _Pattern | None:
    """None for a comment, and for what can match nothing."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    line = line[: len(bare) + escapes % 2]  # a space behind a backslash stays
    text = line.removeprefix("!")
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    if line.startswith("#") or not text or text.endswith("/") or text.startswith("./"):
        return None
    inside = "/*" if _ALL_BELOW.search(text) else ""  # all that is in a folder, and not the folder itself
    return _Pattern(Glob(text + inside), line.startswith("!"), folders_only)


def _lines(file: Path) -> list[str]:
    """As git parts them: no other character than LF, with or without CR, ends a pattern."""
    try:
        if file.is_symlink() or not file.is_file():
            return []
        with file.open("rb") as opened:
            text = opened.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [line.removesuffix("\r") for line in text.split("\n")]
