"""Reuse of evaluated tokens: what the next prompt shares with the KV cache is not read again."""

from collections.abc import Sequence

from assistant.engine.llama import Context


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many leading tokens are equal."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))


def reuse(context: Context, prompt: Sequence[int]) -> int:
    """Cut the context back to what it shares with `prompt` and return that length in tokens, or less
    where the memory can only go back to a checkpoint.

    The last prompt token is always evaluated again, since its logits choose the first answer token."""
    return context.truncate(min(common_prefix(context.tokens, prompt), len(prompt) - 1))
