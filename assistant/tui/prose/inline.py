"""What is within a line of markdown: marked words, code, and links, which lead nowhere."""

import re

from markdown_it.token import Token
from textual.content import Content, Span

_MARKS = ("strong", "em", "s", "link")
_SPACE = re.compile(r"\s+")


def inline(token: Token) -> Content:
    """The words of an inline token, with spans in the styles of `STYLES`."""
    written: list[str] = []
    spans: list[Span] = []
    begun: list[int] = []
    at = 0
    for child in token.children or ():
        text = _text(child)
        written.append(text)
        if child.type == "code_inline":
            spans.append(Span(at, at + len(text), "code_inline"))
        elif child.nesting == 1:
            begun.append(at)
        elif child.nesting == -1:
            start = begun.pop()
            if (mark := child.type.removesuffix("_close")) in _MARKS:
                spans.append(Span(start, at, mark))
        at += len(text)
    return Content("".join(written), spans)


def _text(child: Token) -> str:
    match child.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return f"🖼  ({child.content})"
        case "text":
            return _SPACE.sub(" ", child.content)
    return child.content
