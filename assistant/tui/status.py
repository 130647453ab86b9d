"""The status bar: the model, and how fast it is right now."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from assistant.chat.generator import PromptRead
from assistant.tui.generation import Speed

_BAR_CELLS = 12


class StatusBar(Horizontal):
    """One line: model or loading progress on the left, reading progress or speed on the right."""

    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        padding: 0 2;
        background: $panel;
        color: $text-muted;
        #model { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #speed { width: auto; height: 1; text-wrap: nowrap; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._context_tokens = 0

    def compose(self) -> ComposeResult:
        yield Static(id="model", markup=False)
        yield Static(id="speed", markup=False)

    def show_loading(self, what: str, fraction: float) -> None:
        done = min(max(fraction, 0.0), 1.0)
        self._left(Content.assemble((what, ""), "  ", _bar(done), f" {done:4.0%}"))

    def show_model(self, name: str, context_tokens: int) -> None:
        self._context_tokens = context_tokens
        self._left(Content.assemble(("● ", "$text-success"), name))

    def show_no_model(self) -> None:
        self._left(Content.assemble(("● ", "$text-error"), "no model"))
        self._right(Content(""))

    def show_reading(self, progress: PromptRead) -> None:
        reused = f" ({progress.reused} reused)" if progress.reused else ""
        share = progress.done / progress.total if progress.total else 1.0
        self._right(
            Content.assemble("reading ", _bar(share), f" {progress.done}/{progress.total} tokens{reused}")
        )

    def show_waiting(self) -> None:
        self._right(Content("thinking it over · Esc cancels"))

    def show_speed(self, speed: Speed) -> None:
        accepted = "–" if speed.acceptance is None else f"{speed.acceptance:.0%}"
        parts: list[str | tuple[str, str]] = [
            (f"{speed.tokens_per_s:.1f} tok/s", "$text-accent"),
            f" · {accepted} accepted · τ {speed.tau:.2f} · {speed.drafter or 'plain'}",
        ]
        if self._context_tokens:
            parts.append(f" · ctx {speed.context_used / self._context_tokens:.0%}")
        self._right(Content.assemble(*parts))

    def clear_speed(self) -> None:
        self._right(Content(""))

    def _left(self, content: Content) -> None:
        self.query_one("#model", Static).update(content)

    def _right(self, content: Content) -> None:
        self.query_one("#speed", Static).update(content)


def _bar(share: float) -> Content:
    full = round(share * _BAR_CELLS)
    return Content.assemble(("━" * full, "$text-accent"), ("━" * (_BAR_CELLS - full), "$surface-lighten-2"))
