"""Bugs planted in files: each file lies there broken, and what repairs it beside it."""

from collections.abc import Iterable, Mapping


def repaired(broken: str, fixes: Iterable[Mapping[str, str]]) -> str:
    """`broken` with the `old` text of each fix, which stands there once, made its `new` one, in turn."""
    for fix in fixes:
        assert broken.count(fix["old"]) == 1, f"stands there {broken.count(fix['old'])} times: {fix['old']}"
        broken = broken.replace(fix["old"], fix["new"])
    return broken
