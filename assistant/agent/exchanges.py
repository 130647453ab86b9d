"""The questions and answers of a session so far, as many as fit before the next question."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from assistant.agent.events import Shrunk
from assistant.chat.messages import Message

# Room is made down to this share, so that the next questions follow an unchanged beginning.
_SHRINK_TO = 0.7

Count = Callable[[Sequence[Message]], int]


def asked(question: str, given: str) -> Message:
    """A question below the code that it is about."""
    return Message("user", "\n\n".join(filter(None, (given, question))))


def conversation(
    system: Message, history: Sequence[Mapping[str, Any]], now: Message, *, room: int, count: Count
) -> tuple[list[Message], Shrunk | None]:
    """The messages to answer, in `room` tokens, and what was left out of them just now.

    Where the oldest were left out before, they are again: what the model has read stays its prefix."""
    kept: list[Message] = []
    shrunk: Shrunk | None = None
    for question, answer in (*_answered(history), (now, None)):
        shrunk = None
        before = after = count([system, *kept, question])
        gone: list[str] = []
        while kept and before > room and after > room * _SHRINK_TO:
            gone.append(f"question and answer: {kept[0].content[-80:]}")
            del kept[:2]
            after = count([system, *kept, question])
        if gone:
            shrunk = Shrunk(tuple(gone), before, after)
        kept += [question, answer] if answer else [question]
    return [system, *kept], shrunk


def _answered(history: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Message, Message]]:
    question: Message | None = None
    for event in history:
        if event["event"] == "started":
            question = asked(event["task"], event.get("briefing", {}).get("given", ""))
        elif event["event"] == "reply" and question is not None:
            yield question, Message("assistant", event["text"])
            question = None
