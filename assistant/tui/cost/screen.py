"""The cost calculator: fields on the left, what follows from them on the right, while one writes."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, Static

from assistant.bench.cost.prices import ApiPrice, load_prices, prices_file
from assistant.bench.cost.speeds import Measured, from_history
from assistant.bench.history import History, history_file
from assistant.errors import CoderError
from assistant.tui.cost.calculation import LABELS, calculate
from assistant.tui.cost.words import as_content


class CostScreen(ModalScreen[None]):
    """What is not written and was not measured is left out; nothing is guessed."""

    DEFAULT_CSS = """
    CostScreen {
        background: $background;
        Horizontal { height: 1fr; }
        VerticalScroll {
            padding: 0 1;
            border: round $foreground 25%;
            border-title-color: $foreground;
            scrollbar-size-vertical: 1;
        }
        #fields { width: 38; }
        #result { width: 1fr; scrollbar-gutter: stable; }
        .field { height: 1; }
        .field Label { width: 22; }
        .field Input { width: 1fr; & > .input--placeholder { color: $text-muted; } }
        .wrong Label { color: $text-error; }
        Footer { background: $background; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back to the conversation"),
        Binding("down,enter", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("pagedown", "scroll(1)", "Scroll", key_display="PgDn"),
        Binding("pageup", "scroll(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._measured = Measured()
        self._prices: list[ApiPrice] = []
        self._fault = ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            with VerticalScroll(id="fields", can_focus=False) as fields:
                fields.border_title = "what is known"
                for name, label in LABELS.items():
                    with Horizontal(classes="field", id=f"field-{name}"):
                        yield Label(label)
                        yield Input(id=name, compact=True)
            with VerticalScroll(id="result", can_focus=False) as result:
                result.border_title = "what the speed is worth"
                yield Static(id="report")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._read()

    @work(thread=True)
    def _read(self) -> None:
        """What was measured, and the prices: a long history takes a moment."""
        measured, prices, fault = Measured(), list[ApiPrice](), ""
        try:
            prices = load_prices(prices_file())
            if history_file().exists():
                with History(history_file()) as history:
                    measured = from_history(history)
        except CoderError as error:
            fault = error.message
        self.app.call_from_thread(self._know, measured, prices, fault)

    def _know(self, measured: Measured, prices: list[ApiPrice], fault: str) -> None:
        if not self.is_mounted:
            return
        self._measured, self._prices, self._fault = measured, prices, fault
        for name, value in measured.values.items():
            self.query_one(f"#{name}", Input).placeholder = f"{value:.{value < 10:d}f} measured"
        self._show()

    def on_input_changed(self) -> None:
        self._show()

    def action_scroll(self, pages: int) -> None:
        result = self.query_one("#result")
        scroll = result.scroll_page_down if pages > 0 else result.scroll_page_up
        scroll()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        texts = {str(field.id): field.value for field in self.query(Input)}
        found = calculate(texts, self._measured, self._prices)
        for name in LABELS:
            self.query_one(f"#field-{name}").set_class(name == found.field, "wrong")
        width = self.query_one("#result").scrollable_content_region.width
        said = (
            as_content(found.report, self._measured.origin, width)
            if found.report
            else Content.styled(found.problem, "$text-error")
        )
        if self._fault:
            said = Content.assemble((f"{self._fault}\n\n", "$text-warning"), said)
        self.query_one("#report", Static).update(said)
