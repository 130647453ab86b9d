"""The terminal app: talk with the model, see what it proposes, apply it or not."""

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea

from assistant.errors import CoderError, NoModelError
from assistant.repo.workspace import Workspace
from assistant.tui.attention import in_tmux
from assistant.tui.chat_screen import ChatScreen
from assistant.tui.clipboard import copy_through_tmux
from assistant.tui.collecting import spare_what_lives
from assistant.tui.ending import exit_when_told
from assistant.tui.generation import Load
from assistant.tui.generation_events import Loaded, LoadFailed
from assistant.tui.help import Help, conversation_help
from assistant.tui.keys import Keymap
from assistant.tui.models.in_app import AppWithModels
from assistant.tui.prompt.commands import COMMANDS
from assistant.tui.rescue import keep
from assistant.tui.terminal_app import TerminalApp
from assistant.tui.theme import name_of_theme
from assistant.tui.work import WorkOptions

if TYPE_CHECKING:
    from assistant.agent.review import Comment
    from assistant.config import AppSettings

QUIT_WITHIN_S = 2.0


class CoderApp(AppWithModels):
    """The app in `workspace`. `load` runs in a thread and reports while it works."""

    TITLE = "coder"
    # What the palette takes of its own, a darker panel, is a blue on a background as dark as ours.
    CSS = """
    CommandPalette > Vertical { max-width: 100; background: $surface; &:dark { background: $surface; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "sessions", "Sessions", show=False, id="sessions"),
        Binding("ctrl+c", "interrupt", "Copy or quit", priority=True, show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True, id="quit"),
    ]

    def __init__(
        self,
        workspace: Workspace,
        load: Load,
        settings: "AppSettings | None" = None,
        *,
        work: WorkOptions | None = None,
        load_model: Callable[[str], Load] | None = None,
        resume: str = "",
    ) -> None:
        """`load_model` says how another model is loaded, by its name. `resume` is the id of the session to
        go on with.

        Raises UsageError for a theme or keys in the settings that cannot be had."""
        super().__init__(lambda: self.chat.model, self._load_another, settings.theme if settings else None)
        keys = settings.keys if settings else {}
        own = (TerminalApp.BINDINGS, AppWithModels.BINDINGS, self.BINDINGS, ChatScreen.BINDINGS)
        self.keys = Keymap(keys, *own, TextArea.BINDINGS)
        self.set_keymap(self.keys.as_textual())
        self._workspace = workspace
        self._load = load
        self._work = work
        self._load_model = load_model or (lambda _: load)
        self._resume = resume
        self._interrupted_at = -QUIT_WITHIN_S

    @property
    def shown_root(self) -> str:
        """The folder as a person writes it."""
        root, home = self._workspace.root, Path.home()
        inside = root != home and root.is_relative_to(home)
        return f"~/{root.relative_to(home).as_posix()}" if inside else str(root)

    def get_default_screen(self) -> Screen[None]:
        self.chat = ChatScreen(self._workspace, self.shown_root, self._load, self._work)
        return self.chat

    def on_mount(self) -> None:
        exit_when_told(self, first=lambda: keep(self.chat.conversation.records_so_far()))
        self.call_after_refresh(self._go_on_with, self._resume)

    def on_loaded(self, _: Loaded) -> None:
        spare_what_lives()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for command in COMMANDS:
            about = command.about[0].upper() + command.about[1:]
            run = partial(self.chat.command, command)
            yield SystemCommand(command.name.capitalize(), about, run)
        yield SystemCommand("Screenshot", "Save this screen as an SVG file", self.deliver_screenshot)

    def action_review(self) -> None:
        """Review the diff of the working tree. What is said about it becomes the next question."""
        if not self._workspace.is_git:
            self.notify("There is no git repository here, and so no diff.")
        elif self.screen is self.chat:
            from assistant.agent.review import as_task
            from assistant.tui.review.in_app import ModelOfConversation
            from assistant.tui.review.screen import ReviewScreen  # not needed before the app is there
            from assistant.tui.review.state import Review

            def take(comments: "tuple[Comment, ...] | None") -> None:
                if comments:
                    self.chat.prompt.give_back(as_task(comments))

            writer = ModelOfConversation(self.chat.conversation)
            self.push_screen(ReviewScreen(Review(self._workspace.root), writer), take)

    def action_sessions(self) -> None:
        """Show the sessions of this repository, to go on with one."""
        from assistant.agent.session import Sessions
        from assistant.tui.sessions.screen import SessionsScreen

        if not isinstance(self.screen, SessionsScreen):
            root = self._workspace.root
            present = self.chat.conversation.session_id
            self.push_screen(SessionsScreen(Sessions(root), present, root), self._go_on_with)

    def _go_on_with(self, id: str | None) -> None:
        if id and id != self.chat.conversation.session_id:
            self.run_worker(self._take_up(id), exclusive=True)

    async def _take_up(self, id: str) -> None:
        from assistant.agent.session import Sessions

        try:
            session, history = await asyncio.to_thread(Sessions(self._workspace.root).resume, id)
        except CoderError as error:
            self._say(error)
        else:
            await self.chat.take_up(session, history)

    def copy_to_clipboard(self, text: str) -> None:
        super().copy_to_clipboard(text)
        if in_tmux(self):
            self.run_worker(partial(copy_through_tmux, text), thread=True)

    def on_load_failed(self, event: LoadFailed) -> None:
        if isinstance(event.error, NoModelError):
            self.action_models(first=True)

    def _load_another(self, name: str) -> None:
        self.run_worker(self.chat.load_model(self._load_model(name)), exclusive=True)

    def action_cost(self) -> None:
        if self.screen is self.chat:
            from assistant.tui.cost.screen import CostScreen  # not needed before the app is there

            self.push_screen(CostScreen())

    def action_help(self) -> None:
        self.push_screen(Help(conversation_help(self.keys.shown)))

    def action_theme(self, name: str) -> None:
        """Wear the theme called so; without a name, let the user choose."""
        if not name:
            self.search_themes()
            return
        try:
            self.theme = name_of_theme(name, self.available_themes)
        except CoderError as error:
            self._say(error)

    async def action_interrupt(self) -> None:
        """Ctrl+C copies what is selected; else it cancels, and quits when pressed twice."""
        selected = self.chat.prompt.selected_text or self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            return
        now = time.monotonic()
        if now - self._interrupted_at < QUIT_WITHIN_S:
            self.exit()
            return
        self._interrupted_at = now
        await self.chat.action_cancel()
        self.notify("Ctrl+C again quits", timeout=QUIT_WITHIN_S)
