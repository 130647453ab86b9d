"""A call of a tool: one line that opens to its arguments, what came of it, and how long it took."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from assistant.tui.diff import DiffView, files_in, one_line
from assistant.tui.message import ChatMessage
from assistant.tui.record import Record
from assistant.tui.theme import FAINT
from assistant.visible import visible

State = Literal["runs", "done", "failed", "refused"]
_MARKS: dict[State, tuple[str, str]] = {
    "runs": ("◌", "$text-accent"),
    "done": ("✓", "$text-success"),
    "failed": ("✗", "$text-error"),
    "refused": ("–", "$text-warning"),
}
_LINES_SHOWN = 40
_LONGEST_LINE = 400
_SHORT = 100
# Below this it is no news.
_WORTH_TELLING_S = 0.1


class ToolCard(ChatMessage):
    """Folded at first. What it shows when open is made when it is opened."""

    DEFAULT_CSS = """
    ToolCard {
        height: auto;
        padding: 0 1;
        border-left: blank;
        color: $text-muted;
        .line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .body { height: auto; padding: 0 0 1 2; }
        .body > Static { height: auto; }
        &:hover > .line { color: $foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "open", "Open")]

    def __init__(self, tool: str, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self._tool = tool
        self._arguments = arguments
        self._state: State = "runs"
        self._diff = self._output = self._told = ""
        self._began = time.monotonic()
        self._line = Static(classes="line")
        self._body: Vertical | None = None
        self._show_line()

    def compose(self) -> ComposeResult:
        yield self._line

    @property
    def ended(self) -> bool:
        return self._state != "runs"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "again" and super().check_action(action, parameters)

    def record(self) -> Record | None:
        return Record("coder", f"{self._brief} {self._told}".rstrip()) if self.ended else None

    def changed(self, diff: str) -> None:
        """It wrote files."""
        self._diff = diff

    def wait(self) -> None:
        """The user is asked first."""
        self._told = "waits for you"
        self._show_line()

    def go_on(self) -> None:
        """They have answered: the time is counted from here."""
        self._began, self._told = time.monotonic(), ""
        self._show_line()

    def end(self, state: State, output: str = "", *, why: str = "", timed: bool = True) -> None:
        """It is over; `output` is what the model is told of it, and says why it is not done, where `why` does
        not."""
        seconds = time.monotonic() - self._began if timed else 0.0
        counts = " ".join(file.counts for file in files_in(self._diff))
        took = f"{seconds:.1f} s" if seconds >= _WORTH_TELLING_S else ""
        why = one_line(why or output.partition("\n")[0])[:_SHORT] if state != "done" else ""
        self._state, self._output = state, output
        self._told = " · ".join(filter(None, (counts, why, took)))
        self._show_line()

    async def on_click(self) -> None:
        await self.action_open()

    async def action_open(self) -> None:
        """Open it, or fold it again."""
        if self._body is None:
            self._body = Vertical(*self._parts(), classes="body")
            await self.mount(self._body)
            if self.has_focus:
                self.call_after_refresh(self.scroll_visible, animate=False)
        else:
            body, self._body = self._body, None
            await body.remove()
        self._show_line()

    def _parts(self) -> list[Static | DiffView]:
        files = files_in(self._diff)
        parts: list[Static | DiffView] = [DiffView(file) for file in files]
        if not files:
            told = [self._argument(name, value) for name, value in self._arguments.items()]
            parts += [Static(Content("\n").join(told))] if told else []
        # That a file was changed is seen already.
        output = self._output.partition("\n")[2] if files and self._state == "done" else self._output
        return [*parts, Static(_end_of(output))] if output.strip() else parts

    def _argument(self, name: str, value: object) -> Content:
        text = value if isinstance(value, str) else repr(value)
        return Content.assemble((f"{visible(name)}: ", FAINT), _end_of(text))

    @property
    def _brief(self) -> str:
        arguments = self._arguments
        if self._tool == "run" and "command" in arguments:
            return f"$ {one_line(str(arguments['command']))}"
        values = [arguments["path"]] if "path" in arguments else list(arguments.values())
        return f"{self._tool} {', '.join(one_line(str(value))[:_SHORT] for value in values)}".rstrip()

    def _show_line(self) -> None:
        fold = ("▾" if self._body else "▸", FAINT)
        told = f"  {self._told} " if self._told else " "
        brief = (self._brief, "$foreground")
        self._line.update(Content.assemble(_MARKS[self._state], " ", brief, told, fold))


def _end_of(text: str) -> Content:
    """The last lines, where what went wrong stands."""
    lines = [line[:_LONGEST_LINE] for line in visible(text).rstrip().split("\n")]
    cut = len(lines) - _LINES_SHOWN
    more = Content.styled(f"… {cut:,} lines above\n", FAINT) if cut > 0 else Content()
    return Content.assemble(more, "\n".join(lines[-_LINES_SHOWN:]))
