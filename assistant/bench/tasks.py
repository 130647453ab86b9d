"""What is measured: real requests, grouped by how much of the answer stands in the prompt already."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from assistant.chat.messages import Message
from assistant.errors import UsageError


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask. `prefix` opens the answer; `sources` are texts that it will largely copy."""

    question: str
    prefix: str = ""
    sources: tuple[str, ...] = ()
    max_tokens: int = 256

    @property
    def messages(self) -> list[Message]:
        return [Message("user", self.question)]


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    about: str
    requests: tuple[Request, ...]

    def shortened(self, requests: int, max_tokens: int) -> "Task":
        """The first requests, with shorter answers."""
        shorter = (
            replace(one, max_tokens=min(one.max_tokens, max_tokens)) for one in self.requests[:requests]
        )
        return replace(self, requests=tuple(shorter))


def in_turn(tasks: Sequence[Task]) -> Iterator[tuple[int, int]]:
    """(number of the task, number of its request): the first requests of all tasks, then the second ones.
    So all tasks lose alike where time runs out."""
    for place in range(max((len(task.requests) for task in tasks), default=0)):
        yield from ((number, place) for number, task in enumerate(tasks) if place < len(task.requests))


def builtin_tasks() -> list[Task]:
    """The tasks that every machine can run."""
    short, long = _shop(), _library("shlex.py")
    return [
        Task("rewrite-70", "a 70-line file again, one line corrected", _rewrites(short, _SHORT_CHANGES, 700)),
        Task("rewrite-400", "the same with a file of some 350 lines", _rewrites(long, _LONG_CHANGES, 600)),
        Task("code", "a function from its description", tuple(_functions())),
        Task("explanation", "free-form prose", tuple(Request(text) for text in _EXPLAIN)),
    ]


def tasks_from(path: Path, limit: int) -> list[Task]:
    """The odd lines of a JSON Lines file of `{"turns": [str, ...]}`, at most `limit`, as one task.

    Even lines are left for training drafts. Raises UsageError for a file of another form."""
    try:
        lines = path.read_text("utf-8").splitlines()[1::2][:limit]
        requests = tuple(Request(json.loads(line)["turns"][0]) for line in lines)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"{path} is no list of prompts: {error}.") from error
    return [Task(path.stem, f"prompts of {path.name}", requests)]


def _rewrites(code: str, changes: Sequence[str], max_tokens: int) -> tuple[Request, ...]:
    return tuple(
        Request(f"{change}\n\n```python\n{code}```", "```python\n", (code,), max_tokens) for change in changes
    )


def _shop() -> str:
    return (files("assistant.bench") / "files" / "inventory.py").read_text("utf-8")


def _library(name: str) -> str:
    """A file of Python's own library, the nearest thing to the same real code on every machine."""
    return (Path(json.__file__).parent.parent / name).read_text("utf-8")


_SHORT_CHANGES = (
    "Fix the bug in this Python code. total_value adds price and quantity instead of multiplying them.",
    "Repeat this Python code, but write `self.items.get(name, None)` instead of `self.items.get(name)`.",
    'Copy this Python file. Change the text "Stock of a small shop." to "Stock of a large shop."',
)
_LONG_CHANGES = ("Change this Python code. The default of punctuation_chars must be True.",)
_EXPLAIN = (
    "Explain what a hash table is and when it is slow.",
    "Write a short story about a lighthouse keeper who finds a letter.",
    "What should one consider before moving to another city?",
    "Explain to a beginner how the internet finds a web site.",
)


def _functions() -> Iterator[Request]:
    for name, text in (
        ("is_palindrome(text)", "Return True if text reads the same backwards, ignoring case and spaces."),
        ("merge(a, b)", "Merge two sorted lists into one sorted list."),
        ("prime_factors(n)", "Return the prime factors of n in ascending order, with repetition."),
        ("parse_duration(text)", 'Turn a text such as "1h30m" into seconds.'),
    ):
        yield Request(
            f'Complete this Python function:\n\n```python\ndef {name}:\n    """{text}"""\n```', "```python\n"
        )
