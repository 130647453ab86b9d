"""What a file declares and what it refers to, as tree-sitter's tags queries find it.

Each language has a query in `queries/`. It captures declarations as `@class`, `@function`, `@value` or
`@scope`, with the `@name` of each, and uses as `@reference`. A scope, such as a namespace, is shown around
what it holds but is no target of references. Languages without a query fall back to `syntax.definitions`
and to every identifier of the file.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from assistant.repo.syntax import definitions

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

# Whose query holds for a language too, before its own.
_BASE = {"tsx": "typescript"}
_MOST_DECLARATIONS = 500
_MOST_REFERENCES = 1000
_LONGEST_TEXT = 160
_LONGEST_NAME = 80
_MOST_UNCLOSED = 5000
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,79}")
_QUALIFIER = re.compile(r"^.*(::|\.)(?=.)", re.DOTALL)
_PADDING = re.compile(r"(?<=[(\[]) |,? (?=[)\]])")
_TAIL = " \t\n{:=;"


@dataclass(frozen=True, slots=True)
class Declaration:
    """`text` is the signature on one line, `line` counts from 1, `depth` is how many others it lies in."""

    name: str
    kind: str
    depth: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Tags:
    """Declarations outside of functions, in the order of the file, and how often each name is used."""

    declarations: tuple[Declaration, ...] = ()
    references: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Span:
    """A declaration from byte or line `start` to before `end`."""

    start: int
    end: int
    name: str
    kind: str
    line: int
    text: str


def read_tags(data: bytes, language: str) -> Tags:
    """The tags of a file's content; none where `language` is empty."""
    if not language or _unclosed(data) > _MOST_UNCLOSED:
        return Tags()
    found = _grammar(language)
    if found is None:
        text = data.decode("utf-8", "replace")
        return _tags(list(_defined(text, language)), Counter(_IDENTIFIER.findall(text)))
    parser, query = found
    from tree_sitter import QueryCursor

    spans: list[_Span] = []
    references: Counter[str] = Counter()
    for _, captured in QueryCursor(query).matches(parser.parse(data).root_node):
        if used := captured.pop("reference", None):
            references[_text(used[0])] += 1
        elif name := captured.pop("name", None):
            ((kind, (node, *_)),) = captured.items()
            spans.append(_span(data, node, _text(name[0]), kind))
    return _tags(spans, references)


def _unclosed(data: bytes) -> int:
    """How many brackets are open at the end: queries take time quadratic in it (12 s for 100,000)."""
    return sum(data.count(opening) - data.count(closing) for opening, closing in (b"()", b"[]", b"{}"))


@cache
def _grammar(language: str) -> "tuple[Parser, Query] | None":
    """A parser and the tags query; None for a language that has no query."""
    names = (_BASE[language], language) if language in _BASE else (language,)
    sources = [files(__package__) / "queries" / f"{name}.scm" for name in names]
    if not sources[-1].is_file():
        return None
    from tree_sitter import Query
    from tree_sitter_language_pack import get_language, get_parser

    return (
        get_parser(language),  # type: ignore[arg-type]
        Query(get_language(language), "".join(source.read_text("utf-8") for source in sources)),  # type: ignore[arg-type]
    )


def _span(data: bytes, node: "Node", name: str, kind: str) -> _Span:
    holder = node
    for role in ("value", "right"):  # a function that is assigned
        holder = node.child_by_field_name(role) or holder
    body = holder.child_by_field_name("body")
    end = body.start_byte if body else min(node.end_byte, node.start_byte + 4 * _LONGEST_TEXT)
    text = data[node.start_byte : end].decode("utf-8", "replace")
    if body is None:
        text = text.split("{")[0] if kind == "class" else text.split("\n")[0]
    return _Span(node.start_byte, node.end_byte, name, kind, node.start_point.row + 1, text)


def _defined(text: str, language: str) -> Iterator[_Span]:
    lines = text.split("\n")
    for found in definitions(text, language):
        rows = range(found.first_line - 1, found.last_line)
        row = next((row for row in rows if found.name in lines[row]), rows.start)
        kind = "class" if found.kind in ("class", "module") else "function"
        yield _Span(rows.start, rows.stop, found.name, kind, row + 1, lines[row])


def _tags(spans: list[_Span], references: Counter[str]) -> Tags:
    declarations: list[Declaration] = []
    around: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        while around and around[-1].end <= span.start:
            around.pop()
        if not any(outer.kind in ("function", "value") for outer in around):
            name = _QUALIFIER.sub("", span.name)[:_LONGEST_NAME]
            declarations.append(
                Declaration(name, span.kind, len(around), span.line, _one_line(span.text, name))
            )
            around.append(span)
    return Tags(tuple(declarations[:_MOST_DECLARATIONS]), dict(references.most_common(_MOST_REFERENCES)))


def _one_line(text: str, name: str) -> str:
    text = " ".join(text.split()).rstrip(_TAIL)
    while text.endswith("=>"):
        text = text.removesuffix("=>").rstrip(_TAIL)
    text = _PADDING.sub("", text)
    if name not in text:  # as in `typedef struct { ... } name`
        text = f"{text} … {name}"
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")
