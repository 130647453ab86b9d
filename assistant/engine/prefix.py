"""Reuse of evaluated tokens: what the next prompt shares with the KV cache is not read again."""

from collections.abc import Sequence

from assistant.engine.llama import Context

_BLOCK = 512


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many leading tokens are equal. Whole blocks are compared, which is several times quicker
    than a loop over the tokens of a long conversation."""
    alike = type(a) is type(b)  # slices of a list and an array are never equal
    shortest = min(len(a), len(b))
    for start in range(0, shortest, _BLOCK):
        x, y = a[start : start + _BLOCK], b[start : start + _BLOCK]
        if x != y if alike else list(x) != list(y):
            pairs = enumerate(zip(x, y, strict=False), start)
            return next((i for i, (p, q) in pairs if p != q), shortest)
    return shortest


def reuse(context: Context, prompt: Sequence[int]) -> int:
    """Cut the context back to what it shares with `prompt` and return that length in tokens, or less
    where the memory can only go back to a checkpoint.

    The last prompt token is always evaluated again, since its logits choose the first answer token."""
    return context.truncate(min(common_prefix(context.tokens, prompt), len(prompt) - 1))
