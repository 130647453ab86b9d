"""A line from the program itself."""

from typing import Literal

from textual.content import Content
from textual.widgets import Static

from assistant.errors import CoderError
from assistant.tui.record import Record
from assistant.tui.theme import FAINT
from assistant.visible import visible


class Notice(Static):
    """A remark or an error, with what to do next."""

    DEFAULT_CSS = """
    Notice {
        margin: 1 0 0 0;
        padding: 0 1;
        color: $text-muted;
        border-left: outer $foreground 25%;
        &.error { border-left: outer $error; color: $foreground; }
    }
    """

    def __init__(self, message: str, hint: str = "", kind: Literal["note", "error"] = "note") -> None:
        self._message = message
        parts: list[str | tuple[str, str]] = [("✗ ", "$text-error") if kind == "error" else "· "]
        parts.append(visible(message))
        if hint:
            parts.append(("\n  " + visible(hint), FAINT))
        super().__init__(Content.assemble(*parts), classes=kind)

    @classmethod
    def past(cls, record: Record) -> "Notice":
        return cls(record.text)

    def record(self) -> Record:
        return Record("coder", self._message)

    @classmethod
    def of(cls, error: CoderError) -> "Notice":
        return cls(error.message, error.hint, "error")
