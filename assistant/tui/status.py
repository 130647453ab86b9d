"""The status bar: what may be done without asking, the model, and how fast it is right now."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from assistant.sizes import as_size
from assistant.tui.bar import bar
from assistant.tui.generation_events import Speed
from assistant.visible import visible

_FOR_MODEL = 14
_GAP = "  "
_MODE_COLOURS = {"auto-edit": "$text-accent", "full": "$text-warning bold", "plan": "$text-primary"}


class StatusBar(Horizontal):
    """One line: model or loading progress on the left, speed on the right. What matters least goes first
    where there is no room for all."""

    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        padding: 0 2;
        background: $panel;
        color: $text-muted;
        #mode { width: auto; height: 1; padding: 0 2 0 0; }
        #model { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #speed { width: auto; height: 1; text-wrap: nowrap; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._context_tokens = 0
        self._speed: Speed | None = None
        self._mode = Static(id="mode", markup=False)
        self._left = Static(id="model", markup=False)
        self._right = Static(id="speed", markup=False)

    def compose(self) -> ComposeResult:
        yield self._mode
        yield self._left
        yield self._right

    def on_resize(self) -> None:
        if self._speed:
            self.show_speed(self._speed)

    def show_mode(self, mode: str) -> None:
        """What the agent may do without asking."""
        self._mode.update(Content.styled(mode, _MODE_COLOURS.get(mode, "$text-muted")))

    def show_loading(self, what: str, fraction: float) -> None:
        self._left.update(Content.assemble((visible(what), ""), "  ", bar(fraction, 24), f" {fraction:4.0%}"))

    def show_model(self, name: str, context_tokens: int) -> None:
        self._context_tokens = context_tokens
        self._left.update(Content.assemble(("● ", "$text-success"), visible(name)))

    def show_no_model(self) -> None:
        self._left.update(Content.assemble(("○ ", "$text-error"), "no model"))
        self.clear_speed()

    def show_speed(self, speed: Speed) -> None:
        self._speed = speed
        room = self.size.width - _FOR_MODEL - self._mode.outer_size.width
        parts = self._parts(speed)
        while len(parts) > 1 and len(_GAP.join(text for _, text in parts)) > room:
            parts.remove(max(parts))
        shown = [text for _, text in parts]
        content = Content.assemble((shown[0], "$text-accent"), *(f"{_GAP}{text}" for text in shown[1:]))
        # Where it is as wide as before, the screen need not be laid out again, which takes longer.
        self._right.update(content, layout=content.cell_length != self._right.size.width)

    def clear_speed(self) -> None:
        self._speed = None
        self._right.update(Content(""))

    def _parts(self, speed: Speed) -> list[tuple[int, str]]:
        """In order of place, each with its rank: 0 is the last to go."""
        accepted = "–" if speed.acceptance is None else f"{speed.acceptance:.0%}"
        tau = speed.stats.mean_accepted_length
        parts = [
            (0, f"{speed.stats.decode_tps:.1f} tok/s"),
            (1, f"{accepted} accepted"),
            (2, f"τ {tau:.2f}" if tau else "τ –"),
            (4, speed.drafter or "plain"),
            (5, f"{speed.stats.reused_tokens:,} reused"),
        ]
        if self._context_tokens:
            parts.append((3, f"ctx {speed.context_used / self._context_tokens:.0%}"))
        return [*parts, (6, f"mem {as_size(_memory())}")]


def _memory() -> int:
    """Bytes that this process holds, the model with it."""
    import psutil

    return int(psutil.Process().memory_info().rss)
