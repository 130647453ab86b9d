import re
from collections import Counter

STOP_WORDS = {"a", "an", "the", "and", "or"}


def words(text):
    return re.findall(r"[a-z']+", text.lower())


def most_common(text, count=3):
    counted = Counter()
    for word in words(text):
        if word in STOP_WORDS:
            continue
        counted[word] += 1
    return [word for word, _ in counted.most_common(count)]


def longest(text):
    best = ""
    for word in words(text):
        if len(word) > len(best):
            best = word
    return best


def shorten(text, limit, mark="..."):
    """At most `limit` characters, cut at a word & marked where it was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - len(mark)].rsplit(" ", 1)[0]
    return cut + mark
