"""Texts that are a part of a line, or begin and end within lines."""

import re

from assistant.agent.edits.edit import EditError
from assistant.agent.edits.places import Place
from assistant.agent.edits.refusals import ambiguous


def replace_inline(path: str, text: str, old: str, new: str) -> str | None:
    """The text with the one exact occurrence replaced. None where there is none, or where it is whole
    lines, whose newlines are not counted so exactly. Raises EditError for several."""
    starts = [found.start() for found in re.finditer(f"(?={re.escape(old)})", text)]
    if len(starts) > 1:
        raise ambiguous(path, [_place(text, start, old) for start in starts])
    if not starts or _whole_lines(text, starts[0], old):
        return None
    start = starts[0]
    return text[:start] + new + text[start + len(old) :]


def replace_everywhere(path: str, text: str, old: str, new: str) -> str:
    """The text with every exact occurrence replaced. Raises EditError where there is none, or where some
    are words of their own and others the part of longer words."""
    starts = [found.start() for found in re.finditer(re.escape(old), text)]
    if not starts:
        raise EditError(f"{path}: the text to replace everywhere is not in the file: {old.strip()[:80]}")
    within = [start for start in starts if _cuts_word(text, start, start + len(old))]
    if within and len(within) < len(starts):
        line = text.count("\n", 0, within[0]) + 1
        raise EditError(
            f"{path}: {old.strip()[:80]!r} is also a part of longer words, such as in line {line}.",
            hint="Replace the places one by one, with the lines around them.",
        )
    return text.replace(old, new)


def _whole_lines(text: str, start: int, old: str) -> bool:
    end = start + len(old)
    begins = start == 0 or text[start - 1] == "\n"
    return begins and (end == len(text) or text[end] == "\n" or old.endswith("\n"))


def _place(text: str, start: int, old: str) -> Place:
    first = text.count("\n", 0, start)
    return Place(first, first + old.removesuffix("\n").count("\n") + 1, (), "exact")


def _cuts_word(text: str, start: int, end: int) -> bool:
    def inside(at: int) -> bool:
        return 0 < at < len(text) and bool(re.fullmatch(r"\w\w", text[at - 1 : at + 1]))

    return inside(start) or inside(end)
