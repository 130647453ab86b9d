"""Which words of a line changed."""

import re
from collections.abc import Sequence

Spans = list[tuple[int, int]]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_TOKENS = 400
# Lines that share less have nothing in common but punctuation.
_LEAST_ALIKE = 0.5


def changed_words(old: str, new: str) -> tuple[Spans, Spans]:
    """The spans, as [start, end) in characters, that only the old and only the new line has. Both are empty
    where the lines are too different for that to help, or too long."""
    from rapidfuzz.distance import Indel

    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    if max(len(a), len(b)) > _MOST_TOKENS or Indel.normalized_similarity(a, b) < _LEAST_ALIKE:
        return [], []
    removed: list[int] = []
    added: list[int] = []
    for step in Indel.opcodes(a, b):
        if step.tag == "delete":
            removed += range(step.src_start, step.src_end)
        elif step.tag == "insert":
            added += range(step.dest_start, step.dest_end)
    return _spans(a, removed), _spans(b, added)


def _spans(tokens: Sequence[str], changed: Sequence[int]) -> Spans:
    """Where the changed tokens lie; blanks between two of them belong to both."""
    marked = set(changed)
    marked |= {i for i in range(1, len(tokens) - 1) if {i - 1, i + 1} <= marked and tokens[i].isspace()}
    spans: Spans = []
    at = 0
    for i, token in enumerate(tokens):
        if i in marked:
            if spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], at + len(token))
            else:
                spans.append((at, at + len(token)))
        at += len(token)
    return spans
