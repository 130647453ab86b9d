"""Sessions as lines of text."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from assistant.sizes import as_size
from assistant.tui.theme import FAINT
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.agent.session import SessionRecord

_MODEL_WIDTH = 20


def session_lines(records: "Sequence[SessionRecord]", present: str, width: int) -> list[Content]:
    """One line each in so many cells: title, when, steps, model; the one that is open is marked."""
    rows = [
        (
            when(record.time),
            f"{record.steps} step{'' if record.steps == 1 else 's'}",
            _cut(visible(record.model), _MODEL_WIDTH),
        )
        for record in records
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    room = max(width - sum(widths) - 8, 12)
    return [
        Content.assemble(
            ("● " if record.id == present else "  ", "$text-success"),
            set_cell_size(_cut(visible(record.title) or record.id, room), room),
            (f"  {at.rjust(widths[0])}  {steps.rjust(widths[1])}  {model}", FAINT),
        )
        for record, (at, steps, model) in zip(records, rows, strict=True)
    ]


def about(record: "SessionRecord", present: bool) -> Content:
    """The task in full, and how it stands."""
    status = "open now" if present else record.status or "not ended"
    kept = as_size(record.state_bytes)
    state = f" · {kept} of KV state: nothing is read again" if record.state_bytes else ""
    return Content.assemble(
        " ".join(visible(record.task).split()) or "(no task)", (f"\n{record.id} · {status}{state}", FAINT)
    )


def when(moment: float, now: float | None = None) -> str:
    """The hour for today, else the day."""
    then, today = time.localtime(moment), time.localtime(now)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d", then)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"
