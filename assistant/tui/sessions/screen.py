"""The screen of the sessions."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Footer, Input, Static

from assistant.errors import CoderError
from assistant.tui.picker import Picker, PickerScreen
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.agent.session import SessionRecord, Sessions

P = ParamSpec("P")
T = TypeVar("T")
_NONE = "There is no session here yet: it begins with the first question."
_ON_LIST = ("resume", "rename", "fork", "export", "delete")


class SessionPicker(Picker):
    """Its keys wait for those before them, so that what is chosen is what was gone to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.resume", "Go on")]


class SessionsScreen(PickerScreen):
    """Ends with the id of the session to go on with, None for none. `present` is the one that is open;
    documents are written to `folder`."""

    DEFAULT_CSS = """
    SessionsScreen {
        #ask { display: none; height: auto; padding: 0 3; color: $text-warning; &.asked { display: block; } }
        Input { display: none; margin: 0 1; border: round $primary; &.asked { display: block; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "rename", "Rename"),
        Binding("f", "fork", "Fork"),
        Binding("e", "export", "Export"),
        Binding("d", "delete", "Delete"),
        Binding("y", "confirm", "Yes, delete it"),
        Binding("n", "leave", "No"),
        Binding("escape", "leave", "Cancel", priority=True),
        Binding("escape,q", "dismiss", "Back"),
    ]

    def __init__(self, sessions: "Sessions", present: str, folder: Path) -> None:
        super().__init__()
        self._sessions = sessions
        self._present = present
        self._folder = folder
        self._records: list[SessionRecord] = []
        self._picker = SessionPicker(markup=False)
        self._about = Static(_NONE, id="about")
        self._name_box = Input(placeholder="its task")
        self._to_delete: SessionRecord | None = None
        self._to_rename: SessionRecord | None = None

    def compose(self) -> ComposeResult:
        yield Container(self._picker, self._about, id="list-and-about")
        yield Static(id="ask")
        yield self._name_box
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self._picker.border_title = "sessions"
        self._picker.focus()
        await self._look_again()

    def on_resize(self) -> None:
        self._draw()

    async def _look_again(self, id: str = "") -> None:
        """Read them anew, and go to the one with this id."""
        self._records = await asyncio.to_thread(self._sessions.all)
        self._draw()
        at = next((at for at, record in enumerate(self._records) if record.id == id), None)
        if at is not None:
            self._picker.highlighted = at

    def _draw(self) -> None:
        from assistant.tui.sessions.words import session_lines

        at = self._picker.highlighted or 0
        lines = session_lines(self._records, self._present, self._picker.content_size.width - 2)
        self._picker.set_options(lines)
        self._picker.highlighted = min(at, len(lines) - 1) if lines else None
        if not lines:
            self._about.update(_NONE)
        self.refresh_bindings()

    @property
    def _record(self) -> "SessionRecord | None":
        at = self._picker.highlighted
        return self._records[at] if at is not None and at < len(self._records) else None

    def on_option_list_option_highlighted(self) -> None:
        from assistant.tui.sessions.words import about

        if self._record:
            self._about.update(about(self._record, self._record.id == self._present))

    def on_option_list_option_selected(self) -> None:
        self.action_resume()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        asks = self._to_delete is not None or self._to_rename is not None
        match action:
            case "confirm":
                return self._to_delete is not None
            case "leave":
                return asks
            case "dismiss":
                return not asks
        return action not in _ON_LIST or (self._record is not None and not asks)

    def action_resume(self) -> None:
        if self._record:
            self.dismiss(self._record.id)

    async def action_fork(self) -> None:
        if self._record and (fork := await self._do(self._sessions.fork, self._record.id)):
            await self._look_again(fork.id)

    async def action_export(self) -> None:
        if self._record and (path := await self._do(self._export, self._record)):
            self.notify(f"The session is in {path}.", markup=False)

    def _export(self, record: "SessionRecord") -> Path:
        from assistant.agent.transcript import as_markdown
        from assistant.repo.creation import create_source, new_source

        text = as_markdown(record, self._sessions.events(record.id))
        source = new_source(self._folder / f"coder-{record.id}.md", self._folder, text)
        create_source(source)
        return source.path

    # What is asked first

    def action_rename(self) -> None:
        if self._record:
            self._to_rename = self._record
            self._name_box.value = self._record.title
            self._name_box.add_class("asked")
            self._name_box.focus()
            self.refresh_bindings()

    async def on_input_submitted(self) -> None:
        record, name = self._to_rename, self._name_box.value
        self.action_leave()
        if record:
            await self._do(self._sessions.rename, record.id, name)
            await self._look_again(record.id)

    def action_delete(self) -> None:
        if self._record:
            self._to_delete = self._record
            ask = self.query_one("#ask", Static)
            title = visible(self._record.title)[:40]
            ask.update(Content(f"Delete “{title}” for good? What it wrote stays. y deletes, n keeps it."))
            ask.add_class("asked")
            self.refresh_bindings()

    async def action_confirm(self) -> None:
        record = self._to_delete
        self.action_leave()
        if record:
            await self._do(self._delete, record.id)
            await self._look_again()

    def _delete(self, id: str) -> None:
        with self._sessions.resume(id)[0] as session:
            session.delete()

    def action_leave(self) -> None:
        self._to_delete = self._to_rename = None
        self.query_one("#ask").remove_class("asked")
        self._name_box.remove_class("asked")
        self._picker.focus()
        self.refresh_bindings()

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """In a thread; what goes wrong is said."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except CoderError as error:
            self.notify(visible(f"{error.message} {error.hint}"), severity="error", markup=False)
            return None
