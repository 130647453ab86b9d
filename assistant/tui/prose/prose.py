"""One widget for a whole text of markdown, which may grow. Only its last block is read and laid out anew."""

from rich.segment import Segment
from textual.containers import ScrollableContainer
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from assistant.tui.prose.blocks import Block, blocks_of
from assistant.tui.prose.layout import Laid, Line, Look, lay
from assistant.tui.prose.styles import style_called


class Prose(Widget):
    """The text must be safe to show. Links are marked, and lead nowhere."""

    DEFAULT_CSS = """
    Prose {
        width: 1fr;
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        color: $foreground;
        &.empty { display: none; }
    }
    """

    def __init__(self, source: str = "") -> None:
        super().__init__()
        self._source = source
        self._grows = False
        self._look: Look | None = None
        self._laid: list[Laid] = []
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        # Where the last outermost block begins: in characters, in lines, and among the blocks.
        self._open = (0, 0, 0)
        self._marked: range | None = None
        self.set_class(not source, "empty")

    @property
    def source(self) -> str:
        return self._source

    def write(self, text: str) -> None:
        """Add text to the end. More may come."""
        self._source += text
        self._grows = True
        self.set_class(not self._source, "empty")
        self._changed()

    def finish(self) -> None:
        """Nothing more will come: what was read in parts is read as a whole."""
        if self._grows:
            self._grows = False
            self._open = (0, 0, 0)
            self._changed()

    # Places in it

    def codes(self) -> list[tuple[str, range]]:
        """The code blocks, each with its place."""
        found: list[tuple[str, range]] = []
        for at, block in enumerate(self._blocks()):
            if block.goes_on and found:
                code, place = found[-1]
                found[-1] = f"{code}\n{block.source}", range(place.start, at + 1)
            elif block.kind == "code":
                found.append((block.source, range(at, at + 1)))
        return found

    def find(self, text: str) -> range | None:
        """The place of the first block that holds `text`. Case is ignored."""
        wanted = text.casefold()
        holding = (at for at, block in enumerate(self._blocks()) if wanted in block.plain.casefold())
        return next((range(at, at + 1) for at in holding), None)

    def mark(self, place: range | None) -> None:
        """Mark the blocks at that place, and no others."""
        if place != self._marked:
            self._marked = place
            self._strips.clear()
            self.refresh()

    @property
    def marked(self) -> str:
        """The text of what is marked."""
        return "\n".join(self._laid[at].block.plain for at in self._marked or ())

    def scroll_to_place(self, place: range, *, top: bool = False) -> None:
        """Bring that place to view, or to the `top` of what is seen."""
        first, last = self._laid[place.start], self._laid[place[-1]]
        begin = first.top + (first.block.gap if place.start else 0)
        container = next(node for node in self.ancestors if isinstance(node, ScrollableContainer))
        shift = self.content_region.y - container.content_region.y + round(container.scroll_y)
        region = Region(0, shift + begin, 1, last.bottom - begin)
        container.scroll_to_region(region, animate=False, top=top, x_axis=False)

    # Lines of the screen

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._lay_out(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        self._lay_out(self.size.width)
        if not y < len(self._lines):
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        if self.text_selection is not None:
            return self._strip(y, self.text_selection)
        if y not in self._strips:
            self._strips[y] = self._strip(y, None)
        return self._strips[y]

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(line for laid in self._laid for line in laid.text)), "\n"

    def _blocks(self) -> list[Block]:
        self._lay_out(self.size.width or 80)
        return [laid.block for laid in self._laid]

    def _lay_out(self, width: int) -> None:
        """Lay all out, unless it is laid out so already."""
        look = Look(width, self.app.native_ansi_color, self.app.current_theme.dark)
        if look != self._look:
            self._look = look
            self._open = (0, 0, 0)
            self._laid.clear()
            self._read_on(look)

    def _changed(self) -> None:
        if self._look is None:
            self.refresh(layout=True)
            return
        height = len(self._lines)
        first = self._read_on(self._look)
        below = Region(0, first, self._look.width, max(height, len(self._lines)) - first)
        self.refresh(below, layout=height != len(self._lines))

    def _read_on(self, look: Look) -> int:
        """Read and lay out anew from the last outermost block. Returns the first line that changed."""
        start, first_line, kept = self._open
        rest = self._source[start:]
        blocks = blocks_of(rest, first_line=first_line, open=self._grows)
        for block in blocks:
            if not (kept < len(self._laid) and self._laid[kept].block == block):
                break
            kept += 1
        done = kept - self._open[2]
        del self._laid[kept:]
        for block in blocks[done:]:
            self._laid.append(lay(block, look, self._laid[-1] if self._laid else None))
        changed = self._laid[kept].top if kept < len(self._laid) else self._bottom
        del self._lines[changed:]
        for laid in self._laid[kept:]:
            self._lines += laid.lines
        for y in [y for y in self._strips if y >= changed]:
            del self._strips[y]
        if blocks and (last := blocks[-1].line) > first_line:
            start += _offset_of_line(rest, last - first_line)
            finished = len(self._laid) - sum(block.line == last for block in blocks)
            self._open = (start, last, finished)
        return changed

    @property
    def _bottom(self) -> int:
        return self._laid[-1].bottom if self._laid else 0

    def _strip(self, y: int, selection: Selection | None) -> Strip:
        """A line as it is drawn. What can be selected knows its place in the text."""
        line = self._lines[y]
        base = self.visual_style
        ground = base + self._style(line.kind) if line.kind else base
        if self._is_marked(y):
            ground += self._style("marked")
        content = line.content
        if selection is not None and (span := selection.get_span(line.y)) is not None:
            begin, end = span
            end = max(end - line.x, 0) if end >= 0 else len(content)
            selected = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            content = content.stylize(selected, max(begin - line.x, 0), end)
        lead = (base + self._style("lead")).rich_style
        segments = [Segment(line.lead, lead), Segment(" " * line.indent, ground.rich_style)]
        x = line.x
        for text, style in content.render(ground, end="", parse_style=self._style):
            segments.append(Segment(text, (ground + style).rich_style_with_offset(x, line.y)))
            x += len(text)
        drawn = Strip([segment for segment in segments if segment.text])
        return drawn.extend_cell_length(self.size.width, ground.background_style.rich_style)

    def _is_marked(self, y: int) -> bool:
        place = self._marked
        return place is not None and self._laid[place.start].top <= y < self._laid[place[-1]].bottom

    def _style(self, style: Style | str) -> Style:
        """That of a span or a kind of block, by its name or as it is."""
        if isinstance(style, Style):
            return style
        return Style.parse(style_called(style, ansi=self.app.native_ansi_color))


def _offset_of_line(text: str, line: int) -> int:
    """Where that line begins, counted from 0."""
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return at
