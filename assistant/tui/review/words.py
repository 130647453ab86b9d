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
    where the lines are too different for that to help. Of long lines all between their common beginning and
    end counts as changed."""
    from rapidfuzz.distance import Indel, Postfix, Prefix

    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    head = Prefix.similarity(a, b)
    tail = Postfix.similarity(a[head:], b[head:])
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    long = max(len(middle_a), len(middle_b)) > _MOST_TOKENS
    alike = 2 * (head + tail) + (0 if long else Indel.similarity(middle_a, middle_b))
    if alike < _LEAST_ALIKE * (len(a) + len(b)):
        return [], []
    if long:
        return _spans(a, range(head, len(a) - tail)), _spans(b, range(head, len(b) - tail))
    removed: list[int] = []
    added: list[int] = []
    for step in Indel.opcodes(middle_a, middle_b):
        if step.tag == "delete":
            removed += range(head + step.src_start, head + step.src_end)
        elif step.tag == "insert":
            added += range(head + step.dest_start, head + step.dest_end)
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
