"""What coder's programs for a terminal have in common: themes, how keys are written, a least size."""

import asyncio
from typing import ClassVar

from textual import events
from textual.app import App, ReturnType
from textual.binding import Binding, BindingType
from textual.theme import Theme

from assistant.errors import CoderError
from assistant.tui.theme import THEMES, keep_theme, name_of_theme, theme_after
from assistant.tui.too_small import TooSmall, too_small
from assistant.visible import visible


class TerminalApp(App[ReturnType]):
    """Wears `theme`; another one that the user chooses is kept for the next time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "next_theme", "Next theme", show=False, id="theme")
    ]

    def __init__(self, theme: str | None) -> None:
        """Raises UsageError for a theme that there is not."""
        super().__init__()
        for each in THEMES:
            self.register_theme(each)
        self._theme = name_of_theme(theme, self.available_themes)
        self._writing = asyncio.Lock()

    def on_mount(self) -> None:
        self.theme = self._theme
        self.theme_changed_signal.subscribe(self, self._keep_theme)

    def on_resize(self, event: events.Resize) -> None:
        if too_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def get_key_display(self, binding: Binding) -> str:
        """As it stands on the key: F4, Esc."""
        shown = super().get_key_display(binding)
        return shown if binding.key_display or len(shown) == 1 else shown.capitalize()

    def action_next_theme(self) -> None:
        self.theme = theme_after(self.theme)

    def _keep_theme(self, chosen: Theme) -> None:
        if chosen.name != self._theme:
            self._theme = chosen.name
            self.run_worker(self._write_theme(), group="theme")

    async def _write_theme(self) -> None:
        """Begin with this theme the next time."""
        async with self._writing:  # the last to write finds the last that was chosen
            try:
                await asyncio.to_thread(keep_theme, self._theme)
            except CoderError as error:
                self._say(error)

    def _say(self, error: CoderError) -> None:
        self.notify(visible(f"{error.message} {error.hint}"), severity="warning", markup=False)
