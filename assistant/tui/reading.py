"""What goes on before an answer can be seen."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from assistant.tui.bar import bar

if TYPE_CHECKING:
    from assistant.chat.generator import PromptRead


class ReadingBar(Static):
    """One line above an answer that has not begun: tokens done, their rate, and what was there before."""

    DEFAULT_CSS = """
    ReadingBar { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__("preparing the question")

    def show(self, progress: "PromptRead", tokens_per_s: float | None) -> None:
        share = progress.done / progress.total if progress.total else 1.0
        rate = f" · {tokens_per_s:.0f} tok/s" if tokens_per_s else ""
        reused = f" · {progress.reused:,} reused" if progress.reused else ""
        self.update(
            Content.assemble(
                "reading ", bar(share), f" {progress.done:,}/{progress.total:,} tokens{rate}{reused}"
            )
        )

    def show_writing(self) -> None:
        """It is read, and what is written is not for the user."""
        self.update("writing a call")
