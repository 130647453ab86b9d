"""The screen of the models: see what fits, bring one, use one."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Footer, Static

from assistant.errors import CoderError
from assistant.tui.models.download import PullStatus
from assistant.tui.picker import Picker, PickerScreen
from assistant.tui.theme import FAINT
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.tui.models.rows import ModelRow

_FIRST = "There is no model on this machine yet.\nEnter brings one of those that fit, and loads it."


class ModelPicker(Picker):
    """Its keys wait for those before them, so that what is chosen is what was gone to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.take", "Use"),
        Binding("enter", "screen.pull", "Pull"),
        Binding("enter", "screen.explain", show=False),
    ]


class ModelsScreen(PickerScreen):
    """Ends with the name of the model to use, None for none. `loaded` is the one that is there, `first`
    says that there is none at all."""

    DEFAULT_CSS = """
    ModelsScreen {
        #told { height: auto; padding: 1 2 0 2; color: $text-muted; }
        #pull { display: none; height: auto; padding: 0 3; &.under-way { display: block; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "always", "Use from now on"),
        Binding("x", "cancel", "Cancel the pull"),
        Binding("escape,q", "dismiss", "Back"),
    ]

    class PullWanted(Message):
        """The user wants this model on the machine."""

        def __init__(self, row: "ModelRow") -> None:
            super().__init__()
            self.row = row

    class CancelWanted(Message):
        """The user wants the pull to end."""

    class AlwaysWanted(Message):
        """The user wants this model whenever none is named."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, loaded: str, pull: PullStatus | None, *, first: bool = False) -> None:
        super().__init__()
        self._loaded = loaded
        self._pull = pull
        self._first = first
        self._rows: list[ModelRow] = []
        self._list = ModelPicker(markup=False)
        self._about = Static(id="about")

    def compose(self) -> ComposeResult:
        yield Static("Looking at this machine…", id="told")
        yield Container(self._list, self._about, id="list-and-about")
        yield Static(id="pull")
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self._list.border_title = "models"
        self._list.focus()
        await self.look_again()
        self.show_pull(self._pull)

    async def look_again(self) -> None:
        """Read what is on the machine now."""
        before = self._row
        try:
            told, self._rows = await asyncio.to_thread(_looked)
        except CoderError as error:
            self.query_one("#told", Static).update(Content(visible(f"{error.message}\n{error.hint}")))
            return
        self.query_one("#told", Static).update(
            Content.assemble(_FIRST, (f"\n{told}", FAINT)) if self._first else Content(told)
        )
        self._draw()
        names = [row.name for row in self._rows]
        if before and before.name in names:  # it may be elsewhere now
            self._list.highlighted = names.index(before.name)

    def show_pull(self, pull: PullStatus | None) -> None:
        """How far the pull is; None when there is none."""
        from assistant.tui.models.words import pull_line

        changed = (self._pull and self._pull.name) != (pull and pull.name)
        self._pull = pull
        line = self.query_one("#pull", Static)
        line.set_class(pull is not None, "under-way")
        if pull is not None:
            line.update(pull_line(pull))
        if changed:
            self._draw()
            self.refresh_bindings()

    def _draw(self) -> None:
        from assistant.tui.models.words import row_lines

        lines = row_lines(self._rows, self._loaded, self._pull.name if self._pull else "")
        at = self._list.highlighted or 0
        self._list.set_options(lines)
        self._list.highlighted = min(at, len(lines) - 1) if lines else None

    @property
    def _row(self) -> "ModelRow | None":
        at = self._list.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_highlighted(self) -> None:
        from assistant.tui.models.words import about

        if self._row:
            self._about.update(about(self._row))
        self.refresh_bindings()

    async def on_option_list_option_selected(self) -> None:
        """A click."""
        for action in ("take", "pull", "explain"):
            if self.check_action(action, ()):
                await self.run_action(action)
                return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self._row
        match action:
            case "take" | "always":
                return bool(row and row.here)
            case "pull":
                return bool(row and row.selection and not row.here and self._pull is None)
            case "cancel":
                return self._pull is not None
        return True

    def action_take(self) -> None:
        if self._row:
            self.dismiss(self._row.name)

    def action_pull(self) -> None:
        if self._row:
            self.post_message(self.PullWanted(self._row))

    def action_explain(self) -> None:
        """Why the model can be neither used nor pulled."""
        if self._row:
            busy = "One pull at a time: x cancels the one that is under way."
            why = busy if self._pull and self._row.selection else visible(self._row.why)
            self.notify(why, severity="warning", markup=False)

    def action_always(self) -> None:
        if self._row:
            self.post_message(self.AlwaysWanted(self._row.name))

    def action_cancel(self) -> None:
        self.post_message(self.CancelWanted())


def _looked() -> "tuple[str, list[ModelRow]]":
    from assistant.engine.llama import free_memory  # slow to import
    from assistant.tui.models.rows import memory_in_words, model_rows

    free = free_memory()
    return f"On this machine: {memory_in_words(free)}.", model_rows(free)
