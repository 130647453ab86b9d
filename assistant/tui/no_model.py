"""There is no model to talk to: why, and how to get one."""

from textual.content import Content
from textual.widgets import Static

from assistant.errors import CoderError
from assistant.tui.theme import FAINT
from assistant.visible import visible


class NoModel(Static):
    DEFAULT_CSS = """
    NoModel { height: auto; margin: 1 0 0 0; padding: 1 2; border: round $warning; }
    """
    BORDER_TITLE = "no model"

    def __init__(self, error: CoderError) -> None:
        parts: list[str | tuple[str, str]] = [(f"{visible(error.message)}\n", "bold")]
        if error.hint:
            parts.append((f"{visible(error.hint)}\n", FAINT))
        parts += [
            ("\n/models", "$text-accent bold"),
            " shows what fits this machine, to pull or use it.",
        ]
        super().__init__(Content.assemble(*parts))
