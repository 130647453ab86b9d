"""Find what is declared by its name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.repo.map.index import RepositoryIndex
from assistant.repo.map.packed import name_key
from assistant.repo.map.tags import Declaration

_MOST_FILES = 200
_QUALIFIER = re.compile(r"::|\.|#")


@dataclass(frozen=True, slots=True)
class Symbol:
    """Where a name is declared. `line` counts from 1, `text` is the signature."""

    name: str
    path: str
    line: int
    text: str


def find_symbols(index: RepositoryIndex, name: str) -> list[Symbol]:
    """The declarations of `name`, in the order of paths and lines, from at most 200 files.

    It may be qualified by what it is in, as in `Class.method`; names that nothing can refer to, such as
    `__init__`, must be."""
    *owners, last = _QUALIFIER.split(name)
    return [
        Symbol(one.name, index.files[file], one.line, one.text)
        for file, outline in index.outlines(_files_with(index, [last, *reversed(owners)])).items()
        for one, around in _with_owners(outline)
        if one.name == last and one.kind != "scope" and all(_names(owner, one, around) for owner in owners)
    ]


def symbol_names(index: RepositoryIndex) -> list[str]:
    """Every name that is declared, once, sorted."""
    outlines = index.outlines(range(len(index.files)))
    return sorted({one.name for outline in outlines.values() for one in outline})


def _files_with(index: RepositoryIndex, names: Sequence[str]) -> list[int]:
    """The files that declare the first of the names that any file declares."""
    for name in names:
        if (number := index.graph.name(name_key(name))) is not None:
            declared_in = index.graph.declared_in[index.graph.declared == number]
            return [int(file) for file in np.unique(declared_in)[:_MOST_FILES]]
    return []


def _with_owners(outline: Sequence[Declaration]) -> Iterator[tuple[Declaration, list[str]]]:
    """Each declaration with the names of those that it lies in."""
    around: list[str] = []
    for one in outline:
        del around[one.depth :]
        yield one, around.copy()
        around.append(one.name)


def _names(owner: str, declaration: Declaration, around: Sequence[str]) -> bool:
    """Go and C++ name the owner of a method in its signature."""
    return owner in around or bool(re.search(rf"\b{re.escape(owner)}\b", declaration.text))
