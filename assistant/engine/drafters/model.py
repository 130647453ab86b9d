"""Model drafter: a small model of the target's family guesses with the target's own random noise.

It samples as the target will (same settings, same seed, same position), so that where the two
distributions agree the samples agree too. Its KV cache follows the target's text: a step reads the
tokens that are new to it, in one pass, and what it guessed right itself it has read already.
"""

from collections.abc import Sequence

from assistant.engine.drafters import Proposal
from assistant.engine.drafters.evidence import evidence_of
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.vocabulary import check_vocabulary
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.prefix import common_prefix
from assistant.engine.sampling import sample_surely

_STEP_TOKENS = 32


class ModelDrafter(NetworkDrafter):
    """Owns the draft model and its context. Evidence is the draft's probability in twentieths; a
    guess less sure than `minimum_probability` ends the proposal."""

    def __init__(self, draft: Model, target: Model, options: ContextOptions) -> None:
        """Raises ModelError where the vocabularies differ."""
        super().__init__("model")
        check_vocabulary(draft, target)
        self._model = draft
        self._context = Context(draft, options)
        self._n_vocab = min(draft.n_vocab, target.n_vocab)
        self._agreed = 0
        self.minimum_probability = 0.3

    def begin(self, prompt: Sequence[int]) -> None:
        super().begin(prompt)
        self._agreed = 0

    def close(self) -> None:
        self._context.close()
        self._model.close()

    def _catch_up(self, after: Sequence[int]) -> bool:
        """Behind by more than a step (a new prompt), one batch is read and nothing is proposed: the
        answer need not wait for all of it."""
        context = self._context
        if not context.can_drop_suffix or len(self._history) + len(after) >= context.size:
            return False
        # The tokens up to `_agreed` were compared before: a long text is not compared at each step.
        agreed = self._agreed + common_prefix(context.tokens[self._agreed :], self._history[self._agreed :])
        self._agreed = context.truncate(min(agreed, len(self._history) - 1))
        missing = len(self._history) - self._agreed
        if missing <= _STEP_TOKENS:
            return True
        batch = self._history[self._agreed :][: min(missing - 1, context.batch_size)]
        context.evaluate(batch, all_logits=False)
        self._agreed += len(batch)
        return len(self._history) - self._agreed <= _STEP_TOKENS

    def _draft(self, limit: int, after: Sequence[int]) -> Proposal:
        context = self._context
        logits = context.evaluate([*self._history[self._agreed :], *after], all_logits=False)
        self._agreed = len(self._history)
        start = self._agreed + len(after)
        limit = min(limit, context.size - start)
        history = [*self._tail(), *after]
        tokens: list[int] = []
        evidence: list[int] = []
        while True:
            row = logits[-1][: self._n_vocab]
            token, share = sample_surely(row, self.sampling, history, start + len(tokens))
            if share < self.minimum_probability:
                break
            tokens.append(token)
            evidence.append(evidence_of(share))
            history.append(token)
            if len(tokens) >= limit:
                break
            logits = context.evaluate([token])
        return Proposal(tuple(tokens), tuple(evidence))
