"""What a reviewer says about a change, and the task for the agent that it makes."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.repo.fence import fenced


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` about the hunk of `path` that begins at `line`, which counts from 1. `excerpt` is the hunk as a
    diff shows it."""

    path: str
    line: int
    excerpt: str
    text: str


def as_task(comments: Sequence[Comment]) -> str:
    """What the agent is asked to do about the comments."""
    places = (
        f"{number}. {comment.path}, line {comment.line}: {comment.text.strip()}\n"
        f"{fenced('diff', comment.excerpt)}"
        for number, comment in enumerate(comments, 1)
    )
    return "\n\n".join(["Change the working tree as this review asks:", *places])
