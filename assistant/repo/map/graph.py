"""Who uses what in a repository, as arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.repo.map.packed import DECLARATION, REFERENCE

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Graph:
    """References from files to names, and declarations of names in files.

    `keys` [n_names] are the names, sorted, as `packed.name_key` gives them, and `weights` [n_names] what a
    reference to each says. Declaration i, in the order of files and lines, is in file `declared_in[i]` and
    has name `declared[i]`, or -1 where nothing can refer to it. Use j is by file `used_in[j]`, of name
    `used[j]`, which is declared in another file, `times[j]` times."""

    n_files: int
    keys: NDArray[np.uint64]
    weights: Floats
    declared_in: Numbers
    declared: Numbers
    used_in: Numbers
    used: Numbers
    times: Floats

    def name(self, key: int) -> int | None:
        """The number of a name; None for one that is not declared."""
        at = int(np.searchsorted(self.keys, np.uint64(key)))
        return at if at < len(self.keys) and int(self.keys[at]) == key else None


def build_graph(declarations: Sequence[bytes], references: Iterable[tuple[int, Sequence[bytes]]]) -> Graph:
    """The graph of `len(declarations)` files, from their packed declarations; packed references come as
    (number of the first file, those of it and the next ones), so that not all are in memory at once."""
    records, declared_in = _joined(declarations, np.dtype(DECLARATION))
    refers = records["weight"] > 0
    keys, numbers = np.unique(records["name"][refers], return_inverse=True)
    weights = np.zeros(len(keys))
    np.maximum.at(weights, numbers, records["weight"][refers])
    declared = np.full(len(records), -1, np.intp)
    declared[refers] = numbers
    pairs = np.unique(declared_in[refers] * len(keys) + numbers)
    parts = [_uses(first, part, keys, pairs) for first, part in references]
    used_in, used, times = (
        (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _NOTHING
    )
    return Graph(len(declarations), keys, weights, declared_in, declared, used_in, used, times)


_NOTHING = (np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


def _uses(
    first: int, packed: Sequence[bytes], keys: NDArray[np.uint64], own: Numbers
) -> tuple[Numbers, Numbers, Floats]:
    """The uses of names that another file declares: a name that a file declares itself it means itself.
    `own` are its pairs of file and name, sorted."""
    records, files = _joined(packed, np.dtype(REFERENCE))
    files = files + first
    at, known = _find(keys, records["name"])
    _, own_name = _find(own, files * len(keys) + at)
    kept = known & ~own_name
    return files[kept], at[kept], records["count"][kept].astype(np.float64)


def _find(values: NDArray[np.generic], wanted: NDArray[np.generic]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Where in the sorted `values` each wanted one is, and whether it is there."""
    if not len(values):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return at, values[at] == wanted


def _joined(parts: Sequence[bytes], dtype: np.dtype[np.void]) -> tuple[NDArray[np.void], Numbers]:
    """The records of all parts, and which part each is of."""
    lengths = [len(part) // dtype.itemsize for part in parts]
    return np.frombuffer(b"".join(parts), dtype), np.repeat(np.arange(len(parts)), lengths)
