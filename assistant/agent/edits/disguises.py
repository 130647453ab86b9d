"""What models wrap code in without meaning to: line numbers, fences, entities, typography, escapes."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

_NUMBERED = re.compile(r" *(\d{1,9})(?: ?[|:│→] ?|\t)(.*)")
_TYPOGRAPHIC = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
}
_PLAIN = str.maketrans(_TYPOGRAPHIC)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\", "`": "`", "$": "$"}
_QUOTED = re.compile(r"""(["'`])(?:\\.|(?!\1)[^\\\n])*\1""")
# Where entities and typographic characters are nothing unusual.
_MARKUP = {
    ".html", ".htm", ".xml", ".svg", ".md", ".rst", ".txt", ".jsx", ".tsx", ".vue", ".svelte", ".astro",
}  # fmt: skip
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{2,5}|#x[0-9a-fA-F]{2,4});")


def undisguised(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Readings of an edit's two texts without one disguise that both or the old one wear."""
    for reading in (without_numbers, _without_fence, _without_marks):
        plain = reading(old)
        if plain is not None:
            yield plain, new if (other := reading(new)) is None else other
    for change in (html.unescape, plain_typography, _unescaped):
        if (plain := change(old)) != old:
            yield plain, change(new)


def plain_typography(text: str) -> str:
    """Quotes, dashes and spaces as a keyboard has them."""
    return text.translate(_PLAIN)


def typographic(text: str) -> set[str]:
    return set(text) & _TYPOGRAPHIC.keys()


def entities(text: str) -> set[str]:
    return set(_ENTITY.findall(text))


def entities_in_code(text: str) -> set[str]:
    """Those that do not stand in quotes, as no program has them."""
    return entities(_QUOTED.sub("", text))


def is_markup(path: str) -> bool:
    """Whether the file holds prose or markup, also beside code."""
    return PurePath(path).suffix.lower() in _MARKUP


def without_numbers(text: str) -> str | None:
    """Text without the numbers of its lines, None where they do not count up by one."""
    return _all_lines(text, _number_of)


def _number_of(lines: list[str]) -> list[str] | None:
    found = [_NUMBERED.fullmatch(line) or re.fullmatch(r" *(\d{1,9})()", line) for line in lines]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) != len(lines) or numbers != list(range(numbers[0], numbers[0] + len(lines))):
        return None
    return [each[2] for each in found if each]


def _without_fence(text: str) -> str | None:
    def inside(lines: list[str]) -> list[str] | None:
        fenced = len(lines) > 2 and lines[0].startswith("```") and lines[-1].strip() == "```"
        return lines[1:-1] if fenced else None

    return _all_lines(text, inside)


def _without_marks(text: str) -> str | None:
    """Lines quoted with > as in a mail."""

    def unquoted(lines: list[str]) -> list[str] | None:
        quoted = all(line.startswith("> ") or line.rstrip() == ">" for line in lines)
        return [line[2:] for line in lines] if quoted else None

    return _all_lines(text, unquoted)


def _all_lines(text: str, change: Callable[[list[str]], list[str] | None]) -> str | None:
    ending = "\n" if text.endswith("\n") else ""
    lines = text.removesuffix("\n").split("\n")
    changed = change(lines) if text.strip() else None
    return None if changed is None else "\n".join(changed) + ending


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nt\"'`$\\])", lambda found: _ESCAPES[found[1]], text)
