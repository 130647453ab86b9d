"""Where the last tokens stood before: an index of n-grams over a growing token sequence.

The hash chains of LZ77 compressors: for each order n, the places that follow an n-gram are linked
from the latest to the first, and a candidate is compared token by token before it is believed, so
that a hash collision costs time and never an error. Memory is 8 bytes a token and order.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SEPARATOR = -1
LONGEST_MATCH = 64
ORDERS = (1, 2, 4, 8)
_CANDIDATES = 16
_STEPS = 64  # of these, some are hash collisions
_SMALLEST_TABLE_BITS = 12
_MASK = 0xFFFFFFFF
_FACTOR, _FINALISER = 0x9E3779B1, 0x85EBCA6B
# From here on numpy is quicker than a loop over the tokens.
_BULK = 64


class Match(NamedTuple):
    """The last `length` tokens also stand before `place`, a position in the indexed tokens."""

    length: int
    place: int


class NgramIndex:
    """`tokens` and what is needed to find their n-grams again. A SEPARATOR is part of no match."""

    def __init__(self, orders: Sequence[int] = ORDERS) -> None:
        self.tokens = array("i")
        self._orders = tuple(orders)
        self._clear(_SMALLEST_TABLE_BITS)

    def __len__(self) -> int:
        return len(self.tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """Append `tokens`. O(1) amortised a token."""
        start = len(self.tokens)
        self.tokens.extend(tokens)
        if len(self.tokens) > 1 << self._bits:
            self._clear(len(self.tokens).bit_length())
            start = 0
        if len(self.tokens) - start > _BULK:
            self._link_in_bulk(start)
        else:
            for end in range(start + 1, len(self.tokens) + 1):
                self._link(end)

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens."""
        for end in range(len(self.tokens), length, -1):
            for order, bucket in self._buckets(self.tokens[max(0, end - self._orders[-1]) : end]):
                self._latest[order][bucket] = self._earlier[order][end - 1]
        del self.tokens[length:]
        for chain in self._earlier.values():
            del chain[length:]

    def matches(self, tail: "array[int]") -> list[Match]:
        """Earlier places behind a longest n-gram (of the index's orders) that ends `tail`: of the
        latest sixteen, the longest match first and the latest first among equals."""
        size = len(self.tokens)
        if not size:
            return []
        for order, bucket in reversed(self._buckets(tail[-self._orders[-1] :])):
            found: list[Match] = []
            place = self._latest[order][bucket]
            for _ in range(_STEPS):
                if not place or len(found) == _CANDIDATES:
                    break
                length = self._agreement(place, tail) if place < size else 0
                if length >= order:
                    found.append(Match(length, place))
                place = self._earlier[order][place - 1]
            if found:
                return sorted(found, reverse=True)
        return []

    def _agreement(self, place: int, tail: "array[int]") -> int:
        """How many tokens before `place` equal the end of `tail`, at most LONGEST_MATCH."""
        tokens, size, length = self.tokens, len(tail), 0
        most = min(LONGEST_MATCH, size, place)
        step = LONGEST_MATCH
        while step:
            longer = length + step
            if (
                longer <= most
                and tokens[place - longer : place - length] == tail[size - longer : size - length]
            ):
                length = longer
            else:
                step >>= 1
        return length

    def _clear(self, bits: int) -> None:
        self._bits = max(bits, _SMALLEST_TABLE_BITS)
        # Places are counted from 1: what follows the first token is place 1, and 0 is none.
        self._latest = {order: array("i", bytes(4 << self._bits)) for order in self._orders}
        self._earlier = {order: array("i") for order in self._orders}

    def _buckets(self, tail: "array[int]") -> list[tuple[int, int]]:
        """(order, bucket) of each n-gram that ends `tail`. Nearer tokens are hashed first, so that
        one walk gives all orders."""
        found = []
        key = 0
        for n, token in enumerate(reversed(tail), 1):
            if token == SEPARATOR:
                break
            key = (key * _FACTOR + token + 1) & _MASK
            if n in self._orders:
                found.append((n, (key * _FINALISER & _MASK) >> (32 - self._bits)))
        return found

    def _link(self, end: int) -> None:
        buckets = self._buckets(self.tokens[max(0, end - self._orders[-1]) : end])
        for order, bucket in buckets:
            latest = self._latest[order]
            self._earlier[order].append(latest[bucket])
            latest[bucket] = end
        for order in self._orders[len(buckets) :]:
            self._earlier[order].append(0)

    def _link_in_bulk(self, start: int) -> None:
        """What `_link` does for every end after `start`, a whole order at a time."""
        first = max(0, start - self._orders[-1] + 1)
        tokens = np.frombuffer(self.tokens, dtype=np.int32)[first:]
        ends = np.arange(start + 1, len(self.tokens) + 1, dtype=np.int32)
        keys = np.zeros(len(ends), dtype=np.uint32)
        whole = np.ones(len(ends), dtype=bool)
        for n in range(1, self._orders[-1] + 1):
            at = ends - n - first
            inside = at >= 0
            token = np.where(inside, tokens[np.maximum(at, 0)], SEPARATOR)
            whole &= token != SEPARATOR
            keys = keys * np.uint32(_FACTOR) + (token + 1).astype(np.uint32)
            if n in self._orders:
                buckets = (keys * np.uint32(_FINALISER)) >> np.uint32(32 - self._bits)
                self._link_order(n, ends, buckets, whole)

    def _link_order(
        self,
        order: int,
        ends: npt.NDArray[np.int32],
        buckets: npt.NDArray[np.uint32],
        whole: npt.NDArray[np.bool_],
    ) -> None:
        latest = np.frombuffer(self._latest[order], dtype=np.int32)
        earlier = np.zeros(len(ends), dtype=np.int32)
        rows = np.flatnonzero(whole)
        rows = rows[np.argsort(buckets[rows], kind="stable")]
        bucket, end = buckets[rows], ends[rows]
        opens = np.ones(len(rows), dtype=bool)
        opens[1:] = bucket[1:] != bucket[:-1]
        before = np.empty(len(rows), dtype=np.int32)
        before[1:] = end[:-1]
        before[opens] = latest[bucket[opens]]
        earlier[rows] = before
        closes = np.append(opens[1:], True)[: len(rows)]
        latest[bucket[closes]] = end[closes]
        self._earlier[order].frombytes(earlier.tobytes())
