"""A session that is gone on with: what happened in it, as messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.widget import Widget

from assistant.chat.tools.spoken import spoken
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.notice import Notice
from assistant.tui.record import Record, Recorded
from assistant.tui.turn.changes_card import ChangesCard
from assistant.tui.turn.tool_card import ToolCard
from assistant.tui.user_message import UserMessage

_SHOWN = 30


def retold(history: Sequence[Mapping[str, Any]]) -> tuple[list[Record], list[Widget]]:
    """What lies far back, and the widgets of what came last."""
    told = _told(history)
    records = map(_record, told[:-_SHOWN])
    widgets = [AssistantMessage.past(each) if isinstance(each, Record) else each for each in told[-_SHOWN:]]
    return [record for record in records if record], widgets


def _record(told: Widget | Record) -> Record | None:
    if isinstance(told, Record):
        return told
    return told.record() if isinstance(told, Recorded) else None


def _told(history: Sequence[Mapping[str, Any]]) -> list[Widget | Record]:
    """Answers as records: as widgets they would take longest to make, and few are shown."""
    told: list[Widget | Record] = []
    card: ToolCard | None = None
    task = 0
    for event in history:
        match event:
            case {"event": "started", "task": str(text)}:
                question = UserMessage(text, classes="past")
                question.number = task
                told.append(question)
                task += 1
            case {"event": "reply", "text": str(text)}:
                if said := spoken(text).strip():
                    told.append(Record("model", said))
            case {"event": "called", "tool": str(tool), "arguments": Mapping() as given} if tool != "done":
                card = ToolCard(tool, given)
                told.append(card)
            case {"event": "changed", "diff": str(diff)} if card:
                card.changed(diff)
            case {"event": "observed", "ok": bool(ok), "text": str(text)} if card:
                card.end("done" if ok else "failed", text, timed=False)
                card = None
            case {"event": "outcome", "turn": int(turn), "changed": list(changed)} if changed:
                told.append(ChangesCard(turn, tuple(map(str, changed))))
            case {"event": "undone", "turn": int(turn), "paths": [*paths]}:
                for each in told:
                    if isinstance(each, ChangesCard) and each.turn == turn:
                        each.undone = True
                told.append(Notice(f"Took the last change back. Restored: {', '.join(map(str, paths))}."))
    return told
