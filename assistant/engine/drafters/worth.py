"""Whether a draft can pay on this machine, before it has drafted anything."""

from collections.abc import Sequence
from pathlib import Path

from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.gguf_header import GgufArray, read_header

ACCEPTANCE = "acceptance"
"""Key, behind the architecture, of how often each drafted token was accepted in training's measuring."""
# A draft is wanted only where it is sure, so that it gains more than its mean says.
_NEARLY = 0.9


def pays(path: Path, drafter: NetworkDrafter, passes: Sequence[float]) -> bool:
    """Whether drafts as good as the file at `path` says make decoding quicker, when a target pass of n tokens
    takes `passes[n]` seconds and a draft what it takes here. True where the file does not say."""
    acceptance = read_header(path).of_architecture(ACCEPTANCE)
    if not isinstance(acceptance, GgufArray):
        return True
    seconds = drafter.seconds_of_a_draft()
    emitted = reached = 1.0
    for rate, cost in zip(acceptance.values, passes[2:], strict=False):
        reached *= rate
        emitted += reached
        if emitted / (cost + seconds) >= _NEARLY / passes[1]:
            return True
    return not acceptance.values
