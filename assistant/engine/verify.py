"""Which drafted tokens are accepted, and why the output does not change.

Row i of the logits is the target's view after the pending token and i drafted ones. The target
samples from it as it would without a draft; a drafted token is accepted when it is that sample.
What is emitted is therefore always the target's own choice: drafting only saves passes.
"""

from collections.abc import Sequence

from assistant.engine.sampling import Logits, Sampling, sample


def verify(logits: Logits, draft: Sequence[int], sampling: Sampling, history: list[int]) -> list[int]:
    """The tokens to emit: the accepted part of `draft` and the bonus token, at least one.

    `logits` is `[len(draft) + 1, n_vocab] float32`; `history` is every token before row 0's choice
    and is left as it was."""
    start = len(history)
    try:
        for i, row in enumerate(logits):
            token = sample(row, sampling, history, start + i)
            history.append(token)
            if i == len(draft) or token != draft[i]:
                break
        return history[start:]
    finally:
        del history[start:]
