"""Which drafted tokens are accepted, and why the output does not change.

Row i of the logits is the target's view after the pending token and i drafted ones. The target
samples from it as it would without a draft; a drafted token is accepted when it is that sample.
What is emitted is therefore always the target's own choice: drafting only saves passes.
"""

from collections.abc import Sequence

from assistant.engine.constraint import Constraint
from assistant.engine.sampling import Logits, Sampling, sample
from assistant.errors import CoderError


def verify(
    logits: Logits,
    draft: Sequence[int],
    sampling: Sampling,
    history: list[int],
    constraint: Constraint | None = None,
) -> list[int]:
    """The tokens to emit: the accepted part of `draft` and the bonus token, at least one.

    `logits` is `[len(draft) + 1, n_vocab] float32`; `history` is every token before row 0's choice
    and is left as it was. `constraint` goes forward by what is emitted. Raises CoderError when it
    allows no token; where it comes to that behind accepted ones, these are emitted first, without a
    bonus token."""
    start = len(history)
    try:
        for i, row in enumerate(logits):
            token = _choose(row, sampling, history, constraint)
            history.append(token)
            if i == len(draft) or token != draft[i]:
                break
    except CoderError:
        if len(history) == start:
            raise
    finally:
        emitted = history[start:]
        del history[start:]
    return emitted


def _choose(row: Logits, sampling: Sampling, history: list[int], constraint: Constraint | None) -> int:
    """The target's choice: what the grammar forces, else the target's sample if the grammar allows it,
    else its sample of what is allowed. Most samples are allowed, so that few masks are computed
    (llama.cpp's sampler does so too)."""
    if constraint is None:
        return sample(row, sampling, history, len(history))
    forced = constraint.forced()
    token = forced[0] if forced else sample(row, sampling, history, len(history))
    if not forced and not constraint.allowed([token]):
        token = sample(constraint.mask(row), sampling, history, len(history))
    constraint.accept(token)
    return token
