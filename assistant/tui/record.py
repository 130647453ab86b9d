"""What stays of a message when its widget is gone: enough to show, search and export it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Record:
    """`foot` is what is said below it."""

    by: Literal["user", "model", "coder"]
    text: str
    foot: str = ""


@runtime_checkable
class Recorded(Protocol):
    """A message of the conversation."""

    def record(self) -> Record | None:
        """None while more may come, or something is to be decided."""
        ...


_TITLES = {"user": "## Question", "model": "## Answer"}


def as_markdown(records: Iterable[Record]) -> str:
    """The conversation as a document; what coder itself said is quoted."""
    parts = []
    for record in records:
        if record.by == "coder":
            parts.append("\n".join(f"> {line}" for line in record.text.splitlines()))
        else:
            parts.append(f"{_TITLES[record.by]}\n\n{record.text.strip()}")
    return "\n\n".join(parts) + "\n"
