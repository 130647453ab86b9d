"""What an app needs for its models: the screen, and the pull that goes on while that is closed."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from assistant.errors import CoderError, InterruptedByUserError
from assistant.tui.attention import LONG_S, call_back
from assistant.tui.models.download import Download, PullEnded, PullMoved
from assistant.tui.models.screen import ModelsScreen
from assistant.tui.terminal_app import TerminalApp
from assistant.visible import visible


class AppWithModels(TerminalApp[None]):
    """`loaded` tells the name of the model there is, empty where there is none; `use_model` loads
    another."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f8", "models", "Models", show=False, id="models")]

    def __init__(
        self, loaded: Callable[[], str], use_model: Callable[[str], None], theme: str | None
    ) -> None:
        super().__init__(theme)
        self._loaded = loaded
        self._use_model = use_model
        self._download: Download | None = None

    def action_models(self, first: bool = False) -> None:
        """Show the models; `first` says that there is none at all."""
        if not isinstance(self.screen, ModelsScreen):
            status = self._download.status if self._download else None
            self.push_screen(ModelsScreen(self._loaded(), status, first=first), self._take)

    def _take(self, name: str | None) -> None:
        if name and name != self._loaded():
            self._use_model(name)

    def on_models_screen_pull_wanted(self, event: ModelsScreen.PullWanted) -> None:
        if self._download is None and event.row.selection is not None:
            self._download = Download(event.row.manifest, event.row.selection, self)
            self._download.start()
            self._show_pull()

    def on_models_screen_cancel_wanted(self) -> None:
        if self._download is not None:
            self._download.cancel()
            self._show_pull()

    def on_pull_moved(self, _: PullMoved) -> None:
        self._show_pull()

    async def on_pull_ended(self, event: PullEnded) -> None:
        self._download = None
        self._show_pull()
        if event.error is not None:
            told = visible(f"{event.name}: {event.error.message} {event.error.hint}")
            cancelled = isinstance(event.error, InterruptedByUserError)
            self.notify(told, severity="information" if cancelled else "error", timeout=10, markup=False)
        else:
            call_back(self, f"coder: {event.name} is here", LONG_S)
            await self._arrived(event.name)

    async def _arrived(self, name: str) -> None:
        screen = self.screen
        if isinstance(screen, ModelsScreen) and not self._loaded():
            screen.dismiss(name)
        elif not self._loaded():
            self._use_model(name)
        else:
            self.notify(f"{name} is here: /models uses it.", markup=False)
            if isinstance(screen, ModelsScreen):
                await screen.look_again()

    async def on_models_screen_always_wanted(self, event: ModelsScreen.AlwaysWanted) -> None:
        from assistant.config.change import set_value
        from assistant.config.load import user_file

        try:
            await asyncio.to_thread(set_value, user_file(), "model", event.name)
        except CoderError as error:
            self.notify(visible(f"{error.message} {error.hint}"), severity="error", markup=False)
        else:
            self.notify(f"{event.name} is loaded from now on, where no other is named.", markup=False)

    def _show_pull(self) -> None:
        if isinstance(self.screen, ModelsScreen):
            self.screen.show_pull(self._download.status if self._download else None)
