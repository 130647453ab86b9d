"""Globs over paths as git reads them, matched in bounded time whatever they are: where `*a*a*a*b` nearly
matches, a regular expression made of a whole pattern tries for ever.

Source: gitignore(5), and wildmatch.c of git. Classes such as [[:digit:]] and a slash in brackets are not
read."""

import re
from collections.abc import Iterable

_FOLDERS = re.compile(r"\*{2,}")
# `c**/a` is a below whatever begins with c: git compares what is before the first wildcard apart.
_OPEN_NAME = re.compile(r"^([^*?[\\]*[^*?[\\/]\*{2,})/")
_NOTHING = re.compile(r"(?!)")
_BRACKETS = re.compile(r"\[([!^]?)(\]?+(?:\\.|[^\]\\])*)\]", re.S)


class Glob:
    """A pattern without a slash, but one at its end, matches at any depth; a part of two stars or more is any
    number of folders."""

    def __init__(self, pattern: str) -> None:
        text = pattern.removeprefix("./").rstrip("/")
        names = _OPEN_NAME.sub(r"\1/**/", text.removeprefix("/")).split("/")
        at_any_depth = ["**"] if "/" not in text else []
        self._parts = [
            None if _FOLDERS.fullmatch(part) else _name_pattern(part) for part in at_any_depth + names
        ]

    def matches(self, path: str) -> bool:
        """Whether it is the path, or a folder that the path lies in."""
        reached = self._with_skipped({0})
        for name in path.split("/"):
            if len(self._parts) in reached:
                break
            reached = self._with_skipped(self._after(reached, name))
        return len(self._parts) in reached

    def is_for(self, path: str) -> bool:
        """Whether it is the path itself."""
        match self._parts:
            case [None, re.Pattern() as anywhere]:
                return bool(anywhere.fullmatch(path.rpartition("/")[2]))
        if None not in self._parts and path.count("/") != len(self._parts) - 1:
            return False
        reached = self._with_skipped({0})
        for name in path.split("/"):
            reached = self._with_skipped(self._after(reached, name))
        return len(self._parts) in reached

    def _after(self, reached: Iterable[int], name: str) -> set[int]:
        """The places in the pattern that `name` leads to."""
        following = set()
        for place in reached:
            if place == len(self._parts):
                continue
            part = self._parts[place]
            if part is None:
                following.add(place)
            elif part.fullmatch(name):
                following.add(place + 1)
        return following

    def _with_skipped(self, places: set[int]) -> set[int]:
        """`**` may also stand for no folder."""
        found = set(places)
        for place in range(len(self._parts)):
            if place in found and self._parts[place] is None:
                found.add(place + 1)
        return found


def _name_pattern(pattern: str) -> re.Pattern[str]:
    """For one name of a path. What git never matches, such as an open bracket, matches nothing."""
    fixed, at = [""], 0
    while at < len(pattern):
        brackets = _BRACKETS.match(pattern, at)
        if pattern[at] == "*":
            fixed.append("")
            at += 1
        elif brackets:
            fixed[-1] += _one_of(brackets[2], negated=bool(brackets[1]))
            at = brackets.end()
        elif pattern[at] == "[" or pattern[at:] == "\\":
            return _NOTHING
        else:
            escaped = pattern[at] == "\\"
            fixed[-1] += "." if pattern[at] == "?" else re.escape(pattern[at + escaped])
            at += 1 + escaped
    first, *others = fixed
    if not others:
        return re.compile(first, re.S)
    # Each part is where it first fits, which is never tried again: parts between stars have one length.
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return re.compile(f"{first}{between}.*{others[-1]}", re.S)


def _one_of(listed: str, *, negated: bool) -> str:
    """The characters in brackets as a regular expression."""
    found = [(each[-1], each == "-") for each in re.findall(r"\\.|.", listed, re.S)]
    parts: list[str] = []
    at = 0
    while at < len(found):
        first, last = found[at][0], found[at][0]
        if at + 2 < len(found) and found[at + 1][1]:
            last = found[at + 2][0]
            at += 2
        parts.append(f"{re.escape(first)}-{re.escape(max(first, last))}")
        at += 1
    return f"[{'^' if negated else ''}{''.join(parts)}]"
