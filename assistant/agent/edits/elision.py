"""Lines that stand for code which the model did not write out."""

import re
from collections.abc import Iterator, Sequence

_COMMENT = re.compile(r"^(?:#+|//+|--|;+|%|/\*+|\*|<!--|\{/\*)\s*(.*?)\s*(?:\*/\}?|-->)?$")
_DOTS = r"(?:\.\.\.|…)"
_WHAT = r"(?:code|file|functions?|methods?|class(?:es)?|implementation|logic|lines|imports|body|tests)"
_REST = re.compile(
    rf"{_DOTS}.*|.*{_DOTS}"
    rf"|(?:the )?(?:rest|remainder) of (?:the )?(?:\w+ ){{0,3}}{_WHAT}\b.*"
    rf"|(?:the )?(?:existing|remaining|unchanged|previous|other|original) (?:\w+ )?{_WHAT}"
    r"(?: (?:here|above|below|unchanged|(?:remains?|stays?|is|are) .*))?"
    r"|(?:same|unchanged) as (?:before|above|original).*|(?:code )?(?:unchanged|omitted)(?: .*)?",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(
    rf"\b(?:rest|remain\w*|existing|unchanged|same|previous|other|omitted|elided|original|snip\w*|{_WHAT})\b",
    re.IGNORECASE,
)


def is_elision(line: str) -> bool:
    """Whether the line is dots, or a comment that says that something goes on as it was."""
    line = line.strip()
    if re.fullmatch(_DOTS, line):
        return True
    comment = _COMMENT.match(line)
    if not comment or not _REST.fullmatch(words := comment[1]):
        return False
    dots = re.fullmatch(rf"{_DOTS}|\[?\(?{_DOTS}.*|.*{_DOTS}\)?\]?", words)
    return not dots or bool(re.fullmatch(_DOTS, words) or _KEYWORDS.search(words))


def first_elision(lines: Sequence[str], allowed: Sequence[str], *, python: bool) -> int | None:
    """The number, from 0, of the first elision that is not a line of `allowed`. In Python three dots are
    a body of their own below a colon."""
    kept = {line.strip() for line in allowed}
    above = ""
    for i, line in enumerate(lines):
        bare = line.strip()
        if (
            bare not in kept
            and is_elision(line)
            and not (python and bare == "..." and above.endswith((":", '"""')))
        ):
            return i
        above = bare or above
    return None


def split_at_elisions(old: Sequence[str], new: Sequence[str]) -> list[tuple[list[str], list[str]]] | None:
    """The parts between the elisions of both texts in pairs, None where these do not pair."""
    olds, news = list(_parts(old)), list(_parts(new))
    return list(zip(olds, news, strict=True)) if len(olds) == len(news) > 1 else None


def _parts(lines: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for line in lines:
        if is_elision(line):
            yield part
            part = []
        else:
            part.append(line)
    yield part
