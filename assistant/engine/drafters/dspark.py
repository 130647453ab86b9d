"""DSpark and DFlash: a whole block of tokens drafted in one pass of a small network.

The draft's attention looks back at keys and values made of the target's hidden states, and at a block
that begins with the last token and goes on with mask tokens; it fills them in at once (DFlash). DSpark
lets each token of the block lean on the one before it through a Markov head, and says by a confidence
head how likely the token is accepted (arXiv 2607.05147). Both heads run inside the pass.

The Markov head follows the likeliest token. Where sampling takes another one, what comes behind it in
the block was made for the wrong token: such tokens are evidence of their own kind.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.drafters import Proposal
from assistant.engine.drafters.evidence import STEPS, evidence_of, probability_of
from assistant.engine.drafters.hidden import HiddenDrafter
from assistant.engine.llama import DraftContext, Hidden, HiddenStates, Model
from assistant.engine.sampling import sample, sample_surely

_ASTRAY = STEPS + 1
_TRUST_ASTRAY = 0.5
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Block:
    """How a draft was trained to fill its blocks.

    `size` tokens go in, the last one chosen and then `mask`. `from_anchor`: the row of the former
    already drafts; otherwise it is a token more that drafts nothing."""

    size: int
    mask: int
    from_anchor: bool
    markov: bool
    confidence: bool


class BlockDrafter(HiddenDrafter):
    """Evidence is the confidence head's probability in twentieths, else that of the token itself."""

    def __init__(
        self, block: Block, states: HiddenStates, context: DraftContext, *, owned: Model | None
    ) -> None:
        super().__init__("dspark" if block.markov else "dflash", states, context, owned=owned)
        self._block = block

    def prior(self, evidence: int) -> float:
        if evidence >= _ASTRAY:
            return _TRUST_ASTRAY * probability_of(evidence - _ASTRAY)
        return probability_of(evidence)

    def seconds_of_a_draft(self) -> float:
        tries = []
        for _ in range(_TRIES):
            started = time.perf_counter()
            self._context.evaluate([self._block.mask] * self._block.size, 0)
            tries.append(time.perf_counter() - started)
            self._context.truncate(0)
        return min(tries)

    def _learn_cost(self, seconds: float) -> None:
        """A block takes one pass however much of it is wanted: no token costs more than the first."""

    def _write(self, states: Hidden, index: int) -> None:
        self._context.take_in(states, self._first + index)

    def _catch_up(self, after: Sequence[int]) -> bool:
        if after or not self._is_in_step():
            return False
        while len(self._waiting):
            self._take_in(min(len(self._waiting), self._context.batch_size))
        return True

    def _draft(self, limit: int, after: Sequence[int]) -> Proposal:
        size = min(self._block.size, self._context.size - self._end)
        block = [self._history[-1]] + [self._block.mask] * (size - 1)
        logits = self._context.evaluate(block, self._end)
        self._context.truncate(self._end)
        confidence = self._context.states(size)[:, 0] if self._block.confidence else None
        history, astray = self._tail(), False
        tokens: list[int] = []
        evidence: list[int] = []
        for i in range(0 if self._block.from_anchor else 1, size):
            if len(tokens) == limit:
                break
            position = len(self._history) + len(tokens)
            if confidence is not None:
                token, sure = sample(logits[i], self.sampling, history, position), float(confidence[i])
            else:
                token, sure = sample_surely(logits[i], self.sampling, history, position)
            evidence.append(evidence_of(sure) + (_ASTRAY if astray else 0))
            tokens.append(token)
            history.append(token)
            astray = astray or (self._block.markov and token != int(logits[i].argmax()))
        return Proposal(tuple(tokens), tuple(evidence))
