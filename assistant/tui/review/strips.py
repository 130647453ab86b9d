"""Text as what a line of the screen is made of."""

from collections.abc import Callable

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style


def strip_of(content: Content, width: int, style: Style, parse: Callable[[str | Style], Style]) -> Strip:
    """`content` over `style` in exactly `width` cells. `parse` knows the theme's colours."""
    pieces = content.render(style, "", parse)
    strip = Strip([Segment(text, each.rich_style) for text, each in pieces])
    return strip.adjust_cell_length(width, style.rich_style)
