"""Markdown as a flat run of blocks: of lists and quotes stays what stands before each line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content

from assistant.tui.prose.inline import inline

_BULLETS = ("• ", "▪ ", "‣ ", "⭑ ", "◦ ")
_QUOTE = "▌ "
# While a code block grows, its lines up to a multiple of this are a block that stays as it is.
_OPEN_LINES = 40

Rows = tuple[tuple[Content, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """What looks the same is equal. `kind` is paragraph, h1 to h6, code, rule or table; `line` is where the
    outermost block around it begins in the whole text, counted from 0. `lead` stands before its first line,
    `hang` before the others, `between` before the `gap` blank lines above it. A long code block that grows is
    in two parts: the second `goes_on`."""

    kind: str
    source: str
    line: int
    lead: str = ""
    hang: str = ""
    between: str = ""
    gap: int = 1
    language: str = ""
    goes_on: bool = False
    content: Content = field(default=Content(), compare=False)
    rows: Rows = field(default=(), compare=False)

    @property
    def plain(self) -> str:
        """Its text without marks; the cells of a table stand below each other."""
        if self.kind == "code":
            return self.source
        return "\n".join(cell.plain for row in self.rows for cell in row) or self.content.plain


def blocks_of(markdown: str, *, first_line: int = 0, open: bool = False) -> list[Block]:
    """The blocks of a text that begins at `first_line` of the whole. `open` says that its end may go on."""
    return list(_Reader(_parser().parse(markdown), first_line, open).read())


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("gfm-like")


@dataclass(slots=True)
class _Level:
    """A quote, or an item of a list, that is open."""

    first: str
    rest: str
    begun: bool = False


class _Reader:
    """Reads the tokens of one text."""

    def __init__(self, tokens: Sequence[Token], first_line: int, open: bool) -> None:
        self._tokens = tokens
        self._first_line = self._line = first_line
        self._open = open
        self._kind = "paragraph"
        self._cells: list[list[Token]] | None = None
        self._levels: list[_Level] = []
        self._numbers: list[int | None] = []
        self._list_begins = False
        self._above = ""

    def read(self) -> Iterator[Block]:
        for token in self._tokens:
            if token.level == 0 and token.map:
                self._line = self._first_line + token.map[0]
            self._enter_or_leave(token)
            yield from self._written(token)

    def _enter_or_leave(self, token: Token) -> None:
        match token.type:
            case "heading_open" | "paragraph_open":
                self._kind = token.tag if token.tag != "p" else "paragraph"
            case "table_open":
                self._cells = []
            case "tr_open" if self._cells is not None:
                self._cells.append([])
            case "blockquote_open":
                self._levels.append(_Level(_QUOTE, _QUOTE))
            case "bullet_list_open" | "ordered_list_open":
                self._list_begins = not self._numbers
                ordered = token.type == "ordered_list_open"
                self._numbers.append(int(token.attrs.get("start", 1)) if ordered else None)
            case "list_item_open":
                self._begin_item()
            case "blockquote_close" | "list_item_close":
                self._levels.pop()
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()

    def _written(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "inline" if self._cells is not None:
                self._cells[-1].append(token)
            case "inline":
                yield self._block(self._kind, token.content, inline(token))
            case "html_block":
                yield self._block("paragraph", token.content.rstrip())
            case "fence" | "code_block":
                yield from self._code(token)
            case "hr":
                yield self._block("rule", "")
            case "table_close" if self._cells is not None:
                cells, self._cells = self._cells, None
                yield self._table(cells)

    def _begin_item(self) -> None:
        number = self._numbers[-1]
        if number is None:
            bullet = _BULLETS[(self._numbers.count(None) - 1) % len(_BULLETS)]
        else:
            bullet, self._numbers[-1] = f" {number}. ", number + 1
        self._levels.append(_Level(bullet, " " * len(bullet)))

    def _table(self, cells: list[list[Token]]) -> Block:
        source = "\n".join("\t".join(cell.content for cell in row) for row in cells)
        return self._block("table", source, rows=tuple(tuple(map(inline, row)) for row in cells))

    def _code(self, token: Token) -> Iterator[Block]:
        lines = token.content.rstrip().split("\n")
        grows = self._open and token is self._tokens[-1]
        kept = (len(lines) - 1) // _OPEN_LINES * _OPEN_LINES if grows else 0
        whole = self._block("code", "\n".join(lines), language=token.info.partition(" ")[0])
        if not kept:
            yield whole
            return
        yield replace(whole, source="\n".join(lines[:kept]))
        yield replace(whole, source="\n".join(lines[kept:]), lead=whole.hang, gap=0, goes_on=True)

    def _block(
        self,
        kind: str,
        source: str,
        content: Content | None = None,
        *,
        rows: Rows = (),
        language: str = "",
    ) -> Block:
        levels = self._levels
        block = Block(
            kind,
            source,
            self._line,
            lead="".join(level.rest if level.begun else level.first for level in levels),
            hang="".join(level.rest for level in levels),
            between="".join(level.rest for level in levels if level.begun).rstrip(),
            gap=self._gap(kind),
            language=language,
            content=Content(source) if content is None else content,
            rows=rows,
        )
        for level in levels:
            level.begun = True
        self._list_begins = False
        self._above = kind
        return block

    def _gap(self, kind: str) -> int:
        """Items of a list follow each other at once, and a list within an item follows that."""
        begins_item = self._numbers and not self._levels[-1].begun
        return (
            0
            if begins_item and not self._list_begins and self._above != "code"
            else 2
            if kind in ("h1", "h2")
            else 1
        )
