"""May this be done? The diff or the command, and the keys that answer."""

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from assistant.tui.choice import Choice
from assistant.tui.diff import DiffView, FileRows, files_in
from assistant.tui.theme import FAINT
from assistant.tui.turn.decision import Decision
from assistant.visible import visible

if TYPE_CHECKING:  # slow to import
    from assistant.agent.events import Consent, Refusal, Request
    from assistant.tui.answer import Answer

_BORDER_AND_MARGIN = 3
_MUCH = 3


class Approval(Decision):
    """Once (y), always for this (a), or no (n), with the words that the model is told, if any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "once", "Yes"),
        Binding("a", "always", "Always"),
        Binding("n", "say_why", "No"),
        Binding("escape", "take_back_no", "Back"),
    ]

    def __init__(self, request: "Request", answer: "Answer[Consent | Refusal]") -> None:
        super().__init__()
        self._request = request
        self._answer = answer
        self._files = files_in(request.preview)
        self._why = Input(placeholder="Why not? The model is told. Enter alone only refuses.", compact=True)
        self._choice = Choice(classes="note")

    def compose(self) -> ComposeResult:
        request = self._request
        self.border_title = Content(visible(self._title()))
        if len(self._files) == 1:
            self.border_subtitle = Content(self._files[0].counts)
        with VerticalScroll(can_focus=False):
            for file in self._files:
                if len(self._files) > 1:
                    yield Static(Content.assemble((visible(file.name), "bold"), f"  {file.counts}"))
                yield DiffView(file)
            if not self._files:
                yield Static(Content(visible(request.preview)))
        for file in filter(_drops_much, self._files):
            yield Static(Content(f"{file.removed} lines of {visible(file.name)} go."), classes="warning")
        if request.note:
            yield Static(Content(visible(request.note.strip())), classes="note")
        self._why.display = False
        yield self._why
        yield self._choice

    def on_mount(self) -> None:
        self._show_choice()

    def fit(self, room: int) -> None:
        others = 1 + len(self.query(".note, .warning")) + _BORDER_AND_MARGIN
        self.query_one(VerticalScroll).styles.max_height = max(room - others, 1)

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        self._show_choice()

    def on_focus(self, event: events.Focus) -> None:
        super().on_focus(event)
        self._show_choice(focused=True)

    def on_blur(self, _: events.Blur) -> None:
        self._show_choice()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "always":
                return bool(self._request.always) and not self._why.display
            case "once" | "say_why":
                return not self._why.display
            case "take_back_no":
                return self._why.display
        return True

    def action_once(self) -> None:
        self._give("once")

    def action_always(self) -> None:
        self._give("always")

    def action_say_why(self) -> None:
        if self.pending and self._settled:
            self._why.display = True
            self._why.focus()
            self._show_choice()
            self.refresh_bindings()

    def action_take_back_no(self) -> None:
        self._why.display = False
        self.focus()
        self.refresh_bindings()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        from assistant.agent.events import Refusal

        event.stop()
        reason = event.value.strip()
        self._give(Refusal(reason) if reason else "no")

    def _give(self, answer: "Consent | Refusal") -> None:
        if self._decide():
            self._answer.give(answer)

    def _title(self) -> str:
        if self._files:
            names = ", ".join(file.name for file in self._files)
            return f"Change {names}?" if len(self._files) == 1 else "Change these files?"
        match self._request.tool:
            case "run":
                return "Run this?"
            case "check":
                return "Check the work with this?"
            case tool:
                return f"Allow {tool}?"

    def _show_choice(self, *, focused: bool = False) -> None:
        if self._why.display:
            self._choice.update("[b]Enter[/b] refuses   [b]Esc[/b] back")
            return
        choice = "[@click=choose('once')][b]y[/b] yes[/]   [@click=choose('say_why')][b]n[/b] no…[/]"
        if always := visible(self._request.always):
            choice += "   [@click=choose('always')][b]a[/b] always[/]"
        more = filter(None, (always, "" if focused else "  Tab comes here"))
        self._choice.update(Content.assemble(Content.from_markup(choice), (f" {' '.join(more)}", FAINT)))


def _drops_much(file: FileRows) -> bool:
    """Whether it is more than what it puts there, and what it leaves around it."""
    return file.removed - file.added > _MUCH and file.removed > len(file.rows) - file.removed
