"""Edits as a model makes them when it is asked to write a file again: seeded, on text, one kind at a time."""

import keyword
import random
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(keyword.kwlist) | {"self"}
_NEW_NAMES = ("retry_budget", "nodes", "current_entry", "buf", "source_path", "accumulator", "visited")


def unchanged(lines: list[str], rng: random.Random) -> list[str]:
    return lines


def one_line(lines: list[str], rng: random.Random) -> list[str]:
    """Another operator, number or name in one line."""
    at = rng.choice([i for i, line in enumerate(lines) if len(_WORD.findall(line)) > 2] or [0])
    words = _WORD.findall(lines[at]) or ["x"]
    old = rng.choice(words)
    new = rng.choice((f"{old} + 1", f"len({old})", f"{old}.strip()", rng.choice(words)))
    return [*lines[:at], re.sub(rf"\b{old}\b", new, lines[at], count=1), *lines[at + 1 :]]


def insert_function(lines: list[str], rng: random.Random) -> list[str]:
    """A function of ten lines between two paragraphs."""
    a, b, c = rng.sample(_NEW_NAMES, 3)
    new = f'''def check_{a}({b}, {c}=None):
    """Return the {b} that {c} allows, or None."""
    if {c} is None:
        {c} = []
    result = {{}}
    for i, item in enumerate({b}):
        if item not in {c} and i % 2:
            result[item] = i
    return result or None

'''.splitlines()
    at = rng.choice(_gaps(lines))
    return [*lines[:at], "", *new, *lines[at:]]


def delete_block(lines: list[str], rng: random.Random) -> list[str]:
    size = min(rng.randint(3, 20), len(lines) - 1)
    at = rng.randrange(len(lines) - size)
    return [*lines[:at], *lines[at + size :]]


def rename(lines: list[str], rng: random.Random) -> list[str]:
    """One name that occurs at least five times, everywhere."""
    names = Counter(word for line in lines for word in _WORD.findall(line))
    often = sorted(n for n, count in names.items() if count >= 5 and len(n) > 2 and n not in _KEYWORDS)
    old = rng.choice(often or sorted(names))
    new = rng.choice([name for name in _NEW_NAMES if name not in names])
    return [re.sub(rf"\b{old}\b", new, line) for line in lines]


def reindent(lines: list[str], rng: random.Random) -> list[str]:
    """A block put under a new condition, four columns further right."""
    size = min(rng.randint(6, 24), len(lines) - 1)
    starts = [i for i in range(len(lines) - size) if lines[i].strip()]
    at = rng.choice(starts)
    column = min(_indent(line) for line in lines[at : at + size] if line.strip())
    moved = [f"    {line}" if line.strip() else line for line in lines[at : at + size]]
    return [*lines[:at], " " * column + "if enabled:", *moved, *lines[at + size :]]


def move_block(lines: list[str], rng: random.Random) -> list[str]:
    """A paragraph to another place."""
    gaps = [0, *_gaps(lines), len(lines)]
    blocks = [(a, b) for a, b in pairwise(gaps) if b - a > 3] or [(0, len(lines) // 2)]
    start, end = rng.choice(blocks)
    block, rest = lines[start:end], [*lines[:start], *lines[end:]]
    to = rng.choice([0, *_gaps(rest), len(rest)])
    return [*rest[:to], *block, *rest[to:]]


def several(lines: list[str], rng: random.Random) -> list[str]:
    """A rename, an insertion, a deletion and three changed lines."""
    for edit in (rename, insert_function, delete_block, one_line, one_line, one_line):
        lines = edit(lines, rng)
    return lines


def excerpt(lines: list[str], rng: random.Random) -> list[str]:
    """A part of the file with one change, as when one function is asked for."""
    size = min(rng.randint(20, 60), len(lines))
    at = rng.randrange(len(lines) - size + 1)
    return one_line(lines[at : at + size], rng)


KINDS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "unchanged": unchanged,
    "one line": one_line,
    "insert": insert_function,
    "delete": delete_block,
    "rename": rename,
    "reindent": reindent,
    "move": move_block,
    "several": several,
    "excerpt": excerpt,
}


def _gaps(lines: list[str]) -> list[int]:
    """Where a paragraph begins behind an empty line."""
    found = [i for i in range(1, len(lines)) if lines[i].strip() and not lines[i - 1].strip()]
    return found or [len(lines) // 2]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
