"""Globs over paths, matched in bounded time whatever they are: regular expressions made of whole patterns,
as pathspec makes them, try for ever where `*a*a*a*b` nearly matches."""

import re
from collections.abc import Iterable
from fnmatch import translate


class Glob:
    """As git reads them: a pattern without a slash matches at any depth, `**` any number of folders, and a
    folder that matches all that is in it."""

    def __init__(self, pattern: str) -> None:
        parts = pattern.removeprefix("./").strip("/").split("/")
        at_any_depth = ["**"] if len(parts) == 1 else []
        # `translate` makes atomic groups of what stands between stars, so that nothing is tried twice.
        self._parts = [None if part == "**" else re.compile(translate(part)) for part in at_any_depth + parts]

    def matches(self, path: str) -> bool:
        reached = self._with_skipped({0})
        for name in path.split("/"):
            if len(self._parts) in reached:
                break
            reached = self._with_skipped(self._after(reached, name))
        return len(self._parts) in reached

    def _after(self, reached: Iterable[int], name: str) -> set[int]:
        """The places in the pattern that `name` leads to."""
        following = set()
        for place in reached:
            part = self._parts[place]
            if part is None:
                following.add(place)
            elif part.match(name):
                following.add(place + 1)
        return following

    def _with_skipped(self, places: set[int]) -> set[int]:
        """`**` may also stand for no folder."""
        found = set(places)
        for place in range(len(self._parts)):
            if place in found and self._parts[place] is None:
                found.add(place + 1)
        return found
