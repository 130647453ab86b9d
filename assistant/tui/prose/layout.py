"""Blocks broken into the lines of a screen."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.highlight import ANSIDarkHighlightTheme, ANSILightHighlightTheme, HighlightTheme, highlight

from assistant.tui.prose.blocks import Block, Rows

_CODE_INDENT = 2
_TAB = 8
_COLUMN_GAP = 2
# Colouring longer code would hold up the keys.
_LONGEST_COLOURED = 60_000
_LONGEST_COLOURED_LINE = 2_000
_LEAST_ROOM = 4


@dataclass(frozen=True, slots=True)
class Line:
    """`x` and `y` tell where `content` stands in the text that may be selected. `kind` is that of its block,
    empty for a line between blocks. `indent` cells of its ground come before `content`."""

    kind: str
    lead: str
    content: Content
    indent: int = 0
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Laid:
    """A block in lines, the first of which is the line `top` of the screen; `text` is what may be selected,
    line by line, from line `row`."""

    block: Block
    top: int
    row: int
    lines: tuple[Line, ...]
    text: tuple[str, ...]

    @property
    def bottom(self) -> int:
        """The line of the screen below it."""
        return self.top + len(self.lines)


@dataclass(frozen=True, slots=True)
class Look:
    """What the lines depend on besides the block."""

    width: int
    ansi: bool
    dark: bool


def lay(block: Block, look: Look, above: Laid | None) -> Laid:
    """The block in lines, with the blank ones between it and what is `above`."""
    gap, top, row = (block.gap, above.bottom, above.row + len(above.text)) if above else (0, 0, 0)
    lines = [Line("", block.between, Content(), y=row + number) for number in range(gap)]
    indent = _CODE_INDENT if block.kind == "code" else 0
    room = max(look.width - len(block.hang) - 2 * indent, _LEAST_ROOM)
    sources = list(_sources(block, room, look))
    lead = block.lead
    for y, source in enumerate(sources, row + gap):
        for x, part in _broken(source, room, hard=block.kind == "code"):
            lines.append(Line(block.kind, lead, part, indent, x, y))
            lead = block.hang
    return Laid(block, top, row, tuple(lines), ("",) * gap + tuple(source.plain for source in sources))


def _sources(block: Block, room: int, look: Look) -> Iterator[Content]:
    """The lines of a block before they are broken."""
    match block.kind:
        case "rule":
            yield Content("─" * room)
        case "table":
            yield from _table(block.rows, room)
        case "code":
            yield from _coloured(block, look).split("\n", allow_blank=True)
        case _:
            yield from block.content.split("\n", allow_blank=True)


def _broken(source: Content, room: int, *, hard: bool) -> Iterator[tuple[int, Content]]:
    """The parts of a line that fit, each with its place in the line."""
    if source.cell_length <= room:
        yield 0, source
        return
    at = 0
    for part in source.fold(room) if hard else source.wrap(room):
        at = source.plain.find(part.plain, at)
        yield at, part
        at += len(part.plain)


def _coloured(block: Block, look: Look) -> Content:
    code = block.source.expandtabs(_TAB)
    longest = max(map(len, code.split("\n")))
    if not block.language or len(code) > _LONGEST_COLOURED or longest > _LONGEST_COLOURED_LINE:
        return Content(code).stylize_before("$text")
    theme = HighlightTheme
    if look.ansi:
        theme = ANSIDarkHighlightTheme if look.dark else ANSILightHighlightTheme
    return highlight(code, language=block.language, theme=theme)


def _table(rows: Rows, room: int) -> Iterator[Content]:
    """Columns as wide as they need to be and may be; a line below the header."""
    widths = _fitting([max(map(_width, column)) for column in zip(*rows, strict=True)], room)
    for number, row in enumerate(rows):
        cells = [cell.wrap(width) for cell, width in zip(row, widths, strict=True)]
        for at in range(max(map(len, cells))):
            parts = [cell[at] if at < len(cell) else Content() for cell in cells]
            line = Content(" " * _COLUMN_GAP).join(
                part.pad_right(width - part.cell_length) for part, width in zip(parts, widths, strict=True)
            )
            yield line.stylize("header") if number == 0 else line
        if number == 0:
            rule = (" " * _COLUMN_GAP).join("─" * width for width in widths)
            yield Content.styled(rule, "faint")


def _width(cell: Content) -> int:
    return max(cell.cell_length, 1)


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """The widest are narrowed until all fit, one cell at least left to each."""

    def taken(most: int) -> int:
        return sum(min(width, most) for width in widths)

    free = room - _COLUMN_GAP * (len(widths) - 1)
    most = max(bisect_right(range(max(widths) + 1), free, key=taken) - 1, 1)
    spare = max(free - taken(most), 0)
    wider = [at for at, width in enumerate(widths) if width > most]
    last = set(wider[-spare:] if spare else ())
    return [min(width, most) + (at in last) for at, width in enumerate(widths)]
