"""The map as text: as much of what matters as the budget holds, in an order that changes little."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from assistant.repo.map.graph import Floats
from assistant.repo.map.index import RepositoryIndex
from assistant.repo.map.packed import name_key
from assistant.repo.map.rank import rank
from assistant.repo.map.tags import Declaration

_CHARACTERS_A_TOKEN = 8  # more than code has on average
_LOYALTY = 2.0
_BY_FILE = 1e-3

# A file and the number of a declaration in it, or None for its path alone.
_Unit = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class RepositoryMap:
    """`text` has `tokens` tokens. `shown` are the pairs of path and signature in it, `paths` its files in
    their order, `n_left_out` is how many files of the index it does not show."""

    text: str
    tokens: int
    paths: tuple[str, ...]
    shown: frozenset[tuple[str, str]]
    n_left_out: int


def repository_map(
    index: RepositoryIndex,
    budget: int,
    count: Callable[[str], int],
    *,
    focus: Collection[str] = (),
    mentioned: Collection[str] = (),
    previous: RepositoryMap | None = None,
) -> RepositoryMap:
    """The map within `budget` tokens, as `count` counts them.

    It shows what the files `focus` need, and not these themselves, which the conversation holds already;
    `mentioned` are names that the conversation is about. What `previous` shows stays unless something else
    matters twice as much, and stays in its place: new files come after its own."""
    numbers = {path: number for number, path in enumerate(index.files)}
    in_focus = [numbers[path] for path in focus if path in numbers]
    names = [name for one in mentioned if (name := index.graph.name(name_key(one))) is not None]
    ranks = rank(index.graph, in_focus, names)
    scores = ranks.declarations + _BY_FILE * ranks.files[index.graph.declared_in]
    if previous is not None:
        scores = scores * _loyalty(index, previous, numbers)

    outlines: dict[int, list[Declaration]] = {}
    units = _best_units(index, scores, set(in_focus), max(budget, 0))
    outlines.update(index.outlines(sorted({file for file, _ in units})))
    order = _order(index.files, previous)

    def shown(n: int) -> list[tuple[str, list[Declaration]]]:
        return [
            (index.files[file], list(_with_owners(outlines[file], entries)))
            for file, entries in sorted(_by_file(units[:n]).items(), key=lambda item: order(item[0]))
        ]

    lengths = accumulate(_length(index.files[file], outlines[file], entry) for file, entry in units)
    most = sum(length <= budget * _CHARACTERS_A_TOKEN for length in lengths)
    n = bisect_right(range(1, most + 1), budget, key=lambda n: count(_render(shown(n))))
    files = shown(n)
    text = _render(files)
    return RepositoryMap(
        text,
        count(text) if text else 0,
        tuple(path for path, _ in files),
        frozenset((path, one.text) for path, entries in files for one in entries),
        len(index.files) - len(files),
    )


def _loyalty(index: RepositoryIndex, previous: RepositoryMap, numbers: dict[str, int]) -> Floats:
    """The factor for each declaration: more than 1 where the previous map shows it."""
    factors = np.ones(len(index.graph.declared_in))
    files = [numbers[path] for path in previous.paths if path in numbers]
    starts = np.searchsorted(index.graph.declared_in, files)
    outlines = index.outlines(files)
    for file, start in zip(files, starts, strict=True):
        for entry, declaration in enumerate(outlines[file]):
            if (index.files[file], declaration.text) in previous.shown:
                factors[start + entry] = _LOYALTY
    return factors


def _best_units(index: RepositoryIndex, scores: Floats, hidden: set[int], most: int) -> list[_Unit]:
    """At most `most`: declarations by their score, then files that declare nothing by their path."""
    declared_in = index.graph.declared_in
    candidates = np.flatnonzero(~np.isin(declared_in, list(hidden)))
    best = candidates[np.argsort(-scores[candidates], kind="stable")][:most]
    entries = best - np.searchsorted(declared_in, declared_in[best])
    units: list[_Unit] = list(zip(declared_in[best].tolist(), entries.tolist(), strict=True))
    empty = np.setdiff1d(np.arange(len(index.files)), declared_in)
    return [*units, *((file, None) for file in empty.tolist() if file not in hidden)][:most]


def _order(paths: Sequence[str], previous: RepositoryMap | None) -> Callable[[int], tuple[int, str]]:
    places = {path: place for place, path in enumerate(previous.paths if previous else ())}
    return lambda file: (places.get(paths[file], len(places)), paths[file])


def _by_file(units: Sequence[_Unit]) -> dict[int, list[int]]:
    files: dict[int, list[int]] = {}
    for file, entry in units:
        files.setdefault(file, []).extend(() if entry is None else (entry,))
    return files


def _with_owners(outline: Sequence[Declaration], entries: Sequence[int]) -> Iterator[Declaration]:
    """The chosen declarations with the classes and scopes around them, in the order of the file."""
    chosen = {entry for entry in entries if entry < len(outline)}
    for entry in list(chosen):
        depth = outline[entry].depth
        for above in range(entry - 1, -1, -1):
            if outline[above].depth < depth:
                depth = outline[above].depth
                chosen.add(above)
            if not depth:
                break
    return (outline[entry] for entry in sorted(chosen))


def _length(path: str, outline: Sequence[Declaration], entry: int | None) -> int:
    return len(path) if entry is None or entry >= len(outline) else len(outline[entry].text)


def _render(files: Sequence[tuple[str, Sequence[Declaration]]]) -> str:
    lines = []
    for path, entries in files:
        lines.append(path)
        lines += ["  " * (one.depth + 1) + one.text for one in entries]
    return "".join(f"{line}\n" for line in lines)
