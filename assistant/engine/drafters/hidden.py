"""What drafts that read the target's hidden states share: staying in step with its tokens.

The target's states are copied as they are computed and wait until a draft is wanted: one that is not
asked costs next to nothing, and what has waited is read in one pass. When the target drops tokens, what
the draft holds of them is dropped too.

Where the target holds tokens whose states were never seen (a restored session, a draft loaded later),
nothing can be caught up on: the draft begins anew behind them and sees only what follows.
"""

from abc import abstractmethod

import numpy as np

from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.llama import Context, DraftContext, Hidden, HiddenStates, Model
from assistant.errors import CoderError

_COMPARED = 32


class _Rows:
    """States in a queue, kept as the passes gave them: joined only where they are wanted."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._parts: list[Hidden] = []

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def append(self, rows: Hidden) -> None:
        self._parts.append(rows)

    def whole(self) -> Hidden:
        """`[len(self), width]`."""
        self._parts = [np.concatenate([np.empty((0, self._width), np.float32), *self._parts])]
        return self._parts[0]

    def keep(self, start: int, end: int | None = None) -> None:
        self._parts = [self.whole()[start:end]]

    def clear(self) -> None:
        self._parts = []


class HiddenDrafter(NetworkDrafter):
    """Owns the draft's context, and its model where that is not the target itself."""

    def __init__(
        self, name: str, states: HiddenStates, context: DraftContext, *, owned: Model | None
    ) -> None:
        super().__init__(name)
        self._states = states
        self._context = context
        self._owned = owned
        self._first = 0
        self._passes = 0
        self._tokens: list[int] = []
        self._waiting = _Rows(states.width)

    def observe(self, context: Context, start: int) -> None:
        count = len(context.tokens) - start
        if self.failure or count <= 0:
            return
        self._follow(context, start)
        states = self._states.read(count)
        if states is None:
            self._forget(len(context.tokens))
            return
        self._tokens += context.tokens[start:]
        self._waiting.append(states)
        try:
            # One always waits: what it is paired with may be the token that is chosen next.
            while len(self._waiting) > self._context.batch_size:
                self._take_in(self._context.batch_size)
        except CoderError as error:
            self.failure = error.message

    def close(self) -> None:
        self._context.close()
        if self._owned:
            self._owned.close()

    @abstractmethod
    def _write(self, states: Hidden, index: int) -> None:
        """Take the states of `_tokens[index : index + len(states)]` into the draft's cache."""

    @property
    def _written(self) -> int:
        """How many of `_tokens` are in the draft's cache; the states of the others wait."""
        return len(self._tokens) - len(self._waiting)

    @property
    def _end(self) -> int:
        """The position of the last token of the history, which the target has not evaluated yet."""
        return self._first + len(self._tokens)

    def _cached(self, count: int) -> int:
        """The end of the draft's cache, a position, when it holds the first `count` of `_tokens`."""
        return self._first + count

    def _take_in(self, count: int) -> None:
        self._write(self._waiting.whole()[:count], self._written)
        self._waiting.keep(count)

    def _is_in_step(self) -> bool:
        known = self._tokens[-_COMPARED:]
        return (
            bool(known)
            and self._end == len(self._history) - 1
            and known == self._history[-1 - len(known) : -1]
        )

    def _follow(self, context: Context, start: int) -> None:
        """Drop what the target dropped; begin anew where it holds what was never seen."""
        if not self._has_seen(context, start):
            self._forget(start)
            return
        kept = start - self._first
        if kept < self._written:
            self._waiting.clear()
            self._context.truncate(self._cached(kept))
        elif kept < len(self._tokens):
            self._waiting.keep(0, kept - self._written)
        del self._tokens[kept:]

    def _has_seen(self, context: Context, start: int) -> bool:
        """Whether the draft holds what the target holds before `start`. Where every pass was observed,
        a look at the last tokens will do: a long text is not compared at each step."""
        kept = start - self._first
        every_pass = context.passes == self._passes + 1
        self._passes = context.passes
        since = max(0, kept - _COMPARED) if every_pass else 0
        return 0 <= kept <= len(self._tokens) and (
            self._tokens[since:kept] == context.tokens[self._first + since : start]
        )

    def _forget(self, position: int) -> None:
        """Begin anew with the token at `position`."""
        self._first = position
        self._tokens = []
        self._waiting.clear()
        self._context.truncate(0)
