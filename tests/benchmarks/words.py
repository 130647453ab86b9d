"""Traces of the lookup and the edit drafter on real text, without a model: what the target would write
is known text. A token is a word, a run of spaces or a sign, somewhat longer than a model's.
"""

import re
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from pydoc_data.topics import topics
from random import Random

from assistant.engine.drafters.edit import EditDrafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.simulation.trace import Trace, in_turn, record
from tests.benchmarks.edits import KINDS

_TOKEN = re.compile(r" ?\w+|\s+|.", re.DOTALL)
_FILES = ("bisect", "cmd", "fnmatch", "linecache", "queue", "sched")
_LONGEST_FILE = 120  # lines
_PROSE = ("execmodel", "exceptions", "naming", "import")
_LONGEST_PROSE = 700  # tokens


class Words:
    """A vocabulary that grows with the texts that it sees."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._pieces: list[bytes] = []

    def tokenize(self, text: str, *, special: bool = True) -> list[int]:
        return [self._id(piece) for piece in _TOKEN.findall(text)]

    def piece(self, token: int) -> bytes:
        return self._pieces[token]

    def _id(self, piece: str) -> int:
        if piece not in self._ids:
            self._ids[piece] = len(self._pieces)
            self._pieces.append(piece.encode())
        return self._ids[piece]


def rewrites(kind: str) -> list[Trace]:
    """Files of the standard library written again with one edit of this kind (see edits.py)."""
    lookups, edits = [], []
    for name in _FILES:
        words, lines = Words(), _source(name)
        source = words.tokenize(_text(lines))
        prompt = words.tokenize(f"Change this as asked.\n```python\n{_text(lines)}```\n```python\n")
        answer = words.tokenize(_text(KINDS[kind](lines, Random(f"{kind} {name}"))))
        lookups.append(record(LookupDrafter(), prompt, answer))
        edits.append(record(EditDrafter([source], words), prompt, answer))
    return [in_turn(lookups), in_turn(edits)]


def code() -> list[Trace]:
    """The later part of a file behind the first 40 lines."""
    texts = []
    for name in _FILES:
        words, lines = Words(), _source(name)
        prompt, answer = words.tokenize(_text(lines[:40])), words.tokenize(_text(lines[40:]))
        texts.append(record(LookupDrafter(), prompt, answer))
    return [in_turn(texts)]


def prose() -> list[Trace]:
    """Chapters of the language reference behind a question."""
    texts = []
    for topic in _PROSE:
        words = Words()
        prompt, answer = words.tokenize(f"Explain {topic}.\n"), words.tokenize(topics[topic])
        texts.append(record(LookupDrafter(), prompt, answer[:_LONGEST_PROSE]))
    return [in_turn(texts)]


def _source(name: str) -> list[str]:
    path = Path(sysconfig.get_paths()["stdlib"]) / f"{name}.py"
    return path.read_text().splitlines()[:_LONGEST_FILE]


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
