"""What may be meant by what is being written, above the prompt."""

import re
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant.tui.prompt.commands import COMMANDS
from assistant.tui.prompt.names import MentionableNames
from assistant.tui.theme import FAINT
from assistant.visible import visible

_MENTION = re.compile(r'(?<!\S)@(?:"([^"\n]*)|([^\s"]*))$')
_COMMAND = re.compile(r"/([a-z]*)$")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` takes the place of the last `length` characters before the cursor."""

    text: str
    length: int


class Suggestions(OptionList, can_focus=False):
    """Hidden while there is nothing to suggest. The prompt keeps the focus and passes keys on."""

    DEFAULT_CSS = """
    Suggestions {
        display: none;
        height: auto;
        max-height: 10;
        border-subtitle-color: $text-muted;
        background: $surface;
        border: round $foreground 25%;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &.open { display: block; }
    }
    """

    def __init__(self, names: MentionableNames | None = None) -> None:
        super().__init__(markup=False)
        self.border_subtitle = "Tab takes it · Esc closes"
        self._names = names
        self._found: list[Suggestion] = []
        self.moved = False

    @property
    def open(self) -> bool:
        return self.has_class("open")

    @property
    def chosen(self) -> Suggestion | None:
        """What is highlighted, None while it is closed."""
        return self._found[self.highlighted] if self.open and self.highlighted is not None else None

    def suggest(self, before: str, whole: str) -> None:
        """Look for what `before`, the line up to the cursor, may be meant to end in. The newest call wins."""
        if found := _MENTION.search(before):
            if self._names is not None:
                prefix = found[1] if found[1] is not None else found[2]
                self.run_worker(self._mentions(self._names, prefix, len(found[0])), exclusive=True)
        elif whole == before and (command := _COMMAND.fullmatch(before)):
            self._show(
                [
                    (Suggestion(f"/{each.name} " if each.takes else f"/{each.name}", len(before)), each.about)
                    for each in COMMANDS
                    if each.name.startswith(command[1])
                ]
            )
        else:
            self.close()

    def close(self) -> None:
        self.workers.cancel_node(self)
        self.remove_class("open")

    def move(self, step: int) -> None:
        self.moved = True
        self.action_cursor_down() if step > 0 else self.action_cursor_up()

    async def _mentions(self, names: MentionableNames, prefix: str, length: int) -> None:
        matching = await names.matching(prefix)
        if matching == [prefix]:
            matching = []
        self._show([(Suggestion(_mention(name), length), "") for name in matching])

    def _show(self, found: list[tuple[Suggestion, str]]) -> None:
        self._found = [suggestion for suggestion, _ in found]
        self.moved = False
        self.clear_options()
        self.add_options([Option(_line(suggestion, about)) for suggestion, about in found])
        self.set_class(bool(found), "open")
        self.highlighted = 0 if found else None


def _mention(name: str) -> str:
    quoted = f'@"{name}"' if any(c.isspace() for c in name) else f"@{name}"
    return quoted if name.endswith("/") else f"{quoted} "


def _line(suggestion: Suggestion, about: str) -> Content:
    return Content.assemble(f"{visible(suggestion.text):<12} ", (about, FAINT))
