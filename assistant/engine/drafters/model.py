"""Model drafter: a small model of the target's family guesses with the target's own random noise.

It samples as the target will (same settings, same seed, same position), so that where the two
distributions agree the samples agree too. Evidence is the draft's probability in twentieths.
"""

import time
from collections.abc import Sequence

import numpy as np

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.prefix import reuse
from assistant.engine.sampling import Sampling, sample
from assistant.errors import ModelError

_STEPS = 20
_PADDING_ROWS = 128


class ModelDrafter:
    """Owns the draft model and its context, which follows the target's tokens."""

    name = "model"

    def __init__(self, draft: Model, target: Model, options: ContextOptions) -> None:
        check_vocabulary(draft, target)
        self._model = draft
        self._context = Context(draft, options)
        self._n_vocab = min(draft.n_vocab, target.n_vocab)
        self._history: list[int] = []
        self.sampling = Sampling()
        self.minimum_probability = 0.3
        self.seconds_per_token = 0.0

    def begin(self, prompt: Sequence[int]) -> None:
        self._history = list(prompt)

    def extend(self, tokens: Sequence[int]) -> None:
        self._history.extend(tokens)

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        if after:
            return NOTHING
        limit = min(limit, self._context.size - len(self._history))
        if limit <= 0 or not self._context.can_drop_suffix:
            return NOTHING
        logits = self._catch_up()
        started = time.perf_counter()
        tokens: list[int] = []
        evidence: list[int] = []
        while True:
            row = logits[-1][: self._n_vocab]
            token = sample(row, self.sampling, self._history + tokens, len(self._history) + len(tokens))
            probability = float(np.exp(row[token] - row.max()) / np.exp(row - row.max()).sum())
            if probability < self.minimum_probability:
                break
            tokens.append(token)
            evidence.append(int(probability * _STEPS))
            if len(tokens) == limit:
                break
            logits = self._context.evaluate([token])
        if len(tokens) > 1:
            measured = (time.perf_counter() - started) / (len(tokens) - 1)
            self.seconds_per_token += (measured - self.seconds_per_token) * (
                0.1 if self.seconds_per_token else 1.0
            )
        return Proposal(tuple(tokens), tuple(evidence))

    def _catch_up(self) -> np.ndarray:
        """Evaluate what the target emitted since the last proposal."""
        kept = reuse(self._context, self._history)
        missing = self._history[kept:]
        for i in range(0, len(missing), self._context.batch_size):
            logits = self._context.evaluate(missing[i : i + self._context.batch_size], all_logits=False)
        return logits

    def prior(self, evidence: int) -> float:
        return min(0.95, evidence / _STEPS)

    def close(self) -> None:
        self._context.close()
        self._model.close()


def check_vocabulary(draft: Model, target: Model) -> None:
    """Raise ModelError unless token ids mean the same in both. Padding rows at the end may differ."""
    reason = ""
    if abs(draft.n_vocab - target.n_vocab) > _PADDING_ROWS:
        reason = f"{draft.n_vocab} tokens against {target.n_vocab}"
    elif draft.adds_bos != target.adds_bos or (draft.adds_bos and draft.bos != target.bos):
        reason = "another beginning-of-sequence token"
    else:
        for token in range(min(draft.n_vocab, target.n_vocab)):
            if draft.token_text(token) != target.token_text(token):
                reason = f"token {token} is {draft.token_text(token)!r} against {target.token_text(token)!r}"
                break
    if reason:
        raise ModelError(
            f"{draft.path.name} cannot draft for {target.path.name}: their vocabularies differ ({reason}).",
            hint="Use a draft model of the same family, or none.",
        )
