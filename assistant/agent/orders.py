"""What a message wants: an answer, or a change, and of what."""

import re

from assistant.agent.mentions import MENTION

_QUESTION = re.compile(
    r"\s*(what|why|how|where|which|who|when|does|do|did|is|are|explain|describe|show|tell|summari[sz]e)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(fix|repair|correct|debug|change|add|remove|delete|rename|replace|rewrite|refactor|make|implement|"
    r"convert|simplify|update|improve|optimi[sz]e|bug|broken|wrong)\b",
    re.IGNORECASE,
)
# "Fix the bug in @file" says no more than that there is one, which the question says already.
_ORDER = re.compile(
    r"(,?\s{0,8}\b(and|so|please|can you|could you)\b){0,8},?\s{0,8}\b(fix|repair|correct|debug)\b"
    r"(\s+(the|this|a|any|all))?(\s+(bugs?|errors?|problems?|mistakes?|it))?(\s+(in|of))?\s+"
    + MENTION.pattern.replace("(?<!\\S)", ""),
    re.IGNORECASE,
)


def asks_for_change(text: str) -> bool:
    """Whether the message orders a change, rather than asks something."""
    return bool(_CHANGE.search(text)) and not _QUESTION.match(text)


def problem_in_words(text: str) -> str:
    """What the message says is wrong or wanted, without the order to repair a file and without signs."""
    said = _ORDER.sub("", text)
    said = MENTION.sub(lambda match: match["quoted"] or match["plain"], said)
    return said.strip(" \t\n,.;:!")
