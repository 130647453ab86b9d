"""The parts of a repository that a question is about, by the words they share with it.

BM25 (Robertson and Zaragoza 2009, "The probabilistic relevance framework"), over whole files first and then
over the definitions in the best of them. Words are those that identifiers are made of: `readSource` and
`read_source` both speak of reading and of sources.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.excerpts import Excerpt
from assistant.errors import CoderError
from assistant.repo.files import SourceFile, read_source
from assistant.repo.hunks import split_lines
from assistant.repo.listing import list_files
from assistant.repo.syntax import definitions, language_of
from assistant.repo.workspace import Workspace, holds_secrets

_K1, _B = 1.5, 0.75
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAID_BY_ANY_QUESTION = {
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "code", "describe", "do", "doe", "explain",
    "file", "for", "from", "function", "how", "i", "in", "is", "it", "me", "my", "of", "on", "or", "our",
    "please", "repository", "show", "tell", "that", "the", "there", "this", "to", "was", "were", "what",
    "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
}  # fmt: skip
_IN_THE_PATH = 3
_MOST_FILES_READ = 5000
_LONGEST_FILE_BYTES = 200_000
_READING_S = 5.0
_BEST_FILES = 6
# Of the best score: what has less to do with the question leads a small model astray.
_AS_GOOD = 0.4
_LONGEST_PART_LINES = 60
_SHORTEST_PART_LINES = 2


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file, and how much it has to do with the question; `words` are how often each is in it."""

    source: SourceFile
    score: float
    words: Mapping[str, int]


def relevant_files(question: str, workspace: Workspace) -> list[Ranked]:
    """The files that share words with the question, the best first. In a large repository only so many are
    read as takes a few seconds."""
    wanted = _words(question) - _SAID_BY_ANY_QUESTION
    read = list(_read(workspace))
    return _ranked([source for source, _ in read], [words for _, words in read], wanted)


def relevant_excerpts(question: str, workspace: Workspace, room: int) -> list[Excerpt]:
    """The definitions, and parts of texts, that share most with the question, at most `room` characters
    together, the best last: nearest to the question, which follows them."""
    wanted = _words(question) - _SAID_BY_ANY_QUESTION
    parts = [
        part for each in relevant_files(question, workspace)[:_BEST_FILES] for part in _parts(each.source)
    ]
    counted = [Counter(_list_of_words(f"{each.source.shown} {each.text}")) for each in parts]
    chosen: list[_Part] = []
    ranked = sorted(zip(_scores(counted, wanted), parts, strict=True), key=lambda pair: -pair[0])
    for score, part in ranked:
        near = score > 0 and score >= ranked[0][0] * _AS_GOOD
        if near and len(part.text) <= room and not any(part.overlaps(other) for other in chosen):
            chosen.append(part)
            room -= len(part.text)
    return [Excerpt(f"{part.source.shown}:{part.first}-{part.last}", part.text) for part in reversed(chosen)]


@dataclass(frozen=True, slots=True)
class _Part:
    """Lines `first..last` of a file, from 1."""

    source: SourceFile
    first: int
    last: int
    text: str

    def overlaps(self, other: "_Part") -> bool:
        return self.source is other.source and self.first <= other.last and other.first <= self.last


def _parts(source: SourceFile) -> Iterator[_Part]:
    """The definitions that are not too long, and what lies between them."""
    lines = split_lines(source.text)
    free = set(range(1, len(lines) + 1))
    for found in definitions(source.text, language_of(source.path)):
        if found.last_line - found.first_line < _LONGEST_PART_LINES:
            yield _part(source, lines, found.first_line, found.last_line)
            free -= set(range(found.first_line, found.last_line + 1))
    first = 1
    for line in range(1, len(lines) + 2):
        if line not in free or line - first == _LONGEST_PART_LINES:
            if line - first >= _SHORTEST_PART_LINES:
                yield _part(source, lines, first, line - 1)
            first = line + (line not in free)


def _part(source: SourceFile, lines: Sequence[str], first: int, last: int) -> _Part:
    return _Part(source, first, last, "".join(lines[first - 1 : last]))


def _read(workspace: Workspace) -> Iterator[tuple[SourceFile, Counter[str]]]:
    until = time.monotonic() + _READING_S
    for path in list_files(workspace).files[:_MOST_FILES_READ]:
        if time.monotonic() > until:
            return
        try:
            if holds_secrets(path) or _is_long(workspace.root / path):
                continue
            source = read_source(workspace.root / path, workspace.root)
        except (CoderError, OSError):  # no text, or gone
            continue
        named = _list_of_words(path) * _IN_THE_PATH
        yield source, Counter([*named, *_list_of_words(source.text)])


def _is_long(path: Path) -> bool:
    return path.stat().st_size > _LONGEST_FILE_BYTES


def _ranked(
    sources: Sequence[SourceFile], counted: Sequence[Mapping[str, int]], wanted: set[str]
) -> list[Ranked]:
    scores = _scores(counted, wanted)
    found = [Ranked(*each) for each in zip(sources, scores, counted, strict=True) if each[1] > 0]
    return sorted(found, key=lambda each: (-each.score, each.source.shown))


def _scores(counted: Sequence[Mapping[str, int]], wanted: set[str]) -> list[float]:
    """BM25 of each text for the words wanted."""
    lengths = [sum(words.values()) for words in counted]
    average = sum(lengths) / len(lengths) if any(lengths) else 1.0
    rarity = {}
    for word in wanted:
        n = sum(word in words for words in counted)
        rarity[word] = math.log(1 + (len(counted) - n + 0.5) / (n + 0.5))
    scores = []
    for words, length in zip(counted, lengths, strict=True):
        norm = _K1 * (1 - _B + _B * length / average)
        scores.append(
            sum(
                rarity[word] * times * (_K1 + 1) / (times + norm)
                for word in wanted
                if (times := words.get(word, 0))
            )
        )
    return scores


def _words(text: str) -> set[str]:
    return set(_list_of_words(text))


def _list_of_words(text: str) -> list[str]:
    """In small letters, and without the ending that makes many of one."""
    words = (word.lower() for word in _WORD.findall(text))
    return [word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word for word in words]
