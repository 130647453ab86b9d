"""A session as a document to read: what was asked, done and answered."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assistant.agent.session import SessionRecord
from assistant.visible import visible

_FENCE = re.compile(r"`{3,}")
Events = Iterable[Mapping[str, Any]]


def as_markdown(record: SessionRecord, events: Events) -> str:
    """The session as markdown: each task with the steps it took, the diffs it wrote, and its answer. What a
    terminal would obey is made visible."""
    head = f"# {record.title or record.id}\n\nSession {record.id}"
    return visible("\n\n".join([head, *_parts(events)])) + "\n"


def _parts(events: Events) -> Iterator[str]:
    steps: list[str] = []
    for event in events:
        match event:
            case {"event": "observed", "brief": brief}:
                steps.append(f"- {' '.join(str(brief).split())}")
                continue
            case _ if steps and event["event"] in ("started", "changed", "outcome"):
                yield "\n".join(steps)
                steps = []
        match event:
            case {"event": "started", "task": task, "model": model}:
                yield f"## Question\n\n{task}\n\n*Answered by {model}*"
            case {"event": "changed", "diff": diff}:
                yield _fenced(diff, "diff")
            case {"event": "undone", "paths": paths}:
                yield f"*Taken back: {', '.join(paths)}*"
            case {"event": "rewound", "tasks": tasks}:
                yield f"*Forgotten: the last {tasks} of the questions above*"
            case {"event": "outcome", "status": status, "answer": answer}:
                yield f"## Answer\n\n{answer}\n\n*{status}*" if answer else f"*{status}*"
    if steps:
        yield "\n".join(steps)


def _fenced(text: str, language: str) -> str:
    """In a fence longer than any in the text."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
