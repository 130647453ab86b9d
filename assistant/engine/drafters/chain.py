"""Drafts that go on token by token from the target's hidden states: EAGLE-3 and MTP.

Each entry of the draft's cache pairs the state of one token with the token behind it. The state of the
last evaluated token is the target's; from there the draft feeds itself its own.

Where the next prompt leaves the last one in its middle, the entry at that place stays paired with the
token that stood behind it: its state is gone by then. Drafts see one wrong entry among all.
"""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from assistant.engine.drafters import Proposal
from assistant.engine.drafters.evidence import evidence_of
from assistant.engine.drafters.hidden import HiddenDrafter
from assistant.engine.llama import DraftContext, Hidden, HiddenStates, Model
from assistant.engine.sampling import sample_surely

_STEP_ROWS = 16


class ChainDrafter(HiddenDrafter):
    """Evidence is the draft's probability in twentieths. A chain ends where that is less than
    `minimum_probability`."""

    def __init__(
        self,
        name: str,
        states: HiddenStates,
        context: DraftContext,
        *,
        owned: Model | None,
        minimum_probability: float,
    ) -> None:
        super().__init__(name, states, context, owned=owned)
        self.minimum_probability = minimum_probability

    @abstractmethod
    def _entries(self, states: Hidden, index: int) -> tuple[list[int], Hidden, int]:
        """The tokens, the states beside them and the first position of the cache's entries for the
        states of `_tokens[index : index + len(states)]`."""

    def _following(self, index: int, count: int) -> list[int]:
        """The tokens behind `_tokens[index : index + count]`."""
        tokens = self._tokens[index + 1 : index + 1 + count]
        return tokens if len(tokens) == count else [*tokens, self._history[-1]]

    def _write(self, states: Hidden, index: int) -> None:
        tokens, beside, position = self._entries(states, index)
        self._context.take_in(beside, position, tokens)

    def _catch_up(self, after: Sequence[int]) -> bool:
        if after or not self._is_in_step():
            return False
        while len(self._waiting) > _STEP_ROWS:
            self._take_in(min(len(self._waiting) - 1, self._context.batch_size))
        return True

    def _draft(self, limit: int, after: Sequence[int]) -> Proposal:
        entries, beside, position = self._entries(self._waiting.whole(), self._written)
        logits = self._context.evaluate(entries, position, beside)
        state = self._context.states(len(entries))[-1:].copy()
        end = position + len(entries)
        limit = min(limit, self._context.size - end)
        history = self._tail()
        tokens: list[int] = []
        evidence: list[int] = []
        while True:
            at = len(self._history) + len(tokens)
            token, share = sample_surely(logits[-1], self.sampling, history, at)
            if share < self.minimum_probability:
                break
            tokens.append(token)
            evidence.append(evidence_of(share))
            history.append(token)
            if len(tokens) >= limit:
                break
            logits = self._context.evaluate([token], end + len(tokens) - 1, state)
            state = self._context.states(1).copy()
        # The last entry is made again with the next ones, whatever token is then behind it.
        self._waiting.keep(-1)
        self._context.truncate(end - 1)
        return Proposal(tuple(tokens), tuple(evidence))


class Eagle3Drafter(ChainDrafter):
    """EAGLE-3 (arXiv 2503.01840): the states of three layers fused by the draft's own encoder."""

    def _entries(self, states: Hidden, index: int) -> tuple[list[int], Hidden, int]:
        return self._following(index, len(states)), self._context.encode(states), self._first + index


class MtpDrafter(ChainDrafter):
    """Multi-token prediction (arXiv 2412.19437): a layer of the target itself that takes the state
    before the head. Of several such layers the first drafts all tokens."""

    def _entries(self, states: Hidden, index: int) -> tuple[list[int], Hidden, int]:
        """Each entry stands where its token stands; the very first token has no state beside it."""
        if self._first == index == 0:
            self._context.truncate(0)
            self._context.take_in(np.zeros_like(states[:1]), 0, self._tokens[:1])
        return self._following(index, len(states)), states, self._first + index + 1

    def _cached(self, count: int) -> int:
        return self._first + count + 1
